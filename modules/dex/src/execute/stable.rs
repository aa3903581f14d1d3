//! Settings of stable pools.

use agora_framework::errors::sdk;
use agora_framework::time::NANOS;
use agora_framework::{AppError, Event, ExecCtx, StateCtx};
use agora_primitives::math::mul_div_floor;

use crate::error;
use crate::math::stable::A_PRECISION;
use crate::msgs::{RampAmplification, SetRates};
use crate::oracle::store_pool;
use crate::pool::stable::Stable;
use crate::pool::{Curve, Pool, PoolId};
use crate::proto::agora::dex::v1::{MsgRampAmplificationResponse, MsgSetRatesResponse};
use crate::router;

/// How long a ramp takes at least, in seconds.
const MIN_RAMP: u64 = 86_400;
/// How many times the amplification may rise or fall in one ramp.
const MAX_RAMP_RATIO: u64 = 10;
/// The part of itself, one of this many, by which a rate may move a block.
const MAX_RATE_STEP: u128 = 100;

fn curve_mut(pool: &mut Pool, id: PoolId) -> Result<&mut Stable, AppError> {
    match &mut pool.curve {
        Curve::Stable(curve) => Ok(curve),
        _ => Err(error::POOL.wrap(format_args!("pool {id} is not a stable pool"))),
    }
}

/// Moves the amplification over time; only for the chain's authority. A ramp under way begins anew from where it is.
pub(crate) fn ramp(
    ctx: &mut ExecCtx<'_>,
    msg: RampAmplification,
) -> Result<MsgRampAmplificationResponse, AppError> {
    ctx.registry().require_authority(&msg.authority)?;
    let mut pool = router::pool(ctx, msg.pool)?;
    let now = ctx.block().time / NANOS;
    let curve = curve_mut(&mut pool, msg.pool)?;
    if msg.until < now.saturating_add(MIN_RAMP) {
        return Err(error::POOL.wrap("a ramp of the amplification takes a day at least"));
    }
    let current = curve.amplification_at(now).ok_or_else(|| sdk::LOGIC.wrap("no amplification"))?;
    let next = msg.amplification.saturating_mul(A_PRECISION);
    if next > current.saturating_mul(MAX_RAMP_RATIO) || next.saturating_mul(MAX_RAMP_RATIO) < current {
        return Err(error::POOL.wrap(format_args!(
            "amplification {} is more than {MAX_RAMP_RATIO} times from the present {}",
            msg.amplification,
            current / A_PRECISION
        )));
    }
    (curve.amplification, curve.ramp_start) = (current, now);
    (curve.ramp_amplification, curve.ramp_end) = (next, msg.until);
    store_pool(ctx, msg.pool, &pool)?;
    ctx.emit(
        Event::new("amplification_ramped")
            .with("pool_id", msg.pool)
            .with("amplification", msg.amplification)
            .with("until", msg.until),
    );
    Ok(MsgRampAmplificationResponse {})
}

/// Moves rates; only for the pool's rate provider, once a block.
pub(crate) fn set_rates(ctx: &mut ExecCtx<'_>, msg: SetRates) -> Result<MsgSetRatesResponse, AppError> {
    let mut pool = router::pool(ctx, msg.pool)?;
    let height = ctx.block().height;
    let places: Vec<usize> =
        msg.rates.iter().map(|(denom, _)| pool.index(msg.pool, denom)).collect::<Result<_, _>>()?;
    let curve = curve_mut(&mut pool, msg.pool)?;
    if curve.rate_provider != Some(msg.sender) {
        return Err(sdk::UNAUTHORIZED
            .wrap(format_args!("{} does not provide the rates of pool {}", msg.sender, msg.pool)));
    }
    if curve.rates_height >= height {
        return Err(error::POOL.wrap("the rates were moved in this block already"));
    }
    curve.rates_height = height;
    for (place, (denom, next)) in places.into_iter().zip(&msg.rates) {
        let rate = curve.rates.get_mut(place).ok_or_else(|| sdk::LOGIC.wrap("no rate"))?;
        let step = mul_div_floor(*rate, 1, MAX_RATE_STEP).unwrap_or_default();
        if rate.abs_diff(*next) > step {
            return Err(
                error::POOL.wrap(format_args!("the rate of {denom} moves by more than 1 % of itself"))
            );
        }
        *rate = *next;
    }
    store_pool(ctx, msg.pool, &pool)?;
    let rates: Vec<String> = msg.rates.iter().map(|(denom, rate)| format!("{rate}{denom}")).collect();
    ctx.emit(Event::new("rates_set").with("pool_id", msg.pool).with("rates", rates.join(",")));
    Ok(MsgSetRatesResponse {})
}
