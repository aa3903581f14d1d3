//! What passed proposals do, and that failing ones do nothing.

mod common;

use agora_proto::cosmos::distribution::v1beta1 as distribution;
use agora_proto::cosmos::gov::v1 as wire;
use agora_proto::cosmos::gov::v1::ProposalStatus;
use agora_proto::cosmos::gov::v1beta1 as beta;
use agora_proto::cosmos::params::v1beta1::{ParamChange, ParameterChangeProposal};
use agora_proto::cosmos::staking::v1beta1 as staking;
use common::{AGO, World, account, authority, coin, endless, pack, panics, propose, shape, valoper, vote};
use prost::Message;
use prost_types::Any;

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
fn a_passed_proposal_pays_from_the_community_and_says_so() {
    let mut world = world();
    let before = world.balance(&account(40));
    let proposal = world.decide(vec![pack(&spend(40, AGO)), pack(&spend(40, AGO))]);
    assert_eq!(proposal.status(), ProposalStatus::Passed);
    assert_eq!(world.balance(&account(40)), before + 2 * AGO);
    let paid = [
        "coin_spent:spender,amount",
        "coin_received:receiver,amount",
        "transfer:recipient,sender,amount",
        "message:sender",
    ];
    let end = ["active_proposal:proposal_id,proposal_result,proposal_log"];
    // The deposit first, then the messages.
    assert_eq!(shape(&world.events), [&paid[..], &paid, &paid, &end].concat());
    assert_eq!(world.events.last().unwrap().get("proposal_result").unwrap(), "proposal_passed");
}

#[test]
fn a_failing_message_undoes_those_before_it_and_is_recorded() {
    let mut world = world();
    let before = world.balance(&account(40));
    let proposal = world.decide(vec![pack(&spend(40, AGO)), pack(&spend(40, 1000 * AGO))]);
    assert_eq!(proposal.status(), ProposalStatus::Failed);
    assert_eq!(world.balance(&account(40)), before);
    let reason = "community pool does not have sufficient coins to distribute";
    assert!(proposal.failed_reason.ends_with(reason), "{}", proposal.failed_reason);
    let event = world.events.last().unwrap();
    assert_eq!(event.get("proposal_result").unwrap(), "proposal_failed");
    assert!(event.get("proposal_log").unwrap().starts_with("passed, but failed on execution: "));
    // Of what failed nothing is said but that: the refund and the end.
    assert_eq!(world.events.len(), 5);
    // It is not run again.
    world.next_block();
    assert_eq!(world.events.len(), 0);
}

#[test]
fn a_panicking_message_fails_its_proposal_and_the_block_goes_on() {
    let mut world = world();
    let before = (world.balance(&account(1)), world.balance(&account(40)));
    let bad = world.submit(&propose(vec![pack(&spend(40, AGO)), panics()]));
    let good = world.submit(&propose(vec![pack(&spend(40, AGO))]));
    for id in [bad, good] {
        (1..=3).for_each(|n| drop(world.does(&vote(id, n, 1))));
    }
    world.end_vote();
    world.next_block();
    let proposal = world.proposal(bad);
    assert_eq!(proposal.status(), ProposalStatus::Failed);
    assert!(proposal.failed_reason.ends_with("recovered: a bug: panic"), "{}", proposal.failed_reason);
    assert_eq!(world.proposal(good).status(), ProposalStatus::Passed);
    assert_eq!((world.balance(&account(1)), world.balance(&account(40))), (before.0, before.1 + AGO));
}

#[test]
fn a_message_without_end_is_stopped_by_gas_and_others_wait_for_the_next_block() {
    let mut world = world();
    let before = world.balance(&account(1));
    let ids: Vec<u64> = (0..4)
        .map(|_| {
            let done = world.does(&propose(vec![endless()]));
            wire::MsgSubmitProposalResponse::decode(done.response.as_slice()).unwrap().proposal_id
        })
        .collect();
    world.next_block();
    for id in &ids {
        (1..=3).for_each(|n| drop(world.does(&vote(*id, n, 1))));
    }
    world.end_vote();
    let status = |world: &World| ids.iter().map(|id| world.proposal(*id).status()).collect::<Vec<_>>();
    let (failed, voting) = (ProposalStatus::Failed, ProposalStatus::VotingPeriod);
    // Two use up what a block has.
    assert_eq!(status(&world), [failed, failed, voting, voting]);
    assert!(world.proposal(ids[0]).failed_reason.ends_with("out of gas"));
    world.next_block();
    assert_eq!(status(&world), [failed; 4]);
    assert_eq!(world.balance(&account(1)), before);
}

