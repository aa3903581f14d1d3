//! Liquidity in ranges of a concentrated pool.

use agora_framework::errors::sdk;
use agora_framework::{AppError, StateCtx};
use agora_primitives::{Address, Amount, Coin, Coins};
use agora_state::StateRead;
use borsh::{BorshDeserialize, BorshSerialize};
use ruint::aliases::U256;

use crate::error;
use crate::math::sqrt_price::{Round, amounts_for};
use crate::math::tick::{MAX_TICK, MIN_TICK, max_liquidity_per_tick, sqrt_price_at};
use crate::math::wide::to_u128;
use crate::math::{bitmap, growth};
use crate::num::Wide;
use crate::planted::planted;
use crate::pool::concentrated::{Concentrated, Tick, add_net, is_in_range, word_key};
use crate::pool::{Curve, Pool, PoolId, PositionId};
use crate::state::{BITMAP, POSITIONS, TICKS, TickKey};

/// A position.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Position {
    /// The pool.
    pub(crate) pool: PoolId,
    /// Who may change it.
    pub(crate) owner: Address,
    /// Where the range begins.
    pub(crate) lower: i32,
    /// Where it ends.
    pub(crate) upper: i32,
    /// Its liquidity.
    pub(crate) liquidity: u128,
    /// Fee growth within the range up to which fees were paid out.
    pub(crate) inside: [Wide; 2],
    /// What was deposited of both coins, less what was withdrawn in proportion.
    pub(crate) deposited: [Amount; 2],
}
agora_state::borsh_value!(Position, 1);

/// The concentrated curve of a pool.
///
/// # Errors
/// Code 8 for another kind of pool.
pub(crate) fn curve(pool: &Pool, id: PoolId) -> Result<&Concentrated, AppError> {
    match &pool.curve {
        Curve::Concentrated(curve) => Ok(curve),
        _ => Err(error::POOL.wrap(format_args!("pool {id} has shares, not positions: join it instead"))),
    }
}

fn curve_mut(pool: &mut Pool, id: PoolId) -> Result<&mut Concentrated, AppError> {
    match &mut pool.curve {
        Curve::Concentrated(curve) => Ok(curve),
        _ => Err(error::POOL.wrap(format_args!("pool {id} has shares, not positions: join it instead"))),
    }
}

/// The position of an id, which must be the sender's.
///
/// # Errors
/// Code 9 when there is none, code 4 of `sdk` when it is another's.
pub(crate) fn owned(
    state: &(impl StateRead + ?Sized),
    id: PositionId,
    sender: &Address,
) -> Result<Position, AppError> {
    let position = POSITIONS.get(state, &id)?.ok_or_else(|| error::NO_POSITION.wrap(id))?;
    if position.owner != *sender {
        return Err(sdk::UNAUTHORIZED.wrap(format_args!("position {id} belongs to {}", position.owner)));
    }
    Ok(position)
}

/// Refuses ranges that are empty, beyond the prices, or off the pool's spacing.
///
/// # Errors
/// Code 10.
pub(crate) fn require_range(spacing: i32, lower: i32, upper: i32) -> Result<(), AppError> {
    let on_grid = |tick: i32| tick.checked_rem_euclid(spacing) == Some(0);
    if lower < upper && lower >= MIN_TICK && upper <= MAX_TICK && on_grid(lower) && on_grid(upper) {
        return Ok(());
    }
    Err(error::RANGE.wrap(format_args!(
        "{lower} to {upper}: both must be multiples of {spacing} within {MIN_TICK} to {MAX_TICK}, the first the lower"
    )))
}

/// What liquidity of a range is at the pool's price.
pub(crate) fn amounts(
    curve: &Concentrated,
    lower: i32,
    upper: i32,
    liquidity: u128,
    round: Round,
) -> Option<[Amount; 2]> {
    let (low, high) = (sqrt_price_at(lower)?, sqrt_price_at(upper)?);
    let (first, second) = amounts_for(curve.sqrt_price.0, low, high, liquidity, round)?;
    Some([to_u128(first)?, to_u128(second)?])
}

/// Both amounts as coins of the pool; zero is left out.
///
/// # Errors
/// The pool does not have two reserves.
pub(crate) fn coins(pool: &Pool, amounts: [Amount; 2]) -> Result<Coins, AppError> {
    let mut coins = Coins::default();
    for (reserve, amount) in pool.reserves.iter().zip(amounts) {
        coins.add(&Coin::new(amount, reserve.denom.clone())).map_err(|e| error::AMOUNT.wrap(e))?;
    }
    Ok(coins)
}

/// Fee growth within a range.
fn inside(curve: &Concentrated, lower: (i32, &Tick), upper: (i32, &Tick)) -> [Wide; 2] {
    let side = |global: Wide, below: Wide, above: Wide| {
        Wide(growth::inside(global.0, curve.tick, (lower.0, below.0), (upper.0, above.0)))
    };
    let ([g0, g1], [l0, l1], [u0, u1]) = (curve.growth, lower.1.outside, upper.1.outside);
    [side(g0, l0, u0), side(g1, l1, u1)]
}

