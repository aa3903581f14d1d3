//! What joins and exits in one coin have in common: the fee on what they throw out of proportion, and their bounds.

use ruint::aliases::U256;

use super::{fine, fine_invariant, is_balanced};
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

/// The invariant that counts for shares once coin `index` of `balances`, of the invariant `before`, is `now`: of what is left of all
/// after a fee on the distance of each from its proportion. Never more than the invariant without the fee.
///
/// Invariants with bits after the point ([`fine`]): whole units are off by more than what one may give. `None` out of balance, beyond
/// the bounds or out of range.
pub(super) fn kept_with(
    balances: &[U256],
    before: U256,
    index: usize,
    now: U256,
    amplification: u64,
    fee: u32,
) -> Option<U256> {
    let mut after = balances.to_vec();
    *after.get_mut(index)? = now;
    if !is_balanced(&after) {
        return None;
    }
    let fee = imbalance_fee(fee, balances.len())?;
    let mut left = fine(&after);
    let whole = fine_invariant(&left, amplification).filter(|whole| is_within_bounds(before, *whole))?;
    for (now, old) in left.iter_mut().zip(fine(balances)) {
        let ideal = mul_div_floor(whole, old, before)?;
        let cost = mul_div_ceil(ideal.abs_diff(*now), fee, U256::from(FEE_UNIT))?;
        *now = now.checked_sub(cost)?;
    }
    // Newton's method may end too high.
    Some(fine_invariant(&left, amplification)?.min(whole))
}
