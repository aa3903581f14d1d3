//! Finding the way from one coin to another: the queries `FindRoute` and `PairPools`.
//!
//! [`graph`] says which pools exchange what, [`paths`] finds the best single ways for an amount, [`split`] shares the amount
//! among several, [`spot`] compares the result with the prices before. Every figure comes from the
//! [`Router`](crate::router::Router), so it is the swap's own. All of it is bounded and depends on the state alone: the same
//! question at the same height has one answer.

mod graph;
mod paths;
mod split;
mod spot;

use std::cmp::Ordering;

use agora_framework::wire::wire_coin;
use agora_framework::{AppError, QueryCtx, QueryError};
use agora_primitives::{Amount, Coin, Denom};

use self::graph::Graph;
use self::paths::{Ends, Search};
use crate::msgs::parse_positive;
use crate::pool::Exchange;
use crate::proto::agora::dex::v1 as wire;
use crate::query::wire_exchange;
use crate::route::{MAX_HOPS, Route};
use crate::router::{self, Router};
use crate::wire::wire_pool;

/// The most exchanges of a route where the request names none.
const DEFAULT_HOPS: usize = 4;
/// The most routes that share an amount.
const MAX_SPLIT: usize = 3;
/// Further routes cost gas: they must be worth a part of the amount, one in so many.
const WORTH: Amount = 10_000;

/// A bound of the request: zero stands for `default`.
fn bound(what: &str, given: u32, default: usize, most: usize) -> Result<usize, QueryError> {
    match usize::try_from(given).unwrap_or(usize::MAX) {
        0 => Ok(default),
        given if given <= most => Ok(given),
        given => Err(QueryError::invalid(format_args!("{what} {given}: 1 to {most} are allowed"))),
    }
}

/// Answers `FindRoute`.
pub(crate) fn find_route(
    ctx: &QueryCtx<'_>,
    request: wire::QueryFindRouteRequest,
) -> Result<wire::QueryFindRouteResponse, QueryError> {
    let token = parse_positive("token", request.token.as_ref())?;
    let sought: Denom = request.denom.parse().map_err(QueryError::invalid)?;
    if sought == token.denom {
        return Err(QueryError::invalid(format_args!("{sought} is exchanged for itself")));
    }
    let hops = bound("max_hops", request.max_hops, DEFAULT_HOPS, MAX_HOPS)?;
    let most = bound("max_routes", request.max_routes, MAX_SPLIT, MAX_SPLIT)?;
    let ends = Ends { known: token.denom.clone(), sought, exact_out: request.exact_out };
    let found = Finder { ctx, ends: &ends, amount: token.amount }.find(hops, most)?;
    let exchanges: Vec<Exchange> = found.router.exchanges().cloned().collect();
    let outlook = spot::outlook(ctx, ctx.block(), &found.routes, &exchanges)?;
    let other = Coin::new(found.amount, ends.sought);
    let (token_in, token_out) = if ends.exact_out { (other, token) } else { (token, other) };
    Ok(wire::QueryFindRouteResponse {
        routes: found.routes.iter().map(wire_route).collect(),
        token_in: Some(wire_coin(&token_in)),
        token_out: Some(wire_coin(&token_out)),
        exchanges: exchanges.iter().map(wire_exchange).collect(),
        spot_price: outlook.spot_price.to_wire(),
        fee_share: outlook.fee_share,
        price_impact: outlook.price_impact,
    })
}

/// Answers `PairPools`.
pub(crate) fn pair_pools(
    ctx: &QueryCtx<'_>,
    request: wire::QueryPairPoolsRequest,
) -> Result<wire::QueryPairPoolsResponse, QueryError> {
    let base: Denom = request.base.parse().map_err(QueryError::invalid)?;
    let quote: Denom = request.quote.parse().map_err(QueryError::invalid)?;
    let ids = Graph::new(ctx).pools(&base, &quote)?;
    let pools = ids.into_iter().map(|id| wire_pool(id, &router::pool(ctx, id)?));
    Ok(wire::QueryPairPoolsResponse { pools: pools.collect::<Result<_, AppError>>()? })
}

fn wire_route(route: &Route) -> wire::Route {
    let hop = |hop: &crate::route::Hop| wire::Hop {
        pool_id: hop.pool.to_string(),
        denom_out: hop.denom_out.to_string(),
        limit: String::new(),
    };
    wire::Route { hops: route.hops.iter().map(hop).collect(), weight: route.weight }
}

/// Routes and what they give or take.
struct Found {
    routes: Vec<Route>,
    amount: Amount,
    router: Router,
}

struct Finder<'a> {
    ctx: &'a QueryCtx<'a>,
    ends: &'a Ends,
    amount: Amount,
}

impl Finder<'_> {
    fn find(&self, hops: usize, most: usize) -> Result<Found, QueryError> {
        let mut graph = Graph::new(self.ctx);
        // Against the stream the coins on the way are the same.
        let between = graph.between(&self.ends.known, &self.ends.sought, hops)?;
        let search = |graph: &mut Graph<'_>, amount| {
            Search::new(graph, self.ctx.block(), self.ends).run(amount, &between, hops)
        };
        let whole = search(&mut graph, self.amount)?;
        let mut best: Option<Found> = None;
        if let Some(path) = whole.first() {
            best = self.better(&graph, best, vec![path.route(self.ends, 1)])?;
        }
        let step = split::part(self.amount, 1);
        if most > 1 && step > 0 {
            // For a small amount the best prices come first, for the whole the deepest pools.
            let small = search(&mut graph, step)?;
            let paths = split::candidates(&[&small, &whole]);
            if paths.len() > 1 {
                let routes = split::divide(&graph, self.ctx.block(), self.ends, self.amount, &paths, most)?;
                if let Some(routes) = routes {
                    best = self.better(&graph, best, routes)?;
                }
            }
        }
        if let Some(best) = best {
            return Ok(best);
        }
        let Ends { known, sought, exact_out } = self.ends;
        let (from, to) = if *exact_out { (sought, known) } else { (known, sought) };
        if !graph.connects(known, sought, &between, hops)? {
            return Err(QueryError::not_found(format_args!(
                "no route of at most {hops} pools leads from {from} to {to}"
            )));
        }
        let (verb, coin) =
            (if *exact_out { "gives" } else { "takes" }, Coin::new(self.amount, known.clone()));
        Err(QueryError::not_found(format_args!(
            "no route from {from} to {to} {verb} {coin}: {}",
            graph.refusal.borrow()
        )))
    }

    /// The routes, if they are better than the best so far; more routes must be better by a part in [`WORTH`].
    fn better(
        &self,
        graph: &Graph<'_>,
        best: Option<Found>,
        routes: Vec<Route>,
    ) -> Result<Option<Found>, AppError> {
        let Some((amount, router)) = self.ends.quote(graph, self.ctx.block(), self.amount, &routes)? else {
            return Ok(best);
        };
        let Some(best) = best else { return Ok(Some(Found { routes, amount, router })) };
        let margin = if routes.len() > best.routes.len() { best.amount / WORTH } else { 0 };
        let hurdle = if self.ends.exact_out {
            best.amount.saturating_sub(margin)
        } else {
            best.amount.saturating_add(margin)
        };
        let wins = self.ends.prefer(amount, hurdle) == Ordering::Less;
        Ok(Some(if wins { Found { routes, amount, router } } else { best }))
    }
}
