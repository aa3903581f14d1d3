//! Joining and leaving with one coin, exact on either side (Balancer's `WeightedMath`).
//!
//! What one coin alone does is a join or exit in proportion and a swap of the rest: that part pays the fee. Everything is
//! rounded against who acts.

use ruint::aliases::U256;

use super::{MAX_INVARIANT_RATIO, MIN_INVARIANT_RATIO};
use crate::math::fixed::{ONE, complement, div_down, div_up, mul_down, mul_up, pow_down, pow_up};

/// Shares for one coin alone: `S * ((1 + in * (1 - (1 - w) * fee) / B) ^ w - 1)`, rounded down.
///
/// `None` if the invariant would rise beyond [`MAX_INVARIANT_RATIO`].
#[must_use]
pub fn shares_given_single_in(
    balance: U256,
    weight: U256,
    supply: U256,
    amount_in: U256,
    fee: U256,
) -> Option<U256> {
    let grown = div_down(balance.checked_add(amount_in)?, balance)?;
    let in_proportion = mul_down(grown, weight)?.checked_add(complement(weight))?;
    let net = if grown > in_proportion {
        let free = mul_down(balance, in_proportion.saturating_sub(ONE))?;
        let swapped = amount_in.checked_sub(free)?;
        amount_in.checked_sub(mul_up(swapped, fee)?)?
    } else {
        amount_in
    };
    let ratio = pow_down(div_down(balance.checked_add(net)?, balance)?, weight)?;
    if ratio > MAX_INVARIANT_RATIO {
        return None;
    }
    mul_down(supply, ratio.saturating_sub(ONE))
}

/// What `shares` cost in one coin alone: `B * ((1 + s / S) ^ (1 / w) - 1)` and the fee on the part that is in effect
/// swapped, rounded up.
///
/// `None` if the invariant would rise beyond [`MAX_INVARIANT_RATIO`].
#[must_use]
pub fn single_in_given_shares(
    balance: U256,
    weight: U256,
    supply: U256,
    shares: U256,
    fee: U256,
) -> Option<U256> {
    let ratio = div_up(supply.checked_add(shares)?, supply)?;
    if ratio > MAX_INVARIANT_RATIO {
        return None;
    }
    let power = pow_up(ratio, div_up(ONE, weight)?)?;
    let net = mul_up(balance, power.checked_sub(ONE)?)?;
    let swapped = mul_up(net, complement(weight))?;
    net.checked_sub(swapped)?.checked_add(div_up(swapped, complement(fee))?)
}

/// The shares that `amount_out` of one coin alone costs: `S * (1 - (1 - out / B) ^ w)`, the fee on the part that is in
/// effect swapped added to `out`, rounded up.
///
/// `None` if there is not as much, or the invariant would fall below [`MIN_INVARIANT_RATIO`].
#[must_use]
pub fn shares_given_single_out(
    balance: U256,
    weight: U256,
    supply: U256,
    amount_out: U256,
    fee: U256,
) -> Option<U256> {
    let left = div_up(balance.checked_sub(amount_out)?, balance)?;
    let in_proportion = mul_up(left, weight)?.checked_add(complement(weight))?;
    let gross = if in_proportion > left {
        let free = mul_down(balance, complement(in_proportion))?;
        let swapped = amount_out.checked_sub(free)?;
        free.checked_add(div_up(swapped, complement(fee))?)?
    } else {
        amount_out
    };
    let ratio = pow_down(div_down(balance.checked_sub(gross)?, balance)?, weight)?;
    if ratio < MIN_INVARIANT_RATIO {
        return None;
    }
    mul_up(supply, complement(ratio))
}

