//! The life of a proposal: deposit, vote, count, and what it does.

mod common;

use agora_proto::cosmos::distribution::v1beta1 as distribution;
use agora_proto::cosmos::gov::v1::ProposalStatus;
use common::{
    AGO, EXPEDITED, VOTING, WAITING, World, account, any, authority, cancel, coin, delegate, deposit,
    endless, escrow, panics, propose, shape, split, undelegate, vote,
};

fn spend(to: u16, amount: u128) -> distribution::MsgCommunityPoolSpend {
    distribution::MsgCommunityPoolSpend {
        authority: authority().to_string(),
        recipient: account(to).to_string(),
        amount: vec![coin(amount)],
    }
}

/// Three validators with 100, 200 and 300 AGO, and a community with 5 AGO.
fn world() -> World {
    let mut world = World::staked();
    let amount = vec![coin(5 * AGO)];
    world.does(&distribution::MsgFundCommunityPool { amount, depositor: account(30).to_string() });
    world
}

#[test]
fn a_proposal_is_deposited_for_voted_on_counted_and_run() {
    let mut world = world();
    let (proposer, paid) = (world.balance(&account(20)), world.balance(&account(40)));
    let mut small = propose(vec![any(&spend(40, AGO))]);
    small.initial_deposit = vec![coin(AGO)];
    let id = world.submit(&small);
    assert_eq!(world.proposal(id).status(), ProposalStatus::DepositPeriod);
    world.refused("gov", 3, &vote(id, 1, 1));
    world.does(&deposit(id, 21, 9 * AGO));
    assert_eq!(world.proposal(id).status(), ProposalStatus::VotingPeriod);
    assert_eq!(world.balance(&escrow()), 10 * AGO);
    // The vote begins when the block ends.
    world.refused("gov", 3, &vote(id, 1, 1));
    world.next_block();
    world.does(&vote(id, 1, 1));
    world.does(&vote(id, 2, 3));
    world.does(&vote(id, 3, 1));
    assert_eq!(world.tally(id), [400 * AGO, 0, 200 * AGO, 0]);
    world.end_vote();
    let proposal = world.proposal(id);
    assert_eq!(proposal.status(), ProposalStatus::Passed);
    assert_eq!(proposal.final_tally_result.unwrap().yes_count, (400 * AGO).to_string());
    assert_eq!(world.balance(&account(40)), paid + AGO);
    // Deposits came back.
    assert_eq!((world.balance(&account(20)), world.balance(&escrow())), (proposer, 0));
}