#[test]
fn governance_changes_its_own_parameters_and_nobody_else_does() {
    let mut world = world();
    let request = wire::QueryParamsRequest::default();
    let asked = |world: &World| -> wire::Params {
        let found: wire::QueryParamsResponse = world.ask("/cosmos.gov.v1.Query/Params", &request).unwrap();
        found.params.unwrap()
    };
    let params = wire::Params { quorum: "0.5".into(), burn_vote_quorum: true, ..asked(&world) };
    let update = wire::MsgUpdateParams { authority: authority().to_string(), params: Some(params.clone()) };
    let own = wire::MsgUpdateParams { authority: account(1).to_string(), ..update.clone() };
    world.refused("sdk", 4, &own);
    assert_eq!(world.decide(vec![pack(&update)]).status(), ProposalStatus::Passed);
    let quorum = "0.500000000000000000".to_owned();
    assert_eq!(asked(&world), wire::Params { quorum, ..params });
}

/// A mistake in parameters.
type Change = Box<dyn Fn(&mut wire::Params)>;

#[test]
fn parameters_out_of_bounds_are_refused_when_they_are_proposed() {
    let mut world = world();
    let request = wire::QueryParamsRequest::default();
    let found: wire::QueryParamsResponse = world.ask("/cosmos.gov.v1.Query/Params", &request).unwrap();
    let good = found.params.unwrap();
    let seconds = |seconds| Some(prost_types::Duration { seconds, nanos: 0 });
    let module = agora_primitives::module_address("bonded_tokens_pool").to_string();
    let changes: [(&str, Change); 17] = [
        ("quorum", Box::new(|p| p.quorum = "1.1".into())),
        ("quorum", Box::new(|p| p.quorum = "-0.1".into())),
        ("quorum", Box::new(|p| p.quorum = "0.1x".into())),
        ("threshold", Box::new(|p| p.threshold = "0".into())),
        ("veto_threshold", Box::new(|p| p.veto_threshold = String::new())),
        ("expedited_threshold", Box::new(|p| p.expedited_threshold = "0.5".into())),
        ("voting_period", Box::new(move |p| p.voting_period = seconds(0))),
        ("voting_period", Box::new(move |p| p.voting_period = seconds(367 * 86_400))),
        ("voting_period", Box::new(|p| p.voting_period = None)),
        ("expedited_voting_period", Box::new(|p| p.expedited_voting_period = p.voting_period)),
        ("max_deposit_period", Box::new(move |p| p.max_deposit_period = seconds(-1))),
        ("min_deposit", Box::new(|p| p.min_deposit = vec![])),
        ("min_deposit", Box::new(|p| p.min_deposit = vec![coin(0)])),
        ("expedited_min_deposit", Box::new(|p| p.expedited_min_deposit = p.min_deposit.clone())),
        ("proposal_cancel_ratio", Box::new(|p| p.proposal_cancel_ratio = "2".into())),
        ("proposal_cancel_dest", Box::new(|p| p.proposal_cancel_dest = "nobody".into())),
        ("proposal_cancel_dest", Box::new(move |p| p.proposal_cancel_dest = module.clone())),
    ];
    for (name, change) in changes {
        let mut params = good.clone();
        change(&mut params);
        let update = wire::MsgUpdateParams { authority: authority().to_string(), params: Some(params) };
        let refusal = match world.run(&update) {
            Err(error) => error,
            Ok(_) => panic!("{name} out of bounds is taken"),
        };
        assert_eq!((refusal.codespace, refusal.code), ("sdk", 18));
        assert!(refusal.log.contains(name), "{name}: {refusal}");
    }
    let none = wire::MsgUpdateParams { authority: authority().to_string(), params: None };
    let log = world.refused("gov", 12, &propose(vec![pack(&none)]));
    assert!(log.starts_with("message 0: the parameters are missing"), "{log}");
}

#[test]
fn messages_that_can_never_run_are_refused_when_they_are_proposed() {
    let mut world = world();
    let log = world.refused("gov", 10, &propose(vec![Any { type_url: "/a.B".into(), value: vec![] }]));
    assert_eq!(log, "/a.B: proposal message not recognized by router");
    let bad = distribution::MsgCommunityPoolSpend { recipient: "cosmos1bad".into(), ..spend(40, 1) };
    let log = world.refused("gov", 12, &propose(vec![pack(&bad)]));
    assert!(log.starts_with("message 0: invalid recipient address"), "{log}");
    let malformed = Any { value: vec![0xff], ..pack(&spend(40, 1)) };
    world.refused("gov", 12, &propose(vec![malformed]));
    let own = agora_proto::cosmos::bank::v1beta1::MsgSend {
        from_address: account(20).to_string(),
        to_address: account(21).to_string(),
        amount: vec![coin(1)],
    };
    let log = world.refused("gov", 13, &propose(vec![pack(&own)]));
    assert_eq!(log, format!("{}: expected gov account as only signer for proposal message", account(20)));
    world.refused("gov", 12, &propose(vec![pack(&spend(40, 1)); 101]));
    world.does(&propose(vec![pack(&spend(40, 1)); 100]));
    world.next_block();
}

