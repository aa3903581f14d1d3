//! Joining and leaving pools by shares.

use agora_bank::api as bank;
use agora_framework::time::NANOS;
use agora_framework::wire::wire_coin;
use agora_framework::{AppError, Event, ExecCtx, StateCtx};
use agora_primitives::{Address, Amount, Coin, Coins};

use super::{require_at_least, require_at_most, require_in_time};
use crate::error;
use crate::msgs::{
    Exit, ExitSingle, ExitSingleExactOut, Join, JoinExactShares, JoinSingle, JoinSingleExactShares,
};
use crate::oracle::store_pool;
use crate::planted::planted;
use crate::pool::{Pool, PoolId};
use crate::proto::agora::dex::v1::{MsgExitResponse, MsgExitSingleExactOutResponse, MsgJoinResponse};
use crate::router;
use crate::{protection, shares};

/// Coins in proportion for as many shares as they give.
pub(crate) fn join(ctx: &mut ExecCtx<'_>, msg: Join) -> Result<MsgJoinResponse, AppError> {
    require_in_time(ctx, msg.deadline)?;
    let pool = router::pool(ctx, msg.pool)?;
    let (shares, cost) = pool.join_for(msg.pool, &msg.coins_max)?;
    require_shares(msg.pool, shares, msg.shares_min)?;
    enter(ctx, &msg.sender, (msg.pool, pool), &cost, shares, Way::Proportion)
}

/// As many coins in proportion as an exact number of shares costs.
pub(crate) fn join_exact_shares(
    ctx: &mut ExecCtx<'_>,
    msg: JoinExactShares,
) -> Result<MsgJoinResponse, AppError> {
    require_in_time(ctx, msg.deadline)?;
    let pool = router::pool(ctx, msg.pool)?;
    let cost = pool.cost_of(msg.pool, msg.shares.amount)?;
    require_at_most(&cost, &msg.coins_max)?;
    enter(ctx, &msg.sender, (msg.pool, pool), &cost, msg.shares.amount, Way::Proportion)
}

/// One coin for shares.
pub(crate) fn join_single(ctx: &mut ExecCtx<'_>, msg: JoinSingle) -> Result<MsgJoinResponse, AppError> {
    require_in_time(ctx, msg.deadline)?;
    let pool = router::pool(ctx, msg.pool)?;
    charge(ctx, &pool)?;
    let shares = pool.shares_for_single(msg.pool, &msg.coin_in, ctx.block().time / NANOS)?;
    require_shares(msg.pool, shares, msg.shares_min)?;
    let index = pool.index(msg.pool, &msg.coin_in.denom)?;
    enter(ctx, &msg.sender, (msg.pool, pool), &Coins::one(msg.coin_in), shares, Way::Single(index))
}

/// Shares for coins in proportion. Always possible, whatever the curve.
pub(crate) fn exit(ctx: &mut ExecCtx<'_>, msg: Exit) -> Result<MsgExitResponse, AppError> {
    require_in_time(ctx, msg.deadline)?;
    let pool = router::pool(ctx, msg.pool)?;
    let worth = pool.worth_of(msg.pool, msg.shares.amount)?;
    require_at_least(&worth, &msg.coins_min)?;
    leave(ctx, &msg.sender, (msg.pool, pool), &worth, &msg.shares, Way::Proportion)
}

/// Shares for one coin.
pub(crate) fn exit_single(ctx: &mut ExecCtx<'_>, msg: ExitSingle) -> Result<MsgExitResponse, AppError> {
    require_in_time(ctx, msg.deadline)?;
    let pool = router::pool(ctx, msg.pool)?;
    let index = pool.index(msg.pool, &msg.coin_out_min.denom)?;
    charge(ctx, &pool)?;
    let out = pool.worth_in_single(msg.pool, msg.shares.amount, index, ctx.block().time / NANOS)?;
    let worth = Coins::one(Coin::new(out, msg.coin_out_min.denom.clone()));
    require_at_least(&worth, &Coins::one(msg.coin_out_min))?;
    leave(ctx, &msg.sender, (msg.pool, pool), &worth, &msg.shares, Way::Single(index))
}

/// As little of one coin as an exact number of shares costs.
pub(crate) fn join_single_exact_shares(
    ctx: &mut ExecCtx<'_>,
    msg: JoinSingleExactShares,
) -> Result<MsgJoinResponse, AppError> {
    require_in_time(ctx, msg.deadline)?;
    let pool = router::pool(ctx, msg.pool)?;
    let index = pool.index(msg.pool, &msg.coin_in_max.denom)?;
    charge(ctx, &pool)?;
    let cost = pool.cost_in_single(msg.pool, msg.shares.amount, index, ctx.block().time / NANOS)?;
    let cost = Coins::one(Coin::new(cost, msg.coin_in_max.denom.clone()));
    require_at_most(&cost, &Coins::one(msg.coin_in_max))?;
    enter(ctx, &msg.sender, (msg.pool, pool), &cost, msg.shares.amount, Way::Single(index))
}

