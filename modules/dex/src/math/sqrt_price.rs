//! Amounts between two prices, and the price an amount leads to (Uniswap v3 core paper, section 6.2; rounding as in its
//! `SqrtPriceMath`): what comes in is rounded up, what goes out down, and a price never moves further than was paid for.

use ruint::aliases::U256;

use super::wide::{div_ceil, mul_div_ceil, mul_div_floor};
use crate::planted::planted;

/// 2^96: one, in the unit of root prices.
pub const Q96: U256 = U256::from_limbs([0, 1 << 32, 0, 0]);

/// Which way an amount is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// Down: what goes out.
    Floor,
    /// Up: what comes in.
    Ceil,
}

/// A root price has 160 bits.
fn price(n: U256) -> Option<U256> {
    (n.bit_len() <= 160).then_some(n)
}

/// `L / sqrt(lower) - L / sqrt(upper)`: the amount of the first coin between two prices, in either order.
#[must_use]
pub fn amount0(a: U256, b: U256, liquidity: u128, round: Round) -> Option<U256> {
    let (lower, upper) = if a > b { (b, a) } else { (a, b) };
    let whole = U256::from(liquidity).wrapping_shl(96);
    let whole =
        if planted("sqrt_price:shift_unchecked") { whole.wrapping_shl(64).wrapping_shr(64) } else { whole };
    let width = upper.checked_sub(lower)?;
    match round {
        Round::Floor => mul_div_floor(whole, width, upper)?.checked_div(lower),
        Round::Ceil => div_ceil(mul_div_ceil(whole, width, upper)?, lower),
    }
}

/// `L * (sqrt(upper) - sqrt(lower))`: the amount of the second coin between two prices, in either order.
#[must_use]
pub fn amount1(a: U256, b: U256, liquidity: u128, round: Round) -> Option<U256> {
    let width = a.abs_diff(b);
    match round {
        Round::Floor => mul_div_floor(U256::from(liquidity), width, Q96),
        Round::Ceil => mul_div_ceil(U256::from(liquidity), width, Q96),
    }
}

/// The price after `amount` of the coin that comes in: the first coin lowers it, rounded up, the second raises it, rounded
/// down. `None` without liquidity or beyond 160 bits.
#[must_use]
pub fn after_input(sqrt_price: U256, liquidity: u128, amount: U256, zero_for_one: bool) -> Option<U256> {
    if sqrt_price.is_zero() || liquidity == 0 {
        return None;
    }
    if zero_for_one {
        after_amount0_in(sqrt_price, liquidity, amount)
    } else {
        let step = mul_div_floor(amount, Q96, U256::from(liquidity))?;
        price(sqrt_price.checked_add(step)?)
    }
}

/// The price after `amount` of the coin that goes out: the second coin lowers it, rounded down, the first raises it, rounded
/// up. `None` without liquidity, or if there is not as much.
#[must_use]
pub fn after_output(sqrt_price: U256, liquidity: u128, amount: U256, zero_for_one: bool) -> Option<U256> {
    if sqrt_price.is_zero() || liquidity == 0 {
        return None;
    }
    if zero_for_one {
        let step = mul_div_ceil(amount, Q96, U256::from(liquidity))?;
        sqrt_price.checked_sub(step).filter(|price| !price.is_zero())
    } else {
        if amount.is_zero() {
            return Some(sqrt_price);
        }
        let whole = U256::from(liquidity).wrapping_shl(96);
        let rest = whole.checked_sub(amount.checked_mul(sqrt_price)?).filter(|rest| !rest.is_zero())?;
        price(mul_div_ceil(whole, sqrt_price, rest)?)
    }
}

fn after_amount0_in(sqrt_price: U256, liquidity: u128, amount: U256) -> Option<U256> {
    if amount.is_zero() {
        return Some(sqrt_price);
    }
    let whole = U256::from(liquidity).wrapping_shl(96);
    if let Some(divisor) = amount.checked_mul(sqrt_price).and_then(|product| whole.checked_add(product)) {
        return price(mul_div_ceil(whole, sqrt_price, divisor)?);
    }
    // The same, divided by the price, where the product leaves 256 bits.
    price(div_ceil(whole, whole.checked_div(sqrt_price)?.checked_add(amount)?)?)
}

