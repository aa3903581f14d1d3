//! Queries of prices.

use agora_framework::time::NANOS;
use agora_framework::{AppError, QueryCtx, QueryError, Registry};
use agora_primitives::Denom;
use prost_types::Timestamp;

use super::MILLI;
use super::keep::KEPT;
use super::price::Price;
use super::record::in_force;
use super::twap::{Market, Mean};
use crate::error;
use crate::msgs::parse_time;
use crate::proto::agora::dex::v1 as wire;
use crate::route::parse_pool_id;

/// The most points of a history.
const MAX_POINTS: u32 = 200;
/// The points of a history for which no number is asked.
const POINTS: u32 = 60;
/// How far back a history goes that says no start, in milliseconds: a day.
const DAY: u64 = 24 * 3_600_000;

pub(crate) fn register(registry: &mut Registry) {
    registry.query("/agora.dex.v1.Query/SpotPrice", spot_price);
    registry.query("/agora.dex.v1.Query/Twap", arithmetic);
    registry.query("/agora.dex.v1.Query/GeometricTwap", geometric);
    registry.query("/agora.dex.v1.Query/PriceHistory", history);
}

fn market(ctx: &QueryCtx<'_>, pool: &str, base: &str, quote: &str) -> Result<Market, QueryError> {
    let id = parse_pool_id(pool).map_err(|e| QueryError::invalid(e.log))?;
    let denom = |what: &str, text: &str| {
        text.parse::<Denom>().map_err(|e| QueryError::invalid(format_args!("{what}: {e}")))
    };
    Ok(Market::new(ctx, id, &denom("base", base)?, &denom("quote", quote)?)?)
}

fn wire_price(price: Price) -> (String, String) {
    (price.to_wire(), price.raw().to_string())
}

/// A time of the wire in nanoseconds.
fn time(what: &str, time: Option<&Timestamp>) -> Result<Option<u64>, QueryError> {
    parse_time(what, time).map_err(|e| QueryError::invalid(e.log))
}

fn spot_price(
    ctx: &QueryCtx<'_>,
    request: wire::QuerySpotPriceRequest,
) -> Result<wire::QuerySpotPriceResponse, QueryError> {
    let market = market(ctx, &request.pool_id, &request.base, &request.quote)?;
    let price = market.pool.spot_price(market.base, market.quote, ctx.block().time / NANOS);
    let price = price.ok_or_else(|| -> AppError {
        error::PRICE.wrap(format_args!(
            "pool {} has no price now: it has no liquidity there, or the price is beyond 2^100",
            market.id
        ))
    })?;
    let (price, price_x128) = wire_price(price);
    Ok(wire::QuerySpotPriceResponse { price, price_x128 })
}

fn twap(
    ctx: &QueryCtx<'_>,
    request: &wire::QueryTwapRequest,
    which: Mean,
) -> Result<wire::QueryTwapResponse, QueryError> {
    let market = market(ctx, &request.pool_id, &request.base, &request.quote)?;
    let now = ctx.block().time;
    let start = time("start", request.start.as_ref())?;
    let start = start.ok_or_else(|| QueryError::invalid("start: say when the window begins"))?;
    let end = time("end", request.end.as_ref())?.unwrap_or(now);
    let (price, price_x128) = wire_price(market.mean(ctx, which, start, end, now)?);
    Ok(wire::QueryTwapResponse { price, price_x128 })
}

fn arithmetic(
    ctx: &QueryCtx<'_>,
    request: wire::QueryTwapRequest,
) -> Result<wire::QueryTwapResponse, QueryError> {
    twap(ctx, &request, Mean::Arithmetic)
}

fn geometric(
    ctx: &QueryCtx<'_>,
    request: wire::QueryTwapRequest,
) -> Result<wire::QueryTwapResponse, QueryError> {
    twap(ctx, &request, Mean::Geometric)
}

fn history(
    ctx: &QueryCtx<'_>,
    request: wire::QueryPriceHistoryRequest,
) -> Result<wire::QueryPriceHistoryResponse, QueryError> {
    let market = market(ctx, &request.pool_id, &request.base, &request.quote)?;
    let latest = market.latest(ctx)?;
    let now = ctx.block().time / MILLI;
    let edge = now.saturating_sub(KEPT);
    let first = if latest.oldest == 0 { latest.record.time } else { latest.oldest };
    let from = match time("from", request.from.as_ref())? {
        Some(from) if from / MILLI < edge => {
            return Err(QueryError::invalid("from: records are kept for 48 hours"));
        }
        Some(from) => (from / MILLI).max(first),
        None => now.saturating_sub(DAY).max(first),
    };
    let to = time("to", request.to.as_ref())?.map_or(now, |to| to / MILLI);
    if to > now || from > to {
        return Err(QueryError::invalid("to: must not be in the future nor before from or the first record"));
    }
    let count = match request.points {
        0 => POINTS,
        count if (2..=MAX_POINTS).contains(&count) => count,
        _ => return Err(QueryError::invalid(format_args!("points: 2 to {MAX_POINTS}"))),
    };
    let steps = u64::from(count).saturating_sub(1);
    let mut points = Vec::new();
    let mut last = None;
    for step in 0..=steps {
        // Within 48 hours the product is far below 2^64.
        let passed = to.saturating_sub(from).saturating_mul(step).checked_div(steps).unwrap_or_default();
        let at = from.saturating_add(passed);
        if last.replace(at) == Some(at) {
            continue;
        }
        let record = in_force(ctx, market.id, &latest, at)?;
        let price = record.as_ref().and_then(|record| market.price_of(record, Mean::Arithmetic));
        let (price, price_x128) = price.map(wire_price).unwrap_or_default();
        points.push(wire::PricePoint { time: Some(timestamp(at)), price, price_x128 });
    }
    Ok(wire::QueryPriceHistoryResponse { points })
}

/// Milliseconds since 1970 as the wire has them.
fn timestamp(millis: u64) -> Timestamp {
    let nanos = (millis % 1000).saturating_mul(MILLI);
    Timestamp {
        seconds: i64::try_from(millis / 1000).unwrap_or(i64::MAX),
        nanos: i32::try_from(nanos).unwrap_or_default(),
    }
}
