//! Swaps through ranges of prices.

mod common;

use agora_dex::proto::agora::dex::v1 as wire;
use common::{RICHER, World, coin, curve, route, swap_in, swap_out};

const E18: u128 = 1_000_000_000_000_000_000;

/// A pool with 2 * 10^18 of liquidity over all prices.
fn medium(fee: u128, ends: i32) -> (World, String) {
    let mut world = World::new(3, RICHER);
    let id = world.concentrated(1, fee);
    let opened = world.open(1, &id, (-ends, ends), &format!("{0}aaa,{0}bbb", 2 * E18));
    assert_eq!(opened.liquidity, (2 * E18).to_string());
    (world, id)
}

#[test]
fn swaps_of_the_uniswap_pool_tests_are_reproduced() {
    for (fee, ends, out) in [
        (500, 887_270, 666_444_407_401_233_536u128),
        (3000, 887_220, 665_331_998_665_331_998),
        (10_000, 887_200, 662_207_357_859_531_772),
    ] {
        for (give, take) in [("aaa", "bbb"), ("bbb", "aaa")] {
            let (mut world, id) = medium(fee, ends);
            assert_eq!(world.swap(2, &id, &format!("{E18}{give}"), take), out, "{fee} {give}");
            world.check();
            world.check_exact();
        }
    }
    let (mut world, id) = medium(3000, 887_220);
    world.swap(2, &id, &format!("{E18}aaa"), "bbb");
    let after = curve(&world, &id);
    assert_eq!(after.tick, -8090);
    assert_eq!(after.fee_growth_0, "510423550381407695195061911147652317");
    let (mut world, id) = medium(3000, 887_220);
    assert_eq!(world.swap(2, &id, "1000aaa", "bbb"), 996);
    // Exactly one whole coin out.
    let (mut world, id) = medium(3000, 887_220);
    let message = swap_out(2, &format!("{}aaa", 3 * E18), &format!("{E18}bbb"), &[route(&[(&id, "bbb")])]);
    let cost: wire::MsgSwapExactOutResponse = world.ok(&message);
    assert_eq!(cost.token_in.unwrap().amount, "2006018054162487463");
    world.check();
}

#[test]
fn a_range_is_entered_and_left_at_its_ticks() {
    let mut world = World::new(3, RICHER);
    let id = world.concentrated(1, 500);
    world.open(1, &id, (-887_270, 887_270), "1000000000000aaa,1000000000000bbb");
    world.open(2, &id, (100, 200), "1000000000aaa");
    let wide: u128 = curve(&world, &id).liquidity.parse().unwrap();
    // Up into the range, through it, and back.
    world.swap(3, &id, "7000000000bbb", "aaa");
    let inside = curve(&world, &id);
    assert!((100..200).contains(&inside.tick), "{}", inside.tick);
    assert!(inside.liquidity.parse::<u128>().unwrap() > wide);
    world.check();
    world.swap(3, &id, "20000000000bbb", "aaa");
    let beyond = curve(&world, &id);
    assert!(beyond.tick >= 200 && beyond.liquidity.parse::<u128>().unwrap() == wide);
    world.check();
    world.swap(3, &id, "60000000000aaa", "bbb");
    assert!(curve(&world, &id).tick < 100);
    assert_eq!(curve(&world, &id).liquidity.parse::<u128>().unwrap(), wide);
    world.check();
    world.check_exact();
}

#[test]
fn a_swap_beyond_all_ranges_is_refused_and_changes_nothing() {
    let mut world = World::new(2, RICHER);
    let id = world.concentrated(1, 3000);
    world.refused("dex", 6, &swap_in(2, "1000aaa", "bbb", &[route(&[(&id, "bbb")])]));
    world.open(1, &id, (-600, 600), "1000000aaa,1000000bbb");
    let before = (world.pool(&id), world.export());
    world.refused("dex", 6, &swap_in(2, "100000000aaa", "bbb", &[route(&[(&id, "bbb")])]));
    world.refused("dex", 6, &swap_out(2, "100000000aaa", "1000000bbb", &[route(&[(&id, "bbb")])]));
    assert_eq!((world.pool(&id), world.export()), before);
}

#[test]
fn the_same_pool_twice_in_one_message_sees_the_ticks_it_crossed() {
    let mut world = World::new(3, RICHER);
    let id = world.concentrated(1, 500);
    world.open(1, &id, (-60_000, 60_000), "1000000000000aaa,1000000000000bbb");
    world.open(2, &id, (100, 200), "100000000000aaa");
    let mut way = route(&[(&id, "aaa"), (&id, "bbb"), (&id, "aaa")]);
    way.weight = 1;
    let quote: wire::QueryQuoteSwapExactInResponse = world
        .query(
            "QuoteSwapExactIn",
            &wire::QueryQuoteSwapExactInRequest {
                token_in: coin("40000000000bbb"),
                routes: vec![way.clone(), way.clone()],
            },
        )
        .unwrap();
    let done: wire::MsgSwapExactInResponse =
        world.ok(&swap_in(3, "40000000000bbb", "aaa", &[way.clone(), way]));
    assert_eq!(done.token_out, quote.token_out);
    world.check();
    world.check_exact();
}
