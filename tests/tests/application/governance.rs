//! Governance by signed transactions: what was voted is done, and what fails changes nothing.

use std::time::Duration;

use agora_proto::cosmos::base::v1beta1::Coin;
use agora_proto::cosmos::consensus::v1 as consensus;
use agora_proto::cosmos::distribution::v1beta1 as distribution;
use agora_proto::cosmos::gov::v1 as gov;
use agora_proto::cosmos::gov::v1::ProposalStatus;
use agora_proto::cosmos::slashing::v1beta1 as slashing;
use agora_proto::cosmos::staking::v1beta1 as staking;
use agora_proto::pack;
use agora_proto::tendermint::types::{BlockParams, EvidenceParams, ValidatorParams};
use agora_tests::harness::Block;
use agora_tests::txs::SignMode;
use agora_tests::{Account, TestChain};
use prost_types::Any;
use serde_json::json;

use crate::support::authority;

const AGO: u128 = 1_000_000;

fn coins(amount: u128) -> Vec<Coin> {
    vec![Coin { denom: "uago".into(), amount: amount.to_string() }]
}

/// Alice is the only validator, with 10 AGO; Bob and Carol hold coins. A vote takes a minute.
fn governed() -> (TestChain, [Account; 3]) {
    let accounts = ["alice", "bob", "carol"].map(Account::new);
    let chain = TestChain::builder()
        .accounts(&accounts)
        .validator(&accounts[0])
        .genesis("/gov/params/voting_period", json!("60s"))
        .genesis("/gov/params/expedited_voting_period", json!("30s"))
        .build();
    (chain, accounts)
}

fn proposal_of(proposer: &Account, messages: Vec<Any>) -> gov::MsgSubmitProposal {
    gov::MsgSubmitProposal {
        messages,
        initial_deposit: coins(10 * AGO),
        proposer: proposer.address.to_string(),
        metadata: "ipfs://CID".into(),
        title: "A proposal".into(),
        summary: "What it is about".into(),
        expedited: false,
    }
}

fn vote(id: u64, voter: &Account, option: gov::VoteOption) -> gov::MsgVote {
    gov::MsgVote {
        proposal_id: id,
        voter: voter.address.to_string(),
        option: option.into(),
        metadata: String::new(),
    }
}

fn shown(chain: &TestChain, proposal_id: u64) -> gov::Proposal {
    let request = gov::QueryProposalRequest { proposal_id };
    let found: gov::QueryProposalResponse =
        chain.query("/cosmos.gov.v1.Query/Proposal", &request).expect("an answer");
    found.proposal.expect("a proposal")
}

/// Bob proposes, Alice votes yes, and time passes. The last block is the one in which it ends.
fn decide(chain: &mut TestChain, [alice, bob, _]: &[Account; 3], id: u64, messages: Vec<Any>) -> Block {
    let _ = chain.tx(bob).gas_and_fee(3_000_000).msg(&proposal_of(bob, messages)).run().expect_ok();
    let _ = chain.tx(alice).msg(&vote(id, alice, gov::VoteOption::Yes)).run().expect_ok();
    chain.advance(Duration::from_secs(60));
    let block = chain.block(vec![]);
    chain.check_invariants().expect("every invariant holds");
    block
}

fn params(chain: &TestChain) -> slashing::Params {
    let found: slashing::QueryParamsResponse = chain
        .query("/cosmos.slashing.v1beta1.Query/Params", &slashing::QueryParamsRequest {})
        .expect("an answer");
    found.params.expect("parameters")
}

fn spend(to: &Account, amount: u128) -> Any {
    pack(&distribution::MsgCommunityPoolSpend {
        authority: authority().to_string(),
        recipient: to.address.to_string(),
        amount: coins(amount),
    })
}

