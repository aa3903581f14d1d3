//! Queries of `agora.dex.v1.Query`.

use agora_framework::wire::wire_coin;
use agora_framework::{QueryCtx, QueryError, Registry, paginate, paginate_within};
use agora_primitives::{Address, Coin, Denom};

use crate::error;
use crate::find;
use crate::math::sqrt_price::Round;
use crate::msgs::{parse_position_id, parse_positive, wire_params};
use crate::oracle;
use crate::pool::concentrated::is_in_range;
use crate::pool::{Exchange, PositionId};
use crate::position::{self, Position};
use crate::proto::agora::dex::v1 as wire;
use crate::route::{parse_pool_id, parse_routes, require_ends};
use crate::router::{self, Router};
use crate::state::{self, OWNED, POOLS, POSITIONS, TICKS};
use crate::wire::{wire_pool, wire_position, wire_tick};

pub(crate) fn register(registry: &mut Registry) {
    registry.query("/agora.dex.v1.Query/Pool", pool);
    registry.query("/agora.dex.v1.Query/Pools", pools);
    registry.query("/agora.dex.v1.Query/QuoteSwapExactIn", quote_swap_exact_in);
    registry.query("/agora.dex.v1.Query/QuoteSwapExactOut", quote_swap_exact_out);
    registry.query("/agora.dex.v1.Query/Position", position_query);
    registry.query("/agora.dex.v1.Query/Positions", positions);
    registry.query("/agora.dex.v1.Query/Ticks", ticks);
    registry.query("/agora.dex.v1.Query/Params", params);
    oracle::query::register(registry);
    registry.query("/agora.dex.v1.Query/FindRoute", find::find_route);
    registry.query("/agora.dex.v1.Query/PairPools", find::pair_pools);
}

fn pool(ctx: &QueryCtx<'_>, request: wire::QueryPoolRequest) -> Result<wire::QueryPoolResponse, QueryError> {
    let id = parse_pool_id(&request.pool_id).map_err(|e| QueryError::invalid(e.log))?;
    match POOLS.get(ctx, &id)? {
        Some(pool) => Ok(wire::QueryPoolResponse { pool: Some(wire_pool(id, &pool)?) }),
        None => Err(QueryError::not_found(format_args!("there is no pool {id}"))),
    }
}

fn pools(
    ctx: &QueryCtx<'_>,
    request: wire::QueryPoolsRequest,
) -> Result<wire::QueryPoolsResponse, QueryError> {
    let (entries, page) =
        paginate(request.pagination, |from, reverse, limit| POOLS.page(ctx, &[], from, reverse, limit))?;
    let pools = entries.iter().map(|(id, pool)| wire_pool(*id, pool)).collect::<Result<_, _>>()?;
    Ok(wire::QueryPoolsResponse { pools, pagination: Some(page) })
}

fn quote_swap_exact_in(
    ctx: &QueryCtx<'_>,
    request: wire::QueryQuoteSwapExactInRequest,
) -> Result<wire::QueryQuoteSwapExactInResponse, QueryError> {
    let token_in = parse_positive("token_in", request.token_in.as_ref())?;
    let routes = parse_routes(&request.routes)?;
    let last = routes.first().and_then(|route| route.hops.last());
    let denom_out = last.map(|hop| hop.denom_out.clone()).ok_or_else(|| error::ROUTE.bare())?;
    require_ends(&routes, &token_in.denom, &denom_out)?;
    let mut router = Router::new(ctx.block());
    let out = router.exact_in(ctx, &token_in, &routes)?;
    Ok(wire::QueryQuoteSwapExactInResponse {
        token_out: Some(wire_coin(&Coin::new(out, denom_out))),
        exchanges: router.exchanges().map(wire_exchange).collect(),
    })
}

fn quote_swap_exact_out(
    ctx: &QueryCtx<'_>,
    request: wire::QueryQuoteSwapExactOutRequest,
) -> Result<wire::QueryQuoteSwapExactOutResponse, QueryError> {
    let token_out = parse_positive("token_out", request.token_out.as_ref())?;
    let denom_in: Denom = request.denom_in.parse().map_err(QueryError::invalid)?;
    let routes = parse_routes(&request.routes)?;
    require_ends(&routes, &denom_in, &token_out.denom)?;
    let mut router = Router::new(ctx.block());
    let cost = router.exact_out(ctx, &denom_in, &token_out, &routes)?;
    Ok(wire::QueryQuoteSwapExactOutResponse {
        token_in: Some(wire_coin(&Coin::new(cost, denom_in))),
        exchanges: router.exchanges().map(wire_exchange).collect(),
    })
}

