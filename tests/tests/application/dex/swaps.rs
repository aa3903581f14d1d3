//! Constant-product pools and swaps along routes.

use agora_dex::proto::agora::dex::v1 as wire;
use agora_tests::txs::wire_coins;
use agora_tests::{Account, TestChain};
use prost::Message as _;

use super::{create, make_pool, pool, quote, route, swap};

const RICH: &str = "1000000000000satoshi,1000000000000uago,1000000000000uusdc";

fn chain() -> (TestChain, Account, Account) {
    let (alice, bob) = (Account::new("alice"), Account::new("bob"));
    let chain = TestChain::builder().balance(&alice, RICH).balance(&bob, RICH).build();
    (chain, alice, bob)
}

#[test]
fn a_pool_is_made_at_an_address_of_its_own_with_locked_first_shares() {
    let (mut chain, alice, _) = chain();
    let done = chain
        .tx(&alice)
        .msg(&create(&alice, "4000000uago,9000000uusdc"))
        .gas_and_fee(400_000)
        .run()
        .expect_ok();
    let made = wire::MsgCreatePoolResponse::decode(done.responses()[0].value.as_slice()).unwrap();
    let shares = made.shares.unwrap();
    assert_eq!((shares.amount.as_str(), shares.denom), ("5999000", format!("lp/{}", made.pool_id)));
    assert_eq!(done.delta(&alice, &format!("lp/{}", made.pool_id)), 5_999_000);
    let address: agora_primitives::Address = made.address.parse().unwrap();
    assert_eq!(chain.balance(&address, "uago"), 4_000_000);
    assert_eq!(chain.balance(&address, &format!("lp/{}", made.pool_id)), 1000);
    let seen = pool(&chain, &made.pool_id);
    assert_eq!((seen.address, seen.swap_fee.as_str()), (made.address, "3000000000000000"));
    assert_eq!(seen.shares.unwrap().amount, "6000000");
    chain.check_invariants().unwrap();
}

#[test]
fn a_swap_gives_what_was_quoted_and_what_the_formula_says() {
    let (mut chain, alice, bob) = chain();
    let id = make_pool(&mut chain, &alice, "5000000uago,10000000uusdc");
    let way = [route(&[(&id, "uusdc")])];
    let quoted = quote(&chain, "1000000uago", &way);
    assert_eq!(quoted, "1662497uusdc");
    let done =
        chain.tx(&bob).msg(&swap(&bob, "1000000uago", &quoted, &way)).gas_and_fee(300_000).run().expect_ok();
    assert_eq!(done.delta(&bob, "uusdc"), 1_662_497);
    let line = format!(
        "swapped(pool_id={id}, trader={bob}, token_in=1000000uago, token_out=1662497uusdc, fee=3000uago, msg_index=0)"
    );
    assert!(done.event_lines().contains(&line), "{:?}", done.event_lines());
    let reserves: Vec<String> = pool(&chain, &id).reserves.into_iter().map(|c| c.amount).collect();
    assert_eq!(reserves, ["6000000", "8337503"]);
    chain.check_invariants().unwrap();
}

#[test]
fn routes_are_followed_split_and_limited() {
    let (mut chain, alice, bob) = chain();
    let a = make_pool(&mut chain, &alice, "5000000uago,10000000uusdc");
    let b = make_pool(&mut chain, &alice, "10000000satoshi,10000000uusdc");
    let c = make_pool(&mut chain, &alice, "7000000satoshi,7000000uago");
    let mut long = route(&[(&a, "uusdc"), (&b, "satoshi")]);
    let short = route(&[(&c, "satoshi")]);
    long.weight = 2;
    let way = [long.clone(), short];
    let quoted = quote(&chain, "100001uago", &way);
    let least = quoted.strip_suffix("satoshi").unwrap().parse::<u64>().unwrap() + 1;
    let _ = chain
        .tx(&bob)
        .msg(&swap(&bob, "100001uago", &format!("{least}satoshi"), &way))
        .gas_and_fee(400_000)
        .run()
        .expect_code("dex", 3);
    let done =
        chain.tx(&bob).msg(&swap(&bob, "100001uago", &quoted, &way)).gas_and_fee(400_000).run().expect_ok();
    assert_eq!(format!("{}satoshi", done.delta(&bob, "satoshi")), quoted);
    assert_eq!(done.of("swapped").len(), 3);
    chain.check_invariants().unwrap();
    long.hops[0].limit = "1000000".to_owned();
    let _ = chain
        .tx(&bob)
        .msg(&swap(&bob, "100001uago", "1satoshi", &[long]))
        .gas_and_fee(400_000)
        .run()
        .expect_code("dex", 3)
        .saying("at least 1000000uusdc");
}

