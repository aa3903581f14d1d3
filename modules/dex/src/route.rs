//! Routes, valid once constructed.

use agora_framework::AppError;
use agora_primitives::{Amount, Coin, Denom, MAX_SUPPLY};

use crate::error;
use crate::num::parse_number;
use crate::pool::PoolId;
use crate::proto::agora::dex::v1 as wire;
use crate::split::split;

/// The most exchanges of a route.
pub const MAX_HOPS: usize = 6;
/// The most routes of a swap.
pub const MAX_ROUTES: usize = 8;

/// One exchange on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The pool.
    pub pool: PoolId,
    /// What it pays out.
    pub denom_out: Denom,
    /// The limit of this hop; 0 for none.
    pub limit: Amount,
}

/// A way from one coin to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// 1 to [`MAX_HOPS`].
    pub hops: Vec<Hop>,
    /// The share of the amount, as a weight among the routes.
    pub weight: u64,
}

/// Parses a pool id.
///
/// # Errors
/// Code 7.
pub(crate) fn parse_pool_id(text: &str) -> Result<PoolId, AppError> {
    text.parse().map_err(|e: crate::pool::IdError| error::ROUTE.wrap(e))
}

fn parse_hop(hop: &wire::Hop) -> Result<Hop, AppError> {
    let limit: Amount = parse_number("the limit of a hop", &hop.limit)?;
    if limit > MAX_SUPPLY {
        return Err(error::ROUTE.wrap(format_args!("limit {limit} exceeds 2^127-1")));
    }
    Ok(Hop {
        pool: parse_pool_id(&hop.pool_id)?,
        denom_out: hop.denom_out.parse().map_err(|e| error::ROUTE.wrap(e))?,
        limit,
    })
}

/// Parses routes: 1 to [`MAX_ROUTES`], each of 1 to [`MAX_HOPS`] hops, each with a weight if there are several.
///
/// # Errors
/// Code 7, naming what is wrong.
pub(crate) fn parse_routes(routes: &[wire::Route]) -> Result<Vec<Route>, AppError> {
    if !(1..=MAX_ROUTES).contains(&routes.len()) {
        return Err(error::ROUTE.wrap(format_args!("{} routes, 1 to {MAX_ROUTES} are allowed", routes.len())));
    }
    let parse = |route: &wire::Route| {
        if !(1..=MAX_HOPS).contains(&route.hops.len()) {
            return Err(error::ROUTE
                .wrap(format_args!("{} hops in a route, 1 to {MAX_HOPS} are allowed", route.hops.len())));
        }
        if routes.len() > 1 && route.weight == 0 {
            return Err(error::ROUTE.wrap("one of several routes has no weight"));
        }
        let hops = route.hops.iter().map(parse_hop).collect::<Result<_, _>>()?;
        Ok(Route { hops, weight: route.weight })
    };
    routes.iter().map(parse).collect()
}

/// Whether all routes lead from `from` to `to`.
///
/// # Errors
/// Code 7, naming the route.
pub(crate) fn require_ends(routes: &[Route], from: &Denom, to: &Denom) -> Result<(), AppError> {
    if from == to {
        return Err(error::ROUTE.wrap(format_args!("{from} is exchanged for itself")));
    }
    for (index, route) in routes.iter().enumerate() {
        let end = route.hops.last().map(|hop| &hop.denom_out);
        if end != Some(to) {
            let end = end.map_or("nothing", Denom::as_str);
            return Err(error::ROUTE.wrap(format_args!("route {index} ends in {end}, not in {to}")));
        }
    }
    Ok(())
}

/// The share of each route.
///
/// # Errors
/// Code 6 when one would have nothing.
pub(crate) fn parts(coin: &Coin, routes: &[Route]) -> Result<Vec<Amount>, AppError> {
    let weights: Vec<u64> = routes.iter().map(|route| route.weight).collect();
    split(coin.amount, &weights)
        .filter(|parts| parts.iter().all(|part| *part > 0))
        .ok_or_else(|| error::AMOUNT.wrap(format_args!("{coin} is too little for so many routes")))
}
