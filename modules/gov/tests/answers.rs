//! What clients are told: events, queries, genesis, and what the invariants find.

mod common;

use agora_framework::{Invariant, Module, QueryError};
use agora_gov::Gov;
use agora_proto::cosmos::gov::v1 as wire;
use agora_proto::cosmos::gov::v1beta1 as beta;
use agora_state::{Space, StateKey, StateWrite, StoreId, TrackedView, Value};
use common::{AGO, World, account, authority, coin, deposit, pack, propose, shape, split, vote};
use prost::Message;

fn ask<Req: Message, Res: Message + Default>(
    world: &World,
    name: &str,
    request: &Req,
) -> Result<Res, QueryError> {
    world.ask(&format!("/cosmos.gov.v1.Query/{name}"), request)
}

/// Two proposals that are voted on, one that waits, with votes on the first.
fn world() -> World {
    let mut world = World::staked();
    let send = agora_proto::cosmos::bank::v1beta1::MsgSend {
        from_address: authority().to_string(),
        to_address: account(40).to_string(),
        amount: vec![coin(1)],
    };
    world.does(&propose(vec![]));
    world.does(&propose(vec![pack(&send), pack(&send)]));
    let mut waiting = propose(vec![pack(&send)]);
    waiting.initial_deposit = vec![coin(AGO)];
    waiting.proposer = account(21).to_string();
    world.does(&waiting);
    world.next_block();
    world.does(&split(1, 10, &[(1, "0.333333333333333333"), (3, "0.666666666666666667")]));
    world.does(&vote(1, 1, 1));
    world.does(&vote(1, 2, 2));
    world
}

