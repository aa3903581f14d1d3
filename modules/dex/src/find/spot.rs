//! What the prices before a swap promise.

use agora_framework::time::NANOS;
use agora_framework::{AppError, BlockInfo};
use agora_primitives::{Amount, Coin, Dec};
use agora_state::StateRead;
use ruint::aliases::U256;

use crate::math::FEE_UNIT;
use crate::math::wide::{mul_div_ceil, mul_div_floor, to_u128};
use crate::pool::Exchange;
use crate::route::Route;
use crate::router;

/// Amounts are computed with so many bits behind the point.
const BITS: usize = 64;
/// One as prices have it: with 128 binary places.
const ONE: U256 = U256::from_limbs([0, 0, 1, 0]);
/// One with 18 decimals.
const DEC: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);

/// What a swap was promised and what it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outlook {
    /// What a base unit gives before the swap, without fees; zero beyond what 18 decimals can hold.
    pub(super) spot_price: Dec,
    /// What the fees take of that, in millionths, rounded up.
    pub(super) fee_share: u32,
    /// What moving the prices takes of what is left, in millionths, rounded up.
    pub(super) price_impact: u32,
}

/// What a route promises for what it was given: without fees, and with those that were taken. Nothing where a pool has no price.
fn promised(
    state: &(impl StateRead + ?Sized),
    now: u64,
    exchanges: &[Exchange],
) -> Result<Option<[U256; 2]>, AppError> {
    let Some(first) = exchanges.first() else { return Ok(None) };
    let [mut free, mut paid] = [U256::from(given(first)).wrapping_shl(BITS); 2];
    for exchange in exchanges {
        let pool = router::pool(state, exchange.pool)?;
        let base = pool.index(exchange.pool, &exchange.token_in.denom)?;
        let quote = pool.index(exchange.pool, &exchange.token_out.denom)?;
        let Some(price) = pool.spot_price(base, quote, now) else { return Ok(None) };
        let worth = |amount: U256| mul_div_floor(amount, price.raw(), ONE);
        let after_fees = |amount: U256| {
            let (part, whole) = kept(exchange)?;
            let net = U256::from(exchange.token_in.amount);
            mul_div_floor(mul_div_floor(amount, net, U256::from(given(exchange)))?, part, whole)
        };
        let (Some(next), Some(after)) = (worth(free), worth(paid).and_then(after_fees)) else {
            return Ok(None);
        };
        [free, paid] = [next, after];
    }
    Ok(Some([free, paid]))
}

/// What goes into an exchange, the taker fee included.
const fn given(exchange: &Exchange) -> Amount {
    exchange.token_in.amount.saturating_add(exchange.taker_fee)
}

/// The part of an exchange that the pool's fee leaves.
fn kept(exchange: &Exchange) -> Option<(U256, U256)> {
    let Coin { denom, amount: fee } = &exchange.fee;
    let (part, whole) = if *denom == exchange.token_in.denom {
        (exchange.token_in.amount.checked_sub(*fee)?, exchange.token_in.amount)
    } else {
        (exchange.token_out.amount, exchange.token_out.amount.checked_add(*fee)?)
    };
    Some((U256::from(part), U256::from(whole)))
}

/// What is missing of the whole, in millionths, rounded up.
fn missing(part: U256, whole: U256) -> u32 {
    let unit = U256::from(FEE_UNIT);
    let missing = mul_div_ceil(whole.saturating_sub(part), unit, whole);
    missing.and_then(to_u128).and_then(|missing| u32::try_from(missing).ok()).unwrap_or(FEE_UNIT)
}

/// Compares what exchanges along routes gave with what the prices before all of them promised.
///
/// # Errors
/// Storage fails.
pub(super) fn outlook(
    state: &(impl StateRead + ?Sized),
    block: &BlockInfo,
    routes: &[Route],
    mut exchanges: &[Exchange],
) -> Result<Outlook, AppError> {
    let unknown = Outlook { spot_price: Dec::ZERO, fee_share: FEE_UNIT, price_impact: FEE_UNIT };
    let (mut put_in, mut got) = (U256::ZERO, U256::ZERO);
    let (mut free, mut paid) = (U256::ZERO, U256::ZERO);
    for route in routes {
        let Some((own, rest)) = exchanges.split_at_checked(route.hops.len()) else { return Ok(unknown) };
        exchanges = rest;
        let Some([without, with]) = promised(state, block.time / NANOS, own)? else { return Ok(unknown) };
        // No more routes than there are bits to spare.
        free = free.saturating_add(without);
        paid = paid.saturating_add(with);
        let first = own.first().map_or(0, given);
        let last = own.last().map_or(0, |exchange| exchange.token_out.amount);
        put_in = put_in.saturating_add(U256::from(first));
        got = got.saturating_add(U256::from(last));
    }
    let spot_price =
        mul_div_floor(free, DEC, put_in.wrapping_shl(BITS)).and_then(to_u128).unwrap_or_default();
    Ok(Outlook {
        spot_price: Dec::from_atomics(spot_price),
        fee_share: missing(paid, free),
        price_impact: missing(got.wrapping_shl(BITS), paid),
    })
}