/// What a position has earned since fees were last paid out, rounded down.
///
/// # Errors
/// Storage fails.
pub(crate) fn fees(
    state: &(impl StateRead + ?Sized),
    curve: &Concentrated,
    position: &Position,
) -> Result<[Amount; 2], AppError> {
    let tick = |tick| TICKS.get(state, &(position.pool, TickKey(tick))).map(Option::unwrap_or_default);
    let (lower, upper) = (tick(position.lower)?, tick(position.upper)?);
    Ok(earned(position, inside(curve, (position.lower, &lower), (position.upper, &upper))))
}

/// Too much for 128 bits cannot have been paid in; it counts as nothing rather than to hold the deposit back.
fn earned(position: &Position, [now0, now1]: [Wide; 2]) -> [Amount; 2] {
    let [last0, last1] = position.inside;
    let side = |now: Wide, last: Wide| {
        growth::earned(now.0, last.0, position.liquidity).and_then(to_u128).unwrap_or_default()
    };
    [side(now0, last0), side(now1, last1)]
}

/// Changes the liquidity of a position and of its range by `delta`; fees earned are settled and returned, and the pool's
/// reserves lose them. The caller moves the coins.
///
/// # Errors
/// Code 6 when a tick would carry too much, or the position has less.
pub(crate) fn change<C: StateCtx + ?Sized>(
    ctx: &mut C,
    pool: &mut Pool,
    position: &mut Position,
    delta: i128,
) -> Result<[Amount; 2], AppError> {
    let id = position.pool;
    let curve = curve_mut(pool, id)?;
    let lower = change_tick(ctx, id, curve, position.lower, delta, false)?;
    let upper = change_tick(ctx, id, curve, position.upper, delta, true)?;
    let now = inside(curve, (position.lower, &lower), (position.upper, &upper));
    let fees = earned(position, now);
    if !(position.liquidity == 0 && planted("position:fees_from_before")) {
        position.inside = now;
    }
    let too_much = || error::AMOUNT.wrap(format_args!("the liquidity cannot change by {delta}"));
    position.liquidity = add_net(position.liquidity, delta).ok_or_else(too_much)?;
    if is_in_range(curve.tick, position.lower, position.upper) {
        curve.liquidity = add_net(curve.liquidity, delta).ok_or_else(too_much)?;
    }
    for (index, fee) in fees.iter().enumerate() {
        pool.pay(index, *fee)?;
    }
    Ok(fees)
}

/// Changes what begins or ends at a tick; the tick appears with its first liquidity and goes with its last.
fn change_tick<C: StateCtx + ?Sized>(
    ctx: &mut C,
    id: PoolId,
    curve: &Concentrated,
    at: i32,
    delta: i128,
    is_upper: bool,
) -> Result<Tick, AppError> {
    let key = (id, TickKey(at));
    let mut tick = TICKS.get(ctx, &key)?.unwrap_or_default();
    if delta == 0 {
        return Ok(tick);
    }
    let was_empty = tick.gross == 0;
    let limit = max_liquidity_per_tick(curve.spacing).unwrap_or_default();
    let refused = || error::AMOUNT.wrap(format_args!("tick {at} carries at most {limit} of liquidity"));
    tick.gross = add_net(tick.gross, delta).filter(|gross| *gross <= limit).ok_or_else(refused)?;
    let net = if is_upper { tick.net.checked_sub(delta) } else { tick.net.checked_add(delta) };
    tick.net = net.ok_or_else(refused)?;
    if was_empty && at <= curve.tick {
        // By convention everything so far was earned below.
        tick.outside = curve.growth;
    }
    if tick.gross == 0 {
        TICKS.delete(ctx, &key)?;
    } else {
        TICKS.set(ctx, &key, &tick)?;
    }
    if was_empty != (tick.gross == 0) {
        flip_bit(ctx, id, at, curve.spacing)?;
    }
    Ok(tick)
}

/// Turns the bit of a tick over.
pub(crate) fn flip_bit<C: StateCtx + ?Sized>(
    ctx: &mut C,
    id: PoolId,
    tick: i32,
    spacing: i32,
) -> Result<(), AppError> {
    let (word, bit) = bitmap::position(tick, spacing)
        .ok_or_else(|| error::RANGE.wrap(format_args!("tick {tick} has no place in the bitmap")))?;
    let key = (id, word_key(word));
    let word = BITMAP.get(ctx, &key)?.unwrap_or_default();
    let flipped = word.0 ^ U256::from(1u8).wrapping_shl(usize::from(bit));
    if flipped.is_zero() {
        BITMAP.delete(ctx, &key)?
    } else {
        BITMAP.set(ctx, &key, &Wide(flipped))?
    }
    Ok(())
}
