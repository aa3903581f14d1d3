//! The price of gas: a decimal number of base units per unit of gas.

use std::fmt;

use super::denoms::{format_units, is_base_denom};
use super::parse::decimal;
use super::{Coin, DenomTable};
use crate::error::{CliError, Result};

/// Decimals of a gas price, as of every decimal in Cosmos.
const DECIMALS: u32 = 18;
/// 10^18.
const SCALE: u128 = 1_000_000_000_000_000_000;

/// A price per unit of gas, exact to 18 decimals, for example `0.025uago`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GasPrice {
    denom: String,
    /// Base units per gas times 10^18.
    atomics: u128,
}

impl GasPrice {
    /// A price of `atomics` times 10^-18 base units of `denom` per gas.
    pub fn from_atomics(atomics: u128, denom: impl Into<String>) -> Self {
        Self { denom: denom.into(), atomics }
    }

    /// Reads `0.025uago`. The unit is always a base denom: prices in display units are too small to read.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let example = "write base units per gas, for example `0.025uago`";
        let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_')).unwrap_or(text.len());
        let (number, denom) = text.split_at(end);
        let denom = denom.trim_start();
        if number.is_empty() || !is_base_denom(denom) {
            return Err(CliError::usage(format!("`{text}` is not a gas price")).hint(example));
        }
        if let (_, exponent @ 1..) =
            DenomTable::builtin().unit(denom).map_or(("", 0), |unit| ("", unit.exponent))
        {
            return Err(CliError::usage(format!("a gas price in {denom} would be off by 10^{exponent}"))
                .hint(example));
        }
        let (whole, fraction) = decimal(number, text)?;
        if fraction.len() > 18 {
            return Err(CliError::usage(format!("`{text}` has more than {DECIMALS} decimals")).hint(example));
        }
        let digits = format!("{whole}{fraction:0<18}");
        let atomics = digits
            .parse()
            .map_err(|_| CliError::usage(format!("the gas price `{text}` is too large")).hint(example))?;
        Ok(Self { denom: denom.to_owned(), atomics })
    }

    /// The denom fees are paid in.
    pub fn denom(&self) -> &str {
        &self.denom
    }

    /// The price times 10^18.
    pub fn atomics(&self) -> u128 {
        self.atomics
    }

    /// The smallest fee that pays for `gas`, rounded up. Fails beyond 128 bits.
    pub fn fee(&self, gas: u64) -> Result<Coin> {
        let gas = u128::from(gas);
        // Split, so that the product of the fraction (below 2^60) with 64-bit gas cannot overflow.
        let (whole, fraction) = (self.atomics / SCALE, self.atomics % SCALE);
        let amount =
            whole.checked_mul(gas).and_then(|whole| whole.checked_add((fraction * gas).div_ceil(SCALE)));
        amount
            .map(|amount| Coin { denom: self.denom.clone(), amount })
            .ok_or_else(|| CliError::usage(format!("the fee for {gas} gas at {self} is too large")))
    }
}

impl fmt::Display for GasPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", format_units(self.atomics, DECIMALS), self.denom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fee_is_rounded_up_to_whole_base_units() {
        let price = GasPrice::parse("0.025uago").unwrap();
        assert_eq!(price.fee(200_000).unwrap(), Coin::new(5_000, "uago"));
        assert_eq!(price.fee(1).unwrap(), Coin::new(1, "uago"));
        assert_eq!(price.fee(0).unwrap(), Coin::new(0, "uago"));
        assert_eq!(price.to_string(), "0.025uago");
        assert_eq!(GasPrice::parse("3uago").unwrap().fee(u64::MAX).unwrap().amount, u128::from(u64::MAX) * 3);
    }

    #[test]
    fn a_price_in_display_units_or_without_unit_is_refused() {
        for text in ["0.025", "0.025 AGO", "uago", "1.2.3uago", "-1uago", "", "0.1234567890123456789uago"] {
            assert!(GasPrice::parse(text).is_err(), "{text}");
        }
        let huge = GasPrice::from_atomics(u128::MAX, "uago");
        assert!(huge.fee(u64::MAX).unwrap_err().to_string().contains("too large"));
    }
}