/// As few shares as an exact amount of one coin costs.
pub(crate) fn exit_single_exact_out(
    ctx: &mut ExecCtx<'_>,
    msg: ExitSingleExactOut,
) -> Result<MsgExitSingleExactOutResponse, AppError> {
    require_in_time(ctx, msg.deadline)?;
    let pool = router::pool(ctx, msg.pool)?;
    charge(ctx, &pool)?;
    let index = pool.index(msg.pool, &msg.coin_out.denom)?;
    let shares = pool.shares_for_single_out(msg.pool, &msg.coin_out, ctx.block().time / NANOS)?;
    let shares = Coin::new(shares, msg.shares_max.denom.clone());
    require_at_most(&Coins::one(shares.clone()), &Coins::one(msg.shares_max))?;
    leave(ctx, &msg.sender, (msg.pool, pool), &Coins::one(msg.coin_out), &shares, Way::Single(index))?;
    Ok(MsgExitSingleExactOutResponse { shares: Some(wire_coin(&shares)) })
}

/// What is in effect a swap costs the gas of one.
fn charge(ctx: &ExecCtx<'_>, pool: &Pool) -> Result<(), AppError> {
    ctx.gas().charge(pool.curve.gas(), "Exchange")
}

fn require_shares(id: PoolId, shares: Amount, least: Amount) -> Result<(), AppError> {
    if shares >= least {
        return Ok(());
    }
    Err(error::LIMIT.wrap(format_args!("pool {id} gives {shares} shares, at least {least} were asked for")))
}

/// How coins come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// In proportion to the reserves.
    Proportion,
    /// The coin at this place alone, which is in part an exchange.
    Single(usize),
}

fn protect(
    ctx: &ExecCtx<'_>,
    id: PoolId,
    pool: &mut Pool,
    before: &[Coin],
    way: Way,
) -> Result<(), AppError> {
    match way {
        Way::Proportion => pool.scale_flow(before),
        Way::Single(index) => protection::require_single(ctx, id, pool, before, index)?,
    }
    Ok(())
}

fn enter(
    ctx: &mut ExecCtx<'_>,
    sender: &Address,
    (id, mut pool): (PoolId, Pool),
    cost: &Coins,
    shares: Amount,
    way: Way,
) -> Result<MsgJoinResponse, AppError> {
    bank::require_send_enabled(ctx, cost)?;
    protection::require_open(id, &pool)?;
    let before = pool.reserves.clone();
    if planted("pool:written_twice") {
        pool.joined(id, cost, 0)?;
        crate::state::POOLS.set(ctx, &id, &pool)?;
        pool.left(id, cost, 0)?;
    }
    pool.joined(id, cost, shares)?;
    protect(ctx, id, &mut pool, &before, way)?;
    store_pool(ctx, id, &pool)?;
    bank::send(ctx, sender, &id.address(), cost)?;
    shares::mint(ctx, id, sender, shares)?;
    let shares = Coin::new(shares, shares::denom(id)?);
    ctx.emit(
        Event::new("pool_joined")
            .with("pool_id", id)
            .with("provider", sender)
            .with("coins", cost)
            .with("shares", &shares),
    );
    Ok(MsgJoinResponse { coins_in: cost.iter().map(wire_coin).collect(), shares: Some(wire_coin(&shares)) })
}

fn leave(
    ctx: &mut ExecCtx<'_>,
    sender: &Address,
    (id, mut pool): (PoolId, Pool),
    worth: &Coins,
    shares: &Coin,
    way: Way,
) -> Result<MsgExitResponse, AppError> {
    let before = pool.reserves.clone();
    pool.left(id, worth, shares.amount)?;
    protect(ctx, id, &mut pool, &before, way)?;
    store_pool(ctx, id, &pool)?;
    shares::burn(ctx, sender, shares)?;
    bank::send(ctx, &id.address(), sender, worth)?;
    ctx.emit(
        Event::new("pool_exited")
            .with("pool_id", id)
            .with("provider", sender)
            .with("shares", shares)
            .with("coins", worth),
    );
    Ok(MsgExitResponse { coins_out: worth.iter().map(wire_coin).collect() })
}
