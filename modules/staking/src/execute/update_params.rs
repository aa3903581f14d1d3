//! `MsgUpdateParams`.

use agora_framework::errors::sdk;
use agora_framework::{AppError, ExecCtx, StateCtx};
use agora_proto::cosmos::staking::v1beta1::MsgUpdateParamsResponse;

use crate::msgs::UpdateParams;
use crate::state::{self, PARAMS, RESELECT};

/// Replaces the parameters; only for the chain's authority. What is staked cannot become another coin: delegations are in it.
pub(crate) fn execute(ctx: &mut ExecCtx<'_>, msg: UpdateParams) -> Result<MsgUpdateParamsResponse, AppError> {
    ctx.registry().require_authority(&msg.authority)?;
    let before = state::params(ctx)?;
    if msg.params.bond_denom != before.bond_denom {
        return Err(sdk::INVALID_REQUEST
            .wrap(format_args!("bond_denom cannot change: delegations are in {}", before.bond_denom)));
    }
    if msg.params.max_validators != before.max_validators {
        RESELECT.set(ctx, &true)?;
    }
    PARAMS.set(ctx, &msg.params)?;
    Ok(MsgUpdateParamsResponse {})
}