#[test]
fn what_a_proposal_does_to_stakes_is_part_of_the_set_of_its_block() {
    let mut world = world();
    let request = staking::QueryParamsRequest {};
    let found: staking::QueryParamsResponse =
        world.ask("/cosmos.staking.v1beta1.Query/Params", &request).unwrap();
    let params = Some(staking::Params { max_validators: 2, ..found.params.unwrap() });
    let update = staking::MsgUpdateParams { authority: authority().to_string(), params };
    assert_eq!(world.decide(vec![pack(&update)]).status(), ProposalStatus::Passed);
    let set = agora_staking::api::last_powers(&world.state).unwrap();
    let powers: Vec<u64> = set.iter().map(|(_, power)| *power).collect();
    assert_eq!((powers.len(), powers.iter().sum::<u64>()), (2, 500));
    // Governance has coins of its own only if it is given some; then it can stake them like anybody.
    let delegate = staking::MsgDelegate {
        delegator_address: authority().to_string(),
        validator_address: valoper(3),
        amount: Some(coin(AGO)),
    };
    let proposal = world.decide(vec![pack(&delegate)]);
    assert_eq!(proposal.status(), ProposalStatus::Failed);
}

/// `MsgSubmitProposal` of v1beta1.
fn older(content: Any) -> beta::MsgSubmitProposal {
    beta::MsgSubmitProposal {
        content: Some(content),
        initial_deposit: vec![coin(10 * AGO)],
        proposer: account(20).to_string(),
    }
}

#[test]
fn contents_of_the_older_form_run_as_messages() {
    let mut world = world();
    #[allow(deprecated)] // Superseded by the message; wallets still send it.
    let content = distribution::CommunityPoolSpendProposal {
        title: "Pay".into(),
        description: "for it".into(),
        recipient: account(40).to_string(),
        amount: vec![coin(AGO)],
    };
    let text = beta::TextProposal { title: "Words".into(), description: "only".into() };
    let before = world.balance(&account(40));
    let paying = world.does(&older(pack(&content)));
    assert_eq!(paying.events[0].get("proposal_messages").unwrap(), "/cosmos.gov.v1.MsgExecLegacyContent");
    world.does(&older(pack(&text)));
    world.next_block();
    for n in 1..=3 {
        let voter = account(n).to_string();
        world.does(&beta::MsgVote { proposal_id: 1, voter: voter.clone(), option: 1 });
        let options = [(1, "400000000000000000"), (2, "600000000000000000")];
        let options =
            options.map(|(option, weight)| beta::WeightedVoteOption { option, weight: weight.into() });
        let done = world.does(&beta::MsgVoteWeighted { proposal_id: 2, voter, options: options.to_vec() });
        assert_eq!(
            done.events[0].get("option").unwrap(),
            r#"[{"option":1,"weight":"0.400000000000000000"},{"option":2,"weight":"0.600000000000000000"}]"#
        );
    }
    world.does(&beta::MsgDeposit {
        proposal_id: 2,
        depositor: account(30).to_string(),
        amount: vec![coin(AGO)],
    });
    assert_eq!(world.tally(2), [240 * AGO, 360 * AGO, 0, 0]);
    world.end_vote();
    assert_eq!(world.proposal(1).status(), ProposalStatus::Passed);
    assert_eq!(world.proposal(2).status(), ProposalStatus::Passed);
    assert_eq!(world.balance(&account(40)), before + AGO);
    let request = beta::QueryProposalRequest { proposal_id: 1 };
    let shown: beta::QueryProposalResponse =
        world.ask("/cosmos.gov.v1beta1.Query/Proposal", &request).unwrap();
    assert_eq!(shown.proposal.unwrap().content, Some(pack(&content)));
}

#[test]
fn a_change_of_parameters_in_the_older_form_is_refused_with_what_to_do_instead() {
    let mut world = world();
    let change = ParameterChangeProposal {
        title: "t".into(),
        description: "d".into(),
        changes: vec![ParamChange { subspace: "gov".into(), key: "k".into(), value: "1".into() }],
    };
    let log = world.refused("gov", 9, &older(pack(&change)));
    assert!(log.contains("MsgUpdateParams") && log.contains("cosmos.gov.v1.MsgSubmitProposal"), "{log}");
    world.refused("gov", 9, &older(Any { type_url: "/a.B".into(), value: vec![] }));
    let blank = beta::TextProposal { title: " ".into(), description: "d".into() };
    world.refused("gov", 5, &older(pack(&blank)));
    let legacy = wire::MsgExecLegacyContent {
        content: Some(pack(&beta::TextProposal { title: "t".into(), description: "d".into() })),
        authority: account(1).to_string(),
    };
    world.refused("sdk", 4, &legacy);
}
