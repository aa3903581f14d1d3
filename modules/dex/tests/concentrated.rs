//! Liquidity in ranges of prices.

mod common;

use agora_dex::math::tick::sqrt_price_at;
use agora_dex::proto::agora::dex::v1 as wire;
use common::{World, account, coin, coins, open, route, swap_in, swap_out};

const RICH: &str = "1000000000000000000000000000000aaa,1000000000000000000000000000000bbb";
const E18: u128 = 1_000_000_000_000_000_000;

fn curve(world: &World, id: &str) -> wire::Concentrated {
    match world.pool(id).curve.unwrap() {
        wire::pool::Curve::Concentrated(curve) => curve,
        other => panic!("{other:?}"),
    }
}

/// A pool with 2 * 10^18 of liquidity over all prices.
fn medium(fee: u128, ends: i32) -> (World, String) {
    let mut world = World::new(3, RICH);
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
fn a_position_earns_the_fees_of_its_range_and_nothing_more() {
    let mut world = World::new(4, RICH);
    let id = world.concentrated(1, 3000);
    let near = world.open(1, &id, (-600, 600), "1000000000aaa,1000000000bbb");
    let far = world.open(2, &id, (-60_000, 60_000), "1000000000aaa,1000000000bbb");
    let above = world.open(3, &id, (6000, 12_000), "1000000000aaa");
    assert_eq!(above.coins_in, coins("1000000000aaa"));
    let mut paid = 0;
    for _ in 0..20 {
        let out = world.swap(4, &id, "1000000aaa", "bbb");
        world.swap(4, &id, &format!("{out}bbb"), "aaa");
        paid += 3000;
    }
    world.check();
    world.check_exact();
    let collect = |world: &mut World, who: u8, position: &str| -> Vec<_> {
        let message =
            wire::MsgCollectFees { sender: account(who).to_string(), position_id: position.to_owned() };
        world.ok::<wire::MsgCollectFeesResponse>(&message).fees
    };
    let earned = |fees: &[agora_proto::cosmos::base::v1beta1::Coin], denom: &str| -> u128 {
        fees.iter().find(|c| c.denom == denom).map_or(0, |c| c.amount.parse().unwrap())
    };
    let (first, second) =
        (collect(&mut world, 1, &near.position_id), collect(&mut world, 2, &far.position_id));
    assert_eq!(collect(&mut world, 3, &above.position_id), []);
    let sum = earned(&first, "aaa") + earned(&second, "aaa");
    assert!(sum <= paid && sum + 4 * 20 >= paid, "{sum} of {paid}");
    assert!(earned(&first, "aaa") > 20 * earned(&second, "aaa"), "the narrow range earns more");
    // Nothing is earned twice.
    assert_eq!(collect(&mut world, 1, &near.position_id), []);
    world.check();
    world.check_exact();
}

#[test]
fn a_range_is_entered_and_left_at_its_ticks() {
    let mut world = World::new(3, RICH);
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
fn swaps_that_end_a_unit_around_a_tick_count_its_liquidity_once() {
    // November 2023: rounding put the price beyond a tick that was not crossed, and its liquidity counted twice.
    for zero_for_one in [true, false] {
        for offset in -3i128..=3 {
            let mut world = World::new(3, RICH);
            let id = world.concentrated(1, 3000);
            world.open(1, &id, (-6000, 6000), "1000000000000aaa,1000000000000bbb");
            world.open(2, &id, (-120, 120), "100000000aaa,100000000bbb");
            world.open(2, &id, (120, 180), "100000000aaa");
            world.open(2, &id, (-180, -120), "100000000bbb");
            let (give, take) = if zero_for_one { ("aaa", "bbb") } else { ("bbb", "aaa") };
            // The exact cost of reaching the tick, found from how much comes out before it.
            let liquidity: u128 = curve(&world, &id).liquidity.parse().unwrap();
            let target = sqrt_price_at(if zero_for_one { -120 } else { 120 }).unwrap();
            let amount = if zero_for_one {
                agora_dex::math::sqrt_price::amount0
            } else {
                agora_dex::math::sqrt_price::amount1
            };
            let net: u128 = amount(
                agora_dex::math::sqrt_price::Q96,
                target,
                liquidity,
                agora_dex::math::sqrt_price::Round::Ceil,
            )
            .unwrap()
            .to();
            let gross = net + (net * 3000).div_ceil(997_000);
            let gross = u128::try_from(i128::try_from(gross).unwrap() + offset).unwrap();
            world.swap(3, &id, &format!("{gross}{give}"), take);
            world.check();
            // And on, and back over it.
            world.swap(3, &id, &format!("1000000{give}"), take);
            world.check();
            world.swap(3, &id, &format!("{gross}{take}"), give);
            world.check();
            world.check_exact();
        }
    }
}

#[test]
fn all_of_a_position_comes_back_less_a_unit_and_it_ends() {
    let mut world = World::new(2, RICH);
    let id = world.concentrated(1, 3000);
    let opened = world.open(2, &id, (-600, 600), "1000000aaa,2000000bbb");
    assert_eq!(opened.coins_in, coins("1000000aaa,1000000bbb"), "the rest is not taken");
    let decrease = |liquidity: String, least: &str| wire::MsgDecreasePosition {
        sender: account(2).to_string(),
        position_id: opened.position_id.clone(),
        liquidity,
        coins_min: coins(least),
        deadline: None,
    };
    let whole: u128 = opened.liquidity.parse().unwrap();
    world.refused("dex", 6, &decrease((whole + 1).to_string(), ""));
    world.refused("dex", 3, &decrease(opened.liquidity.clone(), "1000000aaa"));
    world.refused("dex", 6, &decrease("0".into(), ""));
    let half: wire::MsgDecreasePositionResponse = world.ok(&decrease((whole / 2).to_string(), ""));
    assert_eq!(half.coins_out, coins("499999aaa,499999bbb"));
    let view: wire::QueryPositionResponse = world
        .query("Position", &wire::QueryPositionRequest { position_id: opened.position_id.clone() })
        .unwrap();
    let view = view.position.unwrap();
    assert!(view.in_range);
    assert_eq!(view.position.unwrap().deposited, coins("500001aaa,500001bbb"), "rounded up");
    world.check();
    let _: wire::MsgDecreasePositionResponse = world.ok(&decrease((whole - whole / 2).to_string(), ""));
    world.refused("dex", 9, &decrease("1".into(), ""));
    assert_eq!(curve(&world, &id).liquidity, "0");
    let ticks: wire::QueryTicksResponse =
        world.query("Ticks", &wire::QueryTicksRequest { pool_id: id.clone(), pagination: None }).unwrap();
    assert!(ticks.ticks.is_empty());
    assert!(world.reserve(&id, "aaa") <= 2, "a unit of rounding stays");
    world.check();
    world.check_exact();
}

#[test]
fn a_position_is_handed_on_with_its_fees() {
    let mut world = World::new(3, RICH);
    let id = world.concentrated(1, 3000);
    let opened = world.open(2, &id, (-600, 600), "1000000aaa,1000000bbb");
    world.swap(3, &id, "10000aaa", "bbb");
    let hand_on = |from: u8, to: String| wire::MsgTransferPosition {
        sender: account(from).to_string(),
        position_id: opened.position_id.clone(),
        recipient: to,
    };
    world.refused("sdk", 4, &hand_on(3, account(3).to_string()));
    world.refused("sdk", 4, &hand_on(2, agora_primitives::module_address("dex").to_string()));
    let _: wire::MsgTransferPositionResponse = world.ok(&hand_on(2, account(3).to_string()));
    let of = |world: &World, who: u8| {
        let request = wire::QueryPositionsRequest { owner: account(who).to_string(), pagination: None };
        world.query::<_, wire::QueryPositionsResponse>("Positions", &request).unwrap().positions.len()
    };
    assert_eq!((of(&world, 2), of(&world, 3)), (0, 1));
    let collect = |who: u8| wire::MsgCollectFees {
        sender: account(who).to_string(),
        position_id: opened.position_id.clone(),
    };
    world.refused("sdk", 4, &collect(2));
    let fees: wire::MsgCollectFeesResponse = world.ok(&collect(3));
    assert_eq!(fees.fees, coins("29aaa"));
    world.check();
}

#[test]
fn ranges_off_the_grid_beyond_the_prices_or_empty_are_refused() {
    let mut world = World::new(2, RICH);
    let id = world.concentrated(1, 3000);
    for range in [(-61, 60), (0, 0), (60, -60), (-887_280, 0), (0, 887_280), (i32::MIN, i32::MAX)] {
        world.refused("dex", 10, &open(2, &id, range, "1000aaa,1000bbb"));
    }
    world.refused("dex", 6, &open(2, &id, (60, 120), "1000bbb"));
    world.refused("dex", 5, &open(2, &id, (60, 120), "1000ccc"));
    world.refused("dex", 2, &open(2, "1", (60, 120), "1000aaa"));
    let shares = world.constant_product(1, "1000000aaa,1000000bbb", 0);
    world.refused("dex", 8, &open(2, &shares, (60, 120), "1000aaa"));
    let join = wire::MsgJoin {
        sender: account(2).to_string(),
        pool_id: id.clone(),
        coins_max: coins("1aaa,1bbb"),
        shares_min: String::new(),
        deadline: None,
    };
    world.refused("dex", 8, &join);
}

#[test]
fn liquidity_near_the_limits_is_paid_for_or_refused() {
    // May 2025: one unit bought liquidity near 2^128.
    let mut world = World::new(2, RICH);
    let id = world.concentrated(1, 100);
    for range in [(-887_272, -887_271), (887_271, 887_272), (300_000, 300_200), (-300_200, -300_000), (-1, 1)]
    {
        for most in [
            "1aaa,1bbb",
            "170141183460469231731687303715884105727aaa,170141183460469231731687303715884105727bbb",
        ] {
            if let Ok(done) = world.run(&open(2, &id, range, most)) {
                let opened =
                    <wire::MsgOpenPositionResponse as prost::Message>::decode(done.response.as_slice())
                        .unwrap();
                assert!(!opened.coins_in.is_empty(), "{range:?}: {opened:?}");
                world.check();
            }
        }
    }
    world.check_exact();
}

#[test]
fn a_swap_beyond_all_ranges_is_refused_and_changes_nothing() {
    let mut world = World::new(2, RICH);
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
    let mut world = World::new(3, RICH);
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
