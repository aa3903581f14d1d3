//! Pools.

use agora_dex::proto::agora::dex::v1 as dex;
use dex::pool::Curve;

use super::price::shown;
use super::value::{Measure, Quote};
use super::{coin, coins, decimal, some_coin};
use crate::render::Labels;
use crate::render::figure::figure;
use crate::terminal::Table;

/// What kind of pool it is.
pub fn kind(pool: &dex::Pool) -> &'static str {
    match pool.curve {
        Some(Curve::ConstantProduct(_)) => "constant product",
        Some(Curve::Weighted(_)) => "weighted",
        Some(Curve::Stable(_)) => "stable",
        Some(Curve::Concentrated(_)) => "concentrated",
        None => "unknown",
    }
}

/// A fee of the wire in percent.
pub fn fee(atomics: &str) -> String {
    format!("{}%", figure(decimal(atomics) * 100.0))
}

/// The prices of each coin but the last in the last.
pub fn prices(labels: &dyn Labels, pool: &dex::Pool, now: u64) -> String {
    let last = pool.reserves.len().saturating_sub(1);
    let name =
        |index: usize| pool.reserves.get(index).map(|coin| labels.unit(&coin.denom).0).unwrap_or_default();
    let one = |index: usize| {
        let price = shown(labels, pool, index, last, now)?;
        Some(if price < 0.01 {
            format!("1 {} = {} {}", name(last), figure(1.0 / price), name(index))
        } else {
            format!("1 {} = {} {}", name(index), figure(price), name(last))
        })
    };
    let list: Vec<String> = (0..last).filter_map(one).collect();
    if list.is_empty() { "-".to_owned() } else { list.join(", ") }
}

/// What all reserves are worth.
fn value(labels: &dyn Labels, pool: &dex::Pool, quote: Option<&Quote>, now: u64) -> String {
    let measure = Measure::of(pool, quote);
    measure.text(labels, measure.worth(pool, &coins(&pool.reserves), now))
}

/// One pool, at a time in seconds since 1970.
pub fn table(labels: &dyn Labels, pool: &dex::Pool, quote: Option<&Quote>, now: u64) -> Table {
    let mut table = Table::fields();
    table.row(["pool", &pool.id]).row(["kind", kind(pool)]);
    if pool.halted {
        table.row(["breaker", "tripped: it can only be left in proportion"]);
    }
    match &pool.curve {
        Some(Curve::Weighted(curve)) => {
            let weight = |one: &agora_proto::cosmos::base::v1beta1::DecCoin| {
                format!("{}% {}", figure(decimal(&one.amount) * 100.0), labels.unit(&one.denom).0)
            };
            table
                .row(["weights".to_owned(), curve.weights.iter().map(weight).collect::<Vec<_>>().join(", ")]);
        }
        Some(Curve::Stable(curve)) => {
            let a = |amplification: u64| {
                figure(amplification as f64 / agora_dex::math::stable::A_PRECISION as f64)
            };
            let text = if curve.ramp_end > now {
                format!("{} on the way to {}", a(curve.amplification), a(curve.ramp_amplification))
            } else {
                a(curve.ramp_amplification)
            };
            table.row(["amplification", &text]);
        }
        Some(Curve::Concentrated(curve)) => {
            table.row(["tick", &curve.tick.to_string()]);
            table.row(["tick spacing", &curve.tick_spacing.to_string()]);
            table.row(["liquidity", &curve.liquidity]);
        }
        _ => {}
    }
    table.row(["fee", &fee(&pool.swap_fee)]);
    for reserve in &pool.reserves {
        table.row(["reserve", &labels.amount(&coin(reserve))]);
    }
    table.row(["price", &prices(labels, pool, now)]);
    table.row(["value", &value(labels, pool, quote, now)]);
    let shares = some_coin(pool.shares.as_ref());
    if shares.amount > 0 {
        table.row(["shares", &labels.amount(&shares)]);
    }
    table.row(["address", &labels.named(&pool.address)]);
    table
}

/// Several pools.
pub fn list(labels: &dyn Labels, pools: &[dex::Pool], quote: Option<&Quote>, now: u64) -> Table {
    let mut table =
        Table::new(["pool", "kind", "fee", "reserves", "price", "value"]).align_right(2).align_right(5);
    for pool in pools {
        table.row([
            pool.id.clone(),
            format!("{}{}", kind(pool), if pool.halted { " (halted)" } else { "" }),
            fee(&pool.swap_fee),
            labels.amounts(&coins(&pool.reserves)),
            prices(labels, pool, now),
            value(labels, pool, quote, now),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Market, wire};
    use super::*;

    #[test]
    fn a_pool_shows_what_it_holds_and_what_that_is_worth() {
        let pool = dex::Pool {
            id: "1".to_owned(),
            address: "agora1a".to_owned(),
            swap_fee: "3000000000000000".to_owned(),
            reserves: vec![wire("200000000000uago"), wire("1000000000000uusdc")],
            shares: Some(wire("447213595499lp/1")),
            curve: Some(Curve::ConstantProduct(dex::ConstantProduct {})),
            ..Default::default()
        };
        let text = table(&Market::new(), &pool, None, 0).render(false, false);
        let wanted = "\
pool     1
kind     constant product
fee      0.3%
reserve  200000 AGO
reserve  1000000 USDC
price    1 AGO = 5 USDC
value    2000000 USDC
shares   447213595499 lp/1
address  alice (agora1a)
";
        assert_eq!(text, wanted);
        let line = list(&Market::new(), &[pool], None, 0).render(false, false);
        assert!(
            line.ends_with(
                "1     constant product  0.3%  200000 AGO, 1000000 USDC  1 AGO = 5 USDC  2000000 USDC\n"
            ),
            "{line}"
        );
    }

    #[test]
    fn an_empty_concentrated_pool_has_a_price_and_no_value() {
        let curve = dex::Concentrated { sqrt_price: (1u128 << 96).to_string(), ..Default::default() };
        let pool = dex::Pool {
            reserves: vec![wire("0uago"), wire("0uusdc")],
            curve: Some(Curve::Concentrated(curve)),
            ..Default::default()
        };
        let text = table(&Market::new(), &pool, None, 0).render(false, false);
        assert!(text.contains("price         1 AGO = 1 USDC\nvalue         0 USDC\n"), "{text}");
    }
}
