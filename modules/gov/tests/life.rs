//! The life of a proposal: deposit, vote, count, and its end.

mod common;

use agora_proto::cosmos::gov::v1 as wire;
use agora_proto::cosmos::gov::v1::ProposalStatus;
use common::{
    AGO, EXPEDITED, SECOND, VOTING, WAITING, World, account, coin, deposit, escrow, propose, shape, vote,
};

/// A proposal with this deposit.
fn with_deposit(amount: u128) -> wire::MsgSubmitProposal {
    let initial_deposit = if amount == 0 { vec![] } else { vec![coin(amount)] };
    wire::MsgSubmitProposal { initial_deposit, ..propose(vec![]) }
}

fn expedited() -> wire::MsgSubmitProposal {
    wire::MsgSubmitProposal { expedited: true, ..with_deposit(50 * AGO) }
}

#[test]
fn a_proposal_is_deposited_for_voted_on_and_counted() {
    let mut world = World::staked();
    let (proposer, other) = (world.balance(&account(20)), world.balance(&account(21)));
    let id = world.submit(&with_deposit(AGO));
    assert_eq!(world.proposal(id).status(), ProposalStatus::DepositPeriod);
    world.refused("gov", 3, &vote(id, 1, 1));
    world.does(&deposit(id, 21, 9 * AGO));
    assert_eq!(world.proposal(id).status(), ProposalStatus::VotingPeriod);
    assert_eq!(world.balance(&escrow()), 10 * AGO);
    // The vote begins when the block ends.
    let log = world.refused("gov", 3, &vote(id, 1, 1));
    assert_eq!(log, format!("{id}: the vote begins with the next block: inactive proposal"));
    world.next_block();
    world.does(&vote(id, 1, 1));
    world.does(&vote(id, 2, 3));
    world.does(&vote(id, 3, 1));
    assert_eq!(world.tally(id), [400 * AGO, 0, 200 * AGO, 0]);
    world.end_vote();
    let proposal = world.proposal(id);
    assert_eq!((proposal.status(), proposal.failed_reason.as_str()), (ProposalStatus::Passed, ""));
    assert_eq!(proposal.final_tally_result.unwrap().yes_count, (400 * AGO).to_string());
    assert_eq!(world.tally(id), [400 * AGO, 0, 200 * AGO, 0]);
    // Deposits came back, and what was deposited is remembered.
    assert_eq!(proposal.total_deposit, [coin(10 * AGO)]);
    let held = (world.balance(&account(20)), world.balance(&account(21)), world.balance(&escrow()));
    assert_eq!(held, (proposer, other, 0));
}

#[test]
fn a_proposal_whose_deposit_does_not_come_is_dropped() {
    let mut world = World::staked();
    let before = world.balance(&account(20));
    let id = world.submit(&with_deposit(AGO));
    // Submitted a block ago: still in time, then not.
    world.next_block_after(WAITING - 2);
    world.does(&deposit(id, 21, AGO));
    world.next_block();
    world.refused("gov", 3, &deposit(id, 21, AGO));
    world.next_block();
    assert_eq!(
        shape(&world.events),
        [
            "coin_spent:spender,amount",
            "coin_received:receiver,amount",
            "transfer:recipient,sender,amount",
            "message:sender",
            "coin_spent:spender,amount",
            "coin_received:receiver,amount",
            "transfer:recipient,sender,amount",
            "message:sender",
            "inactive_proposal:proposal_id,proposal_result",
        ]
    );
    assert_eq!(world.events[8].get("proposal_result").unwrap(), "proposal_dropped");
    assert_eq!(world.balance(&account(20)), before);
    let request = wire::QueryProposalRequest { proposal_id: id };
    let gone =
        world.ask::<_, wire::QueryProposalResponse>("/cosmos.gov.v1.Query/Proposal", &request).unwrap_err();
    assert_eq!((gone.grpc, gone.message), (5, format!("proposal {id} doesn't exist")));
}

