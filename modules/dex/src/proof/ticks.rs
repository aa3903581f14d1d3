//! Ticks: swaps that end a unit around them, and liquidity at the ends of all prices.

use agora_dex::proto::agora::dex::v1 as wire;
use num_bigint::BigUint;
use prost::Message as _;
use ruint::aliases::U256;

use super::common::{RICHER, World, curve, open};
use super::holds_and_finds;
use crate::math::sqrt_price::{Q96, Round, amount0, amount1};
use crate::math::tick::sqrt_price_at;

/// KyberSwap, November 2023: rounding put the price beyond a tick that was not crossed, and its liquidity counted twice.
fn swaps_that_end_a_unit_around_a_tick() {
    for (zero_for_one, offset) in
        [true, false].into_iter().flat_map(|way| (-3i128..=3).map(move |o| (way, o)))
    {
        let mut world = World::new(3, RICHER);
        let id = world.concentrated(1, 3000);
        world.open(1, &id, (-6000, 6000), "1000000000000aaa,1000000000000bbb");
        world.open(2, &id, (-120, 120), "100000000aaa,100000000bbb");
        world.open(2, &id, (120, 180), "100000000aaa");
        world.open(2, &id, (-180, -120), "100000000bbb");
        let (give, take) = if zero_for_one { ("aaa", "bbb") } else { ("bbb", "aaa") };
        let liquidity: u128 = curve(&world, &id).liquidity.parse().unwrap();
        let target = sqrt_price_at(if zero_for_one { -120 } else { 120 }).unwrap();
        let amount = if zero_for_one { amount0 } else { amount1 };
        let net: u128 = amount(Q96, target, liquidity, Round::Ceil).unwrap().to();
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

#[test]
fn swaps_that_end_a_unit_around_a_tick_count_its_liquidity_once() {
    let bugs = ["concentrated:tick_passed_over", "concentrated:net_of_the_other_way"];
    holds_and_finds(&bugs, swaps_that_end_a_unit_around_a_tick);
}

fn big(n: U256) -> BigUint {
    BigUint::from_bytes_be(&n.to_be_bytes::<32>())
}

/// What liquidity between two prices is worth in exact ratios, rounded up: above the price in the first coin, below it in
/// the second.
fn exact_cost(low: U256, high: U256, liquidity: u128, above: bool) -> BigUint {
    let (low, high, liquidity) = (big(low), big(high), BigUint::from(liquidity));
    let width = &high - &low;
    let (above_line, below_line) = if above {
        ((liquidity << 96u32) * width, high * low)
    } else {
        (liquidity * width, BigUint::from(1u8) << 96u32)
    };
    (above_line + &below_line - 1u8) / below_line
}

/// Cetus, May 2025: a check of a shift had a wrong mask, and one unit bought liquidity near 2^128.
fn liquidity_near_the_limits() {
    let mut bought = 0;
    for range in [
        (-887_272, -887_271),
        (-887_272, -443_636),
        (-300_200, -300_000),
        (887_271, 887_272),
        (443_636, 887_272),
        (300_000, 300_200),
    ] {
        for most in [1u128, 2, 1_000_000, 1 << 64, 1 << 100, (1 << 127) - 1] {
            let mut world = World::new(
                1,
                "170141183460469231731687303715884105727aaa,170141183460469231731687303715884105727bbb",
            );
            let id = world.concentrated(1, 100);
            let above = range.0 > 0;
            let denom = if above { "aaa" } else { "bbb" };
            let Ok(done) = world.run(&open(1, &id, range, &format!("{most}{denom}"))) else { continue };
            let opened = wire::MsgOpenPositionResponse::decode(done.response.as_slice()).unwrap();
            let (low, high) = (sqrt_price_at(range.0).unwrap(), sqrt_price_at(range.1).unwrap());
            let cost = exact_cost(low, high, opened.liquidity.parse().unwrap(), above);
            let paid: BigUint =
                opened.coins_in.iter().find(|c| c.denom == denom).unwrap().amount.parse().unwrap();
            assert!(paid >= cost && paid <= cost + 1u8, "{range:?}: {opened:?} is worth more");
            world.check();
            world.check_exact();
            bought += 1;
        }
    }
    assert!(bought > 10, "{bought}");
}

#[test]
fn liquidity_near_the_limits_is_paid_for_or_refused() {
    holds_and_finds(&["sqrt_price:shift_unchecked"], liquidity_near_the_limits);
}
