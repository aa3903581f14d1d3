//! Validators, delegations and rewards, through signed transactions and the votes of consensus.

use std::time::Duration;

use agora_proto::cosmos::base::v1beta1::Coin;
use agora_proto::cosmos::crypto::ed25519::PubKey;
use agora_proto::cosmos::distribution::v1beta1 as distribution;
use agora_proto::cosmos::mint::v1beta1 as mint;
use agora_proto::cosmos::slashing::v1beta1 as slashing;
use agora_proto::cosmos::staking::v1beta1 as staking;
use agora_tests::harness::{FIRST_KEY, FeePaid};
use agora_tests::txs::SignMode;
use agora_tests::{Account, TestChain};
use prost::Message;
use serde_json::json;

const AGO: u128 = 1_000_000;

/// A second consensus key.
const SECOND_KEY: [u8; 32] = [2; 32];

fn valoper(operator: &Account) -> String {
    operator.address.to_bech32("agoravaloper")
}

fn coin(amount: u128) -> Option<Coin> {
    Some(Coin { denom: "uago".into(), amount: amount.to_string() })
}

/// `MsgDelegate` to the validator of `to`.
pub(crate) fn delegate(who: &Account, to: &Account, amount: u128) -> staking::MsgDelegate {
    staking::MsgDelegate {
        delegator_address: who.address.to_string(),
        validator_address: valoper(to),
        amount: coin(amount),
    }
}

/// `MsgCreateValidator` with a commission of a tenth.
pub(crate) fn create(operator: &Account, key: [u8; 32], amount: u128) -> staking::MsgCreateValidator {
    let decimal = |thousandths: u128| (thousandths * 10u128.pow(15)).to_string();
    #[allow(deprecated)] // The superseded field stays empty.
    staking::MsgCreateValidator {
        description: Some(staking::Description { moniker: "second <&>".into(), ..Default::default() }),
        commission: Some(staking::CommissionRates {
            rate: decimal(100),
            max_rate: decimal(200),
            max_change_rate: decimal(10),
        }),
        min_self_delegation: "1".into(),
        delegator_address: String::new(),
        validator_address: valoper(operator),
        pubkey: Some(prost_types::Any {
            type_url: "/cosmos.crypto.ed25519.PubKey".into(),
            value: PubKey { key: key.to_vec() }.encode_to_vec(),
        }),
        value: coin(amount),
    }
}

/// Alice stakes for the first validator; Bob and Carol hold coins.
fn staked() -> (TestChain, [Account; 3]) {
    let accounts = ["alice", "bob", "carol"].map(Account::new);
    let chain = TestChain::builder()
        .accounts(&accounts)
        .validator(&accounts[0])
        .genesis("/slashing/params/signed_blocks_window", json!("20"))
        .build();
    (chain, accounts)
}

fn validator(chain: &TestChain, operator: &Account) -> staking::Validator {
    let request = staking::QueryValidatorRequest { validator_addr: valoper(operator) };
    let found: staking::QueryValidatorResponse =
        chain.query("/cosmos.staking.v1beta1.Query/Validator", &request).unwrap();
    found.validator.unwrap()
}

fn check(chain: &TestChain) {
    chain.check_invariants().unwrap();
}

#[test]
fn the_validator_of_the_genesis_document_has_the_power_that_consensus_knows() {
    let (mut chain, [alice, ..]) = staked();
    assert_eq!(validator(&chain, &alice).tokens, (10 * AGO).to_string());
    assert_eq!(chain.validators().set()[&FIRST_KEY], 10);
    assert_eq!(chain.balance(&alice, "uago"), 990 * AGO);
    check(&chain);
}

#[test]
fn delegations_by_either_way_of_signing_change_the_power_and_earn() {
    let (mut chain, [alice, bob, carol]) = staked();
    let _ = chain.tx(&bob).gas_and_fee(400_000).msg(&delegate(&bob, &alice, 100 * AGO)).run().expect_ok();
    let amino = chain.tx(&carol).gas_and_fee(400_000).mode(SignMode::Amino);
    let _ = amino.msg(&delegate(&carol, &alice, 50 * AGO)).run().expect_ok();
    assert_eq!(chain.validators().set()[&FIRST_KEY], 160);
    chain.empty_blocks(5);
    check(&chain);
    let inflation: mint::QueryInflationResponse =
        chain.query("/cosmos.mint.v1beta1.Query/Inflation", &mint::QueryInflationRequest {}).unwrap();
    assert!(!inflation.inflation.is_empty());
    let message = distribution::MsgWithdrawDelegatorReward {
        delegator_address: bob.address.to_string(),
        validator_address: valoper(&alice),
    };
    let done = chain.tx(&bob).gas_and_fee(400_000).msg(&message).run().expect_ok();
    let answer =
        distribution::MsgWithdrawDelegatorRewardResponse::decode(done.responses()[0].value.as_slice())
            .unwrap();
    let earned: i128 = answer.amount[0].amount.parse().unwrap();
    let fee: i128 = done.only::<FeePaid>().fee.trim_end_matches("uago").parse().unwrap();
    assert!(earned > 0);
    assert_eq!(done.delta(&bob, "uago"), earned - fee);
    check(&chain);
}

