//! What a swap is going to do, and the worst it may do.

use agora_dex::proto::agora::dex::v1 as dex;
use agora_primitives::math::{mul_div_ceil, mul_div_floor};
use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;
use agora_proto::pack;
use prost_types::{Any, Timestamp};
use serde_json::{Value, json};

use super::super::super::session::Session;
use crate::amount::Coin;
use crate::error::{CliError, Result};
use crate::render::Labels;
use crate::render::dex::{route, some_coin};
use crate::render::figure::percent;
use crate::terminal::Table;

/// Millionths in one.
const UNIT: u128 = 1_000_000;

/// What the person allows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    /// What comes out is exact, not what goes in.
    pub(super) exact_out: bool,
    /// How much worse than found it may become, in millionths.
    pub(super) slippage: u32,
    /// Until when, in seconds since 1970.
    pub(super) deadline: i64,
}

/// A way that was found, on these terms.
#[derive(Debug)]
pub(super) struct Plan {
    found: dex::QueryFindRouteResponse,
    terms: Terms,
    /// The least to receive, or the most to give.
    worst: Coin,
}

impl Plan {
    /// The worst case is rounded in favour of whoever swaps: an exact amount less the slippage is rounded up, what may be paid
    /// beyond what was found is rounded down.
    pub(super) fn new(found: dex::QueryFindRouteResponse, terms: Terms) -> Result<Self> {
        let slippage = u128::from(terms.slippage);
        let (open, worst) = if terms.exact_out {
            let most = some_coin(found.token_in.as_ref());
            let amount = mul_div_floor(most.amount, UNIT.saturating_add(slippage), UNIT);
            (most, amount)
        } else {
            let least = some_coin(found.token_out.as_ref());
            let amount = mul_div_ceil(least.amount, UNIT.saturating_sub(slippage), UNIT);
            (least, amount)
        };
        let worst = worst.filter(|amount| *amount > 0).map(|amount| Coin::new(amount, open.denom));
        match worst {
            Some(worst) if !found.routes.is_empty() => Ok(Self { found, terms, worst }),
            _ => Err(CliError::unreachable("the node found a route that gives nothing")
                .hint("check that --node is a node of this chain")),
        }
    }

    /// What moving the prices costs, in millionths.
    pub(super) fn price_impact(&self) -> u32 {
        self.found.price_impact
    }

    /// The message to sign.
    pub(super) fn message(&self, sender: &str) -> Any {
        let deadline = Some(Timestamp { seconds: self.terms.deadline, nanos: 0 });
        let worst = Some(WireCoin { denom: self.worst.denom.clone(), amount: self.worst.amount.to_string() });
        let (sender, routes) = (sender.to_owned(), self.found.routes.clone());
        if self.terms.exact_out {
            let token_out = self.found.token_out.clone();
            let message = dex::MsgSwapExactOut { sender, token_in_max: worst, token_out, routes, deadline };
            pack(&message)
        } else {
            let token_in = self.found.token_in.clone();
            let message = dex::MsgSwapExactIn { sender, token_in, token_out_min: worst, routes, deadline };
            pack(&message)
        }
    }

    /// For whoever is about to sign.
    pub(super) fn table(&self, labels: &dyn Labels) -> Table {
        let (given, taken) =
            (some_coin(self.found.token_in.as_ref()), some_coin(self.found.token_out.as_ref()));
        let (given, taken) = (labels.amount(&given), labels.amount(&taken));
        let worst = format!("{} (slippage {})", labels.amount(&self.worst), percent(self.terms.slippage));
        let mut table = Table::fields();
        if self.terms.exact_out {
            table.row(["receive", &taken]).row(["give", &format!("about {given}")]).row(["at most", &worst]);
        } else {
            table.row(["give", &given]).row(["receive", &format!("about {taken}")]).row(["at least", &worst]);
        }
        route::cost_rows(labels, &self.found, &mut table);
        route::route_rows(labels, &self.found, &mut table);
        table
    }

    /// For programs.
    pub(super) fn to_json(&self, session: &Session<'_>) -> Result<Value> {
        let mut json = session.definitions().to_json(&self.found)?;
        let worst = if self.terms.exact_out { "token_in_max" } else { "token_out_min" };
        if let Value::Object(fields) = &mut json {
            fields.insert(worst.to_owned(), json!(self.worst));
            fields.insert("slippage".to_owned(), json!(self.terms.slippage));
        }
        Ok(json)
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::render::dex::testing::{Market, wire};

    fn found() -> dex::QueryFindRouteResponse {
        let hop = dex::Hop { pool_id: "1".to_owned(), denom_out: "uusdc".to_owned(), limit: String::new() };
        dex::QueryFindRouteResponse {
            routes: vec![dex::Route { hops: vec![hop], weight: 1 }],
            token_in: Some(wire("10000000uago")),
            token_out: Some(wire("49847515uusdc")),
            spot_price: "5000000000000000000".to_owned(),
            ..Default::default()
        }
    }

    fn plan(exact_out: bool, slippage: u32) -> Plan {
        Plan::new(found(), Terms { exact_out, slippage, deadline: 1_000 }).unwrap()
    }

    #[test]
    fn the_worst_case_of_an_exact_amount_in_is_what_is_received_at_least() {
        let plan = plan(false, 5000);
        // 49,847,515 * 0.995 = 49,598,277.425
        assert_eq!(plan.worst, Coin::new(49_598_278, "uusdc"));
        let any = plan.message("agora1a");
        assert_eq!(any.type_url, "/agora.dex.v1.MsgSwapExactIn");
        let message = dex::MsgSwapExactIn::decode(any.value.as_slice()).unwrap();
        assert_eq!(message.token_out_min, Some(wire("49598278uusdc")));
        assert_eq!(
            (message.token_in, message.deadline.unwrap().seconds),
            (Some(wire("10000000uago")), 1_000)
        );
        let text = plan.table(&Market::new()).render(false, false);
        assert!(text.starts_with("give          10 AGO\nreceive       about 49.847515 USDC\n"), "{text}");
        assert!(text.contains("at least      49.598278 USDC (slippage 0.5%)\n"), "{text}");
    }

    #[test]
    fn the_worst_case_of_an_exact_amount_out_is_what_is_given_at_most() {
        let plan = plan(true, 3333);
        assert_eq!(plan.worst, Coin::new(10_033_330, "uago"));
        let any = plan.message("agora1a");
        assert_eq!(any.type_url, "/agora.dex.v1.MsgSwapExactOut");
        let message = dex::MsgSwapExactOut::decode(any.value.as_slice()).unwrap();
        assert_eq!(
            (message.token_in_max, message.token_out),
            (Some(wire("10033330uago")), Some(wire("49847515uusdc")))
        );
        assert!(plan.table(&Market::new()).render(false, false).contains("at most       10.03333 AGO"));
    }

    #[test]
    fn without_slippage_the_worst_case_is_what_was_found_at_any_size() {
        assert_eq!(plan(false, 0).worst.amount, 49_847_515);
        assert_eq!(plan(true, 0).worst.amount, 10_000_000);
        let huge =
            dex::QueryFindRouteResponse { token_out: Some(wire(&format!("{}uusdc", i128::MAX))), ..found() };
        let plan = Plan::new(huge, Terms { exact_out: false, slippage: 500_000, deadline: 1 }).unwrap();
        assert_eq!(plan.worst.amount, 1 << 126);
        assert!(Plan::new(Default::default(), Terms { exact_out: false, slippage: 0, deadline: 1 }).is_err());
    }
}
