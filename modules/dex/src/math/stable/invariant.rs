//! The invariant D, and the balance that belongs to it.

use ruint::aliases::U256;

use super::{A_PRECISION, MAX_IMBALANCE, MAX_ROUNDS};
use crate::math::wide::mul_div_floor;

/// Bits after the point of [`fine_invariant`].
pub const FINE_BITS: usize = 32;
/// How far rounds may be apart at the end: a unit.
const UNIT: U256 = U256::from_limbs([1, 0, 0, 0]);
/// The same for [`fine_invariant`]: 2^-16 of a unit. The rounds halve their digits, so the result is far closer.
const FINE_UNIT: U256 = U256::from_limbs([1 << 16, 0, 0, 0]);

/// The invariant D. Zero for empty balances; `None` if one of several is zero, or if it does not settle.
///
/// `amplification` has the decimals of [`A_PRECISION`].
#[must_use]
pub fn invariant(balances: &[U256], amplification: u64) -> Option<U256> {
    solve(balances, amplification, UNIT)
}

/// Balances with [`FINE_BITS`] after the point.
#[must_use]
pub fn fine(balances: &[U256]) -> Vec<U256> {
    balances.iter().map(|x| x.wrapping_shl(FINE_BITS)).collect()
}

/// The invariant with [`FINE_BITS`] after the point, of balances with as many: close enough to tell whether the true one fell by
/// less than any unit is worth. `None` as [`invariant`].
#[must_use]
pub fn fine_invariant(balances: &[U256], amplification: u64) -> Option<U256> {
    solve(balances, amplification, FINE_UNIT)
}

fn solve(balances: &[U256], amplification: u64, tolerance: U256) -> Option<U256> {
    let n = U256::from(u64::try_from(balances.len()).ok()?);
    let sum = balances.iter().try_fold(U256::ZERO, |sum, x| sum.checked_add(*x))?;
    if sum.is_zero() {
        return Some(sum);
    }
    let precision = U256::from(A_PRECISION);
    let ann = U256::from(amplification).checked_mul(n)?;
    let leverage = mul_div_floor(ann, sum, precision)?;
    let mut d = sum;
    for _ in 0..MAX_ROUNDS {
        let mut product = d;
        for x in balances {
            product = mul_div_floor(product, d, x.checked_mul(n)?)?;
        }
        let before = d;
        let above = leverage.checked_add(product.checked_mul(n)?)?;
        let below = mul_div_floor(ann.checked_sub(precision)?, d, precision)?
            .checked_add(n.checked_add(U256::from(1u8))?.checked_mul(product)?)?;
        d = mul_div_floor(above, d, below)?;
        if d.abs_diff(before) <= tolerance {
            return Some(d);
        }
    }
    None
}

/// The balance of coin `index` that belongs to the invariant `d` and the other balances.
///
/// `None` if it does not settle, or another balance is zero.
#[must_use]
pub fn balance_for(balances: &[U256], index: usize, amplification: u64, d: U256) -> Option<U256> {
    let n = U256::from(u64::try_from(balances.len()).ok()?);
    let precision = U256::from(A_PRECISION);
    let ann = U256::from(amplification).checked_mul(n)?;
    let (mut c, mut sum) = (d, U256::ZERO);
    for (_, x) in balances.iter().enumerate().filter(|(other, _)| *other != index) {
        sum = sum.checked_add(*x)?;
        c = mul_div_floor(c, d, x.checked_mul(n)?)?;
    }
    c = mul_div_floor(c, d.checked_mul(precision)?, ann.checked_mul(n)?)?;
    let b = sum.checked_add(mul_div_floor(d, precision, ann)?)?;
    let mut y = d;
    for _ in 0..MAX_ROUNDS {
        let before = y;
        let above = y.checked_mul(y)?.checked_add(c)?;
        let below = y.checked_mul(U256::from(2u8))?.checked_add(b)?.checked_sub(d)?;
        y = above.checked_div(below)?;
        if y.abs_diff(before) <= UNIT {
            return Some(y);
        }
    }
    None
}