/// The most liquidity that `amount` of the first coin gives between two prices, rounded down.
#[must_use]
pub fn liquidity_for_amount0(a: U256, b: U256, amount: u128) -> Option<u128> {
    let (lower, upper) = if a > b { (b, a) } else { (a, b) };
    let between = mul_div_floor(lower, upper, Q96)?;
    mul_div_floor(U256::from(amount), between, upper.checked_sub(lower)?)?.try_into().ok()
}

/// The most liquidity that `amount` of the second coin gives between two prices, rounded down.
#[must_use]
pub fn liquidity_for_amount1(a: U256, b: U256, amount: u128) -> Option<u128> {
    mul_div_floor(U256::from(amount), Q96, a.abs_diff(b))?.try_into().ok()
}

/// The most liquidity that both amounts give in a range at a price.
#[must_use]
pub fn liquidity_for(price: U256, lower: U256, upper: U256, amount0: u128, amount1: u128) -> Option<u128> {
    if price <= lower {
        liquidity_for_amount0(lower, upper, amount0)
    } else if price < upper {
        let below = liquidity_for_amount0(price, upper, amount0);
        let above = liquidity_for_amount1(lower, price, amount1);
        // Beyond 128 bits one of them does not bind.
        match (below, above) {
            (Some(below), Some(above)) => Some(below.min(above)),
            (one, other) => one.or(other),
        }
    } else {
        liquidity_for_amount1(lower, upper, amount1)
    }
}

