//! Osmosis keeps other numbers (36 decimals, its own ticks, powers by a series to 10^-8): the same values within what its
//! numbers allow, where the conventions agree.

use agora_dex::math::sqrt_price::{
    Round, amount0, amount1, liquidity_for, liquidity_for_amount0, liquidity_for_amount1,
};
use agora_dex::math::weighted;
use num_bigint::BigUint;
use ruint::aliases::U256;

/// A root price with 18 decimals in Q64.96, rounded down.
fn root(text: &str) -> U256 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits: BigUint = format!("{whole}{part:0<18}").parse().unwrap();
    let fixed = (digits << 96u32) / BigUint::from(10u8).pow(18);
    fixed.to_string().parse().unwrap()
}

#[test]
fn liquidity_and_amounts_between_prices_agree_to_their_whole_units() {
    // osmosis-labs/osmosis: x/concentrated-liquidity/math/math_test.go.
    let (p4545, p5000, p5500) =
        (root("67.416615162732695594"), root("70.710678118654752440"), root("74.161984870956629487"));
    assert_eq!(liquidity_for_amount1(p5000, p4545, 5_000_000_000), Some(1_517_882_343));
    assert_eq!(liquidity_for_amount0(p5000, p5500, 1_000_000), Some(1_519_437_308));
    assert_eq!(liquidity_for(root("67"), p4545, p5500, 1_000_000, 0), Some(741_212_151));
    assert_eq!(liquidity_for(p5000, p4545, p5500, 1_000_000, 5_000_000_000), Some(1_517_882_343));
    assert_eq!(liquidity_for(root("75"), p4545, p5500, 0, 5_000_000_000), Some(741_249_214));
    assert_eq!(liquidity_for(p5500, p4545, p5500, 0, 1_000_000), Some(148_249));
    let (low, high, liquidity) = (
        root("0.000000152731791058"),
        root("30860351331.852813530648276680"),
        931_361_973_132_462_178_951_297,
    );
    // 6098022989717817431593106314408.89 and 28742157707995443393876876754535992.80, relative to the grid of Q64.96 at the
    // low price: a part in 2^73.
    let near = |n: Option<U256>, theirs: u128| {
        let n = n.unwrap().to::<u128>();
        assert!(n.abs_diff(theirs) <= theirs >> 72, "{n} {theirs}");
    };
    near(amount0(low, high, liquidity, Round::Floor), 6_098_022_989_717_817_431_593_106_314_408);
    near(amount0(low, high, liquidity, Round::Ceil), 6_098_022_989_717_817_431_593_106_314_409);
    near(amount1(low, high, liquidity, Round::Floor), 28_742_157_707_995_443_393_876_876_754_535_992);
    near(amount1(low, high, liquidity, Round::Ceil), 28_742_157_707_995_443_393_876_876_754_535_993);
}

#[test]
fn shares_for_one_coin_alone_agree_to_the_precision_of_its_powers() {
    // osmosis-labs/osmosis: x/gamm/pool-models/balancer/pool_suite_test.go. Its pools begin with 100 * 10^18 shares.
    let supply = U256::from(100_000_000_000_000_000_000u128);
    let e12 = 1_000_000_000_000u128;
    for (balance, weight, others, amount, fee, theirs) in [
        (e12, 100, 100, 50_000, 0, 2_499_999_968_750u128),
        (e12, 100, 100, 50_000, 10_000, 2_487_500_000_000),
        (e12, 100, 100, 50_000, 990_000, 1_262_500_000_000),
        (e12, 100, 300, 50_000, 990_000, 321_875_000_000),
        (e12, 500, 100, 50_000, 0, 4_166_666_649_306),
        (e12, 500, 100, 50_000, 10_000, 4_159_722_200_000),
        (e12, 200, 1000, 50_000, 0, 833_333_315_972),
        (e12, 200, 1000, 50_000, 20_000, 819_444_430_000),
        (156_736, 200, 1000, 117_552, 0, 9_775_731_930_496_140_648),
        (156_736, 200, 1000, 117_552, 20_000, 9_644_655_900_000_000_000),
        (500_000, 100, 1000, 499_990, 0, 6_504_012_121_638_943_579),
    ] {
        let weight = U256::from(10u128.pow(18) * weight / (weight + others));
        let fee = U256::from(fee * e12);
        let shares =
            weighted::shares_given_single_in(U256::from(balance), weight, supply, U256::from(amount), fee)
                .unwrap();
        // 10^-8 of the supply is what its powers promise, and the fee is a whole number of units here.
        let (shares, unit) = (shares.to::<u128>(), 100_000_000_000_000_000_000 / balance);
        assert!(shares.abs_diff(theirs) <= 1_000_000_000_000 + unit, "{shares} {theirs}");
    }
}
