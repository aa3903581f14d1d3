//! Exchanges at a constant product of powers.

use ruint::aliases::U256;

use super::MAX_RATIO;
use crate::math::fixed::{ONE, complement, div_down, div_up, mul_down, mul_up, pow_down, pow_up};
use crate::planted::planted;

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
    let pow = if planted("weighted:power_rounded_down") { pow_down } else { pow_up };
    let power = pow(base, div_down(weight_in, weight_out)?)?;
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

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::super::test_support::{big, n, part, weights};
    use super::*;

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