/// An exchange as queries show it.
pub(crate) fn wire_exchange(exchange: &Exchange) -> wire::Exchange {
    wire::Exchange {
        pool_id: exchange.pool.to_string(),
        token_in: Some(wire_coin(&exchange.token_in)),
        token_out: Some(wire_coin(&exchange.token_out)),
        fee: Some(wire_coin(&exchange.fee)),
        taker_fee: Some(wire_coin(&Coin::new(exchange.taker_fee, exchange.token_in.denom.clone()))),
    }
}

/// A position and what it is worth now.
fn view(ctx: &QueryCtx<'_>, id: PositionId, position: &Position) -> Result<wire::PositionView, QueryError> {
    let pool = router::pool(ctx, position.pool)?;
    let curve = position::curve(&pool, position.pool)?;
    let (lower, upper) = (position.lower, position.upper);
    let amounts =
        position::amounts(curve, lower, upper, position.liquidity, Round::Floor).unwrap_or_default();
    let fees = position::fees(ctx, curve, position)?;
    let wire_coins = |amounts| -> Result<Vec<_>, QueryError> {
        Ok(position::coins(&pool, amounts)?.iter().map(wire_coin).collect())
    };
    Ok(wire::PositionView {
        position: Some(wire_position(id, position, &pool)),
        coins: wire_coins(amounts)?,
        fees: wire_coins(fees)?,
        in_range: is_in_range(curve.tick, lower, upper),
    })
}

fn position_query(
    ctx: &QueryCtx<'_>,
    request: wire::QueryPositionRequest,
) -> Result<wire::QueryPositionResponse, QueryError> {
    let id = parse_position_id(&request.position_id).map_err(|e| QueryError::invalid(e.log))?;
    match POSITIONS.get(ctx, &id)? {
        Some(position) => Ok(wire::QueryPositionResponse { position: Some(view(ctx, id, &position)?) }),
        None => Err(QueryError::not_found(format_args!("there is no position {id}"))),
    }
}

fn positions(
    ctx: &QueryCtx<'_>,
    request: wire::QueryPositionsRequest,
) -> Result<wire::QueryPositionsResponse, QueryError> {
    let owner: Address =
        request.owner.parse().map_err(|e| QueryError::invalid(format_args!("invalid owner: {e}")))?;
    let prefix = state::prefix(&owner);
    let (entries, page) = paginate_within(request.pagination, &prefix, |from, reverse, limit| {
        OWNED.page(ctx, &prefix, from, reverse, limit)
    })?;
    let mut positions = Vec::with_capacity(entries.len());
    for ((_, id), ()) in entries {
        if let Some(position) = POSITIONS.get(ctx, &id)? {
            positions.push(view(ctx, id, &position)?);
        }
    }
    Ok(wire::QueryPositionsResponse { positions, pagination: Some(page) })
}

fn ticks(
    ctx: &QueryCtx<'_>,
    request: wire::QueryTicksRequest,
) -> Result<wire::QueryTicksResponse, QueryError> {
    let id = parse_pool_id(&request.pool_id).map_err(|e| QueryError::invalid(e.log))?;
    let prefix = state::prefix(&id);
    let (entries, page) = paginate_within(request.pagination, &prefix, |from, reverse, limit| {
        TICKS.page(ctx, &prefix, from, reverse, limit)
    })?;
    let ticks = entries.iter().map(|((id, at), tick)| wire_tick(*id, at.0, tick)).collect();
    Ok(wire::QueryTicksResponse { ticks, pagination: Some(page) })
}

fn params(ctx: &QueryCtx<'_>, _: wire::QueryParamsRequest) -> Result<wire::QueryParamsResponse, QueryError> {
    Ok(wire::QueryParamsResponse { params: Some(wire_params(&state::params(ctx)?)) })
}
