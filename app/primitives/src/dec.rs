//! Fixed-point numbers with 18 decimals.

use std::fmt;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};
use rust_decimal::Decimal;

use crate::math::{mul_div_ceil, mul_div_floor};

/// 10^18: one.
const SCALE: u128 = 1_000_000_000_000_000_000;

/// Why text is not a fixed-point number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid decimal {text:?}: {reason}")]
pub struct DecError {
    /// The text.
    pub text: String,
    /// What is wrong.
    pub reason: &'static str,
}

/// A non-negative fixed-point number with 18 decimals; the mantissa fits `u128`, so values run to 3.4e20.
///
/// On the wire it is the mantissa in decimal digits, in JSON and on screens a decimal string: the Cosmos convention.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, BorshSerialize, BorshDeserialize)]
pub struct Dec(u128);

impl Dec {
    /// Zero.
    pub const ZERO: Self = Self(0);
    /// One.
    pub const ONE: Self = Self(SCALE);

    /// From the mantissa: the value times 10^18.
    #[must_use]
    pub const fn from_atomics(atomics: u128) -> Self {
        Self(atomics)
    }

    /// The mantissa: the value times 10^18.
    #[must_use]
    pub const fn atomics(self) -> u128 {
        self.0
    }

    /// `numerator / denominator`, rounded down; `None` on zero division or overflow.
    #[must_use]
    pub fn ratio_floor(numerator: u128, denominator: u128) -> Option<Self> {
        mul_div_floor(numerator, SCALE, denominator).map(Self)
    }

    /// `amount * self`, rounded up to a whole unit; `None` on overflow.
    #[must_use]
    pub fn mul_ceil(self, amount: u128) -> Option<u128> {
        mul_div_ceil(amount, self.0, SCALE)
    }

    /// `amount * self`, rounded down to a whole unit; `None` on overflow.
    #[must_use]
    pub fn mul_floor(self, amount: u128) -> Option<u128> {
        mul_div_floor(amount, self.0, SCALE)
    }

    /// `self * numerator / denominator`, rounded down; `None` on zero division or overflow.
    #[must_use]
    pub fn scale_floor(self, numerator: u128, denominator: u128) -> Option<Self> {
        mul_div_floor(self.0, numerator, denominator).map(Self)
    }

    /// The sum; `None` on overflow.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, zero at the least.
    #[must_use]
    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The wire form: the mantissa in decimal digits.
    #[must_use]
    pub fn to_wire(self) -> String {
        self.0.to_string()
    }

    /// Parses the wire form.
    ///
    /// # Errors
    /// [`DecError`] unless `text` is plain digits within range.
    pub fn from_wire(text: &str) -> Result<Self, DecError> {
        let fail = |reason| DecError { text: text.chars().take(64).collect(), reason };
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(fail("expected digits"));
        }
        text.parse().map(Self).map_err(|_| fail("too large"))
    }
}

/// Parses human-scale text such as `0.025` or `1`, at most 18 decimals.
impl FromStr for Dec {
    type Err = DecError;

    fn from_str(text: &str) -> Result<Self, DecError> {
        let fail = |reason| DecError { text: text.chars().take(64).collect(), reason };
        let value =
            Decimal::from_str_exact(text).map_err(|_| fail("expected a number such as 0.025"))?.normalize();
        if value.is_sign_negative() && !value.is_zero() {
            return Err(fail("must not be negative"));
        }
        let missing = 18u32.checked_sub(value.scale()).ok_or_else(|| fail("at most 18 decimals"))?;
        u128::try_from(value.mantissa())
            .ok()
            .and_then(|m| m.checked_mul(10u128.checked_pow(missing)?))
            .map(Self)
            .ok_or_else(|| fail("too large"))
    }
}

/// Always 18 decimals, as the Cosmos SDK shows them.
impl fmt::Display for Dec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:018}", self.0 / SCALE, self.0 % SCALE)
    }
}

impl fmt::Debug for Dec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_and_wire_forms_are_the_cosmos_ones() {
        let dec: Dec = "0.025".parse().unwrap();
        assert_eq!(dec.to_string(), "0.025000000000000000");
        assert_eq!(dec.to_wire(), "25000000000000000");
        assert_eq!(Dec::from_wire("25000000000000000").unwrap(), dec);
        for bad in ["", "-1", "x", "1e3", "0.0000000000000000001"] {
            assert!(bad.parse::<Dec>().is_err(), "{bad}");
        }
    }

    #[test]
    fn rounding_goes_the_named_way() {
        let third = Dec::ratio_floor(1, 3).unwrap();
        assert_eq!(third.mul_floor(3), Some(0));
        assert_eq!(third.mul_ceil(3), Some(1));
        assert_eq!(Dec::ratio_floor(1, 0), None);
    }

    proptest! {
        #[test]
        fn shown_text_parses_back(atomics in 0u128..10u128.pow(27)) {
            let dec = Dec::from_atomics(atomics);
            prop_assert_eq!(dec.to_string().parse::<Dec>().unwrap(), dec);
        }
    }
}