/// What a range holds of both coins at a price.
#[must_use]
pub fn amounts_for(
    price: U256,
    lower: U256,
    upper: U256,
    liquidity: u128,
    round: Round,
) -> Option<(U256, U256)> {
    if price <= lower {
        Some((amount0(lower, upper, liquidity, round)?, U256::ZERO))
    } else if price < upper {
        Some((amount0(price, upper, liquidity, round)?, amount1(lower, price, liquidity, round)?))
    } else {
        Some((U256::ZERO, amount1(lower, upper, liquidity, round)?))
    }
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::super::tick::{MAX_TICK, MIN_TICK, sqrt_price_at};
    use super::*;

    fn big(n: U256) -> BigUint {
        BigUint::from_bytes_be(&n.to_be_bytes::<32>())
    }

    fn at() -> impl Strategy<Value = U256> {
        (MIN_TICK..=MAX_TICK).prop_map(|tick| sqrt_price_at(tick).unwrap())
    }

    fn ceil(a: &BigUint, b: &BigUint) -> BigUint {
        (a + b - 1u8) / b
    }

    #[test]
    fn amounts_between_the_prices_of_1_and_1_21_are_those_of_uniswap() {
        let (one, more) = (Q96, "87150978765690771352898345369".parse::<U256>().unwrap());
        let e18 = 10u128.pow(18);
        let text = |n: Option<U256>| n.unwrap().to_string();
        assert_eq!(text(amount0(one, more, e18, Round::Ceil)), "90909090909090910");
        assert_eq!(text(amount0(one, more, e18, Round::Floor)), "90909090909090909");
        assert_eq!(text(amount1(one, more, e18, Round::Ceil)), "100000000000000000");
        assert_eq!(text(amount1(one, more, e18, Round::Floor)), "99999999999999999");
        let tenth = U256::from(10u128.pow(17));
        assert_eq!(text(after_input(one, e18, tenth, false)), "87150978765690771352898345369");
        assert_eq!(text(after_input(one, e18, tenth, true)), "72025602285694852357767227579");
        assert_eq!(text(after_output(one, e18, tenth, false)), "88031291682515930659493278152");
        assert_eq!(text(after_output(one, e18, tenth, true)), "71305346262837903834189555302");
        let edge = U256::from_limbs([0, 0, 1 << 32, 0]) - U256::from(1);
        assert_eq!(after_input(edge, 1024, U256::from(1024), false), None, "beyond 160 bits");
        assert_eq!(text(after_input(U256::from(1), 1, U256::from(1) << 255, true)), "1");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn amounts_equal_exact_ratios_up_to_a_unit(a in at(), b in at(), liquidity in any::<u128>()) {
            prop_assume!(a != b);
            let (low, high) = (big(a.min(b)), big(a.max(b)));
            let width = &high - &low;
            let whole = BigUint::from(liquidity) << 96u32;
            // The two divisions of the first amount round twice, always the same way.
            let model = (&whole * &width) / (&high * &low);
            let floor = big(amount0(a, b, liquidity, Round::Floor).unwrap());
            prop_assert!(floor <= model && model <= floor + 1u8);
            let model = ceil(&(&whole * &width), &(&high * &low));
            let up = big(amount0(a, b, liquidity, Round::Ceil).unwrap());
            prop_assert!(model <= up && up <= model + 1u8);
            let product = BigUint::from(liquidity) * &width;
            let one = BigUint::from(1u8) << 96u32;
            prop_assert_eq!(big(amount1(a, b, liquidity, Round::Floor).unwrap()), &product / &one);
            prop_assert_eq!(big(amount1(a, b, liquidity, Round::Ceil).unwrap()), ceil(&product, &one));
        }

        #[test]
        fn a_price_never_moves_further_than_was_paid_for(
            p in at(), liquidity in 1u128..1 << 120, amount in 0u128..1 << 120, zero_for_one in any::<bool>(),
        ) {
            if let Some(next) = after_input(p, liquidity, U256::from(amount), zero_for_one) {
                let cost = if zero_for_one { amount0 } else { amount1 };
                let moved = if zero_for_one { next <= p } else { next >= p };
                prop_assert!(moved);
                if !next.is_zero() {
                    prop_assert!(cost(p, next, liquidity, Round::Ceil).unwrap() <= U256::from(amount));
                }
            }
            if let Some(next) = after_output(p, liquidity, U256::from(amount), zero_for_one) {
                let gain = if zero_for_one { amount1 } else { amount0 };
                prop_assert!(gain(p, next, liquidity, Round::Floor).unwrap() >= U256::from(amount));
            }
        }

        #[test]
        fn liquidity_never_costs_more_than_the_amounts_it_was_computed_from(
            p in at(), a in at(), b in at(), x in 0u128..1 << 127, y in 0u128..1 << 127,
        ) {
            prop_assume!(a != b);
            let (low, high) = (a.min(b), a.max(b));
            if let Some(liquidity) = liquidity_for(p, low, high, x, y) {
                let (cost0, cost1) = amounts_for(p, low, high, liquidity, Round::Ceil).unwrap();
                prop_assert!(cost0 <= U256::from(x) && cost1 <= U256::from(y), "{cost0} {cost1}");
                let (back0, back1) = amounts_for(p, low, high, liquidity, Round::Floor).unwrap();
                prop_assert!(back0 <= cost0 && back1 <= cost1);
            }
        }
    }

    #[test]
    fn huge_liquidity_at_the_price_ends_costs_what_it_is_worth() {
        // May 2025: a check with a wrong mask let one coin buy liquidity near 2^128.
        for (low, high) in
            [(MIN_TICK, MIN_TICK + 1), (MAX_TICK - 1, MAX_TICK), (MIN_TICK, MAX_TICK), (300_000, 300_200)]
        {
            let (a, b) = (sqrt_price_at(low).unwrap(), sqrt_price_at(high).unwrap());
            for liquidity in [u128::MAX, 1 << 127, 10_365_647_984_364_446_732_462_244_378_333_008] {
                let cost0 = big(amount0(a, b, liquidity, Round::Ceil).unwrap());
                let cost1 = big(amount1(a, b, liquidity, Round::Ceil).unwrap());
                let whole = (BigUint::from(liquidity) << 96u32) * (big(b) - big(a));
                assert!(cost0 >= ceil(&whole, &(big(a) * big(b))));
                assert!(
                    cost1
                        >= ceil(
                            &(BigUint::from(liquidity) * (big(b) - big(a))),
                            &(BigUint::from(1u8) << 96u32)
                        )
                );
            }
        }
    }
}
