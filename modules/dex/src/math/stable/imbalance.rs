//! What joins and exits in one coin have in common: the fee on what they throw out of proportion, and their bounds.

use ruint::aliases::U256;

use super::fine_invariant;
use crate::math::FEE_UNIT;
use crate::math::wide::{mul_div_ceil, mul_div_floor};

/// A join in one coin raises the invariant to three times at most, an exit leaves seven tenths at least; in tenths.
const MAX_INVARIANT_TENTHS: u64 = 30;
/// See [`MAX_INVARIANT_TENTHS`].
const MIN_INVARIANT_TENTHS: u64 = 7;

/// The fee on the part of a join or exit that changes the proportions: `fee * n / (4 * (n - 1))`, rounded up.
pub(super) fn imbalance_fee(fee: u32, n: usize) -> Option<U256> {
    let n = U256::from(u64::try_from(n).ok()?);
    let below = n.checked_sub(U256::from(1u8))?.checked_mul(U256::from(4u8))?;
    mul_div_ceil(U256::from(fee), n, below)
}

/// Whether the invariant stays within seven tenths and three times what it was.
pub(super) fn is_within_bounds(before: U256, after: U256) -> bool {
    let tenths = |n: u64| before.checked_mul(U256::from(n));
    let now = after.checked_mul(U256::from(10u8));
    let bounds = tenths(MIN_INVARIANT_TENTHS).zip(tenths(MAX_INVARIANT_TENTHS));
    now.zip(bounds).is_some_and(|(now, (least, most))| (least..=most).contains(&now))
}

/// The invariant that counts for shares once balances went from `old`, of the invariant `before`, to `new`: of what is left
/// of them after a fee on the distance of each from its proportion. Never more than the invariant of `new` itself.
///
/// All with bits after the point ([`super::fine`]): whole units of the invariant are off by more than what one may give.
/// `None` beyond the bounds or out of range.
pub(super) fn kept(old: &[U256], before: U256, new: &[U256], amplification: u64, fee: u32) -> Option<U256> {
    let fee = imbalance_fee(fee, old.len())?;
    let whole = fine_invariant(new, amplification).filter(|whole| is_within_bounds(before, *whole))?;
    let mut left = new.to_vec();
    for (now, old) in left.iter_mut().zip(old) {
        let ideal = mul_div_floor(whole, *old, before)?;
        let cost = mul_div_ceil(ideal.abs_diff(*now), fee, U256::from(FEE_UNIT))?;
        *now = now.checked_sub(cost)?;
    }
    // Newton's method may end too high.
    Some(fine_invariant(&left, amplification)?.min(whole))
}