#[test]
fn votes_are_taken_until_the_end_and_not_at_it() {
    let mut world = World::staked();
    let id = world.submit(&propose(vec![]));
    let until = world.proposal(id).voting_end_time.unwrap();
    world.next_block_after(VOTING - 2);
    world.does(&vote(id, 1, 1));
    world.next_block();
    assert_eq!(world.block.time / SECOND, until.seconds as u64);
    world.refused("gov", 20, &vote(id, 2, 1));
    world.refused("gov", 3, &deposit(id, 21, AGO));
    world.refused("gov", 20, &common::cancel(id, 20));
    world.next_block();
    assert_eq!(world.proposal(id).status(), ProposalStatus::Rejected);
    world.refused("gov", 3, &vote(id, 2, 1));
    world.refused("gov", 21, &common::cancel(id, 20));
}

#[test]
fn without_quorum_a_proposal_is_rejected_and_its_deposit_comes_back() {
    let mut world = World::staked();
    let before = world.balance(&account(20));
    let id = world.submit(&propose(vec![]));
    // 200 of 600 are a third, and 0.334 are needed.
    world.does(&vote(id, 2, 1));
    world.end_vote();
    let proposal = world.proposal(id);
    assert_eq!(proposal.status(), ProposalStatus::Rejected);
    assert_eq!(proposal.failed_reason, "proposal did not get enough votes to pass");
    assert_eq!(world.balance(&account(20)), before);
    assert_eq!(world.events.last().unwrap().get("proposal_log").unwrap(), "rejected");
}

#[test]
fn a_veto_destroys_the_deposit() {
    let mut world = World::staked();
    let (before, supply) = (world.balance(&account(20)), world.supply());
    let id = world.submit(&propose(vec![]));
    world.does(&vote(id, 1, 1));
    world.does(&vote(id, 3, 4));
    world.end_vote();
    assert_eq!(world.proposal(id).status(), ProposalStatus::Rejected);
    assert_eq!(world.balance(&account(20)), before - 10 * AGO);
    assert_eq!((world.supply(), world.balance(&escrow())), (supply - 10 * AGO, 0));
    assert_eq!(
        shape(&world.events),
        [
            "coin_spent:spender,amount",
            "burn:burner,amount",
            "active_proposal:proposal_id,proposal_result,proposal_log"
        ]
    );
}

#[test]
fn all_abstaining_is_a_rejection() {
    let mut world = World::staked();
    let id = world.submit(&propose(vec![]));
    (1..=3).for_each(|n| drop(world.does(&vote(id, n, 2))));
    world.end_vote();
    assert_eq!(world.proposal(id).status(), ProposalStatus::Rejected);
    assert_eq!(world.tally(id), [0, 600 * AGO, 0, 0]);
}

#[test]
fn an_expedited_proposal_passes_in_the_shorter_time_by_the_greater_majority() {
    let mut world = World::staked();
    let id = world.submit(&expedited());
    // 500 of 600 are more than two thirds.
    world.does(&vote(id, 2, 1));
    world.does(&vote(id, 3, 1));
    world.does(&vote(id, 1, 3));
    world.next_block_after(EXPEDITED);
    world.next_block();
    assert_eq!(world.proposal(id).status(), ProposalStatus::Passed);
    world.refused("gov", 16, &wire::MsgSubmitProposal { expedited: true, ..with_deposit(AGO) });
}

#[test]
fn an_expedited_proposal_that_does_not_pass_is_voted_on_anew_as_a_regular_one() {
    let mut world = World::staked();
    let id = world.submit(&expedited());
    let begun = world.proposal(id).voting_start_time;
    world.does(&vote(id, 1, 3));
    world.does(&vote(id, 2, 3));
    world.does(&vote(id, 3, 1));
    world.next_block_after(EXPEDITED);
    world.next_block();
    let event = world.events.last().unwrap();
    assert_eq!(event.get("proposal_result").unwrap(), "expedited_proposal_rejected");
    assert_eq!(event.get("proposal_log").unwrap(), "expedited proposal converted to regular");
    let proposal = world.proposal(id);
    assert_eq!((proposal.status(), proposal.expedited), (ProposalStatus::VotingPeriod, false));
    assert_eq!(proposal.voting_start_time, begun);
    let span = proposal.voting_end_time.unwrap().seconds - begun.unwrap().seconds;
    assert_eq!(span as u64, VOTING);
    // Votes are void; the deposit stays.
    assert_eq!((world.tally(id), world.balance(&escrow())), ([0; 4], 50 * AGO));
    let request = wire::QueryVotesRequest { proposal_id: id, pagination: None };
    let votes: wire::QueryVotesResponse = world.ask("/cosmos.gov.v1.Query/Votes", &request).unwrap();
    assert_eq!(votes.votes, []);
    // What was bought in between has no vote: the power is that of the beginning.
    world.does(&common::delegate(30, 1, 10_000 * AGO));
    world.does(&vote(id, 1, 3));
    world.does(&vote(id, 30, 3));
    world.does(&vote(id, 3, 1));
    world.does(&vote(id, 2, 1));
    assert_eq!(world.tally(id), [500 * AGO, 0, 100 * AGO, 0]);
    world.next_block_after(EXPEDITED);
    world.next_block();
    assert_eq!(world.proposal(id).status(), ProposalStatus::Passed);
}

