//! `MsgParams`.

use agora_framework::{AppError, ExecCtx, StateCtx};
use agora_proto::feemarket::v1::MsgParamsResponse;

use crate::msgs::SetParams;
use crate::state::PARAMS;

/// Replaces the parameters; only for the chain's authority.
pub(crate) fn set_params(ctx: &mut ExecCtx<'_>, msg: SetParams) -> Result<MsgParamsResponse, AppError> {
    ctx.registry().require_authority(&msg.authority)?;
    PARAMS.set(ctx, &msg.params)?;
    Ok(MsgParamsResponse {})
}
