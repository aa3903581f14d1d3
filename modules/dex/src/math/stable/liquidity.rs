//! Joining and leaving with one coin: by what D gains or loses, after a fee on what is thrown out of proportion.

use ruint::aliases::U256;

use super::{balance_for, invariant, is_balanced};
use crate::math::FEE_UNIT;
use crate::math::wide::{mul_div_ceil, mul_div_floor, product};

/// The fee on the part of a join or exit that changes the proportions: `fee * n / (4 * (n - 1))`, rounded up.
fn imbalance_fee(fee: u32, n: usize) -> Option<U256> {
    let n = U256::from(u64::try_from(n).ok()?);
    let below = n.checked_sub(U256::from(1u8))?.checked_mul(U256::from(4u8))?;
    mul_div_ceil(U256::from(fee), n, below)
}

/// Shares for `amount_in` of coin `index` alone, rounded down: what the invariant gains, after a fee on the distance of each
/// balance from its proportion.
///
/// `None` out of balance or out of range.
#[must_use]
pub fn shares_given_single_in(
    balances: &[U256],
    index: usize,
    amount_in: U256,
    supply: U256,
    amplification: u64,
    fee: u32,
) -> Option<U256> {
    let fee = imbalance_fee(fee, balances.len())?;
    let before = invariant(balances, amplification)?;
    let mut after = balances.to_vec();
    let x = after.get_mut(index)?;
    *x = x.checked_add(amount_in)?;
    if !is_balanced(&after) {
        return None;
    }
    let whole = invariant(&after, amplification)?;
    for (now, old) in after.iter_mut().zip(balances) {
        let ideal = mul_div_floor(whole, *old, before)?;
        let cost = mul_div_ceil(ideal.abs_diff(*now), fee, U256::from(FEE_UNIT))?;
        *now = now.checked_sub(cost)?;
    }
    let kept = invariant(&after, amplification)?;
    mul_div_floor(supply, kept.checked_sub(before)?, before)
}

/// What `shares` give of coin `index` alone, rounded down, after the fee of [`shares_given_single_in`].
///
/// `None` out of balance or out of range, or if the invariant of a share would fall.
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
    let mut after = balances.to_vec();
    *after.get_mut(index)? = old.checked_sub(out).filter(|left| !left.is_zero())?;
    if !is_balanced(&after) {
        return None;
    }
    let now = invariant(&after, amplification)?;
    let worth = product(now, supply);
    (worth >= product(before, supply.checked_sub(shares)?)).then_some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::A_PRECISION;
    use super::super::test_support::n;
    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5000))]

        #[test]
        fn joining_with_one_coin_and_leaving_with_it_never_profits(
            base in 1u128 << 20..1 << 90, ratios in proptest::collection::vec(1u128..100, 1..5),
            a in 1u64..10_000, part in 1u128..3000, supply in 1u128 << 20..1 << 90, fee in 0u32..1000,
        ) {
            let a = a * A_PRECISION;
            let mut xs: Vec<U256> = std::iter::once(1).chain(ratios).map(|ratio| n(base * ratio)).collect();
            let amount = xs[0] * n(part) / n(1000);
            let Some(shares) = shares_given_single_in(&xs, 0, amount, n(supply), a, fee) else { return Ok(()) };
            let before = invariant(&xs, a).unwrap();
            xs[0] += amount;
            let supply_after = n(supply) + shares;
            let now = invariant(&xs, a).unwrap();
            prop_assert!(product(now, n(supply)) >= product(before, supply_after), "a share is worth less");
            if let Some(back) = single_out_given_shares(&xs, 0, shares, supply_after, a, fee) {
                prop_assert!(back <= amount, "{back} for {amount}");
            }
        }
    }
}
