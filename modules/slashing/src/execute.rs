//! What the messages do.

use agora_framework::{AppError, ExecCtx, StateCtx};
use agora_primitives::Dec;
use agora_proto::cosmos::slashing::v1beta1 as wire;
use agora_staking::Now;
use agora_staking::api as staking;

use crate::msgs::{Unjail, UpdateParams};
use crate::state::{self, INFOS, PARAMS};
use crate::{error, liveness};

/// Lets a validator be a candidate again: when its time is over, and if its operator stands behind it.
pub(crate) fn unjail(ctx: &mut ExecCtx<'_>, msg: Unjail) -> Result<wire::MsgUnjailResponse, AppError> {
    let validator = staking::require_validator(ctx, &msg.operator)?;
    let own = staking::delegation(ctx, &msg.operator, &msg.operator)?;
    if own == Dec::ZERO {
        return Err(error::NO_SELF_DELEGATION.bare());
    }
    let worth = staking::value(ctx, &msg.operator, own)?;
    if worth < validator.min_self_delegation {
        return Err(
            error::SELF_DELEGATION.wrap(format_args!("{worth} less than {}", validator.min_self_delegation))
        );
    }
    if !validator.jailed {
        return Err(error::NOT_JAILED.bare());
    }
    // Without an entry it was never in the set, and is jailed for its own delegation alone.
    if let Some(info) = INFOS.get(ctx, &validator.consensus_address())?
        && (info.tombstoned || ctx.block().time < info.jailed_until)
    {
        return Err(error::JAILED.bare());
    }
    staking::unjail(ctx, &msg.operator)?;
    Ok(wire::MsgUnjailResponse {})
}

/// Replaces the parameters; only for the chain's authority. Another window measures everybody anew.
pub(crate) fn update_params(
    ctx: &mut ExecCtx<'_>,
    msg: UpdateParams,
) -> Result<wire::MsgUpdateParamsResponse, AppError> {
    ctx.registry().require_authority(&msg.authority)?;
    if state::params(ctx)?.window != msg.params.window {
        let now = Now::from(ctx.block());
        liveness::restart(ctx, now)?;
    }
    PARAMS.set(ctx, &msg.params)?;
    Ok(wire::MsgUpdateParamsResponse {})
}
