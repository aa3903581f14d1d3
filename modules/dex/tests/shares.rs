//! Pools with shares: each kind swapped, joined and left.

mod common;

use agora_dex::math::{constant_product, stable, weighted};
use agora_dex::proto::agora::dex::v1 as wire;
use common::{Random, World, account, coin, coins, figures, millionths, route, swap_in, swap_out};
use ruint::aliases::U256;

const RICH: &str = "1000000000000000000000000aaa,1000000000000000000000000bbb,1000000000000000000000000ccc";

fn n(n: u128) -> U256 {
    U256::from(n)
}

fn amount(coin: Option<agora_proto::cosmos::base::v1beta1::Coin>) -> u128 {
    coin.unwrap().amount.parse().unwrap()
}

/// One pool of each kind that has shares.
fn kinds(world: &mut World, fee: u128) -> Vec<(&'static str, String)> {
    vec![
        ("constant product", world.constant_product(1, "4000000000aaa,9000000000bbb", fee)),
        (
            "weighted",
            world.weighted(
                1,
                "4000000000aaa,9000000000bbb,7000000000ccc",
                &[("aaa", 500_000), ("bbb", 300_000), ("ccc", 200_000)],
                fee,
            ),
        ),
        ("stable", world.stable(1, "4000000000aaa,9000000000bbb,7000000000ccc", 100, fee)),
    ]
}

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
fn joining_and_leaving_in_proportion_never_profits_and_needs_every_coin() {
    let mut world = World::new(2, RICH);
    for (kind, id) in kinds(&mut world, 3000) {
        let three = kind != "constant product";
        let join = |most: &str, least: u128| wire::MsgJoin {
            sender: account(2).to_string(),
            pool_id: id.clone(),
            coins_max: coins(most),
            shares_min: least.to_string(),
            deadline: None,
        };
        // Half as much again of one coin than its proportion: June 2022.
        let most = if three { "6000003aaa,9000001bbb,7000002ccc" } else { "6000003aaa,9000001bbb" };
        world.refused("dex", 5, &join("6000003aaa", 0));
        world.refused("dex", 3, &join(most, u128::MAX >> 1));
        let joined: wire::MsgJoinResponse = world.ok(&join(most, 1));
        let taken: u128 = joined.coins_in[0].amount.parse().unwrap();
        assert!(
            (4_000_000..=4_000_002).contains(&taken),
            "{kind}: only the proportion is taken, not {taken}"
        );
        let shares = joined.shares.unwrap();
        let exit = |amount: u128, least: &str| wire::MsgExit {
            sender: account(2).to_string(),
            shares: coin(&format!("{amount}{}", shares.denom)),
            coins_min: coins(least),
            deadline: None,
        };
        let given: u128 = shares.amount.parse().unwrap();
        world.refused("sdk", 5, &exit(given + 1, ""));
        world.refused("dex", 3, &exit(given, "6000000aaa"));
        let left: wire::MsgExitResponse = world.ok(&exit(given, ""));
        for (back, taken) in left.coins_out.iter().zip(&joined.coins_in) {
            let (back, taken): (u128, u128) = (back.amount.parse().unwrap(), taken.amount.parse().unwrap());
            assert!(back <= taken && back + 2 >= taken, "{kind}: {back} of {taken}");
        }
        world.check();
        world.check_exact();
    }
}

#[test]
fn an_exact_number_of_shares_costs_no_more_than_allowed() {
    let mut world = World::new(2, RICH);
    for (kind, id) in kinds(&mut world, 0) {
        let join = |most: &str| wire::MsgJoinExactShares {
            sender: account(2).to_string(),
            shares: coin(&format!("1000000lp/{id}")),
            coins_max: coins(most),
            deadline: None,
        };
        world.refused("dex", 3, &join("1aaa,1bbb,1ccc"));
        let joined: wire::MsgJoinResponse = world.ok(&join("100000000aaa,100000000bbb,100000000ccc"));
        assert_eq!(joined.shares.unwrap().amount, "1000000", "{kind}");
        assert_eq!(world.balance(&account(2), &format!("lp/{id}")), 1_000_000);
        world.check();
        world.check_exact();
    }
    let foreign = wire::MsgJoinExactShares {
        sender: account(2).to_string(),
        shares: coin("5aaa"),
        coins_max: coins("5aaa"),
        deadline: None,
    };
    world.refused("dex", 5, &foreign);
}

