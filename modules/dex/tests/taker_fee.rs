//! The taker fee: off what comes in, once for each exchange, shared out at the end of the block.

mod blocks;
mod common;

use std::collections::BTreeSet;

use agora_dex::proto::agora::dex::v1 as wire;
use agora_framework::{AccessHint, Module as _};
use agora_primitives::module_address;
use agora_state::StateKey;
use common::{Random, World, account, authority, coin, millionths, route, swap_in, swap_out};
use prost::{Message as _, Name as _};

const EACH: &str = "1000000000000aaa,1000000000000bbb,1000000000000ccc,1000000000000uago";

/// Sets a rate, pairs of their own, and shares for community, stakers and burning, all in millionths.
fn set(world: &mut World, rate: u128, pairs: &[(&str, &str, u128)], shares: [u128; 3]) {
    let message = update(rate, pairs, shares);
    world.ok::<wire::MsgUpdateParamsResponse>(&message);
}

fn update(rate: u128, pairs: &[(&str, &str, u128)], [a, b, c]: [u128; 3]) -> wire::MsgUpdateParams {
    let pair = |(x, y, rate): &(&str, &str, u128)| wire::PairRate {
        denom_0: (*x).into(),
        denom_1: (*y).into(),
        rate: millionths(*rate),
    };
    wire::MsgUpdateParams {
        authority: authority().to_string(),
        params: Some(wire::Params {
            pool_creation_fee: coin("0uago"),
            taker_fee: Some(wire::TakerFee {
                rate: millionths(rate),
                pairs: pairs.iter().map(pair).collect(),
                community_share: millionths(a),
                staker_share: millionths(b),
                burn_share: millionths(c),
            }),
            protection: None,
        }),
    }
}

fn held(world: &World, denom: &str) -> u128 {
    world.balance(&module_address("dex_taker_fees"), denom)
}

fn supply(world: &World, denom: &str) -> u128 {
    agora_bank::api::supply(&world.state, &denom.parse().unwrap()).unwrap()
}

fn swapped(world: &mut World, message: &wire::MsgSwapExactIn) -> u128 {
    world.ok::<wire::MsgSwapExactInResponse>(message).token_out.unwrap().amount.parse().unwrap()
}

#[test]
fn an_exact_input_gives_what_the_pool_gives_for_what_the_fee_leaves() {
    let mut world = World::new(2, EACH);
    let taxed = world.constant_product(1, "1000000000aaa,3000000000bbb", 3000);
    let free = world.constant_product(1, "1000000000aaa,3000000000bbb", 3000);
    let plain = world.swap(2, &free, "999000aaa", "bbb");
    set(&mut world, 1000, &[], [1_000_000, 0, 0]);
    let before = world.balance(&account(2), "aaa");
    assert_eq!(world.swap(2, &taxed, "1000000aaa", "bbb"), plain, "a thousandth is taken first");
    assert_eq!(before - world.balance(&account(2), "aaa"), 1_000_000);
    assert_eq!((held(&world, "aaa"), world.reserve(&taxed, "aaa")), (1000, 1_000_999_000));
    // A unit at least: the fee is rounded up.
    world.swap(2, &taxed, "12aaa", "bbb");
    assert_eq!(held(&world, "aaa"), 1001);
    let only = swap_in(2, "1aaa", "bbb", &[route(&[(&taxed, "bbb")])]);
    assert!(world.refused("dex", 6, &only).contains("taker fee"));
    world.check();
    world.check_exact();
}