#[test]
fn the_same_pool_twice_in_a_route_is_used_in_order() {
    let (mut chain, alice, bob) = chain();
    let id = make_pool(&mut chain, &alice, "5000000uago,10000000uusdc");
    let b = make_pool(&mut chain, &alice, "5000000satoshi,5000000uago");
    // Out to the dollar, back through the same pool, on to bitcoin: the fee is paid each time.
    let way = [route(&[(&id, "uusdc"), (&id, "uago"), (&b, "satoshi")])];
    let quoted = quote(&chain, "1000000uago", &way);
    let done =
        chain.tx(&bob).msg(&swap(&bob, "1000000uago", &quoted, &way)).gas_and_fee(500_000).run().expect_ok();
    assert_eq!(format!("{}satoshi", done.delta(&bob, "satoshi")), quoted);
    chain.check_invariants().unwrap();
}

#[test]
fn what_is_malformed_late_or_missing_is_refused_and_changes_nothing() {
    let (mut chain, alice, bob) = chain();
    let id = make_pool(&mut chain, &alice, "5000000uago,10000000uusdc");
    let ok = swap(&bob, "1000uago", "1uusdc", &[route(&[(&id, "uusdc")])]);
    let before = pool(&chain, &id);
    let mut refused = |code: (&str, u32), change: &dyn Fn(&mut wire::MsgSwapExactIn)| {
        let mut message = ok.clone();
        change(&mut message);
        let _ = chain.tx(&bob).msg(&message).gas_and_fee(300_000).run().expect_code(code.0, code.1);
    };
    refused(("dex", 2), &|m| m.routes[0].hops[0].pool_id = "1".into());
    refused(("dex", 4), &|m| m.deadline = Some(prost_types::Timestamp { seconds: 1, nanos: 0 }));
    refused(("dex", 5), &|m| m.token_in = wire_coins("1000satoshi").pop());
    refused(("sdk", 10), &|m| m.token_in = None);
    // One dollar unit is worth half a unit of AGO: nothing.
    refused(("dex", 6), &|m| {
        m.token_in = wire_coins("1uusdc").pop();
        m.token_out_min = wire_coins("0uago").pop();
        m.routes[0].hops[0].denom_out = "uago".into();
    });
    refused(("dex", 7), &|m| m.routes.clear());
    refused(("dex", 7), &|m| m.routes[0].hops.clear());
    refused(("dex", 7), &|m| m.routes[0].hops = vec![m.routes[0].hops[0].clone(); 7]);
    refused(("dex", 7), &|m| m.routes[0].hops[0].pool_id = "POOL".into());
    refused(("dex", 7), &|m| m.token_out_min = wire_coins("1satoshi").pop());
    refused(("sdk", 10), &|m| m.token_in = wire_coins("0uago").pop());
    refused(("sdk", 5), &|m| m.token_in = wire_coins("2000000000000uago").pop());
    assert_eq!(pool(&chain, &id), before);
    for (coins, fee) in [("1uago", "0"), ("1uago,1uusdc", "0"), ("5000uago,5000uusdc", "100001000000000000")]
    {
        let mut message = create(&bob, coins);
        message.swap_fee = fee.into();
        let _ = chain.tx(&bob).msg(&message).gas_and_fee(300_000).run().expect_code("dex", 8);
    }
    chain.check_invariants().unwrap();
}

#[test]
fn pools_survive_export_and_import() {
    let (mut chain, alice, bob) = chain();
    let id = make_pool(&mut chain, &alice, "5000000uago,10000000uusdc");
    let way = [route(&[(&id, "uusdc")])];
    let _ = chain.tx(&bob).msg(&swap(&bob, "777uago", "1uusdc", &way)).gas_and_fee(300_000).run().expect_ok();
    let next = TestChain::builder().continuing(&chain).build();
    assert_eq!(next.export()["dex"], chain.export()["dex"]);
    assert_eq!(quote(&next, "1000uago", &way), quote(&chain, "1000uago", &way));
    next.check_invariants().unwrap();
}

#[test]
fn coins_sent_to_a_pool_from_outside_move_no_price() {
    let (mut chain, alice, bob) = chain();
    let id = make_pool(&mut chain, &alice, "5000000uago,10000000uusdc");
    let way = [route(&[(&id, "uusdc")])];
    let before = quote(&chain, "1000uago", &way);
    let address: agora_primitives::Address = pool(&chain, &id).address.parse().unwrap();
    let _ = chain.tx(&bob).send(&address, "1000000000uusdc").run().expect_ok();
    assert_eq!(quote(&chain, "1000uago", &way), before);
    chain.check_invariants().unwrap();
}