#[test]
fn one_coin_alone_joins_and_leaves_within_bounds_and_never_profits() {
    let mut world = World::new(2, RICH);
    for fee in [0, 3000] {
        for (kind, id) in kinds(&mut world, fee) {
            let mut random = Random::new(7);
            for _ in 0..50 {
                let given = 1000 + u128::from(random.below(500_000_000));
                let join = wire::MsgJoinSingle {
                    sender: account(2).to_string(),
                    pool_id: id.clone(),
                    coin_in: coin(&format!("{given}aaa")),
                    shares_min: "1".into(),
                    deadline: None,
                };
                let joined: wire::MsgJoinResponse = world.ok(&join);
                let exit = wire::MsgExitSingle {
                    sender: account(2).to_string(),
                    shares: joined.shares,
                    coin_out_min: coin("1aaa"),
                    deadline: None,
                };
                let left: wire::MsgExitResponse = world.ok(&exit);
                let back: u128 = left.coins_out[0].amount.parse().unwrap();
                assert!(back <= given, "{kind}, fee {fee}: {back} for {given}");
                world.check();
            }
            let far = wire::MsgJoinSingle {
                sender: account(2).to_string(),
                pool_id: id.clone(),
                coin_in: coin("400000000000000aaa"),
                shares_min: "1".into(),
                deadline: None,
            };
            world.refused("dex", 6, &far);
        }
    }
    world.check_exact();
}

#[test]
fn a_pool_of_almost_nothing_keeps_its_locked_shares() {
    let mut world = World::new(2, RICH);
    let id = world.constant_product(1, "1001aaa,1001bbb", 0);
    assert_eq!(world.balance(&account(1), &format!("lp/{id}")), 1);
    let exit = |n: u128| wire::MsgExit {
        sender: account(1).to_string(),
        shares: coin(&format!("{n}lp/{id}")),
        coins_min: vec![],
        deadline: None,
    };
    world.refused("dex", 6, &exit(1001));
    let _: wire::MsgExitResponse = world.ok(&exit(1));
    assert_eq!(world.pool(&id).shares.unwrap().amount, "1000");
    world.check_exact();
}

#[test]
fn a_donation_before_a_deposit_changes_no_share() {
    // The inflation of the first share: the attacker holds next to all shares and sends coins to the pool's address.
    let mut world = World::new(3, RICH);
    let id = world.constant_product(1, "1001aaa,1001bbb", 0);
    let address: agora_primitives::Address = world.pool(&id).address.parse().unwrap();
    let send = agora_proto::cosmos::bank::v1beta1::MsgSend {
        from_address: account(1).to_string(),
        to_address: address.to_string(),
        amount: coins("1000000000000aaa,1000000000000bbb"),
    };
    let _: agora_proto::cosmos::bank::v1beta1::MsgSendResponse = world.ok(&send);
    let join = wire::MsgJoin {
        sender: account(2).to_string(),
        pool_id: id.clone(),
        coins_max: coins("1000000aaa,1000000bbb"),
        shares_min: "1000000".into(),
        deadline: None,
    };
    let joined: wire::MsgJoinResponse = world.ok(&join);
    assert_eq!(joined.shares.as_ref().unwrap().amount, "1000000");
    let exit = wire::MsgExit {
        sender: account(2).to_string(),
        shares: joined.shares,
        coins_min: vec![],
        deadline: None,
    };
    let left: wire::MsgExitResponse = world.ok(&exit);
    assert_eq!(left.coins_out, coins("1000000aaa,1000000bbb"));
    world.check();
}

