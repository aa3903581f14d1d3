//! What an exchange may do to a pool: breaker, price band, outflow limit, and nothing right after the chain stood still.

use agora_framework::time::NANOS;
use agora_framework::{AppError, BlockCtx, ExecCtx};
use agora_primitives::Coin;
use agora_state::{StateError, StateRead};
use borsh::{BorshDeserialize, BorshSerialize};
use ruint::aliases::U256;

use crate::error;
use crate::math::FEE_UNIT;
use crate::math::wide::mul_div_ceil;
use crate::oracle::price::Price;
use crate::params::Protection;
use crate::pool::{Pool, PoolId};
use crate::state::{self, CLOCK, LATEST};

/// When blocks came.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Clock {
    /// The time of a block not long ago, in nanoseconds since 1970.
    pub(crate) last_block: u64,
    /// When exchanges may go on, in nanoseconds since 1970.
    pub(crate) recovered: u64,
}
agora_state::borsh_value!(Clock, 1);

/// The part of the downtime, one of this many, by which the clock may lag behind: a clock written by every block would give even
/// an empty block another app hash.
const LAG: u64 = 10;

/// Notices that the chain stood still: always when a tenth longer than the downtime, never when not longer than it. Writes nothing
/// if governance does not ask to look out for it.
///
/// # Errors
/// Storage fails.
pub(crate) fn watch_clock(ctx: &mut BlockCtx<'_>) -> Result<(), AppError> {
    let limits = state::params(ctx)?.protection;
    if limits.downtime == 0 {
        return Ok(());
    }
    let now = ctx.block().time;
    let mut clock = CLOCK.get(ctx)?.unwrap_or_default();
    let downtime = limits.downtime.saturating_mul(NANOS);
    let (lag, passed) = (downtime / LAG, now.saturating_sub(clock.last_block));
    let is_first = clock.last_block == 0;
    if !is_first && passed < lag {
        return Ok(());
    }
    if !is_first && passed > downtime.saturating_add(lag) {
        clock.recovered = now.saturating_add(limits.recovery.saturating_mul(NANOS));
    }
    clock.last_block = now;
    Ok(CLOCK.set(ctx, &clock)?)
}

/// Refuses while the breaker is tripped.
///
/// # Errors
/// Code 12.
pub(crate) fn require_open(id: PoolId, pool: &Pool) -> Result<(), AppError> {
    if pool.halted {
        return Err(error::HALTED
            .wrap(format_args!("the breaker of pool {id} is tripped; liquidity can leave in proportion")));
    }
    Ok(())
}

/// Refuses what depends on prices for a while after the chain stood still: they are not yet what they are elsewhere.
///
/// # Errors
/// Code 12, saying for how long.
pub(crate) fn require_recovered(
    state: &(impl StateRead + ?Sized),
    limits: &Protection,
    time: u64,
) -> Result<(), AppError> {
    if limits.downtime == 0 {
        return Ok(());
    }
    let recovered = CLOCK.get(state)?.unwrap_or_default().recovered;
    if time < recovered {
        return Err(error::HALTED.wrap(format_args!(
            "the chain stood still; what depends on prices goes on in {} s",
            recovered.saturating_sub(time).div_ceil(NANOS)
        )));
    }
    Ok(())
}

/// Refuses an exchange between two coins, already made in `pool`, that leaves the price beyond its band around that at which the
/// block began; unless it was further away before.
///
/// # Errors
/// Code 13.
pub(crate) fn require_in_band(
    state: &(impl StateRead + ?Sized),
    limits: &Protection,
    id: PoolId,
    pool: &Pool,
    (base, quote): (usize, usize),
    now: u64,
) -> Result<(), AppError> {
    if limits.price_band == 0 {
        return Ok(());
    }
    let Some(began) = price_at_start(state, id, pool, (base, quote))? else { return Ok(()) };
    let refused = || {
        error::BAND.wrap(format_args!(
            "the price of pool {id} would move by more than {} millionths from where it was when the block began: swap less, or more in the next block",
            limits.price_band
        ))
    };
    let price = pool.spot_price(base, quote, now).ok_or_else(refused)?;
    let Some(now_off) = distance(began, price) else { return Err(refused()) };
    if now_off <= U256::from(limits.price_band) {
        return Ok(());
    }
    // Beyond the band only on the way back.
    let before = state::POOLS.get(state, &id)?.and_then(|pool| pool.spot_price(base, quote, now));
    match before.and_then(|before| distance(began, before)) {
        Some(off) if now_off < off => Ok(()),
        _ => Err(refused()),
    }
}

/// Refuses to put liquidity into a range while the breaker is tripped, and for a while after the chain stood still: what it takes
/// of each coin follows from the price, and it would be there for whoever takes the difference first.
///
/// # Errors
/// Code 12.
pub(crate) fn require_range_open(ctx: &ExecCtx<'_>, id: PoolId, pool: &Pool) -> Result<(), AppError> {
    require_open(id, pool)?;
    require_recovered(ctx, &state::params(ctx)?.protection, ctx.block().time)
}

/// All limits for a change of the pool in which one coin alone came or went.
///
/// # Errors
/// Codes 12, 13 and 14.
pub(crate) fn require_single(
    ctx: &ExecCtx<'_>,
    id: PoolId,
    pool: &mut Pool,
    before: &[Coin],
    index: usize,
) -> Result<(), AppError> {
    let (limits, time) = (state::params(ctx)?.protection, ctx.block().time);
    require_open(id, pool)?;
    require_recovered(ctx, &limits, time)?;
    for other in (0..pool.reserves.len()).filter(|other| *other != index) {
        require_in_band(ctx, &limits, id, pool, (index, other), time / NANOS)?;
    }
    pool.count_flow(id, before, &limits, time / NANOS)
}

/// The price when the block began: that of the last record. `None` for a pool that had none.
fn price_at_start(
    state: &(impl StateRead + ?Sized),
    id: PoolId,
    pool: &Pool,
    (base, quote): (usize, usize),
) -> Result<Option<Price>, StateError> {
    let Some(latest) = LATEST.get(state, &id)? else { return Ok(None) };
    Ok(latest.record.price(pool.reserves.len(), base, quote))
}

/// How many millionths of the lower price the higher one is above it, rounded up.
fn distance(a: Price, b: Price) -> Option<U256> {
    let (low, high) = (a.raw().min(b.raw()), a.raw().max(b.raw()));
    mul_div_ceil(high.wrapping_sub(low), U256::from(FEE_UNIT), low)
}
