//! Stable pools (StableSwap paper, 2019; the convention of Curve's contracts: `Ann = A * n`, and `dy - 1`).
//!
//! `Ann * S + D = Ann * D + D^(n+1) / (n^n * prod(x))`, solved by Newton's method in integers, at most 255 rounds. Where
//! it does not settle there is no answer, never a partial one. The amplification has two decimals, so that it can
//! be ramped smoothly. Balances are scaled to a common unit by the caller.

use ruint::aliases::U256;

use super::FEE_UNIT;
use super::wide::{mul_div_ceil, mul_div_floor, product};

/// Two decimals of the amplification.
pub const A_PRECISION: u64 = 100;
/// The most rounds of Newton's method.
pub const MAX_ROUNDS: u32 = 255;
/// The most coins.
pub const MAX_COINS: usize = 8;
/// How many times one balance may be another.
pub const MAX_IMBALANCE: u64 = 10_000;
/// The greatest amplification, without its decimals.
pub const MAX_AMPLIFICATION: u64 = 1_000_000;

fn close(a: U256, b: U256) -> bool {
    a.abs_diff(b) <= U256::from(1u8)
}

/// The invariant D. Zero for empty balances; `None` if one of several is zero, or if it does not settle.
///
/// `amplification` has the decimals of [`A_PRECISION`].
#[must_use]
pub fn invariant(balances: &[U256], amplification: u64) -> Option<U256> {
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
        if close(d, before) {
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
        if close(y, before) {
            return Some(y);
        }
    }
    None
}

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
/// `None` if the balances would be out of balance ([`is_balanced`]), or the invariant, computed the same way, lower than
/// before: there the divisions of Newton's method are off by more than the unit kept, and no sequence of swaps may take
/// that out.
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
    let swap = Swap { amount_in, amount_out: gross.checked_sub(fee)?, fee };
    keeps_invariant(balances, i, j, &swap, amplification).then_some(swap)
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
    let swap = Swap { amount_in, amount_out, fee: gross.checked_sub(amount_out)? };
    keeps_invariant(balances, i, j, &swap, amplification).then_some(swap)
}

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

/// Whether no balance exceeds another by more than [`MAX_IMBALANCE`] times.
#[must_use]
pub fn is_balanced(balances: &[U256]) -> bool {
    let (least, most) = (balances.iter().min(), balances.iter().max());
    least.zip(most).is_some_and(|(least, most)| {
        !least.is_zero() && least.checked_mul(U256::from(MAX_IMBALANCE)).is_none_or(|limit| *most <= limit)
    })
}

fn keeps_invariant(balances: &[U256], i: usize, j: usize, swap: &Swap, amplification: u64) -> bool {
    let after = || {
        let mut after = balances.to_vec();
        let x = after.get_mut(i)?;
        *x = x.checked_add(swap.amount_in)?;
        let y = after.get_mut(j)?;
        *y = y.checked_sub(swap.amount_out).filter(|y| !y.is_zero())?;
        Some(after)
    };
    let before = invariant(balances, amplification);
    let after = after().filter(|after| is_balanced(after)).and_then(|after| invariant(&after, amplification));
    before.zip(after).is_some_and(|(before, after)| after >= before)
}

/// The amplification at `now` on its way from `(first, from)` to `(last, until)`: a straight line, both ends included.
#[must_use]
pub fn ramped(first: u64, from: u64, last: u64, until: u64, now: u64) -> Option<u64> {
    if now >= until {
        return Some(last);
    }
    let (passed, whole) = (u128::from(now.saturating_sub(from)), u128::from(until.checked_sub(from)?));
    let way = u128::from(first.abs_diff(last)).checked_mul(passed)?.checked_div(whole)?;
    let way = u64::try_from(way).ok()?;
    if last >= first { first.checked_add(way) } else { first.checked_sub(way) }
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::*;

    fn n(n: u128) -> U256 {
        U256::from(n)
    }

    fn big(n: U256) -> BigUint {
        BigUint::from_bytes_be(&n.to_be_bytes::<32>())
    }

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

    fn balances() -> impl Strategy<Value = Vec<u128>> {
        proptest::collection::vec((1u128..1 << 60, 0u32..40).prop_map(|(x, s)| (x << s).max(1)), 2..5)
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
        #![proptest_config(ProptestConfig::with_cases(5_000))]

        #[test]
        fn the_invariant_equals_the_exact_iteration(xs in balances(), a in 1u64..10_000) {
            let exact: Vec<BigUint> = xs.iter().map(|x| BigUint::from(*x)).collect();
            let ours: Vec<U256> = xs.iter().map(|x| n(*x)).collect();
            let (model, ours) = (model(&exact, a * A_PRECISION), invariant(&ours, a * A_PRECISION).map(big));
            // Beyond that the product may leave 256 bits: then there is no answer.
            let within = xs.iter().max().unwrap() / xs.iter().min().unwrap() < 1_000_000;
            prop_assert!(ours == model || (ours.is_none() && !within), "{ours:?} {model:?}");
        }

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

        #[test]
        fn a_ramp_is_a_straight_line_within_its_ends(first in 1u64..1_000_000, last in 1u64..1_000_000, now in 0u64..200) {
            let a = ramped(first, 50, last, 150, now).unwrap();
            prop_assert!((first.min(last)..=first.max(last)).contains(&a));
            prop_assert_eq!(ramped(first, 50, last, 150, 150), Some(last));
            prop_assert_eq!(ramped(first, 50, last, 150, 50), Some(first));
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