/// Whether no balance exceeds another by more than [`MAX_IMBALANCE`] times.
#[must_use]
pub fn is_balanced(balances: &[U256]) -> bool {
    is_within(balances, MAX_IMBALANCE)
}

/// Whether no balance exceeds another by more than `times`.
pub(super) fn is_within(balances: &[U256], times: u64) -> bool {
    let (least, most) = (balances.iter().min(), balances.iter().max());
    least.zip(most).is_some_and(|(least, most)| {
        !least.is_zero() && least.checked_mul(U256::from(times)).is_none_or(|limit| *most <= limit)
    })
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::super::test_support::{balances, big, n};
    use super::super::{MAX_AMPLIFICATION, out_given_in};
    use super::*;

    /// The iteration of the paper in numbers without bounds.
    fn model(xp: &[BigUint], a: u64) -> Option<BigUint> {
        let n = BigUint::from(xp.len());
        let ann = &n * a;
        let sum: BigUint = xp.iter().sum();
        let mut d = sum.clone();
        for _ in 0..MAX_ROUNDS {
            let product = xp.iter().try_fold(d.clone(), |p, x| (x.bits() > 0).then(|| p * &d / (x * &n)))?;
            let before = d.clone();
            d = (&ann * &sum / A_PRECISION + &product * &n) * &d
                / ((&ann - A_PRECISION) * &d / A_PRECISION + (&n + 1u8) * &product);
            if d <= &before + 1u8 && before <= &d + 1u8 {
                return Some(d);
            }
        }
        None
    }

    #[test]
    fn the_examples_of_the_curve_pools_are_reproduced() {
        // Three equal balances are their own invariant, whatever the amplification.
        let e18 = 10u128.pow(18);
        let even = [n(1_000_000 * e18); 3];
        assert_eq!(invariant(&even, 2000 * A_PRECISION), Some(n(3_000_000 * e18)));
        // A unit of 10^18 into an even pool of two: next to one comes out.
        let pair = [n(1_000_000 * e18); 2];
        let out = out_given_in(&pair, 0, 1, n(e18), 100 * A_PRECISION).unwrap();
        assert!(out < n(e18) && out > n(e18 - e18 / 50_000), "{out}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5000))]

        #[test]
        fn the_invariant_equals_the_exact_iteration(xs in balances(), a in 1u64..10_000) {
            let exact: Vec<BigUint> = xs.iter().map(|x| BigUint::from(*x)).collect();
            let ours: Vec<U256> = xs.iter().map(|x| n(*x)).collect();
            let (model, ours) = (model(&exact, a * A_PRECISION), invariant(&ours, a * A_PRECISION).map(big));
            // Beyond that the product may leave 256 bits: then there is no answer.
            let within = xs.iter().max().unwrap() / xs.iter().min().unwrap() < 1_000_000;
            prop_assert!(ours == model || (ours.is_none() && !within), "{ours:?} {model:?}");
        }
    }

    #[test]
    fn extreme_imbalance_settles_or_is_refused() {
        for xs in [[10u128.pow(23), 10u128.pow(18)], [10u128.pow(30), 1], [1, 1], [1, u128::MAX >> 1]] {
            let xs = xs.map(n);
            for a in [1, 100, MAX_AMPLIFICATION] {
                if let Some(d) = invariant(&xs, a * A_PRECISION) {
                    assert!(d <= xs[0] + xs[1], "D never exceeds the sum");
                }
                if let Some(out) = out_given_in(&xs, 0, 1, n(1_000_000), a * A_PRECISION) {
                    assert!(out < xs[1]);
                }
            }
        }
        assert_eq!(invariant(&[n(0), n(5)], 100), None, "one empty side has no invariant");
    }
}
