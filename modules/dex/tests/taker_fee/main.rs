//! The taker fee: off what comes in, once for each exchange, shared out at the end of the block.

#[path = "../blocks/mod.rs"]
mod blocks;
mod charged;
#[path = "../common/mod.rs"]
mod common;
mod shared_out;

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
