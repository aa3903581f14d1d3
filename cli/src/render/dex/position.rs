//! Positions in concentrated pools.

use agora_dex::proto::agora::dex::v1 as dex;

use super::coins;
use super::pool::fee;
use super::price::{of_tick, shown};
use super::value::{Measure, Quote};
use crate::render::Labels;
use crate::render::figure::{change, figure};
use crate::terminal::Table;

/// What became of a position, in base units of one coin at today's price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// What its liquidity is worth.
    pub value: f64,
    /// What the fees are worth that it has earned and were not paid out.
    pub fees: f64,
    /// What would be there if the deposit had been kept.
    pub held: f64,
}

impl Outcome {
    /// Of a position in its pool; nothing where the pool has no price.
    pub fn of(view: &dex::PositionView, pool: &dex::Pool, measure: &Measure) -> Option<Self> {
        let deposited = &view.position.as_ref()?.deposited;
        let worth = |list: &[_]| measure.worth(pool, &coins(list), 0);
        Some(Self { value: worth(&view.coins)?, fees: worth(&view.fees)?, held: worth(deposited)? })
    }

    /// What the movement of the price has cost against keeping the deposit, without fees: zero or less, but for rounding.
    pub fn divergence(&self) -> f64 {
        self.value / self.held - 1.0
    }

    /// The same with the fees.
    pub fn result(&self) -> f64 {
        (self.value + self.fees) / self.held - 1.0
    }
}

/// The range of a position as prices of the first coin: `60.1 to 240.2 AGO`.
fn range(labels: &dyn Labels, position: &dex::Position, pool: &dex::Pool) -> String {
    let tick = |tick| of_tick(labels, pool, tick).map_or_else(|| "-".to_owned(), figure);
    format!("{} to {}", tick(position.tick_lower), tick(position.tick_upper))
}

fn pair(labels: &dyn Labels, pool: &dex::Pool) -> (String, String) {
    let name =
        |index: usize| pool.reserves.get(index).map(|coin| labels.unit(&coin.denom).0).unwrap_or_default();
    (name(0), name(1))
}

/// One position and its pool.
pub fn table(
    labels: &dyn Labels,
    view: &dex::PositionView,
    pool: &dex::Pool,
    quote: Option<&Quote>,
) -> Table {
    let position = view.position.clone().unwrap_or_default();
    let (first, second) = pair(labels, pool);
    let price = shown(labels, pool, 0, 1, 0).map_or_else(|| "-".to_owned(), figure);
    let place = if view.in_range { "in range" } else { "out of range: it earns nothing now" };
    let mut table = Table::fields();
    table.row(["position", &position.id]);
    table.row(["owner", &labels.named(&position.owner)]);
    table.row(["pool", &format!("{} ({first}/{second}, {})", pool.id, fee(&pool.swap_fee))]);
    table.row(["range", &format!("{} {second} for 1 {first}", range(labels, &position, pool))]);
    table.row(["price", &format!("{price} {second}, {place}")]);
    table.row(["liquidity", &position.liquidity]);
    table.row(["holds", &labels.amounts(&coins(&view.coins))]);
    table.row(["fees earned", &labels.amounts(&coins(&view.fees))]);
    table.row(["deposited", &labels.amounts(&coins(&position.deposited))]);
    let measure = Measure::of(pool, quote);
    if let Some(outcome) = Outcome::of(view, pool, &measure) {
        let text = |value| measure.text(labels, Some(value));
        table.row(["value", &text(outcome.value)]);
        table.row(["value of fees", &text(outcome.fees)]);
        table.row(["value if kept", &format!("{}: the deposit at today's price", text(outcome.held))]);
        table.row(["divergence", &change(outcome.divergence())]);
        table.row(["with fees", &change(outcome.result())]);
    }
    table
}

