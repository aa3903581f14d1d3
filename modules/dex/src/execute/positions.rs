//! Positions in concentrated pools.

use agora_bank::api as bank;
use agora_framework::errors::sdk;
use agora_framework::wire::wire_coin;
use agora_framework::{AppError, Event, ExecCtx, StateCtx};
use agora_primitives::math::mul_div_floor;
use agora_primitives::{Address, Coins};

use super::create_pool::ATTEMPTS;
use super::{require_at_least, require_in_time};
use crate::error;
use crate::math::sqrt_price::{Round, liquidity_for};
use crate::math::tick::sqrt_price_at;
use crate::msgs::{CollectFees, DecreasePosition, IncreasePosition, OpenPosition, TransferPosition};
use crate::num::Wide;
use crate::oracle::store_pool;
use crate::pool::{Pool, PoolId, PositionId};
use crate::position::{self, Position};
use crate::proto::agora::dex::v1 as wire;
use crate::state::{OWNED, POSITIONS};
use crate::{protection, router};

/// Puts liquidity into a range.
pub(crate) fn open(
    ctx: &mut ExecCtx<'_>,
    msg: OpenPosition,
) -> Result<wire::MsgOpenPositionResponse, AppError> {
    require_in_time(ctx, msg.deadline)?;
    let mut pool = router::pool(ctx, msg.pool)?;
    position::require_range(position::curve(&pool, msg.pool)?.spacing, msg.lower, msg.upper)?;
    let mut position = Position {
        pool: msg.pool,
        owner: msg.sender,
        lower: msg.lower,
        upper: msg.upper,
        liquidity: 0,
        inside: [Wide::default(); 2],
        deposited: [0; 2],
    };
    let id = free_id(ctx, &msg.sender)?;
    let added = add(ctx, &mut pool, &mut position, &msg.coins_max, msg.liquidity_min)?;
    store_pool(ctx, msg.pool, &pool)?;
    POSITIONS.set(ctx, &id, &position)?;
    OWNED.insert(ctx, &(msg.sender, id))?;
    bank::send(ctx, &msg.sender, &msg.pool.address(), &added.coins)?;
    ctx.emit(
        Event::new("position_opened")
            .with("position_id", id)
            .with("pool_id", msg.pool)
            .with("owner", msg.sender)
            .with("tick_lower", msg.lower)
            .with("tick_upper", msg.upper)
            .with("liquidity", added.liquidity)
            .with("coins", &added.coins),
    );
    Ok(wire::MsgOpenPositionResponse {
        position_id: id.to_string(),
        liquidity: added.liquidity.to_string(),
        coins_in: added.coins.iter().map(wire_coin).collect(),
    })
}

/// Adds to a position.
pub(crate) fn increase(
    ctx: &mut ExecCtx<'_>,
    msg: IncreasePosition,
) -> Result<wire::MsgIncreasePositionResponse, AppError> {
    require_in_time(ctx, msg.deadline)?;
    let mut position = position::owned(ctx, msg.position, &msg.sender)?;
    let mut pool = router::pool(ctx, position.pool)?;
    let added = add(ctx, &mut pool, &mut position, &msg.coins_max, msg.liquidity_min)?;
    store_pool(ctx, position.pool, &pool)?;
    POSITIONS.set(ctx, &msg.position, &position)?;
    bank::send(ctx, &msg.sender, &position.pool.address(), &added.coins)?;
    pay(ctx, position.pool, &msg.sender, &added.fees)?;
    ctx.emit(
        Event::new("position_increased")
            .with("position_id", msg.position)
            .with("pool_id", position.pool)
            .with("owner", msg.sender)
            .with("liquidity", added.liquidity)
            .with("coins", &added.coins)
            .with("fees", &added.fees),
    );
    Ok(wire::MsgIncreasePositionResponse {
        liquidity: added.liquidity.to_string(),
        coins_in: added.coins.iter().map(wire_coin).collect(),
        fees: added.fees.iter().map(wire_coin).collect(),
    })
}

/// Takes liquidity out of a position; without any left it ends.
pub(crate) fn decrease(
    ctx: &mut ExecCtx<'_>,
    msg: DecreasePosition,
) -> Result<wire::MsgDecreasePositionResponse, AppError> {
    require_in_time(ctx, msg.deadline)?;
    let mut position = position::owned(ctx, msg.position, &msg.sender)?;
    let mut pool = router::pool(ctx, position.pool)?;
    let before = position.liquidity;
    let too_much = || {
        error::AMOUNT
            .wrap(format_args!("position {} has {before} of liquidity, not {}", msg.position, msg.liquidity))
    };
    let delta = i128::try_from(msg.liquidity).map_err(|_| too_much())?.saturating_neg();
    if msg.liquidity > before {
        return Err(too_much());
    }
    let curve = position::curve(&pool, position.pool)?;
    let amounts = position::amounts(curve, position.lower, position.upper, msg.liquidity, Round::Floor)
        .ok_or_else(too_much)?;
    let reserves = pool.reserves.clone();
    let fees = position::change(ctx, &mut pool, &mut position, delta)?;
    for ((index, amount), deposited) in amounts.iter().enumerate().zip(&mut position.deposited) {
        pool.pay(index, *amount)?;
        let share = mul_div_floor(*deposited, msg.liquidity, before).unwrap_or_default();
        *deposited = deposited.saturating_sub(share);
    }
    pool.scale_flow(&reserves);
    let (coins, fees) = (position::coins(&pool, amounts)?, position::coins(&pool, fees)?);
    require_at_least(&coins, &msg.coins_min)?;
    store_pool(ctx, position.pool, &pool)?;
    if position.liquidity == 0 {
        POSITIONS.delete(ctx, &msg.position)?;
        OWNED.remove(ctx, &(msg.sender, msg.position))?;
    } else {
        POSITIONS.set(ctx, &msg.position, &position)?;
    }
    pay(ctx, position.pool, &msg.sender, &coins)?;
    pay(ctx, position.pool, &msg.sender, &fees)?;
    ctx.emit(
        Event::new("position_decreased")
            .with("position_id", msg.position)
            .with("pool_id", position.pool)
            .with("owner", msg.sender)
            .with("liquidity", msg.liquidity)
            .with("coins", &coins)
            .with("fees", &fees),
    );
    Ok(wire::MsgDecreasePositionResponse {
        coins_out: coins.iter().map(wire_coin).collect(),
        fees: fees.iter().map(wire_coin).collect(),
    })
}

