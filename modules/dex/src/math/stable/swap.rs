//! Exchanges at constant D.

use ruint::aliases::U256;

use super::worth::Worth;
use super::{balance_for, fine, invariant, is_balanced};
use crate::math::FEE_UNIT;
use crate::math::wide::mul_div_ceil;
use crate::planted::planted;

/// What `amount_in` of coin `i` buys of coin `j`, before the fee: `y_before - y_after - 1`.
#[must_use]
pub fn out_given_in(
    balances: &[U256],
    i: usize,
    j: usize,
    amount_in: U256,
    amplification: u64,
) -> Option<U256> {
    let d = invariant(balances, amplification)?;
    let mut after = balances.to_vec();
    let x = after.get_mut(i)?;
    *x = x.checked_add(amount_in)?;
    let y = balance_for(&after, j, amplification, d)?;
    if planted("stable:unit_given") {
        return balances.get(j)?.checked_sub(y)?.checked_add(U256::from(2u8));
    }
    balances.get(j)?.checked_sub(y)?.checked_sub(U256::from(1u8))
}

/// What `amount_out` of coin `j` costs of coin `i`: `x_after - x_before + 1`.
#[must_use]
pub fn in_given_out(
    balances: &[U256],
    i: usize,
    j: usize,
    amount_out: U256,
    amplification: u64,
) -> Option<U256> {
    let d = invariant(balances, amplification)?;
    let mut after = balances.to_vec();
    let y = after.get_mut(j)?;
    *y = y.checked_sub(amount_out).filter(|y| !y.is_zero())?;
    let x = balance_for(&after, i, amplification, d)?;
    x.checked_sub(*balances.get(i)?)?.checked_add(U256::from(1u8))
}

/// Units that a swap keeps for the pool beside the one it always does, as few as do.
pub const KEPT_UNITS: [u64; 4] = [0, 1, 2, 4];

/// A swap as a pool makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swap {
    /// What comes in.
    pub amount_in: U256,
    /// What goes out, the fee taken.
    pub amount_out: U256,
    /// The fee, in the coin that goes out, rounded up.
    pub fee: U256,
}

/// What an exact input gives after the fee, which is taken from the output in millionths.
///
/// Up to [`KEPT_UNITS`] more are kept where the divisions of Newton's method are off by more than the one that always is,
/// so that the invariant has not fallen ([`Worth`]). `None` if that does not do, or the balances would be out of balance
/// ([`is_balanced`]).
#[must_use]
pub fn swap_in(
    balances: &[U256],
    i: usize,
    j: usize,
    amount_in: U256,
    amplification: u64,
    fee: u32,
) -> Option<Swap> {
    let gross = out_given_in(balances, i, j, amount_in, amplification)?;
    let fee = mul_div_ceil(gross, U256::from(fee), U256::from(FEE_UNIT))?;
    let net = gross.checked_sub(fee)?;
    first_that_keeps(balances, i, j, amplification, |kept| {
        Some(Swap { amount_in, amount_out: net.checked_sub(kept)?, fee })
    })
}

/// What an exact output costs, the fee included; see [`swap_in`].
#[must_use]
pub fn swap_out(
    balances: &[U256],
    i: usize,
    j: usize,
    amount_out: U256,
    amplification: u64,
    fee: u32,
) -> Option<Swap> {
    let kept = U256::from(FEE_UNIT.checked_sub(fee)?);
    let gross = mul_div_ceil(amount_out, U256::from(FEE_UNIT), kept)?;
    let amount_in = in_given_out(balances, i, j, gross, amplification)?;
    let fee = gross.checked_sub(amount_out)?;
    first_that_keeps(balances, i, j, amplification, |kept| {
        Some(Swap { amount_in: amount_in.checked_add(kept)?, amount_out, fee })
    })
}

