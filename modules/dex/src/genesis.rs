//! The genesis section: `agora.dex.v1.GenesisState`. The coins of the pools and the shares are balances of the bank.

use agora_bank::api as bank;
use agora_framework::errors::sdk;
use agora_framework::wire::wire_coin;
use agora_framework::{AppError, GenesisCtx, QueryCtx, StateCtx, genesis};
use agora_primitives::{Coin, Dec};
use agora_state::{StateRead, every};
use serde_json::{Value, json};

use crate::math::FEE_UNIT;
use crate::msgs::{parse_params, parse_positive, wire_params};
use crate::params::Params;
use crate::pool::{Pool, PoolId};
use crate::protection::Clock;
use crate::proto::agora::dex::v1 as wire;
use crate::state::{self, CLOCK, OWNED, PARAMS, POOLS, POSITIONS, TAKER_FEES, TICKS, TickKey};
use crate::wire::{parse_pool, parse_position, parse_tick, wire_pool, wire_position, wire_tick};
use crate::{invariants, oracle, position, router, shares, taker_fee};

pub(crate) fn default() -> Value {
    let params = Params::default();
    let (fee, taker_fee) = (params.pool_creation_fee, params.taker_fee);
    let dec = |part: u32| Dec::ratio_floor(part.into(), FEE_UNIT.into()).unwrap_or_default().to_string();
    json!({
        "params": {
            "pool_creation_fee": { "denom": fee.denom.as_str(), "amount": fee.amount.to_string() },
            "taker_fee": {
                "rate": dec(taker_fee.rate),
                "pairs": [],
                "community_share": dec(taker_fee.community),
                "staker_share": dec(taker_fee.stakers),
                "burn_share": dec(taker_fee.burn)
            },
            "protection": {
                "price_band": dec(params.protection.price_band),
                "outflow_limit": dec(params.protection.outflow_limit),
                "outflow_window": params.protection.outflow_window.to_string(),
                "downtime": params.protection.downtime.to_string(),
                "recovery": params.protection.recovery.to_string()
            }
        },
        "pools": [],
        "positions": [],
        "ticks": [],
        "price_records": [],
        "taker_fees": []
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
    for tick in &genesis.ticks {
        let (id, at, tick) = parse_tick(tick).map_err(invalid)?;
        let spacing = spacing(ctx, id)?;
        let key = (id, TickKey(at));
        if at.checked_rem_euclid(spacing) != Some(0) || tick.gross == 0 || TICKS.has(ctx, &key)? {
            return Err(invalid(format_args!(
                "tick {at} of pool {id} is empty, listed twice, or off the spacing"
            )));
        }
        TICKS.set(ctx, &key, &tick)?;
        position::flip_bit(ctx, id, at, spacing)?;
    }
    for position in &genesis.positions {
        let (id, position) = parse_position(position).map_err(invalid)?;
        position::require_range(spacing(ctx, position.pool)?, position.lower, position.upper)
            .map_err(invalid)?;
        if position.liquidity == 0 || POSITIONS.has(ctx, &id)? {
            return Err(invalid(format_args!("position {id} is empty or listed twice")));
        }
        POSITIONS.set(ctx, &id, &position)?;
        OWNED.insert(ctx, &(position.owner, id))?;
    }
    // What follows from the positions must be what is stated.
    for check in [invariants::liquidity_follows, invariants::ticks_follow] {
        check(ctx).map_err(invalid)?;
    }
    for fee in &genesis.taker_fees {
        let fee = parse_positive("taker_fees", Some(fee)).map_err(invalid)?;
        TAKER_FEES.add(ctx, &fee.denom, i128::try_from(fee.amount).unwrap_or(i128::MAX), None)?;
    }
    taker_fee::are_held(ctx).map_err(invalid)?;
    if genesis.last_block > 0 {
        CLOCK.set(ctx, &Clock { last_block: genesis.last_block, recovered: genesis.recovered })?;
    }
    oracle::genesis::init(ctx, &genesis).map_err(invalid)
}

/// The spacing of a concentrated pool.
fn spacing(state: &(impl StateRead + ?Sized), id: PoolId) -> Result<i32, AppError> {
    let pool = POOLS.get(state, &id)?.ok_or_else(|| invalid(format_args!("there is no pool {id}")))?;
    position::curve(&pool, id).map(|curve| curve.spacing).map_err(invalid)
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
    let pools = every(|from, limit| POOLS.page(ctx, &[], from, false, limit))?;
    let positions = every(|from, limit| POSITIONS.page(ctx, &[], from, false, limit))?;
    let wire_positions = positions
        .iter()
        .map(|(id, position)| Ok(wire_position(*id, position, &router::pool(ctx, position.pool)?)))
        .collect::<Result<_, AppError>>()?;
    let ticks = every(|from, limit| TICKS.page(ctx, &[], from, false, limit))?;
    let clock = CLOCK.get(ctx)?.unwrap_or_default();
    let taker_fees = every(|from, limit| TAKER_FEES.page(ctx, &[], from, false, limit))?;
    let mut state = wire::GenesisState {
        params: Some(wire_params(&state::params(ctx)?)),
        pools: pools.iter().map(|(id, pool)| wire_pool(*id, pool)).collect::<Result<_, _>>()?,
        positions: wire_positions,
        ticks: ticks.iter().map(|((id, at), tick)| wire_tick(*id, at.0, tick)).collect(),
        taker_fees: taker_fees
            .into_iter()
            .map(|(denom, sum)| wire_coin(&Coin::new(sum.unsigned_abs(), denom)))
            .collect(),
        last_block: clock.last_block,
        recovered: clock.recovered,
        ..wire::GenesisState::default()
    };
    oracle::genesis::export(ctx, &mut state)?;
    genesis::encode(ctx.registry(), &state)
}