#[test]
fn many_delegations_to_one_validator_lie_in_one_block() {
    let people: Vec<Account> = (0..40).map(|n| Account::new(&format!("delegator {n}"))).collect();
    let alice = Account::new("alice");
    let mut chain = TestChain::builder().accounts(&people).accounts([&alice]).validator(&alice).build();
    let txs = people.iter().map(|who| {
        let draft = chain.draft(who).gas(400_000).fee(&chain.fee_for(400_000));
        draft.msg(&delegate(who, &alice, 3 * AGO)).bytes()
    });
    let txs: Vec<_> = txs.collect();
    let block = chain.mine(txs);
    assert_eq!(block.outcomes.len(), 40);
    block.outcomes.into_iter().for_each(|outcome| drop(outcome.expect_ok()));
    assert_eq!(block.validator_updates, [(FIRST_KEY, 130)]);
    check(&chain);
}

#[test]
fn a_second_validator_enters_falls_silent_is_jailed_and_comes_back() {
    let (mut chain, [_, bob, _]) = staked();
    let message = create(&bob, SECOND_KEY, 5 * AGO);
    let _ = chain.tx(&bob).gas_and_fee(500_000).mode(SignMode::Amino).msg(&message).run().expect_ok();
    assert_eq!(chain.validators().set().len(), 2);
    chain.empty_blocks(25);
    chain.validators().silence(SECOND_KEY, true);
    chain.empty_blocks(15);
    let jailed = validator(&chain, &bob);
    assert!(jailed.jailed && jailed.tokens == (5 * AGO - 5 * AGO / 100).to_string(), "{jailed:?}");
    assert_eq!(chain.validators().set().len(), 1);
    check(&chain);
    let unjail = slashing::MsgUnjail { validator_addr: valoper(&bob) };
    let _ = chain.tx(&bob).gas_and_fee(400_000).msg(&unjail).run().expect_code("slashing", 4);
    chain.advance(Duration::from_secs(601));
    let _ = chain.tx(&bob).gas_and_fee(400_000).msg(&unjail).run().expect_ok();
    assert_eq!(chain.validators().set()[&SECOND_KEY], 4);
    // Now it signs twice, and never comes back.
    chain.validators().silence(SECOND_KEY, false);
    chain.empty_blocks(3);
    let (height, time) = (chain.height(), chain.time());
    chain.validators().sign_twice(SECOND_KEY, 4, height, time);
    chain.empty_blocks(1);
    check(&chain);
    chain.advance(Duration::from_secs(10_000_000));
    let _ = chain.tx(&bob).gas_and_fee(400_000).msg(&unjail).run().expect_code("slashing", 4);
    assert_eq!(chain.validators().set().keys().collect::<Vec<_>>(), [&FIRST_KEY]);
}

#[test]
fn a_staked_chain_goes_on_from_its_export() {
    let (mut chain, [alice, bob, carol]) = staked();
    let _ = chain.tx(&bob).gas_and_fee(500_000).msg(&create(&bob, SECOND_KEY, 5 * AGO)).run().expect_ok();
    let _ = chain.tx(&carol).gas_and_fee(400_000).msg(&delegate(&carol, &alice, 7 * AGO)).run().expect_ok();
    chain.empty_blocks(3);
    let move_on = staking::MsgBeginRedelegate {
        delegator_address: carol.address.to_string(),
        validator_src_address: valoper(&alice),
        validator_dst_address: valoper(&bob),
        amount: coin(2 * AGO),
    };
    let _ = chain.tx(&carol).gas_and_fee(500_000).msg(&move_on).run().expect_ok();
    let leave = staking::MsgUndelegate {
        delegator_address: carol.address.to_string(),
        validator_address: valoper(&alice),
        amount: coin(AGO),
    };
    let done = chain.tx(&carol).gas_and_fee(500_000).msg(&leave).run().expect_ok();
    assert_eq!(done.of("unbond").len(), 1);
    chain.validators().silence(SECOND_KEY, true);
    chain.empty_blocks(4);
    check(&chain);
    let next = TestChain::builder().continuing(&chain).build();
    check(&next);
    // The first block of a new chain has no votes, so the old one's next is not the same; the state before it is.
    let staked_part = |chain: &TestChain| {
        let export = chain.export();
        ["validators", "delegations", "unbonding_delegations", "redelegations", "last_validator_powers"]
            .map(|name| export["staking"][name].clone())
    };
    assert_eq!(staked_part(&next), staked_part(&chain));
    let mut next = next;
    let before = next.balance(&carol, "uago");
    next.advance(Duration::from_secs(21 * 86_400));
    next.empty_blocks(2);
    assert_eq!(next.balance(&carol, "uago"), before + AGO);
    check(&next);
}