#[test]
fn events_are_those_that_were_recorded() {
    let mut world = World::staked();
    let transfer = [
        "coin_spent:spender,amount",
        "coin_received:receiver,amount",
        "transfer:recipient,sender,amount",
        "message:sender",
        "proposal_deposit:depositor,amount,proposal_id",
    ];
    let done = world.does(&propose(vec![]));
    let first = ["submit_proposal:proposal_id,proposal_proposer,proposal_messages"];
    let last = ["submit_proposal:voting_period_start"];
    assert_eq!(shape(&done.events), [&first[..], &transfer, &last].concat());
    assert_eq!(done.events[0].get("proposal_messages").unwrap(), "");
    assert_eq!(done.events[6].get("voting_period_start").unwrap(), "1");
    let mut small = propose(vec![]);
    small.initial_deposit = vec![coin(AGO)];
    assert_eq!(shape(&world.does(&small).events), [&first[..], &transfer].concat());
    assert_eq!(shape(&world.does(&deposit(2, 21, AGO)).events), transfer);
    let done = world.does(&deposit(2, 21, 8 * AGO));
    assert_eq!(shape(&done.events), [&transfer[..], &["proposal_deposit:voting_period_start"]].concat());
    world.next_block();
    let done = world.does(&vote(1, 1, 3));
    assert_eq!(shape(&done.events), ["proposal_vote:voter,option,proposal_id"]);
    assert_eq!(done.events[0].get("option").unwrap(), r#"[{"option":3,"weight":"1.000000000000000000"}]"#);
    // Weights in the sender's own spelling.
    let done = world.does(&split(1, 1, &[(1, "0.700000000000000000"), (3, "0.2"), (2, "0.1")]));
    assert_eq!(
        done.events[0].get("option").unwrap(),
        r#"[{"option":1,"weight":"0.700000000000000000"},{"option":3,"weight":"0.2"},{"option":2,"weight":"0.1"}]"#
    );
}

#[test]
fn proposals_are_listed_by_status_voter_and_depositor_in_pages() {
    let world = world();
    let ids = |request: wire::QueryProposalsRequest| -> (Vec<u64>, agora_framework::PageResponse) {
        let found: wire::QueryProposalsResponse = ask(&world, "Proposals", &request).unwrap();
        (found.proposals.iter().map(|p| p.id).collect(), found.pagination.unwrap())
    };
    let all = wire::QueryProposalsRequest::default;
    let (found, page) = ids(all());
    assert_eq!((found, page.total, page.next_key), (vec![1, 2, 3], 3, vec![]));
    assert_eq!(ids(wire::QueryProposalsRequest { proposal_status: 1, ..all() }).0, [3]);
    assert_eq!(ids(wire::QueryProposalsRequest { proposal_status: 2, ..all() }).0, [1, 2]);
    assert_eq!(ids(wire::QueryProposalsRequest { voter: account(10).to_string(), ..all() }).0, [1]);
    assert_eq!(ids(wire::QueryProposalsRequest { depositor: account(21).to_string(), ..all() }).0, [3]);
    let page = |key: Vec<u8>, reverse| {
        Some(agora_framework::PageRequest { key, limit: 1, reverse, ..Default::default() })
    };
    for reverse in [false, true] {
        let (mut key, mut walked) = (vec![], vec![]);
        loop {
            let request =
                wire::QueryProposalsRequest { proposal_status: 2, pagination: page(key, reverse), ..all() };
            let (found, page) = ids(request);
            walked.extend(found);
            key = page.next_key;
            if key.is_empty() {
                break;
            }
        }
        assert_eq!(walked, if reverse { [2, 1] } else { [1, 2] });
    }
    // The key of the recordings: eight bytes.
    let (_, page) = ids(wire::QueryProposalsRequest { pagination: page(vec![], false), ..all() });
    assert_eq!(page.next_key, 2u64.to_be_bytes());
    let bad = wire::QueryProposalsRequest { voter: "abc".into(), ..all() };
    assert_eq!(ask::<_, wire::QueryProposalsResponse>(&world, "Proposals", &bad).unwrap_err().grpc, 13);
}

#[test]
fn a_proposal_shows_what_was_recorded() {
    let world = world();
    let waiting = world.proposal(3);
    assert_eq!((waiting.voting_start_time, waiting.voting_end_time), (None, None));
    assert_eq!(waiting.final_tally_result.unwrap().yes_count, "0");
    let voting = world.proposal(2);
    assert_eq!((voting.messages.len(), voting.title.as_str()), (2, "A proposal"));
    assert_eq!(voting.proposer, account(20).to_string());
    assert_eq!(voting.voting_start_time, voting.submit_time);
    for (id, grpc, message) in [(0, 3, "proposal id can not be 0"), (9, 5, "proposal 9 doesn't exist")] {
        let request = wire::QueryProposalRequest { proposal_id: id };
        let error = ask::<_, wire::QueryProposalResponse>(&world, "Proposal", &request).unwrap_err();
        assert_eq!((error.grpc, error.message.as_str()), (grpc, message));
        let request = wire::QueryTallyResultRequest { proposal_id: id };
        let error = ask::<_, wire::QueryTallyResultResponse>(&world, "TallyResult", &request).unwrap_err();
        assert_eq!((error.grpc, error.message.as_str()), (grpc, message));
    }
}

#[test]
fn votes_and_deposits_are_found_and_missed_as_was_recorded() {
    let world = world();
    let request = wire::QueryVotesRequest { proposal_id: 1, pagination: None };
    let votes: wire::QueryVotesResponse = ask(&world, "Votes", &request).unwrap();
    assert_eq!((votes.votes.len(), votes.pagination.unwrap().total), (3, 3));
    let own = wire::QueryVoteRequest { proposal_id: 1, voter: account(10).to_string() };
    let found: wire::QueryVoteResponse = ask(&world, "Vote", &own).unwrap();
    let weights: Vec<String> = found.vote.unwrap().options.into_iter().map(|o| o.weight).collect();
    assert_eq!(weights, ["0.333333333333333333", "0.666666666666666667"]);
    let missing = wire::QueryVoteRequest { proposal_id: 1, voter: account(33).to_string() };
    let error = ask::<_, wire::QueryVoteResponse>(&world, "Vote", &missing).unwrap_err();
    assert_eq!((error.grpc, error.message), (3, format!("voter: {} not found for proposal: 1", account(33))));
    let unknown = wire::QueryVotesRequest { proposal_id: 9999, pagination: None };
    let votes: wire::QueryVotesResponse = ask(&world, "Votes", &unknown).unwrap();
    assert_eq!((votes.votes.len(), votes.pagination.unwrap().total), (0, 0));
    let request = wire::QueryDepositsRequest { proposal_id: 1, pagination: None };
    let deposits: wire::QueryDepositsResponse = ask(&world, "Deposits", &request).unwrap();
    assert_eq!(deposits.deposits[0].amount, [coin(10 * AGO)]);
    let missing = wire::QueryDepositRequest { proposal_id: 1, depositor: account(33).to_string() };
    assert_eq!(ask::<_, wire::QueryDepositResponse>(&world, "Deposit", &missing).unwrap_err().grpc, 5);
    for (text, grpc) in [("abc", 2), ("", 3)] {
        let bad = wire::QueryVoteRequest { proposal_id: 1, voter: text.into() };
        assert_eq!(ask::<_, wire::QueryVoteResponse>(&world, "Vote", &bad).unwrap_err().grpc, grpc);
    }
}

#[test]
#[allow(deprecated)] // The groups that older clients ask for.
fn parameters_are_shown_in_groups_to_older_clients() {
    let world = world();
    let asked = |kind: &str| -> Result<wire::QueryParamsResponse, QueryError> {
        ask(&world, "Params", &wire::QueryParamsRequest { params_type: kind.into() })
    };
    let seconds = |seconds| Some(prost_types::Duration { seconds, nanos: 0 });
    assert_eq!(asked("voting").unwrap().voting_params.unwrap().voting_period, seconds(60));
    assert_eq!(asked("deposit").unwrap().deposit_params.unwrap().min_deposit, [coin(10 * AGO)]);
    assert_eq!(asked("tallying").unwrap().tally_params.unwrap().quorum, "0.334000000000000000");
    let plain = asked("").unwrap();
    assert!(plain.voting_params.is_none() && plain.deposit_params.is_none() && plain.tally_params.is_none());
    assert_eq!(asked("nonsense").unwrap_err().message, "unknown params type: nonsense");
    let request = beta::QueryParamsRequest { params_type: "tallying".into() };
    let older: beta::QueryParamsResponse = world.ask("/cosmos.gov.v1beta1.Query/Params", &request).unwrap();
    // Here figures have 18 decimals, and the other groups are zero.
    assert_eq!(older.tally_params.unwrap().quorum, b"334000000000000000");
    assert_eq!(older.voting_params.unwrap().voting_period, seconds(0));
}

#[test]
fn the_older_form_shows_proposals_with_one_content() {
    let world = world();
    let one = |id: u64| -> Result<beta::QueryProposalResponse, QueryError> {
        world.ask("/cosmos.gov.v1beta1.Query/Proposal", &beta::QueryProposalRequest { proposal_id: id })
    };
    let text = one(1).unwrap().proposal.unwrap();
    let content = beta::TextProposal::decode(text.content.unwrap().value.as_slice()).unwrap();
    assert_eq!((content.title.as_str(), content.description.as_str()), ("A proposal", "What it is about"));
    let message = one(3).unwrap().proposal.unwrap();
    assert_eq!(message.content.unwrap().type_url, "/cosmos.bank.v1beta1.MsgSend");
    assert_eq!(message.voting_start_time.unwrap().seconds, -62_135_596_800);
    let several = one(2).unwrap_err();
    assert!(several.message.starts_with("codespace sdk code 29: "), "{several}");
    // One that cannot be shown does not hide the others.
    let list: beta::QueryProposalsResponse =
        world.ask("/cosmos.gov.v1beta1.Query/Proposals", &beta::QueryProposalsRequest::default()).unwrap();
    assert_eq!(list.proposals.iter().map(|p| p.proposal_id).collect::<Vec<_>>(), [1, 3]);
    let request = beta::QueryVoteRequest { proposal_id: 1, voter: account(10).to_string() };
    let vote: beta::QueryVoteResponse = world.ask("/cosmos.gov.v1beta1.Query/Vote", &request).unwrap();
    assert_eq!(vote.vote.unwrap().options[0].weight, "333333333333333333");
}

#[test]
fn a_genesis_that_contradicts_itself_is_refused() {
    let good = common::sections(30, 1000 * AGO);
    let begin = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut sections = good.clone();
        change(&mut sections[1]);
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(World::from_genesis(&sections))))
    };
    assert!(begin(&|_| {}).is_ok());
    begin(&|gov| gov["constitution"] = "We".into()).unwrap();
    let deposit = serde_json::json!([{
        "proposal_id": "1", "depositor": account(1).to_string(), "amount": [{"denom": "uago", "amount": "5"}]
    }]);
    // Nobody holds what is deposited.
    assert!(begin(&|gov| gov["deposits"] = deposit.clone()).is_err());
    assert!(begin(&|gov| gov["params"]["quorum"] = "2".into()).is_err());
    assert!(begin(&|gov| gov["voting_params"] = serde_json::json!({"voting_period": "1s"})).is_err());
    assert!(begin(&|gov| gov["records"] = serde_json::json!({"NOTHING": {}})).is_err());
    assert!(begin(&|gov| gov["records"] = serde_json::json!({"BALLOTS": {"00": "00"}})).is_err());
    let vote = serde_json::json!([{
        "proposal_id": "1", "voter": account(1).to_string(), "options": [], "metadata": ""
    }]);
    assert!(begin(&|gov| gov["votes"] = vote.clone()).is_err());
}

