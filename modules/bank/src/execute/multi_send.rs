//! `MsgMultiSend`.

use agora_framework::{AppError, Event, ExecCtx, StateCtx, Text};
use agora_proto::cosmos::bank::v1beta1::MsgMultiSendResponse;

use crate::api;
use crate::msgs::MultiSend;

/// Takes the sum from the sender once, then pays each output.
pub(crate) fn execute(ctx: &mut ExecCtx<'_>, msg: MultiSend) -> Result<MsgMultiSendResponse, AppError> {
    api::require_send_enabled(ctx, &msg.coins)?;
    for (to, _) in &msg.outputs {
        api::require_receiver(ctx, to)?;
    }
    ctx.emit(Event::new("message").with("sender", msg.from));
    api::debit(ctx, &msg.from, &msg.coins)?;
    ctx.emit(api::coin_spent(&msg.from, &Text::from(&msg.coins)));
    for (to, coins) in &msg.outputs {
        api::credit(ctx, to, coins)?;
        let amount = Text::from(coins);
        ctx.emit(api::coin_received(to, &amount));
        ctx.emit(api::transfer(to, &msg.from, &amount));
    }
    Ok(MsgMultiSendResponse {})
}
