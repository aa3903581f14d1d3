//! Swaps in pools with shares, exact on either side.

mod common;

use agora_dex::math::{stable, weighted};
use agora_dex::proto::agora::dex::v1 as wire;
use common::{RICH, Random, World, account, amount, coin, kinds, n, route, swap_in, swap_out};

#[test]
fn a_weighted_pool_swaps_by_its_formula() {
    let mut world = World::new(2, RICH);
    let id = world.weighted(1, "80000000aaa,20000000bbb", &[("aaa", 800_000), ("bbb", 200_000)], 3000);
    let fee = 3000;
    let (wa, wb) = (n(800_000 * 10u128.pow(12)), n(200_000 * 10u128.pow(12)));
    let out = weighted::out_given_in(n(80_000_000), wa, n(20_000_000), wb, n(1_000_000 - fee)).unwrap();
    assert_eq!(n(world.swap(2, &id, "1000000aaa", "bbb")), out);
    world.refused("dex", 6, &swap_in(2, "30000000aaa", "bbb", &[route(&[(&id, "bbb")])]));
    world.check();
    world.check_exact();
}

#[test]
fn a_stable_pool_swaps_by_its_formula_and_takes_its_fee_off_what_goes_out() {
    let mut world = World::new(2, RICH);
    let id = world.stable(1, "1000000000aaa,1000000000bbb,1000000000ccc", 200, 400);
    let balances = [n(1_000_000_000); 3];
    let gross: u128 = stable::out_given_in(&balances, 0, 1, n(50_000_000), 20_000).unwrap().to();
    let out = gross - (gross * 400).div_ceil(1_000_000);
    assert_eq!(world.swap(2, &id, "50000000aaa", "bbb"), out);
    world.check();
    world.check_exact();
}

#[test]
fn exact_out_costs_what_was_quoted_and_never_less_than_exact_in_would_need() {
    let mut world = World::new(2, RICH);
    for (kind, id) in kinds(&mut world, 3000) {
        let way = [route(&[(&id, "bbb")])];
        let quote: wire::QueryQuoteSwapExactOutResponse = world
            .query(
                "QuoteSwapExactOut",
                &wire::QueryQuoteSwapExactOutRequest {
                    denom_in: "aaa".into(),
                    token_out: coin("1234567bbb"),
                    routes: way.to_vec(),
                },
            )
            .unwrap();
        let cost = amount(quote.token_in);
        let exact_in: wire::QueryQuoteSwapExactInResponse = world
            .query(
                "QuoteSwapExactIn",
                &wire::QueryQuoteSwapExactInRequest {
                    token_in: coin(&format!("{cost}aaa")),
                    routes: way.to_vec(),
                },
            )
            .unwrap();
        let back = amount(exact_in.token_out);
        assert!((1_234_567..1_234_600).contains(&back), "{kind}: {back}");
        world.refused("dex", 3, &swap_out(2, &format!("{}aaa", cost - 1), "1234567bbb", &way));
        let before = world.balance(&account(2), "bbb");
        let done: wire::MsgSwapExactOutResponse =
            world.ok(&swap_out(2, &format!("{cost}aaa"), "1234567bbb", &way));
        assert_eq!(
            (amount(done.token_in), world.balance(&account(2), "bbb") - before),
            (cost, 1_234_567),
            "{kind}"
        );
        world.check();
        world.check_exact();
    }
}

#[test]
fn exact_out_goes_back_through_several_hops_and_routes() {
    let mut world = World::new(2, RICH);
    let ids: Vec<String> = kinds(&mut world, 3000).into_iter().map(|(_, id)| id).collect();
    let mut long = route(&[(&ids[0], "bbb"), (&ids[1], "ccc")]);
    let short = route(&[(&ids[2], "ccc")]);
    long.weight = 3;
    let before = (world.balance(&account(2), "aaa"), world.balance(&account(2), "ccc"));
    let done: wire::MsgSwapExactOutResponse =
        world.ok(&swap_out(2, "100000000aaa", "10000001ccc", &[long.clone(), short]));
    let cost = amount(done.token_in);
    assert_eq!(before.0 - world.balance(&account(2), "aaa"), cost);
    assert_eq!(world.balance(&account(2), "ccc") - before.1, 10_000_001);
    long.hops[0].limit = "1".into();
    let log = world.refused("dex", 3, &swap_out(2, "100000000aaa", "1000000ccc", &[long]));
    assert!(log.contains("at most 1aaa"), "{log}");
    world.check();
    world.check_exact();
}

#[test]
fn swaps_of_any_size_never_lower_the_invariant_and_never_profit_there_and_back() {
    let mut random = Random::new(11);
    for _ in 0..40 {
        let mut world = World::new(2, &format!("{0}aaa,{0}bbb", i128::MAX / 2));
        let (x, y) = (random.sized(100).max(2_000_000), random.sized(100).max(2_000_000));
        let reserves = format!("{x}aaa,{y}bbb");
        let fee = u128::from(random.below(4));
        let half = [("aaa", 500_000), ("bbb", 500_000)];
        let mut pools =
            vec![world.constant_product(1, &reserves, fee), world.weighted(1, &reserves, &half, fee)];
        if x / y < 5_000 && y / x < 5_000 {
            pools.push(world.stable(1, &reserves, 100, fee));
        }
        for id in pools {
            for _ in 0..25 {
                let give = random.sized(100);
                let there = swap_in(2, &format!("{give}aaa"), "bbb", &[route(&[(&id, "bbb")])]);
                let Ok(done) = world.run(&there) else { continue };
                let there =
                    <wire::MsgSwapExactInResponse as prost::Message>::decode(done.response.as_slice())
                        .unwrap();
                let out = amount(there.token_out);
                let back = swap_in(2, &format!("{out}bbb"), "aaa", &[route(&[(&id, "aaa")])]);
                if let Ok(done) = world.run(&back) {
                    let back =
                        <wire::MsgSwapExactInResponse as prost::Message>::decode(done.response.as_slice())
                            .unwrap();
                    assert!(amount(back.token_out) <= give);
                }
            }
        }
        world.check();
        world.check_exact();
    }
}