#[test]
fn proposals_change_parameters_spend_and_fail_as_they_were_voted() {
    let (mut chain, accounts) = governed();
    let [_, bob, carol] = &accounts;
    let gift =
        distribution::MsgFundCommunityPool { amount: coins(5 * AGO), depositor: bob.address.to_string() };
    let _ = chain.tx(bob).msg(&gift).run().expect_ok();
    let before = chain.balance(carol, "uago");

    let changed = slashing::Params { signed_blocks_window: 77, ..params(&chain) };
    let update =
        slashing::MsgUpdateParams { authority: authority().to_string(), params: Some(changed.clone()) };
    let _ = decide(&mut chain, &accounts, 1, vec![pack(&update)]);
    assert_eq!(shown(&chain, 1).status(), ProposalStatus::Passed);
    assert_eq!(params(&chain), changed);

    let block = decide(&mut chain, &accounts, 2, vec![spend(carol, AGO)]);
    assert_eq!(shown(&chain, 2).status(), ProposalStatus::Passed);
    assert_eq!(chain.balance(carol, "uago"), before + AGO);
    let last = block.events.iter().rfind(|event| event.kind == "active_proposal").expect("an event");
    assert_eq!((last.get("proposal_result"), last.get("mode")), ("proposal_passed", "EndBlock"));

    let _ = decide(&mut chain, &accounts, 3, vec![spend(carol, AGO), spend(carol, 1000 * AGO)]);
    let failed = shown(&chain, 3);
    assert_eq!(failed.status(), ProposalStatus::Failed);
    assert!(failed.failed_reason.contains("community pool does not have sufficient coins"));
    assert_eq!(chain.balance(carol, "uago"), before + AGO);
    chain.restart();
    let exported = TestChain::builder().continuing(&chain).build();
    assert_eq!(shown(&exported, 3), failed);
}

#[test]
fn stakes_bought_after_the_start_do_not_vote_however_the_transactions_lie() {
    let (mut chain, [alice, bob, carol]) = governed();
    let _ = chain.tx(&bob).gas_and_fee(3_000_000).msg(&proposal_of(&bob, vec![])).run().expect_ok();
    let whale = staking::MsgDelegate {
        delegator_address: carol.address.to_string(),
        validator_address: alice.address.to_bech32("agoravaloper"),
        amount: coins(900 * AGO).pop(),
    };
    // In one block: she buys, she votes, and the validator votes.
    let fee = chain.fee_for(1_000_000);
    let buy = chain.draft(&carol).gas(1_000_000).fee(&fee).msg(&whale).bytes();
    let no = chain
        .draft(&carol)
        .gas(1_000_000)
        .fee(&fee)
        .sequence(1)
        .msg(&vote(1, &carol, gov::VoteOption::No))
        .bytes();
    let yes =
        chain.draft(&alice).gas(1_000_000).fee(&fee).msg(&vote(1, &alice, gov::VoteOption::Yes)).bytes();
    for outcome in chain.block(vec![buy, no, yes]).outcomes {
        let _ = outcome.expect_ok();
    }
    let request = gov::QueryTallyResultRequest { proposal_id: 1 };
    let tally: gov::QueryTallyResultResponse =
        chain.query("/cosmos.gov.v1.Query/TallyResult", &request).expect("an answer");
    let tally = tally.tally.expect("a tally");
    assert_eq!((tally.yes_count, tally.no_count), ((10 * AGO).to_string(), "0".to_owned()));
    chain.check_invariants().expect("every invariant holds");
    let continued = TestChain::builder().continuing(&chain).build();
    continued.check_invariants().expect("a vote goes on in an export");
}

