//! `MsgSetSendEnabled`.

use agora_framework::{AppError, ExecCtx, StateCtx};
use agora_proto::cosmos::bank::v1beta1::MsgSetSendEnabledResponse;

use crate::msgs::SetSendEnabled;
use crate::state::SEND_ENABLED;

/// Switches denoms; only for the chain's authority.
pub(crate) fn execute(
    ctx: &mut ExecCtx<'_>,
    msg: SetSendEnabled,
) -> Result<MsgSetSendEnabledResponse, AppError> {
    ctx.registry().require_authority(&msg.authority)?;
    for (denom, enabled) in &msg.switches {
        SEND_ENABLED.set(ctx, denom, enabled)?;
    }
    for denom in &msg.use_default_for {
        SEND_ENABLED.delete(ctx, denom)?;
    }
    Ok(MsgSetSendEnabledResponse {})
}
