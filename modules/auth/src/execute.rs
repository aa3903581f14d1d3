//! `MsgUpdateParams`.

use agora_framework::{AppError, ExecCtx, StateCtx};
use agora_proto::cosmos::auth::v1beta1::MsgUpdateParamsResponse;

use crate::msgs::UpdateParams;
use crate::state::PARAMS;

/// Replaces the parameters; only for the chain's authority.
pub(crate) fn update_params(
    ctx: &mut ExecCtx<'_>,
    msg: UpdateParams,
) -> Result<MsgUpdateParamsResponse, AppError> {
    ctx.registry().require_authority(&msg.authority)?;
    PARAMS.set(ctx, &msg.params)?;
    Ok(MsgUpdateParamsResponse {})
}
