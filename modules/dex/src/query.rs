//! Queries of `agora.dex.v1.Query`.

use agora_framework::{QueryCtx, QueryError, Registry, paginate};
use agora_primitives::Coin;

use crate::error;
use crate::msgs::{parse_positive, wire_coin, wire_params};
use crate::pool::Exchange;
use crate::proto::agora::dex::v1 as wire;
use crate::route::{parse_pool_id, parse_routes};
use crate::router::{self, Router};
use crate::state::{self, POOLS};
use crate::wire::wire_pool;

pub(crate) fn register(registry: &mut Registry) {
    registry.query("/agora.dex.v1.Query/Pool", pool);
    registry.query("/agora.dex.v1.Query/Pools", pools);
    registry.query("/agora.dex.v1.Query/QuoteSwapExactIn", quote_swap_exact_in);
    registry.query("/agora.dex.v1.Query/Params", params);
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
    router::require_ends(&routes, &token_in.denom, &denom_out)?;
    let mut router = Router::default();
    let out = router.exact_in(ctx, &token_in, &routes)?;
    Ok(wire::QueryQuoteSwapExactInResponse {
        token_out: Some(wire_coin(&Coin::new(out, denom_out))),
        exchanges: router.exchanges().map(wire_exchange).collect(),
    })
}

fn wire_exchange(exchange: &Exchange) -> wire::Exchange {
    let fee = Coin::new(exchange.fee, exchange.token_in.denom.clone());
    wire::Exchange {
        pool_id: exchange.pool.to_string(),
        token_in: Some(wire_coin(&exchange.token_in)),
        token_out: Some(wire_coin(&exchange.token_out)),
        fee: Some(wire_coin(&fee)),
    }
}

fn params(ctx: &QueryCtx<'_>, _: wire::QueryParamsRequest) -> Result<wire::QueryParamsResponse, QueryError> {
    Ok(wire::QueryParamsResponse { params: Some(wire_params(&state::params(ctx)?)) })
}
