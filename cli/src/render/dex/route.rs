//! The way of a swap.

use agora_dex::proto::agora::dex::v1 as dex;

use super::{coin, decimal, scale, some_coin, units};
use crate::amount::Coin;
use crate::render::Labels;
use crate::render::figure::{figure, percent};
use crate::terminal::Table;

/// What a swap gets for what it gives, in display units: the price that comes out of it, and the spot price before it.
pub fn prices(labels: &dyn Labels, found: &dex::QueryFindRouteResponse) -> (f64, f64) {
    let (given, taken) = (some_coin(found.token_in.as_ref()), some_coin(found.token_out.as_ref()));
    let spot = decimal(&found.spot_price) * scale(labels, &given.denom) / scale(labels, &taken.denom);
    (units(labels, &taken) / units(labels, &given), spot)
}

/// Adds the rows on price, impact and fees.
pub fn cost_rows(labels: &dyn Labels, found: &dex::QueryFindRouteResponse, table: &mut Table) {
    let (given, taken) = (some_coin(found.token_in.as_ref()), some_coin(found.token_out.as_ref()));
    let (price, spot) = prices(labels, found);
    let (from, to) = (labels.unit(&given.denom).0, labels.unit(&taken.denom).0);
    // A price below one is easier to read the other way round.
    let (price, spot, from, to) =
        if price < 0.01 { (1.0 / price, 1.0 / spot, to, from) } else { (price, spot, from, to) };
    table.row(["price", &format!("1 {from} = {} {to}; before the swap {}", figure(price), figure(spot))]);
    table.row(["price impact", &percent(found.price_impact)]);
    let fees = labels.amounts(&fees(found));
    table.row(["fees", &format!("{fees} ({})", percent(found.fee_share))]);
}

/// The fees of all exchanges, those of the chain and those of the pools, by denom.
pub fn fees(found: &dex::QueryFindRouteResponse) -> Vec<Coin> {
    let mut fees: Vec<Coin> = Vec::new();
    let each = found.exchanges.iter().flat_map(|exchange| [&exchange.taker_fee, &exchange.fee]);
    for fee in each.filter_map(Option::as_ref).map(coin) {
        match fees.iter_mut().find(|other| other.denom == fee.denom) {
            Some(other) => other.amount = other.amount.saturating_add(fee.amount),
            None => fees.push(fee),
        }
    }
    fees.retain(|fee| fee.amount > 0);
    fees
}

/// What goes into an exchange, the taker fee included.
fn given(exchange: Option<&&dex::Exchange>) -> Coin {
    let part = |wire: Option<&_>| wire.map_or(0, |wire| coin(wire).amount);
    let taker_fee = part(exchange.and_then(|exchange| exchange.taker_fee.as_ref()));
    let net = some_coin(exchange.and_then(|exchange| exchange.token_in.as_ref()));
    Coin::new(net.amount.saturating_add(taker_fee), net.denom)
}

/// Adds a row for each route: its share, and what goes through which pool.
pub fn route_rows(labels: &dyn Labels, found: &dex::QueryFindRouteResponse, table: &mut Table) {
    let mut exchanges = found.exchanges.iter();
    let several = found.routes.len() > 1;
    let total: u64 = found.routes.iter().map(|route| route.weight).fold(0, u64::saturating_add);
    for (at, route) in found.routes.iter().enumerate() {
        let own: Vec<&dex::Exchange> = exchanges.by_ref().take(route.hops.len()).collect();
        let mut text = String::new();
        if several && total > 0 {
            let share = u128::from(route.weight) * 1_000_000 / u128::from(total);
            text.push_str(&format!("{:>4}  ", percent(u32::try_from(share).unwrap_or_default())));
        }
        text.push_str(&labels.amount(&given(own.first())));
        for exchange in own {
            let taken = some_coin(exchange.token_out.as_ref());
            text.push_str(&format!(" > pool {} > {}", exchange.pool_id, labels.amount(&taken)));
        }
        let title = if several { format!("route {}", at.saturating_add(1)) } else { "route".to_owned() };
        table.row([title, text]);
    }
}

/// The answer of `FindRoute`.
pub fn table(labels: &dyn Labels, found: &dex::QueryFindRouteResponse) -> Table {
    let mut table = Table::fields();
    table.row(["give", &labels.amount(&some_coin(found.token_in.as_ref()))]);
    table.row(["receive", &labels.amount(&some_coin(found.token_out.as_ref()))]);
    cost_rows(labels, found, &mut table);
    route_rows(labels, found, &mut table);
    table
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Market, wire};
    use super::*;

    fn exchange(pool: &str, given: &str, taken: &str, fee: &str) -> dex::Exchange {
        dex::Exchange {
            pool_id: pool.to_owned(),
            token_in: Some(wire(given)),
            token_out: Some(wire(taken)),
            fee: Some(wire(fee)),
            ..Default::default()
        }
    }

    fn route(hops: &[(&str, &str)], weight: u64) -> dex::Route {
        let hop = |(pool, denom): &(&str, &str)| dex::Hop {
            pool_id: (*pool).to_owned(),
            denom_out: (*denom).to_owned(),
            limit: String::new(),
        };
        dex::Route { hops: hops.iter().map(hop).collect(), weight }
    }

    #[test]
    fn a_route_reads_from_what_goes_in_to_what_comes_out() {
        let found = dex::QueryFindRouteResponse {
            routes: vec![route(&[("1", "uusdc")], 1)],
            token_in: Some(wire("10000000uago")),
            token_out: Some(wire("49847515uusdc")),
            exchanges: vec![dex::Exchange {
                taker_fee: Some(wire("10000uago")),
                ..exchange("1", "9990000uago", "49847515uusdc", "30000uago")
            }],
            spot_price: "5000000000000000000".to_owned(),
            fee_share: 4000,
            price_impact: 50,
        };
        let text = table(&Market::new(), &found).render(false, false);
        let wanted = "\
give          10 AGO
receive       49.847515 USDC
price         1 AGO = 4.98475 USDC; before the swap 5
price impact  0.005%
fees          0.04 AGO (0.4%)
route         10 AGO > pool 1 > 49.847515 USDC
";
        assert_eq!(text, wanted);
    }

    #[test]
    fn several_routes_show_their_shares_and_fees_are_added_up_by_coin() {
        let found = dex::QueryFindRouteResponse {
            routes: vec![route(&[("1", "uusdc")], 13), route(&[("4", "satoshi"), ("2", "uusdc")], 7)],
            token_in: Some(wire("20000000uusdc")),
            token_out: Some(wire("32000satoshi")),
            exchanges: vec![
                exchange("1", "13000000uago", "64000000uusdc", "39000uago"),
                exchange("4", "7000000uago", "58000satoshi", "21000uago"),
                exchange("2", "58000satoshi", "34000000uusdc", "116satoshi"),
            ],
            spot_price: "1600000000000000".to_owned(),
            fee_share: 3700,
            price_impact: 100_001,
        };
        let text = table(&Market::new(), &found).render(false, false);
        for line in [
            "price         1 BTC = 62500 USDC; before the swap 62500",
            "price impact  10.0001%",
            "fees          0.06 AGO, 0.00000116 BTC (0.37%)",
            "route 1        65%  13 AGO > pool 1 > 64 USDC",
            "route 2        35%  7 AGO > pool 4 > 0.00058 BTC > pool 2 > 34 USDC",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }
}
