//! Weighted pools: the product of `balance ^ weight` never falls (Balancer whitepaper, 2019; formulas as in its vault).
//!
//! Weights have 18 decimals and add up to one. Amounts are base units as they stand: only ratios of one coin with
//! itself enter the powers.

use ruint::aliases::U256;

use super::fixed::{ONE, complement, div_down, div_up, mul_down, mul_up, pow_down, pow_up};

/// The most that a swap may bring in or take out, of the balance: 30 %.
pub const MAX_RATIO: U256 = U256::from_limbs([300_000_000_000_000_000, 0, 0, 0]);
/// The least weight: 1 %.
pub const MIN_WEIGHT: u128 = 10_000_000_000_000_000;
/// The most coins.
pub const MAX_COINS: usize = 8;
/// A single-sided join raises the invariant to three times at most, an exit leaves seven tenths at least.
pub const MAX_INVARIANT_RATIO: U256 = U256::from_limbs([3_000_000_000_000_000_000, 0, 0, 0]);
/// See [`MAX_INVARIANT_RATIO`].
pub const MIN_INVARIANT_RATIO: U256 = U256::from_limbs([700_000_000_000_000_000, 0, 0, 0]);

/// What `amount_in`, its fee already taken, buys: `B_o * (1 - (B_i / (B_i + in)) ^ (w_i / w_o))`, rounded down.
///
/// `None` beyond [`MAX_RATIO`] of the balance in, or out of range.
#[must_use]
pub fn out_given_in(
    balance_in: U256,
    weight_in: U256,
    balance_out: U256,
    weight_out: U256,
    amount_in: U256,
) -> Option<U256> {
    if amount_in > mul_down(balance_in, MAX_RATIO)? {
        return None;
    }
    let base = div_up(balance_in, balance_in.checked_add(amount_in)?)?;
    let power = pow_up(base, div_down(weight_in, weight_out)?)?;
    mul_down(balance_out, complement(power))
}

/// What `amount_out` costs before the fee: `B_i * ((B_o / (B_o - out)) ^ (w_o / w_i) - 1)`, rounded up.
///
/// `None` beyond [`MAX_RATIO`] of the balance out, or out of range.
#[must_use]
pub fn in_given_out(
    balance_in: U256,
    weight_in: U256,
    balance_out: U256,
    weight_out: U256,
    amount_out: U256,
) -> Option<U256> {
    if amount_out > mul_down(balance_out, MAX_RATIO)? {
        return None;
    }
    let base = div_up(balance_out, balance_out.checked_sub(amount_out)?)?;
    let power = pow_up(base, div_up(weight_out, weight_in)?)?;
    mul_up(balance_in, power.checked_sub(ONE)?)
}

/// The invariant: the product of `balance ^ weight`, rounded down.
#[must_use]
pub fn invariant_down(balances: &[U256], weights: &[U256]) -> Option<U256> {
    balances.iter().zip(weights).try_fold(ONE, |product, (balance, weight)| {
        mul_down(product, pow_down(balance.checked_mul(ONE)?, *weight)?)
    })
}

/// Shares for one coin alone: `S * ((1 + in * (1 - (1 - w) * fee) / B) ^ w - 1)`, rounded down. The part that is in
/// effect swapped for the other coins pays the fee.
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
    let swapped = mul_up(amount_in, complement(weight))?;
    let worth = amount_in.checked_sub(mul_up(swapped, fee)?)?;
    let base = ONE.checked_add(div_down(worth, balance)?)?;
    let ratio = pow_down(base, weight)?;
    if ratio > MAX_INVARIANT_RATIO {
        return None;
    }
    mul_down(supply, ratio.saturating_sub(ONE))
}

/// One coin alone for shares: `B * (1 - ((S - s) / S) ^ (1 / w))`, less the fee on the part that is in effect swapped,
/// rounded down.
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

    use super::*;

    fn n(n: u128) -> U256 {
        U256::from(n)
    }

    fn big(n: U256) -> BigUint {
        BigUint::from_bytes_be(&n.to_be_bytes::<32>())
    }

    /// Small whole weights that add up to ten, so that powers can be compared in exact integers.
    fn weights() -> impl Strategy<Value = (u32, u32)> {
        (1u32..10).prop_map(|w| (w, 10 - w))
    }

    fn part(weight: u32) -> U256 {
        ONE * U256::from(weight) / U256::from(10)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn the_invariant_never_falls_and_the_trader_loses_next_to_nothing(
            x in 1_000_000u128..1 << 110, y in 1_000_000u128..1 << 110, share in 0u128..300_000, w in weights(),
        ) {
            let amount = x / 1_000_000 * share;
            let out = out_given_in(n(x), part(w.0), n(y), part(w.1), n(amount)).unwrap();
            let holds = |out: &BigUint| {
                BigUint::from(x + amount).pow(w.0) * (BigUint::from(y) - out).pow(w.1)
                    >= BigUint::from(x).pow(w.0) * BigUint::from(y).pow(w.1)
            };
            prop_assert!(holds(&big(out)), "gives too much: {out}");
            // A part in 10^13 and two units more would be too much: nothing is kept that need not be.
            let more = big(out) + 2u8 + BigUint::from(y) / 10u128.pow(13);
            prop_assert!(more >= BigUint::from(y) || !holds(&more), "gives too little: {out}");
        }

        #[test]
        fn what_exact_out_costs_pays_for_it(
            x in 1_000_000u128..1 << 110, y in 1_000_000u128..1 << 110, share in 1u128..300_000, w in weights(),
        ) {
            let amount = y / 1_000_000 * share;
            let Some(cost) = in_given_out(n(x), part(w.0), n(y), part(w.1), n(amount)) else {
                return Err(TestCaseError::reject("out of range"));
            };
            let before = BigUint::from(x).pow(w.0) * BigUint::from(y).pow(w.1);
            let after = (BigUint::from(x) + big(cost)).pow(w.0) * BigUint::from(y - amount).pow(w.1);
            prop_assert!(after >= before);
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

    #[test]
    fn equal_weights_are_a_constant_product() {
        let half = part(5);
        let (x, y) = (n(5 * 10u128.pow(18)), n(10u128.pow(19)));
        let out = out_given_in(x, half, y, half, n(10u128.pow(18))).unwrap();
        // floor(10 * (1 - ceil(5/6))): equal weights are computed as a product, not as a power.
        assert_eq!(out, n(1_666_666_666_666_666_660));
        assert_eq!(out_given_in(x, half, y, half, n(15 * 10u128.pow(17) + 1)), None, "over 30 %");
        assert_eq!(in_given_out(x, half, y, half, n(3 * 10u128.pow(18) + 1)), None, "over 30 %");
    }
}