#[test]
fn an_expedited_proposal_is_voted_on_for_a_whole_period_if_the_regular_one_became_too_short() {
    let mut world = World::staked();
    let request = wire::QueryParamsRequest::default();
    let found: wire::QueryParamsResponse = world.ask("/cosmos.gov.v1.Query/Params", &request).unwrap();
    let seconds = |seconds| Some(prost_types::Duration { seconds, nanos: 0 });
    let params = wire::Params {
        voting_period: seconds(10),
        expedited_voting_period: seconds(5),
        ..found.params.unwrap()
    };
    let id = world.submit(&expedited());
    world.does(&wire::MsgUpdateParams { authority: common::authority().to_string(), params: Some(params) });
    world.next_block_after(EXPEDITED);
    let now = world.block.time / SECOND;
    world.next_block();
    let proposal = world.proposal(id);
    assert_eq!((proposal.status(), proposal.expedited), (ProposalStatus::VotingPeriod, false));
    assert_eq!(proposal.voting_end_time.unwrap().seconds as u64, now + 10);
    (1..=3).for_each(|n| drop(world.does(&vote(id, n, 1))));
    world.end_vote();
    assert_eq!(world.proposal(id).status(), ProposalStatus::Passed);
}

#[test]
fn texts_are_checked_when_a_proposal_is_filed() {
    let mut world = World::staked();
    let base = || propose(vec![]);
    let refused = |world: &mut World, space, code, message: wire::MsgSubmitProposal| {
        world.refused(space, code, &message)
    };
    let log = refused(&mut world, "sdk", 18, wire::MsgSubmitProposal { title: String::new(), ..base() });
    assert_eq!(log, "proposal title cannot be empty: invalid request");
    let log = refused(&mut world, "sdk", 18, wire::MsgSubmitProposal { summary: String::new(), ..base() });
    assert_eq!(log, "proposal summary cannot be empty: invalid request");
    let log = refused(&mut world, "gov", 11, wire::MsgSubmitProposal { metadata: String::new(), ..base() });
    assert_eq!(log, "either metadata or Msgs length must be non-nil: no messages proposed");
    let log = refused(&mut world, "gov", 15, wire::MsgSubmitProposal { metadata: "m".repeat(256), ..base() });
    assert_eq!(log, "got metadata with length 256: metadata too long");
    refused(&mut world, "gov", 15, wire::MsgSubmitProposal { title: "t".repeat(256), ..base() });
    refused(&mut world, "gov", 22, wire::MsgSubmitProposal { summary: "s".repeat(10_201), ..base() });
    let json = |text: &str| wire::MsgSubmitProposal { metadata: text.into(), ..base() };
    let log = refused(&mut world, "gov", 5, json(r#"{"title":"Text","summary":"What it is about"}"#));
    assert_eq!(log, "metadata title 'Text' must equal proposal title 'A proposal': invalid proposal content");
    refused(&mut world, "gov", 5, json(r#"{"title":"A proposal","summary":"x"}"#));
    for fine in [r#"{"title":"A proposal","summary":"What it is about"}"#, "7", "[]", "no json"] {
        world.does(&json(fine));
    }
    world.next_block();
}
