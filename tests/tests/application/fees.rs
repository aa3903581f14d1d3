//! The base fee follows load.

use agora_feemarket::api::gas_price;
use agora_primitives::Dec;
use agora_proto::feemarket::v1 as wire;
use agora_proto::pack;
use agora_tests::{Account, TestChain};
use serde_json::json;

use crate::support::{authority, decision, governed, three};

/// A tenth of a uago, in atomics: 40 times the minimum.
const HIGH: u128 = 100_000_000_000_000_000;

fn price(chain: &TestChain) -> Dec {
    gas_price(&chain.state()).unwrap().price
}

/// A block that is full by gas wanted.
fn fill(chain: &mut TestChain, alice: &Account, bob: &Account) {
    let _ = chain.tx(alice).send(bob, "1uago").gas_and_fee(300_000_000).run().expect_ok();
}

#[test]
fn the_price_rises_by_an_eighth_in_a_full_block_and_falls_in_an_empty_one() {
    let (mut chain, alice, bob, _) = three();
    let minimum = Dec::from_atomics(2_500_000_000_000_000);
    assert_eq!(price(&chain), minimum);
    chain.empty_blocks(3);
    assert_eq!(price(&chain), minimum, "never below the minimum");
    fill(&mut chain, &alice, &bob);
    assert_eq!(price(&chain), Dec::from_atomics(2_812_500_000_000_000));
    fill(&mut chain, &alice, &bob);
    let risen = Dec::from_atomics(3_164_062_500_000_000);
    assert_eq!(price(&chain), risen);
    chain.empty_blocks(1);
    assert_eq!(price(&chain), Dec::from_atomics(2_768_554_687_500_000));
    chain.empty_blocks(1);
    assert_eq!(price(&chain), minimum);
}

#[test]
fn half_a_block_leaves_the_price_where_it_is() {
    let (mut chain, alice, bob, _) = three();
    fill(&mut chain, &alice, &bob);
    let before = price(&chain);
    let _ = chain.tx(&alice).send(&bob, "1uago").gas_and_fee(150_000_000).run().expect_ok();
    assert_eq!(price(&chain), before);
}

#[test]
fn a_transaction_that_pays_the_old_price_waits_no_longer_once_it_rose() {
    let (mut chain, alice, bob, carol) = three();
    let cheap = chain.draft(&carol).send(&bob, "1uago").bytes();
    let _ = chain.check(&cheap).expect_ok();
    fill(&mut chain, &alice, &bob);
    let _ = chain.recheck(&cheap).expect_code("sdk", 13);
    assert!(chain.propose(vec![cheap.clone()]).is_empty());
    let _ = chain.block(vec![cheap]).only().expect_code("sdk", 13);
}

#[test]
fn gas_of_refused_transactions_does_not_count_as_load() {
    let (mut chain, alice, bob, _) = three();
    let before = price(&chain);
    let _ = chain
        .tx(&alice)
        .send(&bob, "1uago")
        .gas_and_fee(300_000_000)
        .sequence(9)
        .run()
        .expect_code("sdk", 32);
    assert_eq!(price(&chain), before);
}

#[test]
fn a_failed_transaction_pays_its_fee_and_counts_as_load() {
    let (mut chain, alice, bob, _) = three();
    let fee = chain.fee_for(300_000_000);
    let failed =
        chain.tx(&alice).send(&bob, "999999999999uago").gas_and_fee(300_000_000).run().expect_code("sdk", 5);
    assert_eq!(format!("{}uago", -failed.delta(&alice, "uago")), fee);
    assert!(price(&chain) > Dec::from_atomics(2_500_000_000_000_000));
}

#[test]
fn clients_are_told_the_price_that_is_asked() {
    let (alice, bob) = (Account::new("alice"), Account::new("bob"));
    let mut chain = TestChain::builder()
        .accounts([&alice])
        .genesis("/feemarket/state/base_gas_price", json!("0.1"))
        .build();
    // The first block was empty.
    assert_eq!(price(&chain), Dec::from_atomics(HIGH / 8 * 7));
    let answer: wire::GasPriceResponse = chain
        .query("/feemarket.feemarket.v1.Query/GasPrice", &wire::GasPriceRequest { denom: "uago".into() })
        .unwrap();
    assert_eq!(answer.price.unwrap().amount, (HIGH / 8 * 7).to_string());
    let refused = chain
        .query::<_, wire::GasPriceResponse>(
            "/feemarket.feemarket.v1.Query/GasPrice",
            &wire::GasPriceRequest { denom: "uusdc".into() },
        )
        .unwrap_err();
    assert!(refused.contains("fees are paid in uago"), "{refused}");
    assert_eq!(chain.fee_for(200_000), "17500uago");
    let _ = chain.tx(&alice).send(&bob, "1uago").fee("17499uago").run().expect_code("sdk", 13);
}

#[test]
fn without_the_market_gas_is_free_and_only_the_authority_brings_it_back() {
    let (alice, bob) = (Account::new("alice"), Account::new("bob"));
    let mut chain = TestChain::builder()
        .accounts([&alice])
        .balance(&authority(), "1000000uago")
        .genesis("/feemarket/params/enabled", json!(false))
        .build();
    let _ = chain.tx(&alice).send(&bob, "1uago").fee("").run().expect_ok();
    let answer: wire::ParamsResponse =
        chain.query("/feemarket.feemarket.v1.Query/Params", &wire::ParamsRequest {}).unwrap();
    let params = Some(wire::Params { enabled: true, ..answer.params.unwrap() });
    let mine = wire::MsgParams { authority: alice.address.to_string(), params: params.clone() };
    let _ = chain.tx(&alice).msg(&mine).fee("").run().expect_code("sdk", 4);
    let theirs = wire::MsgParams { authority: authority().to_string(), params };
    let _ = chain.tx(&alice).msg(&theirs).fee("").run().expect_code("sdk", 8);
}

#[test]
fn the_authority_changes_how_the_price_follows_load() {
    let (mut chain, alice, bob) = governed();
    let answer: wire::ParamsResponse =
        chain.query("/feemarket.feemarket.v1.Query/Params", &wire::ParamsRequest {}).unwrap();
    let minimum = Dec::from_atomics(HIGH).to_wire();
    let params = wire::Params { min_base_gas_price: minimum, ..answer.params.unwrap() };
    let decide = |params| {
        decision(&alice, pack(&wire::MsgParams { authority: authority().to_string(), params: Some(params) }))
    };
    let bad = wire::Params { window: 8, ..params.clone() };
    let _ = chain.tx(&alice).msg(&decide(bad)).run().expect_code("sdk", 18);
    let _ = chain.tx(&alice).msg(&decide(params)).run().expect_ok();
    assert_eq!(chain.fee_for(200_000), "20000uago");
    let _ = chain.tx(&alice).send(&bob, "1uago").fee("19999uago").run().expect_code("sdk", 13);
    let _ = chain.tx(&alice).send(&bob, "1uago").run().expect_ok();
}
