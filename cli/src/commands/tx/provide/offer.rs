//! What coins make in a range of prices.

use agora_dex::math::sqrt_price::{Round, amounts_for, liquidity_for};
use agora_dex::math::tick::{MAX_TICK, MIN_TICK, sqrt_price_at};
use agora_dex::proto::agora::dex::v1 as dex;
use agora_primitives::math::mul_div_ceil;
use dex::pool::Curve;

use crate::amount::Coin;
use crate::error::{CliError, Result};
use crate::render::Labels;
use crate::render::dex::price::{of_tick, shown};
use crate::render::dex::{pool as pools, scale};
use crate::render::figure::{figure, percent};
use crate::terminal::Table;

/// Millionths in one.
const UNIT: u128 = 1_000_000;

/// What is offered and what the pool makes of it now.
#[derive(Debug, PartialEq)]
pub(super) struct Offer {
    /// Where it begins: a tick.
    pub(super) lower: i32,
    /// Where it ends: a tick.
    pub(super) upper: i32,
    /// What goes in at the present price.
    pub(super) coins: Vec<Coin>,
    /// What that gives.
    pub(super) liquidity: u128,
    /// The least liquidity that is accepted.
    pub(super) least: u128,
}

impl Offer {
    /// What `most` makes in the range between two prices in display units, or in all prices.
    ///
    /// # Errors
    /// The pool has no ranges or other coins; the range is empty; the coins give nothing in it.
    pub(super) fn new(
        labels: &dyn Labels,
        pool: &dex::Pool,
        ends: Option<(f64, f64)>,
        most: &[Coin],
        slippage: u32,
    ) -> Result<Self> {
        let Some(Curve::Concentrated(curve)) = &pool.curve else {
            return Err(CliError::usage(format!(
                "pool {} is {}: it has no ranges",
                pool.id,
                pools::kind(pool)
            ))
            .hint("join it: agora tx dex join --help"));
        };
        let [first, second] = pool.reserves.as_slice() else {
            return Err(CliError::unreachable(format!("pool {} has not two coins", pool.id)));
        };
        if let Some(coin) = most.iter().find(|coin| coin.denom != first.denom && coin.denom != second.denom) {
            return Err(CliError::usage(format!("pool {} has no {}", pool.id, labels.unit(&coin.denom).0))
                .hint(format!(
                    "it has {} and {}",
                    labels.unit(&first.denom).0,
                    labels.unit(&second.denom).0
                )));
        }
        let spacing = i32::try_from(curve.tick_spacing).unwrap_or_default().max(1);
        let (lower, upper) = match ends {
            Some((low, high)) => {
                // The range given lies within the one that is made.
                let lower = tick_of(labels, pool, low)?.div_euclid(spacing).saturating_mul(spacing);
                let upper = tick_of(labels, pool, high)?.saturating_add(spacing).saturating_sub(1);
                (lower, upper.div_euclid(spacing).saturating_mul(spacing))
            }
            None => (MIN_TICK, MAX_TICK),
        };
        let whole = MAX_TICK.div_euclid(spacing).saturating_mul(spacing);
        let (lower, upper) = (lower.max(-whole), upper.min(whole));
        if lower >= upper {
            return Err(CliError::usage("the range is empty").hint("give --low a price below that of --high"));
        }
        let offered =
            |denom: &str| most.iter().find(|coin| coin.denom == *denom).map_or(0, |coin| coin.amount);
        let made = || {
            let price = curve.sqrt_price.parse().ok()?;
            let (low, high) = (sqrt_price_at(lower)?, sqrt_price_at(upper)?);
            let liquidity = liquidity_for(price, low, high, offered(&first.denom), offered(&second.denom))?;
            let (x, y) = amounts_for(price, low, high, liquidity, Round::Ceil)?;
            Some((liquidity, u128::try_from(x).ok()?, u128::try_from(y).ok()?))
        };
        let (liquidity, x, y) = made().filter(|(liquidity, _, _)| *liquidity > 0).ok_or_else(|| {
            let side = if curve.tick < lower { &first.denom } else { &second.denom };
            let side = labels.unit(side).0;
            CliError::usage("that gives no liquidity in this range at the present price")
                .hint(format!("a range on one side of the price needs {side}, one around it both coins"))
        })?;
        let coins = [Coin::new(x, first.denom.clone()), Coin::new(y, second.denom.clone())];
        let kept = UNIT.saturating_sub(slippage.into());
        let least = mul_div_ceil(liquidity, kept, UNIT).unwrap_or(liquidity);
        let coins = coins.into_iter().filter(|coin| coin.amount > 0).collect();
        Ok(Self { lower, upper, coins, liquidity, least })
    }

    /// For whoever is about to sign.
    pub(super) fn table(&self, labels: &dyn Labels, pool: &dex::Pool, slippage: u32) -> Table {
        let name =
            |at: usize| pool.reserves.get(at).map(|coin| labels.unit(&coin.denom).0).unwrap_or_default();
        let (first, second) = (name(0), name(1));
        let price = |tick| of_tick(labels, pool, tick).map_or_else(|| "-".to_owned(), figure);
        let now = shown(labels, pool, 0, 1, 0).map_or_else(|| "-".to_owned(), figure);
        let tick = match &pool.curve {
            Some(Curve::Concentrated(curve)) => curve.tick,
            _ => 0,
        };
        let inside = self.lower <= tick && tick < self.upper;
        let place =
            if inside { "in the range" } else { "outside: it earns nothing before the price gets there" };
        let mut table = Table::fields();
        table.row(["pool", &format!("{} ({first}/{second}, {})", pool.id, pools::fee(&pool.swap_fee))]);
        table.row([
            "range",
            &format!("{} to {} {second} for 1 {first}", price(self.lower), price(self.upper)),
        ]);
        table.row(["price", &format!("{now} {second}, {place}")]);
        table.row(["put in", &format!("about {}", labels.amounts(&self.coins))]);
        let worst = format!("{} (slippage {})", self.least, percent(slippage));
        table.row(["liquidity", &format!("about {}; at least {worst}", self.liquidity)]);
        table
    }
}