/// Pays out what a position has earned.
pub(crate) fn collect(
    ctx: &mut ExecCtx<'_>,
    msg: CollectFees,
) -> Result<wire::MsgCollectFeesResponse, AppError> {
    let mut position = position::owned(ctx, msg.position, &msg.sender)?;
    let mut pool = router::pool(ctx, position.pool)?;
    let fees = position::change(ctx, &mut pool, &mut position, 0)?;
    let fees = position::coins(&pool, fees)?;
    store_pool(ctx, position.pool, &pool)?;
    POSITIONS.set(ctx, &msg.position, &position)?;
    pay(ctx, position.pool, &msg.sender, &fees)?;
    ctx.emit(
        Event::new("fees_collected")
            .with("position_id", msg.position)
            .with("pool_id", position.pool)
            .with("owner", msg.sender)
            .with("fees", &fees),
    );
    Ok(wire::MsgCollectFeesResponse { fees: fees.iter().map(wire_coin).collect() })
}

/// Hands a position on.
pub(crate) fn transfer(
    ctx: &mut ExecCtx<'_>,
    msg: TransferPosition,
) -> Result<wire::MsgTransferPositionResponse, AppError> {
    let mut position = position::owned(ctx, msg.position, &msg.sender)?;
    bank::require_receiver(ctx, &msg.recipient)?;
    position.owner = msg.recipient;
    POSITIONS.set(ctx, &msg.position, &position)?;
    OWNED.remove(ctx, &(msg.sender, msg.position))?;
    OWNED.insert(ctx, &(msg.recipient, msg.position))?;
    ctx.emit(
        Event::new("position_transferred")
            .with("position_id", msg.position)
            .with("sender", msg.sender)
            .with("recipient", msg.recipient),
    );
    Ok(wire::MsgTransferPositionResponse {})
}

/// What was added to a position.
struct Added {
    liquidity: u128,
    coins: Coins,
    fees: Coins,
}

/// Adds the most liquidity that the coins allow; the pool's reserves gain the coins and lose the fees that are settled.
fn add(
    ctx: &mut ExecCtx<'_>,
    pool: &mut Pool,
    position: &mut Position,
    most: &Coins,
    least: u128,
) -> Result<Added, AppError> {
    protection::require_range_open(ctx, position.pool, pool)?;
    for coin in most {
        pool.index(position.pool, &coin.denom)?;
    }
    let offered = |index: usize| pool.reserves.get(index).map_or(0, |reserve| most.amount_of(&reserve.denom));
    let (first, second) = (offered(0), offered(1));
    let curve = position::curve(pool, position.pool)?;
    let liquidity = sqrt_price_at(position.lower)
        .zip(sqrt_price_at(position.upper))
        .and_then(|(low, high)| liquidity_for(curve.sqrt_price.0, low, high, first, second))
        .filter(|liquidity| *liquidity > 0)
        .ok_or_else(|| error::AMOUNT.wrap(format_args!("{most} gives no liquidity in this range")))?;
    if liquidity < least {
        return Err(
            error::LIMIT.wrap(format_args!("{liquidity} of liquidity, at least {least} was asked for"))
        );
    }
    let too_much = || error::AMOUNT.wrap(format_args!("{most} gives too much liquidity"));
    let amounts = position::amounts(curve, position.lower, position.upper, liquidity, Round::Ceil)
        .filter(|[x, y]| *x <= first && *y <= second)
        .ok_or_else(too_much)?;
    let delta = i128::try_from(liquidity).map_err(|_| too_much())?;
    let reserves = pool.reserves.clone();
    let fees = position::change(ctx, pool, position, delta)?;
    for ((index, amount), deposited) in amounts.iter().enumerate().zip(&mut position.deposited) {
        pool.receive(index, *amount)?;
        *deposited = deposited.checked_add(*amount).ok_or_else(too_much)?;
    }
    pool.scale_flow(&reserves);
    let coins = position::coins(pool, amounts)?;
    bank::require_send_enabled(ctx, &coins)?;
    Ok(Added { liquidity, coins, fees: position::coins(pool, fees)? })
}

fn pay(ctx: &mut ExecCtx<'_>, pool: PoolId, to: &Address, coins: &Coins) -> Result<(), AppError> {
    if coins.is_empty() { Ok(()) } else { bank::send(ctx, &pool.address(), to, coins) }
}

fn free_id(ctx: &ExecCtx<'_>, sender: &Address) -> Result<PositionId, AppError> {
    let (sequence, index) = (ctx.tx().sequence, ctx.tx().msg_index);
    for attempt in 0..ATTEMPTS {
        let id = PositionId::derived(sender, sequence, index, attempt);
        if !POSITIONS.has(ctx, &id)? {
            return Ok(id);
        }
    }
    Err(sdk::CONFLICT.wrap(format_args!("more than {ATTEMPTS} positions opened by one message")))
}
