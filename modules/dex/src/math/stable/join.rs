//! Joining with one coin, exact on either side: by what D gains after a fee on what is thrown out of proportion (Curve's
//! `add_liquidity`).

use ruint::aliases::U256;

use super::imbalance::kept_with;
use super::{FINE_BITS, balance_for, fine, fine_invariant};
use crate::math::wide::{mul_div_ceil, mul_div_floor};

/// The most rounds of the search for what shares cost. It takes about five.
const MAX_SEARCH: u32 = 64;

/// Shares for `amount_in` of coin `index` alone, rounded down: what the invariant gains, after a fee on the distance of each
/// balance from its proportion.
///
/// `None` out of balance, out of range, or if the invariant rises beyond three times what it was.
#[must_use]
pub fn shares_given_single_in(
    balances: &[U256],
    index: usize,
    amount_in: U256,
    supply: U256,
    amplification: u64,
    fee: u32,
) -> Option<U256> {
    let before = fine_invariant(&fine(balances), amplification)?;
    let now = balances.get(index)?.checked_add(amount_in)?;
    let kept = kept_with(balances, before, index, now, amplification, fee)?;
    mul_div_floor(supply, kept.checked_sub(before)?, before)
}

/// What an exact number of shares costs of coin `index` alone: an amount for which [`shares_given_single_in`] gives at least
/// as many, and the least of these but for the units in which D itself is uncertain.
///
/// `None` as there.
#[must_use]
pub fn single_in_given_shares(
    balances: &[U256],
    index: usize,
    shares: U256,
    supply: U256,
    amplification: u64,
    fee: u32,
) -> Option<U256> {
    let before = fine_invariant(&fine(balances), amplification)?;
    let target = before.checked_add(mul_div_ceil(shares, before, supply)?)?;
    let held = *balances.get(index)?;
    let gain = |amount| kept_with(balances, before, index, held.checked_add(amount)?, amplification, fee);
    // Without a fee it would be this; with one it is more. D rises ever more slowly with the amount, so a straight line
    // through the last two points never leads far beyond the answer.
    let one = U256::from(1u8);
    let least = balance_for(balances, index, amplification, target.wrapping_shr(FINE_BITS))?;
    let mut amount = least.saturating_sub(held).saturating_sub(one).max(one);
    let (mut last, mut step) = ((U256::ZERO, before), one);
    for _ in 0..MAX_SEARCH {
        let now = gain(amount)?;
        if now >= target {
            return Some(amount);
        }
        let missing = target.checked_sub(now)?;
        let (run, rise) = (amount.checked_sub(last.0)?, now.saturating_sub(last.1));
        // Where D did not move at all, the step is doubled until it does.
        step = if rise.is_zero() {
            step.checked_mul(U256::from(2u8))?
        } else {
            mul_div_ceil(missing, run, rise)?
        };
        last = (amount, now);
        amount = amount.checked_add(step.max(one))?;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::test_support::n;
    use super::super::{A_PRECISION, invariant, shares_given_single_out, single_out_given_shares};
    use super::*;
    use crate::math::wide::product;

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
            let before = fine_invariant(&fine(&xs), a).unwrap();
            xs[0] += amount;
            let supply_after = n(supply) + shares;
            let now = fine_invariant(&fine(&xs), a).unwrap();
            prop_assert!(product(now, n(supply)) >= product(before, supply_after), "a share is worth less");
            if let Some(back) = single_out_given_shares(&xs, 0, shares, supply_after, a, fee) {
                prop_assert!(back <= amount, "{back} for {amount}");
            }
        }

        #[test]
        fn exact_shares_cost_the_least_that_gives_them(
            base in 1u128 << 20..1 << 90, ratios in proptest::collection::vec(1u128..1000, 1..7), index in 0usize..8,
            a in 1u64..10_000, part in 1u128..20_000, supply in 1u128 << 20..1 << 90, fee in 0u32..100_000,
        ) {
            let a = a * A_PRECISION;
            let xs: Vec<U256> = std::iter::once(1).chain(ratios).map(|ratio| n(base * ratio)).collect();
            let index = index % xs.len();
            let shares = (n(supply) * n(part) / n(10_000)).max(n(1));
            let Some(cost) = single_in_given_shares(&xs, index, shares, n(supply), a, fee) else { return Ok(()) };
            let given = |amount| shares_given_single_in(&xs, index, amount, n(supply), a, fee);
            prop_assert!(given(cost) >= Some(shares), "{cost} is too little");
            // Less by what D cannot tell apart is not enough.
            let d = invariant(&xs, a).unwrap();
            let unit = (n(supply) / d + n(1)) * n(4);
            let less = cost - (cost / n(1 << 40) + xs[index] / xs.iter().min().unwrap() * n(4) + n(8)).min(cost);
            let fewer = given(less).unwrap_or_default();
            prop_assert!(fewer < shares + unit, "{less} would do: {fewer} for {shares}");
        }

        #[test]
        fn a_share_is_never_worth_less_after_a_join_or_exit_in_one_coin(
            base in 1u128 << 20..1 << 90, ratios in proptest::collection::vec(1u128..1000, 1..7), index in 0usize..8,
            a in 1u64..10_000, part in 1u128..1_000_000, supply in 1u128 << 20..1 << 90, fee in 0u32..100_000,
        ) {
            let a = a * A_PRECISION;
            let xs: Vec<U256> = std::iter::once(1).chain(ratios).map(|ratio| n(base * ratio)).collect();
            let (index, supply) = (index % xs.len(), n(supply));
            let before = fine_invariant(&fine(&xs), a).unwrap();
            let keeps = |more: U256, less: U256, supply_after: U256| {
                let mut after = xs.clone();
                after[index] = after[index] + more - less;
                product(fine_invariant(&fine(&after), a).unwrap(), supply) >= product(before, supply_after)
            };
            let amount = (xs[index] * n(part) / n(1_000_000)).max(n(1));
            if let Some(shares) = shares_given_single_in(&xs, index, amount, supply, a, fee) {
                prop_assert!(keeps(amount, n(0), supply + shares), "in for shares");
            }
            if let Some(shares) = shares_given_single_out(&xs, index, amount, supply, a, fee).filter(|s| *s < supply) {
                prop_assert!(keeps(n(0), amount, supply - shares), "shares for out");
            }
            let shares = (supply * n(part) / n(1_000_000)).max(n(1));
            if let Some(cost) = single_in_given_shares(&xs, index, shares, supply, a, fee) {
                prop_assert!(keeps(cost, n(0), supply + shares), "in for exact shares");
            }
            if shares < supply && let Some(out) = single_out_given_shares(&xs, index, shares, supply, a, fee) {
                prop_assert!(keeps(n(0), out, supply - shares), "exact shares for out");
            }
        }
    }
}
