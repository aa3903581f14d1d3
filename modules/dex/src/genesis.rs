//! The genesis section: `agora.dex.v1.GenesisState`. The coins of the pools and the shares are balances of the bank.

use agora_bank::api as bank;
use agora_framework::errors::sdk;
use agora_framework::{AppError, GenesisCtx, QueryCtx, StateCtx, genesis};
use agora_state::{StateRead, every};
use serde_json::{Value, json};

use crate::msgs::{parse_params, wire_params};
use crate::pool::{Pool, PoolId};
use crate::proto::agora::dex::v1 as wire;
use crate::shares;
use crate::state::{self, PARAMS, POOLS, Params};
use crate::wire::{parse_pool, wire_pool};

pub(crate) fn default() -> Value {
    let fee = Params::default().pool_creation_fee;
    json!({
        "params": {
            "pool_creation_fee": { "denom": fee.denom.as_str(), "amount": fee.amount.to_string() }
        },
        "pools": []
    })
}

fn invalid(what: impl std::fmt::Display) -> AppError {
    sdk::INVALID_REQUEST.wrap(format_args!("genesis section dex: {what}"))
}

pub(crate) fn init(ctx: &mut GenesisCtx<'_>, section: &Value) -> Result<(), AppError> {
    let genesis: wire::GenesisState = genesis::decode(ctx.registry(), section)?;
    PARAMS.set(ctx, &parse_params(genesis.params.as_ref()).map_err(invalid)?)?;
    for pool in &genesis.pools {
        let (id, pool) = parse_pool(pool).map_err(invalid)?;
        if POOLS.has(ctx, &id)? {
            return Err(invalid(format_args!("pool {id} is listed twice")));
        }
        require_covered(ctx, id, &pool)?;
        POOLS.set(ctx, &id, &pool)?;
    }
    Ok(())
}

/// The bank's section must hold what the pool counts as its own, and its shares.
fn require_covered(state: &(impl StateRead + ?Sized), id: PoolId, pool: &Pool) -> Result<(), AppError> {
    for coin in &pool.reserves {
        let held = bank::balance(state, &id.address(), &coin.denom)?;
        if held < coin.amount {
            return Err(invalid(format_args!("pool {id} counts {coin}, its address holds {held}")));
        }
    }
    let denom = shares::denom(id)?;
    let supply = bank::supply(state, &denom)?;
    if supply != pool.shares {
        return Err(invalid(format_args!("pool {id} has {} shares, {supply}{denom} exist", pool.shares)));
    }
    Ok(())
}

pub(crate) fn export(ctx: &QueryCtx<'_>) -> Result<Value, AppError> {
    let pools = every(|from, limit| POOLS.page(ctx, &[], from, false, limit))?
        .iter()
        .map(|(id, pool)| wire_pool(*id, pool))
        .collect::<Result<_, _>>()?;
    let state = wire::GenesisState { params: Some(wire_params(&state::params(ctx)?)), pools };
    genesis::encode(ctx.registry(), &state)
}
