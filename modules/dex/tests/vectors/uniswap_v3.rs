//! The integers beneath concentrated pools: ticks, root prices, steps, the bitmap.

use std::collections::BTreeMap;

use agora_dex::math::bitmap;
use agora_dex::math::sqrt_price::{
    Q96, Round, after_input, after_output, amount0, amount1, amounts_for, liquidity_for,
};
use agora_dex::math::step::{Left, Step, step};
use agora_dex::math::tick::{MAX_SQRT_PRICE, MAX_TICK, MIN_SQRT_PRICE, MIN_TICK, sqrt_price_at, tick_at};
use ruint::aliases::U256;

use super::{number, rows};

const E18: u128 = 1_000_000_000_000_000_000;

fn n(text: &str) -> U256 {
    number(text)
}

/// `sqrt(a / b)` in Q64.96, rounded down.
fn root(a: u128, b: u128) -> U256 {
    let whole = (num_bigint::BigUint::from(a) << 192u32) / b;
    number(&whole.sqrt().to_string())
}

#[test]
fn prices_and_ticks_are_those_of_tick_math() {
    for row in rows(include_str!("data/ticks.txt")) {
        let [kind, tick, price] = row.as_slice() else { panic!("{row:?}") };
        let (tick, price): (i32, U256) = (number(tick), number(price));
        match *kind {
            "price" => assert_eq!(sqrt_price_at(tick), Some(price), "{row:?}"),
            _ => assert_eq!(tick_at(price), Some(tick), "{row:?}"),
        }
    }
    assert_eq!((sqrt_price_at(MIN_TICK - 1), sqrt_price_at(MAX_TICK + 1)), (None, None));
    assert_eq!((tick_at(MIN_SQRT_PRICE - U256::from(1)), tick_at(MAX_SQRT_PRICE)), (None, None));
    assert_eq!(tick_at(MAX_SQRT_PRICE - U256::from(1)), Some(MAX_TICK - 1));
}

#[test]
fn prices_after_amounts_are_those_of_sqrt_price_math() {
    // Uniswap/v3-core: test/SqrtPriceMath.spec.ts.
    let one = U256::from(1);
    let top = (one << 160) - one;
    let tenth = U256::from(E18 / 10);
    let near = n("20282409603651670423947251286016");
    for (price, liquidity, amount, zero_for_one, want) in [
        (U256::ZERO, 0, tenth, false, None),
        (one, 0, tenth, true, None),
        (top, 1024, U256::from(1024), false, None),
        (one, 1, one << 255, true, Some("1")),
        (Q96, E18 / 10, U256::ZERO, true, Some("79228162514264337593543950336")),
        (Q96, E18 / 10, U256::ZERO, false, Some("79228162514264337593543950336")),
        (top, u128::MAX, U256::MAX - (U256::from(u128::MAX) << 96) / top, true, Some("1")),
        (Q96, E18, tenth, false, Some("87150978765690771352898345369")),
        (Q96, E18, tenth, true, Some("72025602285694852357767227579")),
        (Q96, 10 * E18, one << 100, true, Some("624999999995069620")),
        (Q96, 1, U256::MAX / U256::from(2), true, Some("1")),
        (
            n("1025574284609383690408304870162715216695788925244"),
            50_015_962_439_936_049_619_261_659_728_067_971_248,
            U256::from(406),
            true,
            Some("1025574284609383582644711336373707553698163132913"),
        ),
    ] {
        assert_eq!(
            after_input(price, liquidity, amount, zero_for_one),
            want.map(n),
            "{price} {liquidity} {amount}"
        );
    }
    for (price, liquidity, amount, zero_for_one, want) in [
        (U256::ZERO, 0, tenth, false, None),
        (one, 0, tenth, true, None),
        (near, 1024, U256::from(4), false, None),
        (near, 1024, U256::from(5), false, None),
        (near, 1024, U256::from(262_145), true, None),
        (near, 1024, U256::from(262_144), true, None),
        (near, 1024, U256::from(262_143), true, Some("77371252455336267181195264")),
        (Q96, E18 / 10, U256::ZERO, true, Some("79228162514264337593543950336")),
        (Q96, E18 / 10, U256::ZERO, false, Some("79228162514264337593543950336")),
        (Q96, E18, tenth, false, Some("88031291682515930659493278152")),
        (Q96, E18, tenth, true, Some("71305346262837903834189555302")),
        (Q96, 1, U256::MAX, true, None),
        (Q96, 1, U256::MAX, false, None),
    ] {
        assert_eq!(
            after_output(price, liquidity, amount, zero_for_one),
            want.map(n),
            "{price} {liquidity} {amount}"
        );
    }
}

#[test]
fn amounts_between_prices_are_those_of_sqrt_price_math() {
    let (one, more) = (root(1, 1), root(121, 100));
    for amount in [amount0, amount1] {
        assert_eq!(amount(one, root(2, 1), 0, Round::Ceil), Some(U256::ZERO));
        assert_eq!(amount(one, one, E18, Round::Ceil), Some(U256::ZERO));
    }
    assert_eq!(amount0(one, more, E18, Round::Ceil), Some(n("90909090909090910")));
    assert_eq!(amount0(one, more, E18, Round::Floor), Some(n("90909090909090909")));
    assert_eq!(amount1(one, more, E18, Round::Ceil), Some(n("100000000000000000")));
    assert_eq!(amount1(one, more, E18, Round::Floor), Some(n("99999999999999999")));
    let (far, farther) = (root(1 << 90, 1), root(1 << 96, 1));
    let (up, down) = (amount0(far, farther, E18, Round::Ceil), amount0(far, farther, E18, Round::Floor));
    assert_eq!(up.unwrap(), down.unwrap() + U256::from(1));
    let (p, q) = (
        n("1025574284609383690408304870162715216695788925244"),
        n("1025574284609383582644711336373707553698163132913"),
    );
    assert_eq!(
        amount0(q, p, 50_015_962_439_936_049_619_261_659_728_067_971_248, Round::Ceil),
        Some(U256::from(406))
    );
}