#[test]
fn an_exact_output_costs_what_leaves_the_pool_its_due_after_the_fee_and_both_ways_agree() {
    let mut random = Random::new(11);
    let mut world = World::new(2, EACH);
    let pool = world.constant_product(1, "1000000000aaa,3000000000bbb", 3000);
    for _ in 0..300 {
        let rate = u128::from(random.below(50_001));
        set(&mut world, rate, &[], [0, 1_000_000, 0]);
        let out = 1 + random.below(100_000_000);
        let way = [route(&[(&pool, "bbb")])];
        let quote: wire::QueryQuoteSwapExactOutResponse = world
            .query(
                "QuoteSwapExactOut",
                &wire::QueryQuoteSwapExactOutRequest {
                    denom_in: "aaa".into(),
                    token_out: coin(&format!("{out}bbb")),
                    routes: way.to_vec(),
                },
            )
            .unwrap();
        let cost: u128 = quote.token_in.unwrap().amount.parse().unwrap();
        let amount = |coin: &Option<agora_proto::cosmos::base::v1beta1::Coin>| -> u128 {
            coin.as_ref().unwrap().amount.parse().unwrap()
        };
        let part = &quote.exchanges[0];
        let (net, fee) = (amount(&part.token_in), amount(&part.taker_fee));
        assert_eq!((net + fee, fee), (cost, (cost * rate).div_ceil(1_000_000)));
        // Given as an exact input, the cost buys at least the output.
        let forward: wire::QueryQuoteSwapExactInResponse = world
            .query(
                "QuoteSwapExactIn",
                &wire::QueryQuoteSwapExactInRequest {
                    token_in: coin(&format!("{cost}aaa")),
                    routes: way.to_vec(),
                },
            )
            .unwrap();
        assert!(amount(&forward.token_out) >= u128::from(out));
        let (before, collected) = (world.balance(&account(2), "aaa"), held(&world, "aaa"));
        let message = swap_out(2, &format!("{cost}aaa"), &format!("{out}bbb"), &way);
        world.ok::<wire::MsgSwapExactOutResponse>(&message);
        assert_eq!(before - world.balance(&account(2), "aaa"), cost, "as quoted");
        assert_eq!(held(&world, "aaa") - collected, fee);
        // The limit of a hop counts the fee.
        let mut tight = swap_out(2, "1000000000aaa", &format!("{out}bbb"), &way);
        let again = world.run(&tight).unwrap();
        let again = wire::MsgSwapExactOutResponse::decode(again.response.as_slice()).unwrap();
        tight.routes[0].hops[0].limit = (amount(&again.token_in) - 1).to_string();
        world.refused("dex", 3, &tight);
        world.swap(2, &pool, &format!("{}bbb", 1 + 2 * out), "aaa");
    }
    world.check();
}

#[test]
fn each_exchange_of_a_route_is_charged_in_the_coin_that_goes_into_it() {
    let mut world = World::new(2, EACH);
    let first = world.constant_product(1, "1000000000aaa,1000000000bbb", 0);
    let second = world.constant_product(1, "1000000000bbb,1000000000ccc", 0);
    set(&mut world, 1000, &[("ccc", "bbb", 20_000)], [400_000, 400_000, 200_000]);
    let way = [route(&[(&first, "bbb"), (&second, "ccc"), (&second, "bbb"), (&first, "aaa")])];
    let message = swap_in(2, "1000000aaa", "aaa", &way);
    assert!(world.run(&message).is_err(), "a coin for itself");
    let way = [route(&[(&first, "bbb"), (&second, "ccc"), (&second, "bbb")])];
    let before = world.balance(&account(2), "bbb");
    let out = swapped(&mut world, &swap_in(2, "1000000aaa", "bbb", &way));
    assert_eq!(world.balance(&account(2), "bbb") - before, out);
    // 1000 of 1,000,000 aaa; 2 % of the 998,002 bbb that the first pool gives for 999,000, rounded up; 2 % of the ccc for those.
    assert_eq!(held(&world, "aaa"), 1000);
    assert_eq!(held(&world, "bbb"), 19_961);
    assert!(held(&world, "ccc") > 19_000);
    world.check();
    world.check_exact();
}

#[test]
fn what_was_collected_is_shared_out_at_the_end_of_the_block_to_the_unit() {
    let mut world = World::new(2, EACH);
    let pool = world.constant_product(1, "1000000000bbb,1000000000uago", 0);
    set(&mut world, 1000, &[], [400_000, 350_000, 250_000]);
    blocks::next(&mut world, 1000);
    let (ago, bbb) = (supply(&world, "uago"), supply(&world, "bbb"));
    world.swap(2, &pool, "1000001uago", "bbb");
    world.swap(2, &pool, "2000000bbb", "uago");
    assert_eq!((held(&world, "uago"), held(&world, "bbb")), (1001, 2000));
    world.check();
    let done = blocks::next(&mut world, 1000);
    let stakers = |denom| world.balance(&module_address("fee_collector"), denom);
    // 400.4, 350.35 and 250.25 of 1001: the unit left goes to the largest remainder.
    assert_eq!((held(&world, "uago"), stakers("uago"), ago - supply(&world, "uago")), (401, 350, 250));
    // Only the native coin is destroyed; of others the community has that share.
    assert_eq!((held(&world, "bbb"), stakers("bbb"), bbb - supply(&world, "bbb")), (1300, 700, 0));
    assert_eq!(done.events.iter().filter(|event| event.kind == "taker_fees_shared_out").count(), 2);
    world.check();
    let quiet = blocks::next(&mut world, 1000);
    assert!(quiet.events.is_empty() && quiet.added.is_empty(), "nothing is due any more");
}

