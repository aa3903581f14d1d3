//! In which coin values are shown.

use std::collections::BTreeMap;

use agora_dex::proto::agora::dex::v1 as dex;

use super::price::spot;
use super::scale;
use crate::amount::Coin;
use crate::render::Labels;
use crate::render::figure::figure;

/// The coin that values are asked for in.
#[derive(Clone, Debug, PartialEq)]
pub struct Quote {
    /// Its denom.
    pub denom: String,
    /// What a base unit of other coins is worth in base units of it, where that is known.
    pub prices: BTreeMap<String, f64>,
}

/// How the values of one pool are shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// The reserve in which the pool's own prices are taken.
    index: usize,
    /// The coin shown.
    denom: String,
    /// Base units of it for one of that reserve.
    factor: f64,
}

impl Measure {
    /// In the coin asked for: at the pool's own prices if it holds it, else by way of its last coin. In its last coin, in which it
    /// prices the others, if none is asked for or what it is worth is not known.
    pub fn of(pool: &dex::Pool, quote: Option<&Quote>) -> Self {
        let last = pool.reserves.len().saturating_sub(1);
        let own = pool.reserves.get(last).map(|reserve| reserve.denom.clone()).unwrap_or_default();
        let asked = quote.and_then(|Quote { denom, prices }| {
            if let Some(index) = pool.reserves.iter().position(|reserve| reserve.denom == *denom) {
                return Some(Self { index, denom: denom.clone(), factor: 1.0 });
            }
            let factor = *prices.get(&own)?;
            Some(Self { index: last, denom: denom.clone(), factor })
        });
        asked.unwrap_or(Self { index: last, denom: own, factor: 1.0 })
    }

    /// What coins of the pool are worth, in base units of the coin shown; nothing where the pool has no price.
    pub fn worth<'a>(
        &self,
        pool: &dex::Pool,
        of: impl IntoIterator<Item = &'a Coin>,
        now: u64,
    ) -> Option<f64> {
        let own = of.into_iter().try_fold(0.0, |sum, coin| {
            let index = pool.reserves.iter().position(|reserve| reserve.denom == coin.denom)?;
            let price = if index == self.index || coin.amount == 0 {
                1.0
            } else {
                spot(pool, index, self.index, now)?
            };
            Some(sum + coin.amount as f64 * price)
        })?;
        Some(own * self.factor)
    }

    /// A value in display units: `2000000 USDC`.
    pub fn text(&self, labels: &dyn Labels, value: Option<f64>) -> String {
        match value {
            Some(value) if !self.denom.is_empty() => {
                let (unit, _) = labels.unit(&self.denom);
                format!("{} {unit}", figure(value / scale(labels, &self.denom)))
            }
            _ => "-".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Market, wire};
    use super::*;
    use dex::pool::Curve;

    #[test]
    fn a_value_is_shown_in_the_coin_asked_for_or_else_in_the_last_of_the_pool() {
        let pool = dex::Pool {
            reserves: vec![wire("200000000000uago"), wire("1000000000000uusdc")],
            curve: Some(Curve::ConstantProduct(dex::ConstantProduct {})),
            ..Default::default()
        };
        let held = super::super::coins(&pool.reserves);
        let shown = |quote: Option<&Quote>| {
            let measure = Measure::of(&pool, quote);
            measure.text(&Market::new(), measure.worth(&pool, &held, 0))
        };
        let quote = |denom: &str, price: Option<f64>| Quote {
            denom: denom.to_owned(),
            prices: price.into_iter().map(|price| ("uusdc".to_owned(), price)).collect(),
        };
        assert_eq!(shown(None), "2000000 USDC");
        assert_eq!(shown(Some(&quote("uago", None))), "400000 AGO");
        // A micro-dollar is a 600th of a satoshi, of which a bitcoin has 10^8.
        assert_eq!(shown(Some(&quote("satoshi", Some(1.0 / 600.0)))), "33.3333 BTC");
        assert_eq!(shown(Some(&quote("satoshi", None))), "2000000 USDC");
        assert_eq!(Measure::of(&dex::Pool::default(), None).text(&Market::new(), Some(1.0)), "-");
    }
}
