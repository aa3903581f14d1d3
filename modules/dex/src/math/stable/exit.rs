//! Leaving with one coin, exact on either side: by what D loses, and a fee on what is thrown out of proportion (Curve's
//! `remove_liquidity_imbalance` and `calc_withdraw_one_coin`).

use ruint::aliases::U256;

use super::imbalance::{imbalance_fee, is_within_bounds, kept_with};
use super::{KEPT_UNITS, balance_for, fine, fine_invariant, invariant, is_balanced};
use crate::math::FEE_UNIT;
use crate::math::wide::{mul_div_ceil, mul_div_floor, product};

/// The shares that `amount_out` of coin `index` alone costs, rounded up and a unit more: what the invariant loses, with the
/// fee of [`super::shares_given_single_in`].
///
/// `None` if there is not as much, out of balance, out of range, or if the invariant falls below seven tenths.
#[must_use]
pub fn shares_given_single_out(
    balances: &[U256],
    index: usize,
    amount_out: U256,
    supply: U256,
    amplification: u64,
    fee: u32,
) -> Option<U256> {
    let before = fine_invariant(&fine(balances), amplification)?;
    let now = balances.get(index)?.checked_sub(amount_out)?;
    let kept = kept_with(balances, before, index, now, amplification, fee)?;
    mul_div_ceil(supply, before.checked_sub(kept)?, before)?.checked_add(U256::from(1u8))
}

/// What `shares` give of coin `index` alone, rounded down, after the fee of
/// [`super::shares_given_single_in`].
///
/// Up to [`KEPT_UNITS`] more are kept so that the invariant of a share does not fall. `None` if that does not do, out of
/// balance, out of range, or if the invariant falls below seven tenths.
#[must_use]
pub fn single_out_given_shares(
    balances: &[U256],
    index: usize,
    shares: U256,
    supply: U256,
    amplification: u64,
    fee: u32,
) -> Option<U256> {
    let fee = imbalance_fee(fee, balances.len())?;
    let before = invariant(balances, amplification)?;
    let target = before.checked_sub(mul_div_floor(shares, before, supply)?)?;
    let old = *balances.get(index)?;
    let y = balance_for(balances, index, amplification, target)?;
    let mut reduced = balances.to_vec();
    for (place, balance) in reduced.iter_mut().enumerate() {
        let ideal = mul_div_floor(*balance, target, before)?;
        let distance = if place == index { ideal.checked_sub(y)? } else { balance.checked_sub(ideal)? };
        *balance = balance.checked_sub(mul_div_ceil(distance, fee, U256::from(FEE_UNIT))?)?;
    }
    let rest = balance_for(&reduced, index, amplification, target)?;
    let out = reduced.get(index)?.checked_sub(rest)?.checked_sub(U256::from(1u8))?;
    let was = fine_invariant(&fine(balances), amplification)?;
    let left = product(was, supply.checked_sub(shares)?);
    let keeps = |out: U256| {
        let mut after = balances.to_vec();
        *after.get_mut(index)? = old.checked_sub(out).filter(|left| !left.is_zero())?;
        if !is_balanced(&after) {
            return None;
        }
        let now = fine_invariant(&fine(&after), amplification).filter(|now| is_within_bounds(was, *now))?;
        (product(now, supply) >= left).then_some(out)
    };
    KEPT_UNITS.iter().find_map(|kept| keeps(out.checked_sub(U256::from(*kept))?))
}
