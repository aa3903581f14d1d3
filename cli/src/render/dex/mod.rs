//! The exchange for people: routes, pools, positions.
//!
//! Prices and values here are for reading and are computed with floating point; amounts are exact, and nothing that is
//! signed comes from here.

pub mod pool;
pub mod position;
pub mod price;
pub mod route;
pub mod value;

use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;

use super::Labels;
use crate::amount::Coin;

/// A coin of the wire; an amount that cannot be read counts as nothing.
pub fn coin(wire: &WireCoin) -> Coin {
    Coin::new(wire.amount.parse().unwrap_or_default(), wire.denom.clone())
}

/// A coin that may be absent.
pub fn some_coin(wire: Option<&WireCoin>) -> Coin {
    wire.map_or_else(|| Coin::new(0, ""), coin)
}

/// Coins of the wire.
pub fn coins(wire: &[WireCoin]) -> Vec<Coin> {
    wire.iter().map(coin).collect()
}

/// How many of its display units a coin is.
pub fn units(labels: &dyn Labels, coin: &Coin) -> f64 {
    coin.amount as f64 / scale(labels, &coin.denom)
}

/// How many base units a display unit has.
pub fn scale(labels: &dyn Labels, denom: &str) -> f64 {
    10f64.powi(i32::try_from(labels.unit(denom).1).unwrap_or_default())
}

/// A decimal of the wire: an integer, 10^18 of which are one.
pub fn decimal(atomics: &str) -> f64 {
    atomics.parse::<f64>().unwrap_or(f64::NAN) / 1e18
}

#[cfg(test)]
pub(crate) mod testing {
    use crate::amount::{Coin, DenomInfo, DenomTable, DenomUnit};
    use crate::render::Labels;

    /// AGO, USDC with 6 decimals and BTC with 8.
    pub(crate) struct Market(DenomTable);

    impl Market {
        pub(crate) fn new() -> Self {
            let mut table = DenomTable::builtin();
            for (base, symbol, exponent) in
                [("uusdc", "USDC", 6), ("uusdt", "USDT", 6), ("satoshi", "BTC", 8)]
            {
                let unit = |denom: &str, exponent| DenomUnit {
                    denom: denom.to_owned(),
                    exponent,
                    aliases: Vec::new(),
                };
                let info = DenomInfo {
                    base: base.to_owned(),
                    display: symbol.to_owned(),
                    symbol: symbol.to_owned(),
                    denom_units: vec![unit(base, 0), unit(symbol, exponent)],
                };
                table.add(&info).unwrap();
            }
            Self(table)
        }
    }

    impl Labels for Market {
        fn amount(&self, coin: &Coin) -> String {
            self.0.format(coin)
        }

        fn name(&self, address: &str) -> Option<String> {
            (address == "agora1a").then(|| "alice".to_owned())
        }

        fn unit(&self, denom: &str) -> (String, u32) {
            let (name, exponent) = self.0.display_unit(denom);
            (name.to_owned(), exponent)
        }
    }

    /// A coin of the wire, as `5uago`.
    pub(crate) fn wire(text: &str) -> agora_proto::cosmos::base::v1beta1::Coin {
        let (amount, denom) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap());
        agora_proto::cosmos::base::v1beta1::Coin { denom: denom.to_owned(), amount: amount.to_owned() }
    }
}
