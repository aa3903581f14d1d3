//! `MsgSwapExactIn` and `MsgSwapExactOut`: all routes are computed, the total is checked, then it is settled.

use agora_bank::api as bank;
use agora_framework::wire::wire_coin;
use agora_framework::{AppError, ExecCtx};
use agora_primitives::{Coin, Coins};

use super::require_in_time;
use crate::error;
use crate::msgs::{SwapExactIn, SwapExactOut};
use crate::proto::agora::dex::v1::{MsgSwapExactInResponse, MsgSwapExactOutResponse};
use crate::router::Router;

/// Exchanges an exact amount for as much as the routes give.
pub(crate) fn exact_in(ctx: &mut ExecCtx<'_>, msg: SwapExactIn) -> Result<MsgSwapExactInResponse, AppError> {
    require_in_time(ctx, msg.deadline)?;
    bank::require_send_enabled(ctx, &Coins::one(msg.token_in.clone()))?;
    let mut router = Router::new(ctx.block());
    let out = router.exact_in(ctx, &msg.token_in, &msg.routes)?;
    let token_out = Coin::new(out, msg.token_out_min.denom.clone());
    if out < msg.token_out_min.amount {
        return Err(error::LIMIT.wrap(format_args!(
            "{} gives {token_out}, at least {} was asked for",
            msg.token_in, msg.token_out_min
        )));
    }
    ctx.gas().charge(router.gas(), "Exchange")?;
    router.settle(ctx, &msg.sender)?;
    Ok(MsgSwapExactInResponse { token_out: Some(wire_coin(&token_out)) })
}

/// Exchanges as little as the routes need for an exact amount.
pub(crate) fn exact_out(
    ctx: &mut ExecCtx<'_>,
    msg: SwapExactOut,
) -> Result<MsgSwapExactOutResponse, AppError> {
    require_in_time(ctx, msg.deadline)?;
    bank::require_send_enabled(ctx, &Coins::one(msg.token_in_max.clone()))?;
    let mut router = Router::new(ctx.block());
    let cost = router.exact_out(ctx, &msg.token_in_max.denom, &msg.token_out, &msg.routes)?;
    let token_in = Coin::new(cost, msg.token_in_max.denom.clone());
    if cost > msg.token_in_max.amount {
        return Err(error::LIMIT.wrap(format_args!(
            "{} costs {token_in}, at most {} was allowed",
            msg.token_out, msg.token_in_max
        )));
    }
    ctx.gas().charge(router.gas(), "Exchange")?;
    router.settle(ctx, &msg.sender)?;
    Ok(MsgSwapExactOutResponse { token_in: Some(wire_coin(&token_in)) })
}
