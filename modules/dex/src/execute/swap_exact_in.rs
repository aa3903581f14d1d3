//! `MsgSwapExactIn`.

use agora_bank::api as bank;
use agora_framework::{AppError, ExecCtx};
use agora_primitives::{Coin, Coins};

use super::require_in_time;
use crate::error;
use crate::msgs::{SwapExactIn, wire_coin};
use crate::proto::agora::dex::v1::MsgSwapExactInResponse;
use crate::router::Router;

/// Computes all routes, checks the total, then settles.
pub(crate) fn execute(ctx: &mut ExecCtx<'_>, msg: SwapExactIn) -> Result<MsgSwapExactInResponse, AppError> {
    require_in_time(ctx, msg.deadline)?;
    bank::require_send_enabled(ctx, &Coins::one(msg.token_in.clone()))?;
    let mut router = Router::default();
    let out = router.exact_in(ctx, &msg.token_in, &msg.routes)?;
    let token_out = Coin::new(out, msg.token_out_min.denom.clone());
    if out < msg.token_out_min.amount {
        return Err(error::LIMIT.wrap(format_args!(
            "{} gives {token_out}, at least {} was asked for",
            msg.token_in, msg.token_out_min
        )));
    }
    router.settle(ctx, &msg.sender)?;
    Ok(MsgSwapExactInResponse { token_out: Some(wire_coin(&token_out)) })
}