#[test]
fn steps_are_those_of_swap_math() {
    // Uniswap/v3-core: test/SwapMath.spec.ts. Price, target, liquidity, amount left, fee; price, in, out and fee after.
    let near = n("20282409603651670423947251286016");
    let (up, down) = (near * U256::from(11) / U256::from(10), near * U256::from(9) / U256::from(10));
    let beyond = root(101, 100);
    let left_in = |amount: &str| Left::In(n(amount));
    let left_out = |amount: &str| Left::Out(n(amount));
    let e18 = "1000000000000000000";
    for (price, target, liquidity, left, fee, after) in [
        (
            Q96,
            beyond,
            2 * E18,
            left_in(e18),
            600,
            [beyond.to_string().as_str(), "9975124224178055", "9925619580021728", "5988667735148"],
        ),
        (
            Q96,
            beyond,
            2 * E18,
            left_out(e18),
            600,
            [beyond.to_string().as_str(), "9975124224178055", "9925619580021728", "5988667735148"],
        ),
        (
            Q96,
            root(1000, 100),
            2 * E18,
            left_in(e18),
            600,
            ["", "999400000000000000", "666399946655997866", "600000000000000"],
        ),
        (
            Q96,
            root(10_000, 100),
            2 * E18,
            left_out(e18),
            600,
            ["", "2000000000000000000", e18, "1200720432259356"],
        ),
        (
            n("417332158212080721273783715441582"),
            n("1452870262520218020823638996"),
            159_344_665_391_607_089_467_575_320_103,
            left_out("1"),
            1,
            ["417332158212080721273783715441581", "1", "1", "1"],
        ),
        (
            n("2"),
            n("1"),
            1,
            left_in("3915081100057732413702495386755767"),
            1,
            ["1", "39614081257132168796771975168", "0", "39614120871253040049813"],
        ),
        (
            n("2413"),
            n("79887613182836312"),
            1_985_041_575_832_132_834_610_021_537_970,
            left_in("10"),
            1872,
            ["2413", "0", "0", "10"],
        ),
        (near, up, 1024, left_out("4"), 3000, [up.to_string().as_str(), "26215", "0", "79"]),
        (near, down, 1024, left_out("263000"), 3000, [down.to_string().as_str(), "1", "26214", "1"]),
    ] {
        let done = step(price, target, liquidity, left, fee).unwrap();
        let [after, amount_in, amount_out, fee] = after;
        let sqrt_price = if after.is_empty() { done.sqrt_price } else { n(after) };
        assert_eq!(
            done,
            Step { sqrt_price, amount_in: n(amount_in), amount_out: n(amount_out), fee: n(fee) }
        );
    }
}

#[test]
fn liquidity_for_amounts_is_that_of_the_periphery() {
    // Uniswap/v3-periphery: test/LiquidityAmounts.spec.ts.
    let (low, high) = (root(100, 110), root(110, 100));
    for (price, liquidity, amounts) in [
        (root(1, 1), 2148, (99, 99)),
        (root(99, 110), 1048, (99, 0)),
        (root(111, 100), 2097, (0, 199)),
        (low, 1048, (99, 0)),
        (high, 2097, (0, 199)),
    ] {
        assert_eq!(liquidity_for(price, low, high, 100, 200), Some(liquidity));
        let (x, y) = amounts_for(price, low, high, liquidity, Round::Floor).unwrap();
        assert_eq!((x, y), (U256::from(amounts.0), U256::from(amounts.1)), "{price}");
    }
}

#[test]
fn the_next_tick_is_that_of_the_bitmap() {
    // Uniswap/v3-core: test/TickBitmap.spec.ts.
    let next = |ticks: &[i32], from: i32, down: bool| {
        let mut words: BTreeMap<i16, U256> = BTreeMap::new();
        for tick in [-200, -55, -4, 70, 78, 84, 139, 240, 535].iter().chain(ticks) {
            let (word, bit) = bitmap::position(*tick, 1).unwrap();
            *words.entry(word).or_default() |= U256::from(1) << bit;
        }
        let search = bitmap::search(from, 1, down).unwrap();
        search.next(words.get(&search.word).copied().unwrap_or_default()).unwrap()
    };
    for (from, want) in [
        (78, (84, true)),
        (-55, (-4, true)),
        (77, (78, true)),
        (-56, (-55, true)),
        (255, (511, false)),
        (-257, (-200, true)),
        (508, (511, false)),
        (383, (511, false)),
    ] {
        assert_eq!(next(&[], from, false), want, "{from}");
    }
    assert_eq!(next(&[340], 328, false), (340, true));
    for (from, want) in [
        (78, (78, true)),
        (79, (78, true)),
        (258, (256, false)),
        (256, (256, false)),
        (72, (70, true)),
        (-257, (-512, false)),
        (1023, (768, false)),
        (900, (768, false)),
    ] {
        assert_eq!(next(&[], from, true), want, "{from}");
    }
    assert_eq!(next(&[329], 456, true), (329, true));
}