/// What `shares` give in one coin alone: `B * (1 - ((S - s) / S) ^ (1 / w))`, less the fee on the part that is in effect
/// swapped, rounded down. The fee is rounded up; the original rounds up what the fee leaves, a unit more.
///
/// `None` if the invariant would fall below [`MIN_INVARIANT_RATIO`].
#[must_use]
pub fn single_out_given_shares(
    balance: U256,
    weight: U256,
    supply: U256,
    shares: U256,
    fee: U256,
) -> Option<U256> {
    let ratio = div_up(supply.checked_sub(shares)?, supply)?;
    if ratio < MIN_INVARIANT_RATIO {
        return None;
    }
    let power = pow_up(ratio, div_down(ONE, weight)?)?;
    let out = mul_down(balance, complement(power))?;
    let swapped = mul_up(out, complement(weight))?;
    out.checked_sub(mul_up(swapped, fee)?)
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::super::test_support::{big, n, part};
    use super::*;

    /// Whether `(balance / before) ^ w >= (supply / was) ^ 10`, `w` in tenths: a share is worth no less than it was.
    fn keeps_worth(w: u32, (before, after): (u128, U256), (was, now): (u128, U256)) -> bool {
        let (before, was) = (BigUint::from(before), BigUint::from(was));
        big(after).pow(w) * was.pow(10) >= before.pow(w) * big(now).pow(10)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn a_share_is_never_worth_less_after_a_join_or_exit_in_one_coin(
            balance in 1_000_000u128..1 << 100, supply in 1_000_000u128..1 << 100, share in 1u128..1_000_000,
            w in 1u32..10, fee in 0u128..100_000,
        ) {
            let (b, s, weight, fee) = (n(balance), n(supply), part(w), n(fee * 10u128.pow(12)));
            let amount = n((balance / 1_000_000 * share).max(1));
            if let Some(shares) = shares_given_single_in(b, weight, s, amount, fee) {
                prop_assert!(keeps_worth(w, (balance, b + amount), (supply, s + shares)), "in for shares");
            }
            if let Some(shares) = shares_given_single_out(b, weight, s, amount, fee).filter(|shares| *shares < s) {
                prop_assert!(keeps_worth(w, (balance, b - amount), (supply, s - shares)), "shares for out");
            }
            let shares = n((supply / 1_000_000 * share).max(1));
            if let Some(cost) = single_in_given_shares(b, weight, s, shares, fee) {
                prop_assert!(keeps_worth(w, (balance, b + cost), (supply, s + shares)), "in for exact shares");
            }
            if let Some(out) = single_out_given_shares(b, weight, s, shares, fee) {
                prop_assert!(keeps_worth(w, (balance, b - out), (supply, s - shares)), "exact shares for out");
            }
        }

        #[test]
        fn what_exact_shares_cost_gives_them_and_what_an_exact_output_costs_gives_it(
            balance in 1_000_000u128..1 << 100, supply in 1_000_000u128..1 << 100, share in 1_000u128..1_000_000,
            w in 1u32..10, fee in 0u128..100_000,
        ) {
            let (balance, supply, weight, fee) = (n(balance), n(supply), part(w), n(fee * 10u128.pow(12)));
            // Powers are directed by 10^-14 either way, and 1/w of it. With the exact side the other way the fee is taken by
            // division, not by product: `w + (1-w)/(1-f)` is more than `1/(1-(1-w)f)`, by a part of f^2 at most.
            let near = |back: U256, asked: U256, whole: U256, unit: U256| {
                let slack = whole / n(10u128.pow(12)) + unit * n(12) + n(100);
                let dearer = mul_up(asked, mul_up(fee, fee).unwrap()).unwrap();
                back + slack >= asked && back <= asked + slack + dearer
            };
            let shares = supply / n(1_000_000) * n(share);
            if let Some(cost) = single_in_given_shares(balance, weight, supply, shares, fee)
                && let Some(back) = shares_given_single_in(balance, weight, supply, cost, fee)
            {
                // A unit of the coin is worth many shares where shares are many.
                prop_assert!(near(back, shares, supply + back, supply / balance), "{back} for {shares}");
            }
            let out = balance / n(1_000_000) * n(share);
            if let Some(cost) = shares_given_single_out(balance, weight, supply, out, fee)
                && let Some(back) = single_out_given_shares(balance, weight, supply, cost, fee)
            {
                prop_assert!(near(back, out, balance, balance / supply), "{back} for {out}");
            }
        }

        #[test]
        fn joining_with_one_coin_and_leaving_with_it_never_profits(
            balance in 1_000_000u128..1 << 100, supply in 1_000_000u128..1 << 100, share in 0u128..1_000_000,
            w in 1u32..10, fee in 0u128..100_000,
        ) {
            let (weight, fee) = (part(w), n(fee * 10u128.pow(12)));
            let amount = balance / 1_000_000 * share;
            let Some(shares) = shares_given_single_in(n(balance), weight, n(supply), n(amount), fee) else {
                return Ok(());
            };
            let (balance, supply) = (n(balance + amount), n(supply) + shares);
            if let Some(back) = single_out_given_shares(balance, weight, supply, shares, fee) {
                prop_assert!(back <= n(amount), "{back} for {amount}");
            }
        }
    }
}