#[test]
fn ten_thousand_tiny_swaps_on_a_drained_stable_pool_never_lower_the_worth_of_a_share() {
    // November 2025.
    let mut world = World::new(2, RICH);
    let id = world.stable(1, "80000aaa,9bbb", 50, 0);
    let worth = |world: &World| {
        let xs = [n(world.reserve(&id, "aaa")), n(world.reserve(&id, "bbb"))];
        stable::invariant(&xs, 5000).unwrap()
    };
    let mut before = worth(&world);
    let mut swapped = 0;
    for round in 0..10_000u32 {
        let (give, take) = if round % 2 == 0 { ("aaa", "bbb") } else { ("bbb", "aaa") };
        let message = swap_in(2, &format!("{}{give}", 1 + round % 9), take, &[route(&[(&id, take)])]);
        if world.run(&message).is_ok() {
            swapped += 1;
            let now = worth(&world);
            assert!(now >= before, "round {round}: {before} -> {now}");
            before = now;
        }
    }
    assert!(swapped > 1000, "{swapped}");
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

#[test]
fn rates_move_the_price_of_a_stable_pool_by_its_provider_alone() {
    let mut world = World::new(2, RICH);
    let id = world.stable(1, "1000000000aaa,1000000000bbb", 100, 0);
    let set = |who: u8, rate: u128| wire::MsgSetRates {
        sender: account(who).to_string(),
        pool_id: id.clone(),
        rates: figures(&[("aaa", rate)]),
    };
    world.refused("dex", 8, &set(1, 1_001_000)); // Made in this block.
    world.advance(5);
    world.refused("sdk", 4, &set(2, 1_001_000));
    world.refused("dex", 8, &set(1, 1_011_000));
    let _: wire::MsgSetRatesResponse = world.ok(&set(1, 1_010_000));
    world.refused("dex", 8, &set(1, 1_010_001));
    assert!(world.swap(2, &id, "1000000aaa", "bbb") > 1_009_000);
    world.check();
}

#[test]
fn the_amplification_ramps_by_the_authority_over_days_and_in_bounds() {
    let mut world = World::new(2, RICH);
    let id = world.stable(1, "1000000000aaa,100000000bbb", 100, 0);
    let now = i64::try_from(world.block.time / common::SECOND).unwrap();
    let ramp = |who: String, a: u64, days: i64| wire::MsgRampAmplification {
        authority: who,
        pool_id: id.clone(),
        amplification: a,
        until: Some(prost_types::Timestamp { seconds: now + days * 86_400, nanos: 0 }),
    };
    world.refused("sdk", 4, &ramp(account(1).to_string(), 200, 2));
    let gov = common::authority().to_string();
    world.refused("dex", 8, &ramp(gov.clone(), 1001, 2));
    world.refused("dex", 8, &ramp(gov.clone(), 9, 2));
    world.refused("dex", 8, &ramp(gov.clone(), 0, 2));
    world.refused("dex", 8, &ramp(gov.clone(), 200, 0));
    let quote = |world: &World| {
        let request = wire::QueryQuoteSwapExactInRequest {
            token_in: coin("1000000bbb"),
            routes: vec![route(&[(&id, "aaa")])],
        };
        amount(
            world
                .query::<_, wire::QueryQuoteSwapExactInResponse>("QuoteSwapExactIn", &request)
                .unwrap()
                .token_out,
        )
    };
    let before = quote(&world);
    let _: wire::MsgRampAmplificationResponse = world.ok(&ramp(gov, 1000, 2));
    assert_eq!(quote(&world), before, "a ramp begins where it is");
    world.advance(86_400);
    let between = quote(&world);
    world.advance(86_400);
    let after = quote(&world);
    // The scarce coin is worth less the flatter the curve.
    assert!(before > between && between > after, "{before} {between} {after}");
    world.advance(86_400);
    assert_eq!(quote(&world), after);
}

#[test]
fn settings_out_of_bounds_make_no_pool() {
    let mut world = World::new(1, RICH);
    let sender = account(1).to_string();
    let good = wire::MsgCreateWeightedPool {
        sender: sender.clone(),
        coins: coins("10000000aaa,10000000bbb"),
        weights: figures(&[("aaa", 500_000), ("bbb", 500_000)]),
        swap_fee: millionths(3000),
    };
    for weights in [
        figures(&[("aaa", 500_000)]),
        figures(&[("aaa", 500_000), ("bbb", 400_000)]),
        figures(&[("aaa", 995_000), ("bbb", 5_000)]),
        figures(&[("aaa", 500_000), ("ccc", 500_000)]),
        figures(&[("aaa", 250_000), ("aaa", 250_000), ("bbb", 500_000)]),
    ] {
        world.refused("dex", 8, &wire::MsgCreateWeightedPool { weights, ..good.clone() });
    }
    world.refused(
        "dex",
        8,
        &wire::MsgCreateWeightedPool { coins: coins("999999aaa,10000000bbb"), ..good.clone() },
    );
    let good = wire::MsgCreateStablePool {
        sender,
        coins: coins("10000000aaa,10000000bbb"),
        amplification: 100,
        swap_fee: millionths(3000),
        rates: vec![],
        rate_provider: String::new(),
    };
    for amplification in [0, 1_000_001, u64::MAX] {
        world.refused("dex", 8, &wire::MsgCreateStablePool { amplification, ..good.clone() });
    }
    world.refused(
        "dex",
        8,
        &wire::MsgCreateStablePool { coins: coins("10000aaa,1000000000bbb"), ..good.clone() },
    );
    world.refused("dex", 8, &wire::MsgCreateStablePool { rates: figures(&[("ccc", 1)]), ..good.clone() });
    world.refused("dex", 8, &wire::MsgCreateStablePool { rates: figures(&[("aaa", 0)]), ..good.clone() });
    world.refused("dex", 8, &wire::MsgCreateStablePool { swap_fee: millionths(100_001), ..good });
}

#[test]
fn a_constant_product_pool_is_that_of_uniswap_from_first_deposit_to_last_share() {
    let mut world = World::new(2, RICH);
    let e18 = 10u128.pow(18);
    let id = world.constant_product(1, &format!("{e18}aaa,{}bbb", 4 * e18), 3000);
    assert_eq!(world.balance(&account(1), &format!("lp/{id}")), 2 * e18 - constant_product::MINIMUM_SHARES);
    let exit = wire::MsgExit {
        sender: account(1).to_string(),
        shares: coin(&format!("{}lp/{id}", 2 * e18 - 1000)),
        coins_min: vec![],
        deadline: None,
    };
    let left: wire::MsgExitResponse = world.ok(&exit);
    assert_eq!(left.coins_out, coins(&format!("{}aaa,{}bbb", e18 - 500, 4 * e18 - 2000)));
    world.check();
    world.check_exact();
}
