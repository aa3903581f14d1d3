//! Amounts of coins, exact at any size: what people write to base units and back, from digits alone.
//!
//! Accepted: `1.5 AGO`, `1.5AGO`, `1500000uago`, `1_000.25 AGO`. A comma separates coins and nothing else, so
//! `1,000.25 AGO` is refused with an explanation rather than guessed at. Whatever [`DenomTable::format`] writes,
//! [`DenomTable::parse`] reads back as the same amount.

mod denoms;
mod gas_price;
mod parse;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use denoms::{DenomInfo, DenomTable, DenomUnit};
pub use gas_price::GasPrice;

/// A quantity of one denom in base units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coin {
    /// The base denom, for example `uago`.
    pub denom: String,
    /// The amount in base units.
    #[serde(with = "decimal_text")]
    pub amount: u128,
}

impl Coin {
    /// A coin of `amount` base units.
    pub fn new(amount: u128, denom: impl Into<String>) -> Self {
        Self { denom: denom.into(), amount }
    }
}

impl fmt::Display for Coin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.amount, self.denom)
    }
}

/// Amounts are JSON strings, as everywhere in Cosmos JSON: numbers above 2^53 would lose digits.
mod decimal_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(amount: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(amount)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| D::Error::custom(format!("`{text}` is not an amount in base units")))
    }
}