/// The first of swaps that keep more and more units after which the invariant has not fallen.
fn first_that_keeps(
    balances: &[U256],
    i: usize,
    j: usize,
    amplification: u64,
    swap: impl Fn(U256) -> Option<Swap>,
) -> Option<Swap> {
    if planted("stable:invariant_unchecked") || planted("stable:unit_given") {
        return swap(U256::ZERO);
    }
    let before = Worth::of(balances, || Some(fine(balances)), amplification)?;
    let keeps = |swap: &Swap| {
        let mut after = balances.to_vec();
        let x = after.get_mut(i)?;
        *x = x.checked_add(swap.amount_in)?;
        let y = after.get_mut(j)?;
        *y = y.checked_sub(swap.amount_out).filter(|y| !y.is_zero())?;
        let kept = is_balanced(&after)
            && before.is_kept_by(&Worth::of(&after, || Some(fine(&after)), amplification)?);
        kept.then_some(())
    };
    KEPT_UNITS.iter().find_map(|kept| swap(U256::from(*kept)).filter(|swap| keeps(swap).is_some()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::A_PRECISION;
    use super::super::fine_invariant;
    use super::super::test_support::{balances, n};
    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5000))]

        #[test]
        fn the_invariant_never_falls_in_a_swap(
            xs in balances(), a in 1u64..10_000, amount in 1u128..1 << 90, fee in 0u32..1000, exact_out in any::<bool>(),
        ) {
            let a = a * A_PRECISION;
            let before: Vec<U256> = xs.iter().map(|x| n(*x)).collect();
            let swap = if exact_out { swap_out } else { swap_in };
            let Some(swap) = swap(&before, 0, 1, n(amount), a, fee) else { return Ok(()) };
            let mut after = before.clone();
            after[0] += swap.amount_in;
            after[1] -= swap.amount_out;
            prop_assert!(!after[1].is_zero());
            prop_assert!(invariant(&after, a) >= invariant(&before, a));
            let unit = U256::from(1) << super::super::FINE_BITS;
            prop_assert!(fine_invariant(&fine(&after), a).unwrap() + unit >= fine_invariant(&fine(&before), a).unwrap());
        }

        #[test]
        fn swaps_of_pools_in_use_are_not_refused(
            x in 1u128 << 40..1 << 100, ratio in 1u128..100, a in 10u64..10_000, part in 1u128..500, fee in 1u32..1000,
        ) {
            let a = a * A_PRECISION;
            let xs = [n(x), n(x / ratio + 1)];
            let amount = xs[1] / n(1000) * n(part);
            prop_assert!(swap_in(&xs, 0, 1, amount, a, fee).is_some());
            prop_assert!(swap_out(&xs, 0, 1, amount, a, fee).is_some());
        }

        #[test]
        fn there_and_back_never_profits(
            base in 1u128..1 << 100, ratios in proptest::collection::vec(1u128..10_000, 1..7),
            a in 1u64..10_000, part in 1u128..1_000_000, fee in 0u32..3,
        ) {
            let a = a * A_PRECISION;
            let mut xs: Vec<U256> = std::iter::once(1).chain(ratios).map(|ratio| n(base * ratio)).collect();
            let amount = xs[0] * n(part) / n(1000) + n(1);
            let Some(there) = swap_in(&xs, 0, 1, amount, a, fee) else { return Ok(()) };
            xs[0] += there.amount_in;
            xs[1] -= there.amount_out;
            if let Some(back) = swap_in(&xs, 1, 0, there.amount_out, a, fee) {
                prop_assert!(back.amount_out <= amount, "{} for {amount}", back.amount_out);
            }
        }
    }

    #[test]
    fn ten_thousand_tiny_swaps_on_a_drained_pool_never_lower_the_invariant() {
        // November 2025: batches of swaps of a few units at balances of a few units.
        for a in [1u64, 50, 2000] {
            let a = a * A_PRECISION;
            let mut xs = [n(9), n(80_000)];
            let mut d = invariant(&xs, a).unwrap();
            for round in 0..10_000u128 {
                let (i, j) = if round % 2 == 0 { (0, 1) } else { (1, 0) };
                let amount = n(1 + round % 9);
                if let Some(swap) = swap_in(&xs, i, j, amount, a, 0).filter(|s| !s.amount_out.is_zero()) {
                    xs[i] += amount;
                    xs[j] -= swap.amount_out;
                    let now = invariant(&xs, a).unwrap();
                    assert!(now >= d, "round {round}: {d} -> {now}");
                    d = now;
                }
            }
        }
    }
}
