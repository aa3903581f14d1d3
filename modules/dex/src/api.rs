//! What other modules may ask: prices, and only such as nobody can move within a block.
//!
//! All come from records of the ends of earlier blocks, so it makes no difference what else the transaction or its block does to
//! the pool.

use agora_framework::{AppError, BlockInfo};
use agora_primitives::Denom;
use agora_state::StateRead;

use crate::error;
use crate::oracle::MILLI;
use crate::oracle::keep::KEPT;
use crate::oracle::price::Price;
use crate::oracle::twap::{Market, Mean};
use crate::pool::PoolId;

/// How far back prices are known, in nanoseconds: 48 hours.
pub const WINDOW: u64 = KEPT * MILLI;

/// The mean of the price of `base` in `quote` over the last `window` nanoseconds.
///
/// # Errors
/// Codes 2 and 5 without the pool or the coins in it; code 11 for a window beyond what is kept, before the pool's first record, or
/// over a time in which the price could not be computed.
pub fn arithmetic_twap(
    state: &(impl StateRead + ?Sized),
    block: &BlockInfo,
    pool: PoolId,
    base: &Denom,
    quote: &Denom,
    window: u64,
) -> Result<Price, AppError> {
    twap(state, block, pool, (base, quote), window, Mean::Arithmetic)
}

/// The geometric mean of the price of `base` in `quote` over the last `window` nanoseconds, by logarithms that move by at most a
/// factor of 2.488 a record: dear to push, and the mean of the inverse is the inverse of the mean.
///
/// # Errors
/// As [`arithmetic_twap`].
pub fn geometric_twap(
    state: &(impl StateRead + ?Sized),
    block: &BlockInfo,
    pool: PoolId,
    base: &Denom,
    quote: &Denom,
    window: u64,
) -> Result<Price, AppError> {
    twap(state, block, pool, (base, quote), window, Mean::Geometric)
}

fn twap(
    state: &(impl StateRead + ?Sized),
    block: &BlockInfo,
    pool: PoolId,
    (base, quote): (&Denom, &Denom),
    window: u64,
    which: Mean,
) -> Result<Price, AppError> {
    let market = Market::new(state, pool, base, quote)?;
    market.mean(state, which, block.time.saturating_sub(window), block.time, block.time)
}

/// The price of `base` in `quote` at the end of the last block that touched the pool, blocks before this one alone.
///
/// # Errors
/// As [`arithmetic_twap`].
pub fn recorded_price(
    state: &(impl StateRead + ?Sized),
    pool: PoolId,
    base: &Denom,
    quote: &Denom,
) -> Result<Price, AppError> {
    let market = Market::new(state, pool, base, quote)?;
    let latest = market.latest(state)?;
    market.price_of(&latest.record, Mean::Arithmetic).ok_or_else(|| {
        error::PRICE.wrap(format_args!("pool {pool} had no price at the end of its last block"))
    })
}
