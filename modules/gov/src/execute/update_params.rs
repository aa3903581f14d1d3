//! `MsgUpdateParams`.

use agora_distribution::api as distribution;
use agora_framework::errors::sdk;
use agora_framework::{AppError, ExecCtx, Registry, StateCtx};
use agora_proto::cosmos::gov::v1 as wire;

use crate::msgs::UpdateParams;
use crate::params::Params;
use crate::state::PARAMS;

/// Replaces the parameters; only for the chain's authority.
pub(crate) fn update_params(
    ctx: &mut ExecCtx<'_>,
    msg: UpdateParams,
) -> Result<wire::MsgUpdateParamsResponse, AppError> {
    ctx.registry().require_authority(&msg.authority)?;
    check_dest(ctx.registry(), &msg.params)?;
    PARAMS.set(ctx, &msg.params)?;
    Ok(wire::MsgUpdateParamsResponse {})
}

/// What cancelled proposals cost can go to the community, but to no other account of a module that does not take coins.
pub(crate) fn check_dest(registry: &Registry, params: &Params) -> Result<(), AppError> {
    match params.cancel_dest {
        Some(to)
            if to != distribution::account()
                && registry.module_account(&to).is_some_and(|account| !account.receives) =>
        {
            Err(sdk::INVALID_REQUEST.wrap(format_args!("proposal_cancel_dest: {to} does not take coins")))
        }
        _ => Ok(()),
    }
}
