//! Numbers with 18 decimals in 256 bits, the rounding named in the call (Balancer's `FixedPoint`).

use ruint::aliases::U256;

use super::log_exp;
use super::wide::{mul_div_ceil, mul_div_floor};

/// One: 10^18.
pub const ONE: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);
/// How far a power may be off, relative to itself: 10^-14.
const MAX_POW_ERROR: U256 = U256::from_limbs([10_000, 0, 0, 0]);

/// `a * b`, rounded down.
#[must_use]
pub fn mul_down(a: U256, b: U256) -> Option<U256> {
    mul_div_floor(a, b, ONE)
}

/// `a * b`, rounded up.
#[must_use]
pub fn mul_up(a: U256, b: U256) -> Option<U256> {
    mul_div_ceil(a, b, ONE)
}

/// `a / b`, rounded down.
#[must_use]
pub fn div_down(a: U256, b: U256) -> Option<U256> {
    mul_div_floor(a, ONE, b)
}

/// `a / b`, rounded up.
#[must_use]
pub fn div_up(a: U256, b: U256) -> Option<U256> {
    mul_div_ceil(a, ONE, b)
}

/// `1 - a`, zero at the least.
#[must_use]
pub fn complement(a: U256) -> U256 {
    ONE.saturating_sub(a)
}

/// `base ^ exponent`, never above the true value.
#[must_use]
pub fn pow_down(base: U256, exponent: U256) -> Option<U256> {
    if let Some(power) = small_power(base, exponent, mul_down) {
        return power;
    }
    let raw = log_exp::pow(base, exponent)?;
    Some(raw.saturating_sub(error_of(raw)?))
}

/// `base ^ exponent`, never below the true value.
#[must_use]
pub fn pow_up(base: U256, exponent: U256) -> Option<U256> {
    if let Some(power) = small_power(base, exponent, mul_up) {
        return power;
    }
    let raw = log_exp::pow(base, exponent)?;
    raw.checked_add(error_of(raw)?)
}

fn error_of(raw: U256) -> Option<U256> {
    mul_up(raw, MAX_POW_ERROR)?.checked_add(U256::from(1u8))
}

/// The first, second and fourth power are products, as equal weights and weights of 80 and 20 ask for them.
fn small_power(base: U256, exponent: U256, mul: fn(U256, U256) -> Option<U256>) -> Option<Option<U256>> {
    let times = |n: u64| ONE.wrapping_mul(U256::from(n));
    if exponent == ONE {
        Some(Some(base))
    } else if exponent == times(2) {
        Some(mul(base, base))
    } else if exponent == times(4) {
        Some(mul(base, base).and_then(|square| mul(square, square)))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::*;

    fn big(n: U256) -> BigUint {
        BigUint::from_bytes_be(&n.to_be_bytes::<32>())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn powers_enclose_the_true_value(base in 2 * 10u128.pow(17)..4 * 10u128.pow(18), p in 1u32..13, q in proptest::sample::select(vec![1u32, 2, 4, 5, 8, 10])) {
            // base^(p/q): result^q against base^p, in exact integers.
            let one = BigUint::from(10u8).pow(18);
            let exponent = ONE * U256::from(p) / U256::from(q);
            let (down, up) = (pow_down(U256::from(base), exponent).unwrap(), pow_up(U256::from(base), exponent).unwrap());
            // (r / 1e18)^q <= (b / 1e18)^p  <=>  r^q * 1e18^p <= b^p * 1e18^q
            let right = BigUint::from(base).pow(p) * one.pow(q);
            prop_assert!(big(down).pow(q) * one.pow(p) <= right);
            prop_assert!(big(up).pow(q) * one.pow(p) >= right);
            // And they are close: twice the error on either side, and what products of the first powers lose.
            let slack = (up.saturating_to::<u128>() / 10u128.pow(13)).max(10);
            prop_assert!(up - down <= U256::from(slack), "{down} {up}");
        }
    }

    #[test]
    fn the_ends_are_exact() {
        assert_eq!(pow_down(ONE, ONE), Some(ONE));
        assert_eq!(log_exp::pow(U256::from(5), U256::ZERO), Some(ONE));
        assert_eq!(log_exp::pow(U256::ZERO, ONE), Some(U256::ZERO));
        assert_eq!(complement(ONE + ONE), U256::ZERO);
    }
}
