//! Two reserves whose product never falls: x * y = k (Uniswap v2 core paper, section 2 and 3).
//!
//! The fee is taken off the input, in one ratio with the exchange itself, so that a swap rounds once. The whole input
//! joins the reserves.

use ruint::aliases::U256;

use super::FEE_UNIT;
use super::wide::{mul_div_ceil, mul_div_floor, sqrt_floor, to_u128};
use crate::planted::planted;

/// Shares of the first deposit that are locked for ever, so that a share cannot be made so dear that later deposits
/// round to nothing.
pub const MINIMUM_SHARES: u128 = 1000;

/// What is left of [`FEE_UNIT`] parts after the fee.
fn kept(fee: u32) -> Option<U256> {
    FEE_UNIT.checked_sub(fee).filter(|kept| *kept > 0).map(U256::from)
}

/// What `amount_in` buys: `floor(y * in * (1 - fee) / (x + in * (1 - fee)))`.
///
/// `None` if a reserve is empty, the fee is one or more, or `x + in` exceeds 128 bits.
#[must_use]
pub fn out_given_in(reserve_in: u128, reserve_out: u128, amount_in: u128, fee: u32) -> Option<u128> {
    reserve_in.checked_add(amount_in)?;
    if reserve_in == 0 || reserve_out == 0 {
        return None;
    }
    let worth = U256::from(amount_in).checked_mul(kept(fee)?)?;
    let ratio = if planted("constant_product:out_rounded_up") { mul_div_ceil } else { mul_div_floor };
    let whole = U256::from(reserve_in).checked_mul(U256::from(FEE_UNIT))?.checked_add(worth)?;
    to_u128(ratio(worth, U256::from(reserve_out), whole)?)
}

/// What `amount_out` costs: `ceil(x * out / ((y - out) * (1 - fee)))`.
///
/// `None` if a reserve is empty, `amount_out` is not below the reserve, the fee is one or more, or the cost exceeds 128
/// bits.
#[must_use]
pub fn in_given_out(reserve_in: u128, reserve_out: u128, amount_out: u128, fee: u32) -> Option<u128> {
    let rest = reserve_out.checked_sub(amount_out).filter(|rest| *rest > 0)?;
    if reserve_in == 0 {
        return None;
    }
    let worth = U256::from(reserve_in).checked_mul(U256::from(FEE_UNIT))?;
    let rest = U256::from(rest).checked_mul(kept(fee)?)?;
    to_u128(mul_div_ceil(worth, U256::from(amount_out), rest)?)
}

/// The part of `amount_in` that is the fee, rounded up.
#[must_use]
pub fn fee_of(amount_in: u128, fee: u32) -> Option<u128> {
    to_u128(mul_div_ceil(U256::from(amount_in), U256::from(fee), U256::from(FEE_UNIT))?)
}

/// All shares after the first deposit, the locked ones included: `floor(sqrt(x * y))`. `None` unless they exceed
/// [`MINIMUM_SHARES`].
#[must_use]
pub fn first_shares(x: u128, y: u128) -> Option<u128> {
    let product = U256::from(x).checked_mul(U256::from(y))?;
    to_u128(sqrt_floor(product)).filter(|shares| *shares > MINIMUM_SHARES)
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::*;

    fn big(n: u128) -> BigUint {
        BigUint::from(n)
    }

    /// Reserves and amounts of every size up to 2^127 - 1.
    fn amount() -> impl Strategy<Value = u128> {
        (any::<u128>(), 1u32..128).prop_map(|(n, bits)| (n >> bits).max(1))
    }

    #[test]
    fn the_swaps_of_the_uniswap_library_are_reproduced() {
        // amountOut and amountIn of the periphery library with a fee of 0.3 %.
        assert_eq!(out_given_in(100, 100, 2, 3000), Some(1));
        assert_eq!(in_given_out(100, 100, 1, 3000), Some(2));
        let e18 = 10u128.pow(18);
        for (amount_in, x, y, out) in [
            (e18, 5 * e18, 10 * e18, 1_662_497_915_624_478_906),
            (e18, 10 * e18, 5 * e18, 453_305_446_940_074_565),
            (2 * e18, 5 * e18, 10 * e18, 2_851_015_155_847_869_602),
            (2 * e18, 10 * e18, 5 * e18, 831_248_957_812_239_453),
            (e18, 10 * e18, 10 * e18, 906_610_893_880_149_131),
            (e18, 100 * e18, 100 * e18, 987_158_034_397_061_298),
            (e18, 1000 * e18, 1000 * e18, 996_006_981_039_903_216),
        ] {
            assert_eq!(out_given_in(x, y, amount_in, 3000), Some(out));
        }
    }

    #[test]
    fn what_cannot_be_swapped_is_refused() {
        assert_eq!(out_given_in(0, 100, 1, 0), None);
        assert_eq!(out_given_in(100, 0, 1, 0), None);
        assert_eq!(out_given_in(u128::MAX, 1, 1, 0), None);
        assert_eq!(out_given_in(100, 100, 1, FEE_UNIT), None);
        assert_eq!(in_given_out(100, 100, 100, 0), None);
        assert_eq!(in_given_out(100, 100, 101, 0), None);
        assert_eq!(in_given_out(0, 100, 1, 0), None);
        assert_eq!(first_shares(1000, 1000), None);
        assert_eq!(first_shares(1001, 1001), Some(1001));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn swaps_equal_the_exact_model(x in amount(), y in amount(), a in amount(), fee in 0u32..FEE_UNIT) {
            let kept = big((FEE_UNIT - fee).into());
            let worth = big(a) * &kept;
            let model = &worth * big(y) / (big(x) * FEE_UNIT + worth);
            prop_assert_eq!(out_given_in(x, y, a, fee).map(big), Some(model));
            let cost = (a < y).then(|| {
                let rest = big(y - a) * &kept;
                (big(x) * big(a) * FEE_UNIT + &rest - 1u8) / rest
            });
            let cost = cost.filter(|cost| *cost <= big(u128::MAX));
            prop_assert_eq!(in_given_out(x, y, a, fee).map(big), cost);
        }

        #[test]
        fn the_product_never_falls_and_nothing_is_drained(x in amount(), y in amount(), a in amount(), fee in 0u32..FEE_UNIT) {
            let out = out_given_in(x, y, a, fee).unwrap();
            prop_assert!(out < y);
            prop_assert!(big(x + a) * big(y - out) >= big(x) * big(y));
            if let Some(cost) = in_given_out(x, y, a, fee) && x.checked_add(cost).is_some() {
                prop_assert!(big(x + cost) * big(y - a) >= big(x) * big(y));
            }
        }

        #[test]
        fn there_and_back_never_profits(x in amount(), y in amount(), a in amount(), fee in 0u32..FEE_UNIT) {
            let out = out_given_in(x, y, a, fee).unwrap();
            let back = out_given_in(y - out, x + a, out, fee).unwrap();
            prop_assert!(back <= a);
        }

        #[test]
        fn what_exact_out_costs_buys_it_exactly_in(x in amount(), y in amount(), a in amount(), fee in 0u32..100_001) {
            if let Some(cost) = in_given_out(x, y, a, fee) && x.checked_add(cost).is_some() {
                prop_assert!(out_given_in(x, y, cost, fee).unwrap() >= a);
                // One unit less does not.
                if cost > 1 {
                    prop_assert!(out_given_in(x, y, cost - 1, fee).unwrap() < a);
                }
            }
        }
    }
}