#[test]
fn votes_of_many_lie_side_by_side_in_a_block() {
    let voters: Vec<Account> = (0..40).map(|n| Account::new(&format!("voter {n}"))).collect();
    let alice = Account::new("alice");
    let mut chain = TestChain::builder()
        .accounts(voters.iter().chain([&alice]))
        .validator(&alice)
        .genesis("/gov/params/voting_period", json!("60s"))
        .genesis("/gov/params/expedited_voting_period", json!("30s"))
        .build();
    let fee = chain.fee_for(1_000_000);
    let txs = voters.iter().enumerate().map(|(n, voter)| {
        let stake = staking::MsgDelegate {
            delegator_address: voter.address.to_string(),
            validator_address: alice.address.to_bech32("agoravaloper"),
            amount: coins(u128::try_from(n + 1).expect("small") * AGO).pop(),
        };
        chain.draft(voter).gas(1_000_000).fee(&fee).msg(&stake).bytes()
    });
    let txs = txs.collect();
    chain.block(txs).outcomes.into_iter().for_each(|outcome| drop(outcome.expect_ok()));
    let _ = chain.tx(&alice).gas_and_fee(3_000_000).msg(&proposal_of(&alice, vec![])).run().expect_ok();
    let fee = chain.fee_for(1_000_000);
    let txs = voters.iter().enumerate().map(|(n, voter)| {
        let option = if n % 2 == 0 { gov::VoteOption::Yes } else { gov::VoteOption::No };
        chain.draft(voter).gas(1_000_000).fee(&fee).sequence(1).msg(&vote(1, voter, option)).bytes()
    });
    let txs = txs.collect();
    chain.block(txs).outcomes.into_iter().for_each(|outcome| drop(outcome.expect_ok()));
    chain.advance(Duration::from_secs(60));
    chain.empty_blocks(1);
    let tally = shown(&chain, 1).final_tally_result.expect("a tally");
    assert_eq!((tally.yes_count, tally.no_count), ((400 * AGO).to_string(), (420 * AGO).to_string()));
    chain.check_invariants().expect("every invariant holds");
}

#[test]
fn consensus_is_told_of_its_new_parameters_when_they_are_voted() {
    let (mut chain, accounts) = governed();
    let evidence = EvidenceParams {
        max_age_num_blocks: 400,
        max_age_duration: Some(prost_types::Duration { seconds: 400, nanos: 0 }),
        max_bytes: 1_048_576,
    };
    let update = consensus::MsgUpdateParams {
        authority: authority().to_string(),
        block: Some(BlockParams { max_bytes: 4_194_304, max_gas: 50_000_000 }),
        evidence: Some(evidence),
        validator: Some(ValidatorParams { pub_key_types: vec!["ed25519".into()] }),
        ..Default::default()
    };
    let block = decide(&mut chain, &accounts, 1, vec![pack(&update)]);
    let told = block.consensus_params.expect("consensus is told");
    assert_eq!(told.block.expect("the block").max_gas, 50_000_000);
    assert_eq!(told.evidence.expect("evidence").max_age_num_blocks, 400);
    assert!(told.abci.is_none() && told.version.is_none(), "what does not change is left out");
    assert!(chain.block(vec![]).consensus_params.is_none(), "it is told once");
    let found: consensus::QueryParamsResponse = chain
        .query("/cosmos.consensus.v1.Query/Params", &consensus::QueryParamsRequest {})
        .expect("an answer");
    assert_eq!(found.params.expect("parameters").evidence, Some(evidence));
}

#[test]
fn governance_is_signed_for_on_a_hardware_wallet_too() {
    let (mut chain, [alice, bob, _]) = governed();
    let _ = chain
        .tx(&bob)
        .gas_and_fee(3_000_000)
        .mode(SignMode::Amino)
        .msg(&proposal_of(&bob, vec![]))
        .run()
        .expect_ok();
    let vote = vote(1, &alice, gov::VoteOption::NoWithVeto);
    let _ = chain.tx(&alice).mode(SignMode::Amino).msg(&vote).run().expect_ok();
    let deposit = gov::MsgDeposit { proposal_id: 1, depositor: bob.address.to_string(), amount: coins(AGO) };
    let _ = chain.tx(&bob).mode(SignMode::Amino).msg(&deposit).run().expect_ok();
    let cancel = gov::MsgCancelProposal { proposal_id: 1, proposer: bob.address.to_string() };
    let done = chain.tx(&bob).mode(SignMode::Amino).msg(&cancel).run().expect_ok();
    assert_eq!(done.of("cancel_proposal").len(), 1);
    chain.check_invariants().expect("every invariant holds");
}