/// Several positions, each with its pool where that is known.
pub fn list(
    labels: &dyn Labels,
    views: &[(dex::PositionView, Option<dex::Pool>)],
    quote: Option<&Quote>,
) -> Table {
    let header = ["position", "pool", "range", "price", "value", "fees", "divergence", "with fees"];
    let mut table = (4..8).fold(Table::new(header), Table::align_right);
    for (view, pool) in views {
        let position = view.position.clone().unwrap_or_default();
        let unknown = || vec![position.id.clone(), position.pool_id.clone()];
        let Some(pool) = pool else {
            table.row(unknown());
            continue;
        };
        let (first, second) = pair(labels, pool);
        let measure = Measure::of(pool, quote);
        let outcome = Outcome::of(view, pool, &measure);
        let text = |value: fn(&Outcome) -> f64| measure.text(labels, outcome.as_ref().map(value));
        let percent = |ratio: fn(&Outcome) -> f64| {
            outcome.as_ref().map_or_else(|| "-".to_owned(), |o| change(ratio(o)))
        };
        let price = shown(labels, pool, 0, 1, 0).map_or_else(|| "-".to_owned(), figure);
        table.row([
            position.id.clone(),
            format!("{} {first}/{second}", position.pool_id),
            range(labels, &position, pool),
            format!("{price}{}", if view.in_range { "" } else { " (out)" }),
            text(|outcome| outcome.value),
            text(|outcome| outcome.fees),
            percent(Outcome::divergence),
            percent(Outcome::result),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Market, wire};
    use super::*;
    use dex::pool::Curve;

    /// BTC at a price in AGO, a position from a quarter to four times 12,000.
    fn example(price: f64, coins: [&str; 2], fees: [&str; 2]) -> (dex::PositionView, dex::Pool) {
        let root = (2f64.powi(96) * (price / 100.0).sqrt()) as u128;
        let curve = dex::Concentrated { sqrt_price: root.to_string(), ..Default::default() };
        let pool = dex::Pool {
            id: "4".to_owned(),
            swap_fee: "3000000000000000".to_owned(),
            reserves: vec![wire("1000000000satoshi"), wire("120000000000uago")],
            curve: Some(Curve::Concentrated(curve)),
            ..Default::default()
        };
        let position = dex::Position {
            id: "a".to_owned(),
            pool_id: "4".to_owned(),
            owner: "agora1a".to_owned(),
            tick_lower: 34_020,
            tick_upper: 61_740,
            liquidity: "1000".to_owned(),
            deposited: vec![wire("100000000satoshi"), wire("12000000000uago")],
            ..Default::default()
        };
        let view = dex::PositionView {
            position: Some(position),
            coins: coins.map(wire).to_vec(),
            fees: fees.map(wire).to_vec(),
            in_range: true,
        };
        (view, pool)
    }

    #[test]
    fn divergence_is_what_is_held_against_what_was_put_in_at_todays_price() {
        // Four times the price: half the coins of before each, as x * y is kept, would be worth 48,000 against 60,000.
        let (view, pool) =
            example(48_000.0, ["50000000satoshi", "24000000000uago"], ["0satoshi", "6000000000uago"]);
        let outcome = Outcome::of(&view, &pool, &Measure::of(&pool, None)).unwrap();
        assert!((outcome.divergence() + 0.2).abs() < 1e-9, "{outcome:?}");
        assert!((outcome.result() + 0.1).abs() < 1e-9, "{outcome:?}");
    }

    #[test]
    fn a_position_reads_in_prices_and_display_units() {
        let (view, pool) =
            example(12_000.0, ["100000000satoshi", "12000000000uago"], ["0satoshi", "24000000uago"]);
        let text = table(&Market::new(), &view, &pool, None).render(false, false);
        for line in [
            "owner          alice (agora1a)",
            "pool           4 (BTC/AGO, 0.3%)",
            "price          12000 AGO, in range",
            "holds          1 BTC, 12000 AGO",
            "fees earned    0 BTC, 24 AGO",
            "value          24000 AGO",
            "value if kept  24000 AGO: the deposit at today's price",
            "divergence     0%",
            "with fees      +0.10%",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        let text =
            list(&Market::new(), &[(view.clone(), Some(pool)), (view, None)], None).render(false, false);
        assert!(text.contains("a         4 BTC/AGO") && text.contains("24000 AGO  24 AGO"), "{text}");
    }
}