#[test]
fn shares_of_a_pool_paid_as_a_fee_are_never_destroyed() {
    let mut world = World::new(2, EACH);
    let inner = world.constant_product(1, "1000000000aaa,1000000000bbb", 0);
    let shares = format!("lp/{inner}");
    let pool = world.constant_product(1, &format!("1000000000bbb,100000000{shares}"), 0);
    set(&mut world, 50_000, &[], [0, 0, 1_000_000]);
    world.swap(1, &pool, &format!("1000000{shares}"), "bbb");
    blocks::next(&mut world, 1000);
    assert_eq!(held(&world, &shares), 50_000);
    world.check();
}

#[test]
fn more_denoms_than_a_block_hands_on_are_carried_over_and_survive_an_export() {
    let coins: Vec<String> = (0..40).map(|n| format!("1000000000x{n:03}")).collect();
    let mut world = World::new(1, &format!("1000000000000uago,{}", coins.join(",")));
    set(&mut world, 10_000, &[], [500_000, 500_000, 0]);
    for n in 0..40 {
        let denom = format!("x{n:03}");
        let pool = world.constant_product(1, &format!("1000000uago,1000000{denom}"), 0);
        world.swap(1, &pool, &format!("10000{denom}"), "uago");
    }
    let handed = |world: &World| {
        let collector = module_address("fee_collector");
        (0..40).filter(|n| world.balance(&collector, &format!("x{n:03}")) == 50).count()
    };
    blocks::next(&mut world, 1000);
    assert_eq!(handed(&world), 32);
    let (bank, dex) = world.export();
    assert_eq!(dex["taker_fees"].as_array().unwrap().len(), 8);
    let mut again = World::from_genesis(&bank, &dex);
    again.block = world.block.clone();
    blocks::next(&mut again, 1000);
    assert_eq!(handed(&again), 40);
    again.check();
    let mut torn = dex;
    torn["taker_fees"][0]["amount"] = "101".into();
    let error = World::try_from_genesis(&bank, &torn).err().unwrap();
    assert!(error.log.contains("are held"), "{error}");
}

#[test]
fn collecting_writes_nothing_and_every_key_is_said_beforehand() {
    let mut world = World::new(2, EACH);
    let first = world.constant_product(1, "1000000000aaa,1000000000bbb", 3000);
    let second = world.constant_product(1, "1000000000bbb,1000000000ccc", 3000);
    set(&mut world, 1000, &[], [1_000_000, 0, 0]);
    let message = swap_in(2, "1000000aaa", "ccc", &[route(&[(&first, "bbb"), (&second, "ccc")])]);
    let any = prost_types::Any {
        type_url: format!("/{}", wire::MsgSwapExactIn::full_name()),
        value: message.encode_to_vec(),
    };
    let mut hint = AccessHint::default();
    world.registry.decode(&any).unwrap().access(&mut hint);
    let said: BTreeSet<StateKey> = hint.keys().iter().map(|(key, _)| key.clone()).collect();
    let done = world.run(&message).unwrap();
    assert_eq!(done.written.len(), 2, "the two pools");
    assert!(done.added.iter().chain(&done.written).all(|key| said.contains(key)));
    // Two balances of the trader, three of the pools that change, two fees with their sums, two marks.
    assert_eq!(done.added.len(), 12, "{:?}", done.added);
}

#[test]
fn parameters_out_of_their_bounds_are_refused() {
    let mut world = World::new(1, EACH);
    let all = [1_000_000, 0, 0];
    for (message, why) in [
        (update(50_001, &[], all), "rate"),
        (update(1000, &[], [400_000, 400_000, 199_999]), "add up to one"),
        (update(1000, &[], [0, 0, 0]), "add up to one"),
        (update(1000, &[("aaa", "bbb", 1), ("bbb", "aaa", 2)], all), "named twice"),
        (update(1000, &[("aaa", "aaa", 1)], all), "one coin"),
        (update(1000, &[("aaa", "bbb", 50_001)], all), "rate"),
        (update(1000, &[("a", "bbb", 1)], all), "denom"),
        (update(1000, &vec![("aaa", "bbb", 1); 101], all), "at most 100"),
    ] {
        let log = world.refused("sdk", 18, &message);
        assert!(log.contains(why), "{log}");
    }
    let mut fine = update(1000, &[], all);
    fine.params.as_mut().unwrap().taker_fee.as_mut().unwrap().rate = "1".into();
    world.refused("sdk", 18, &fine);
    // Nothing is taken and nobody need have it.
    set(&mut world, 0, &[], [0, 0, 0]);
    assert!(agora_dex::Dex.default_genesis()["params"]["taker_fee"]["rate"].is_string());
}

