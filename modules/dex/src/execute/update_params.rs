//! `MsgUpdateParams`.

use agora_framework::{AppError, ExecCtx, StateCtx};

use crate::msgs::UpdateParams;
use crate::proto::agora::dex::v1::MsgUpdateParamsResponse;
use crate::state::PARAMS;

/// Replaces the parameters; only for the chain's authority.
pub(crate) fn execute(ctx: &mut ExecCtx<'_>, msg: UpdateParams) -> Result<MsgUpdateParamsResponse, AppError> {
    ctx.registry().require_authority(&msg.authority)?;
    PARAMS.set(ctx, &msg.params)?;
    Ok(MsgUpdateParamsResponse {})
}