/// The tick at or below a price in display units.
fn tick_of(labels: &dyn Labels, pool: &dex::Pool, price: f64) -> Result<i32> {
    let unit = |at: usize| pool.reserves.get(at).map_or(1.0, |coin| scale(labels, &coin.denom));
    let tick = (price * unit(1) / unit(0)).ln() / 1.0001f64.ln();
    if price > 0.0 && tick.is_finite() {
        // A price that was shown is the tick's own, but for the last digits.
        return Ok((tick + 1e-4).floor().clamp(f64::from(MIN_TICK), f64::from(MAX_TICK)) as i32);
    }
    Err(CliError::usage(format!("{price} is not a price")).hint("give a number above zero"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::dex::testing::{Market, wire};

    /// BTC at 12,003 AGO.
    fn pool() -> dex::Pool {
        let root = sqrt_price_at(47_880).unwrap();
        let curve = dex::Concentrated {
            sqrt_price: root.to_string(),
            tick: 47_880,
            tick_spacing: 60,
            ..Default::default()
        };
        dex::Pool {
            id: "4".to_owned(),
            reserves: vec![wire("0satoshi"), wire("0uago")],
            swap_fee: "3000000000000000".to_owned(),
            curve: Some(Curve::Concentrated(curve)),
            ..Default::default()
        }
    }

    fn coins(list: &[(u128, &str)]) -> Vec<Coin> {
        list.iter().map(|(amount, denom)| Coin::new(*amount, *denom)).collect()
    }

    #[test]
    fn prices_become_ticks_of_the_pool_that_hold_the_range() {
        let most = coins(&[(50_000_000, "satoshi"), (6_000_000_000, "uago")]);
        let offer = Offer::new(&Market::new(), &pool(), Some((9_000.0, 16_000.0)), &most, 5000).unwrap();
        let price = |tick| of_tick(&Market::new(), &pool(), tick).unwrap();
        assert_eq!((offer.lower % 60, offer.upper % 60), (0, 0));
        assert!(price(offer.lower) <= 9_000.0 && price(offer.lower + 60) > 9_000.0, "{offer:?}");
        assert!(price(offer.upper) >= 16_000.0 && price(offer.upper - 60) < 16_000.0, "{offer:?}");
        assert!(offer.coins.iter().zip(&most).all(|(used, most)| used.amount <= most.amount), "{offer:?}");
        assert_eq!(offer.least, (offer.liquidity * 995).div_ceil(1000));
        let text = offer.table(&Market::new(), &pool(), 5000).render(false, false);
        for part in ["4 (BTC/AGO, 0.3%)", "AGO for 1 BTC", "12003.2 AGO, in the range", "(slippage 0.5%)"] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }

    #[test]
    fn a_price_that_was_shown_is_the_tick_it_was_shown_for() {
        let (market, pool) = (Market::new(), pool());
        for tick in [-200_040, -60, 0, 60, 45_000, 47_880, 200_040] {
            let shown = figure(of_tick(&market, &pool, tick).unwrap()).parse().unwrap();
            // Six digits name a tick to within a few hundredths of one.
            let found = tick_of(&market, &pool, shown).unwrap();
            assert!((found - tick).abs() <= 1, "{tick} became {found}");
        }
        for price in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(tick_of(&market, &pool, price).is_err(), "{price}");
        }
    }

    #[test]
    fn the_full_range_ends_at_the_last_ticks_of_the_pool() {
        let most = coins(&[(50_000_000, "satoshi"), (6_000_000_000, "uago")]);
        let offer = Offer::new(&Market::new(), &pool(), None, &most, 0).unwrap();
        assert_eq!((offer.lower, offer.upper, offer.least), (-887_220, 887_220, offer.liquidity));
    }

    #[test]
    fn what_cannot_be_provided_is_explained() {
        let both = coins(&[(50_000_000, "satoshi"), (6_000_000_000, "uago")]);
        let refused = |pool: &dex::Pool, ends, most: &[Coin]| {
            Offer::new(&Market::new(), pool, ends, most, 0).unwrap_err().to_text()
        };
        assert!(refused(&pool(), Some((16_000.0, 9_000.0)), &both).contains("empty"));
        assert!(refused(&pool(), None, &coins(&[(5, "uusdc")])).contains("has no USDC"));
        // Above the price only the first coin is of use.
        let wrong = refused(&pool(), Some((13_000.0, 16_000.0)), &coins(&[(6_000_000_000, "uago")]));
        assert!(wrong.contains("needs BTC"), "{wrong}");
        let product = dex::Pool { curve: Some(Curve::ConstantProduct(dex::ConstantProduct {})), ..pool() };
        assert!(refused(&product, None, &both).contains("agora tx dex join"));
    }
}
