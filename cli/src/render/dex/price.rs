//! The prices of a pool, from what the pool is.

use agora_dex::math::stable::{A_PRECISION, ramped};
use agora_dex::proto::agora::dex::v1 as dex;
use dex::pool::Curve;

use super::{decimal, scale, some_coin};
use crate::render::Labels;

/// Base units of one reserve that a base unit of another is exchanged for, fees aside and before anything moves, at a time in
/// seconds since 1970. Nothing where it cannot be said.
pub fn spot(pool: &dex::Pool, from: usize, to: usize, now: u64) -> Option<f64> {
    let reserve = |index: usize| Some(some_coin(pool.reserves.get(index)).amount as f64);
    let named = |list: &[agora_proto::cosmos::base::v1beta1::DecCoin], index: usize| {
        let denom = &pool.reserves.get(index)?.denom;
        list.iter().find(|one| one.denom == *denom).map(|one| decimal(&one.amount))
    };
    let price = match pool.curve.as_ref()? {
        Curve::ConstantProduct(_) => reserve(to)? / reserve(from)?,
        Curve::Weighted(curve) => {
            let weight = |index| named(&curve.weights, index);
            (reserve(to)? / weight(to)?) / (reserve(from)? / weight(from)?)
        }
        Curve::Concentrated(curve) => {
            let root = curve.sqrt_price.parse::<f64>().ok()? / 2f64.powi(96);
            if from < to { root * root } else { 1.0 / (root * root) }
        }
        Curve::Stable(curve) => {
            let rate = |index| named(&curve.rates, index);
            let balances = (0..pool.reserves.len())
                .map(|i| Some(reserve(i)? * rate(i)?))
                .collect::<Option<Vec<f64>>>()?;
            let a =
                ramped(curve.amplification, curve.ramp_start, curve.ramp_amplification, curve.ramp_end, now)?;
            let worth = marginal(&balances, a as f64 / A_PRECISION as f64);
            (worth.get(from)? * rate(from)?) / (worth.get(to)? * rate(to)?)
        }
    };
    (price.is_finite() && price > 0.0).then_some(price)
}

/// What a unit more of each balance is worth on the surface of constant D, with `Ann = A * n`.
fn marginal(balances: &[f64], a: f64) -> Vec<f64> {
    let n = balances.len() as f64;
    let (sum, ann) = (balances.iter().sum::<f64>(), a * n);
    let level = |d: f64| balances.iter().fold(d, |level, balance| level * d / (n * balance));
    let mut d = sum;
    for _ in 0..255 {
        let p = level(d);
        let next = (ann * sum + n * p) * d / ((ann - 1.0) * d + (n + 1.0) * p);
        let settled = (next - d).abs() <= d * 1e-14;
        d = next;
        if settled {
            break;
        }
    }
    let p = level(d);
    balances.iter().map(|balance| ann + p / balance).collect()
}

/// The same in display units: `5` for `1 AGO = 5 USDC`.
pub fn shown(labels: &dyn Labels, pool: &dex::Pool, from: usize, to: usize, now: u64) -> Option<f64> {
    let scale = |index: usize| Some(scale(labels, &pool.reserves.get(index)?.denom));
    Some(spot(pool, from, to, now)? * scale(from)? / scale(to)?)
}

/// The price of a tick in display units: of the first coin in the second.
pub fn of_tick(labels: &dyn Labels, pool: &dex::Pool, tick: i32) -> Option<f64> {
    let scale = |index: usize| Some(scale(labels, &pool.reserves.get(index)?.denom));
    Some(1.0001f64.powi(tick) * scale(0)? / scale(1)?)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Market, wire};
    use super::*;
    use agora_proto::cosmos::base::v1beta1::DecCoin;

    fn named(list: &[(&str, &str)]) -> Vec<DecCoin> {
        list.iter()
            .map(|(denom, amount)| DecCoin { denom: (*denom).into(), amount: (*amount).into() })
            .collect()
    }

    fn pool(reserves: &[&str], curve: Curve) -> dex::Pool {
        let reserves = reserves.iter().map(|text| wire(text)).collect();
        dex::Pool { id: "1".into(), reserves, curve: Some(curve), ..Default::default() }
    }

    #[track_caller]
    fn near(found: Option<f64>, wanted: f64) {
        let found = found.unwrap();
        assert!((found / wanted - 1.0).abs() < 1e-9, "{found} is not {wanted}");
    }

    #[test]
    fn the_price_of_each_kind_of_pool_is_in_display_units() {
        let market = Market::new();
        let product = pool(
            &["200000000000uago", "1000000000000uusdc"],
            Curve::ConstantProduct(dex::ConstantProduct {}),
        );
        near(shown(&market, &product, 0, 1, 0), 5.0);
        near(shown(&market, &product, 1, 0, 0), 0.2);
        let weights = named(&[("satoshi", "400000000000000000"), ("uago", "600000000000000000")]);
        let weighted =
            pool(&["1000000000satoshi", "180000000000uago"], Curve::Weighted(dex::Weighted { weights }));
        // 180,000 AGO / 0.6 against 10 BTC / 0.4.
        near(shown(&market, &weighted, 0, 1, 0), 12_000.0);
        let root = (2f64.powi(96) * 120f64.sqrt()) as u128;
        let curve = dex::Concentrated { sqrt_price: root.to_string(), ..Default::default() };
        let concentrated = pool(&["1satoshi", "1uago"], Curve::Concentrated(curve));
        near(shown(&market, &concentrated, 0, 1, 0), 12_000.0);
        near(shown(&market, &concentrated, 1, 0, 0), 1.0 / 12_000.0);
    }

    #[test]
    fn a_stable_pool_is_flat_in_the_middle_and_the_scarce_coin_dearer() {
        let rates = named(&[("uusdc", "1000000000000000000"), ("uusdt", "1000000000000000000")]);
        let stable = |reserves: &[&str]| {
            let curve = dex::Stable {
                amplification: 200 * A_PRECISION,
                ramp_amplification: 200 * A_PRECISION,
                rates: rates.clone(),
                ..Default::default()
            };
            spot(&pool(reserves, Curve::Stable(curve)), 0, 1, 5).unwrap()
        };
        assert!((stable(&["1000000uusdc", "1000000uusdt"]) - 1.0).abs() < 1e-12);
        let tilted = stable(&["1500000uusdc", "500000uusdt"]);
        assert!(tilted < 1.0 && tilted > 0.98, "{tilted}");
        assert!((tilted * stable(&["500000uusdc", "1500000uusdt"]) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn what_has_no_price_has_none() {
        let empty = pool(&["0uago", "5uusdc"], Curve::ConstantProduct(dex::ConstantProduct {}));
        assert_eq!((spot(&empty, 0, 1, 0), spot(&empty, 0, 7, 0)), (None, None));
        assert_eq!(spot(&dex::Pool::default(), 0, 1, 0), None);
    }
}
