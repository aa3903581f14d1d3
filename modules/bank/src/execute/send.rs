//! `MsgSend`.

use agora_framework::{AppError, ExecCtx};
use agora_proto::cosmos::bank::v1beta1::MsgSendResponse;

use crate::api;
use crate::msgs::Send;

/// Moves the coins unless a denom is switched off or the recipient takes none.
pub(crate) fn execute(ctx: &mut ExecCtx<'_>, msg: Send) -> Result<MsgSendResponse, AppError> {
    api::require_send_enabled(ctx, &msg.coins)?;
    api::require_receiver(ctx, &msg.to)?;
    api::send(ctx, &msg.from, &msg.to, &msg.coins)?;
    Ok(MsgSendResponse {})
}