#[test]
fn with_every_limit_on_coins_are_conserved_to_the_unit_and_quotes_are_what_swaps_give_or_why_they_are_refused()
 {
    let mut random = Random::new(12);
    let mut world = World::new(3, EACH);
    let third = [("aaa", 500_000), ("bbb", 300_000), ("ccc", 200_000)];
    let ranges = world.concentrated(1, 3000);
    world.open(1, &ranges, (-60_000, 60_000), "1000000000aaa,1000000000bbb");
    let pools = [
        world.constant_product(1, "1000000000aaa,1000000000uago", 3000),
        world.weighted(1, "1000000000aaa,1000000000bbb,1000000000ccc", &third, 1000),
        world.stable(1, "1000000000aaa,1000000000bbb,1000000000ccc", 85, 400),
        ranges,
    ];
    let mut limits = update(2500, &[("aaa", "bbb", 0), ("bbb", "ccc", 50_000)], [333_333, 333_333, 333_334]);
    limits.params.as_mut().unwrap().protection = Some(wire::Protection {
        price_band: millionths(80_000),
        outflow_limit: millionths(50_000),
        outflow_window: 300,
        downtime: 600,
        recovery: 60,
    });
    world.ok::<wire::MsgUpdateParamsResponse>(&limits);
    blocks::next(&mut world, 5000);
    let denoms = ["aaa", "bbb", "ccc", "uago"];
    let traded: [&[&str]; 4] = [&["aaa", "uago"], &denoms[..3], &denoms[..3], &denoms[..2]];
    let supplies = denoms.map(|denom| supply(&world, denom));
    let (mut done, mut codes, mut burnt) = (0, BTreeSet::new(), 0);
    for round in 0..4000 {
        let pick = |random: &mut Random, n: usize| usize::try_from(random.below(n as u64)).unwrap();
        let from = denoms[pick(&mut random, 4)];
        let (mut at, mut hops) = (from, vec![]);
        for _ in 0..1 + random.below(3) {
            // Now and then a coin that the pool has not got.
            let pool = pick(&mut random, 4);
            let next = if random.below(50) == 0 {
                "uago"
            } else {
                traded[pool][pick(&mut random, traded[pool].len())]
            };
            if traded[pool].contains(&at) && next != at {
                hops.push((pools[pool].as_str(), next));
                at = next;
            }
        }
        if hops.is_empty() || at == from {
            continue;
        }
        let to = at;
        let who = 2 + u8::try_from(random.below(2)).unwrap();
        let amount = random.sized(26);
        let message = swap_in(who, &format!("{amount}{from}"), to, &[route(&hops)]);
        let request = wire::QueryQuoteSwapExactInRequest {
            token_in: message.token_in.clone(),
            routes: message.routes.clone(),
        };
        let quote = world.query::<_, wire::QueryQuoteSwapExactInResponse>("QuoteSwapExactIn", &request);
        match (world.run(&message), quote) {
            (Ok(given), Ok(quote)) => {
                let given = wire::MsgSwapExactInResponse::decode(given.response.as_slice()).unwrap();
                assert_eq!(given.token_out, quote.token_out);
                done += 1;
            }
            (Err(error), Err(quote)) => {
                assert!(quote.message.contains(&error.log), "{} against {error}", quote.message);
                codes.insert(error.code);
            }
            (run, quote) => panic!("{} and {quote:?}", run.map_or_else(|e| e.to_string(), |_| "done".into())),
        }
        if round % 7 == 0 {
            let before = supply(&world, "uago");
            blocks::next(&mut world, 1000 + random.below(if round % 700 == 0 { 900_000 } else { 9000 }));
            burnt += before - supply(&world, "uago");
            world.check();
            world.check_exact();
        }
    }
    blocks::end(&mut world);
    println!("{done} swaps, refused with {codes:?}, {burnt}uago destroyed");
    assert!(done > 500 && burnt > 0 && codes.is_superset(&BTreeSet::from([12, 13, 14])), "{done} {codes:?}");
    for (denom, before) in denoms.into_iter().zip(supplies) {
        // What an account, a pool, the community or those who stake has not got is destroyed, and only of the native coin.
        let gone = before - supply(&world, denom);
        assert_eq!(gone == 0, denom != "uago", "{denom}");
        let people: u128 = (1..=3).map(|who| world.balance(&account(who), denom)).sum();
        let held_by_pools: u128 = pools
            .iter()
            .map(|pool| world.pool(pool))
            .flat_map(|pool| pool.reserves)
            .filter(|c| c.denom == denom)
            .map(|c| c.amount.parse::<u128>().unwrap())
            .sum();
        let stakers = world.balance(&module_address("fee_collector"), denom);
        assert_eq!(people + held_by_pools + stakers + held(&world, denom) + gone, before, "{denom}");
    }
}