#[test]
fn a_vote_of_another_chain_is_begun_anew() {
    let mut first = world();
    first.next_block();
    let mut sections = first.sections();
    sections[1].as_object_mut().unwrap().remove("records");
    sections[1]["votes"] = serde_json::json!([]);
    let mut world = World::from_genesis(&sections);
    world.block = first.block.clone();
    world.refused("gov", 3, &vote(1, 1, 1));
    world.next_block();
    world.does(&vote(1, 1, 1));
    assert_eq!(world.tally(1), [100 * AGO, 0, 0, 0]);
    world.end_vote();
}

#[test]
fn every_invariant_finds_what_it_is_for() {
    let world = world();
    let place = |id: u8, key: &[u8]| StateKey {
        store: StoreId::new("gov"),
        space: Space::Tree,
        key: [&[id], key].concat().into(),
    };
    let first = |id: u8| -> StateKey {
        let own = |key: &&StateKey| key.store.name() == "gov" && key.key[0] == id;
        world.entries().keys().find(own).unwrap_or_else(|| panic!("nothing in collection {id}")).clone()
    };
    let gone: fn(&mut TrackedView<'_>, &StateKey) = |view, key| view.delete(key).unwrap();
    let there: fn(&mut TrackedView<'_>, &StateKey) =
        |view, key| view.set(key, Value::from([1u8].as_slice())).unwrap();
    let more: fn(&mut TrackedView<'_>, &StateKey) = |view, key| view.add(key, 1, None).unwrap();
    let nine = 9u64.to_be_bytes();
    for (key, change, broken) in [
        (first(6), gone, 0),
        (first(6), gone, 1),
        (first(7), gone, 2),
        (first(8), gone, 2),
        (place(8, &[nine, nine].concat()), there, 2),
        (first(10), gone, 2),
        (first(4), gone, 2),
        (first(12), more, 3),
        (first(11), gone, 3),
        (first(13), gone, 4),
        (first(14), gone, 4),
        (first(15), gone, 4),
        (place(17, &[&nine[..], &[1, 5, 1, 6]].concat()), there, 4),
    ] {
        let mut fork = world.state.fork();
        let mut view = TrackedView::new(&fork);
        change(&mut view, &key);
        let (changes, _) = view.finish();
        fork.apply(changes).unwrap();
        let Invariant { name, check } = Gov.invariants()[broken];
        assert!(check(&fork).is_err(), "{key:?} goes unseen by {name:?}");
    }
}
