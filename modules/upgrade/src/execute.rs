//! Planning.

use agora_framework::errors::sdk;
use agora_framework::{AppError, Event, ExecCtx, StateCtx};
use agora_proto::cosmos::upgrade::v1beta1 as wire;

use crate::error::NO_PLAN;
use crate::msgs::{CancelUpgrade, SoftwareUpgrade};
use crate::state::{APPLIED, PLAN};

/// Plans an upgrade, in place of the one that is planned.
///
/// # Errors
/// Code 4 for all but the chain's authority; 18 for a height that has come, and for a name that was used.
pub(crate) fn plan(
    ctx: &mut ExecCtx<'_>,
    SoftwareUpgrade { authority, plan }: SoftwareUpgrade,
) -> Result<wire::MsgSoftwareUpgradeResponse, AppError> {
    ctx.registry().require_authority(&authority)?;
    let now = ctx.block().height;
    if plan.height <= now {
        return Err(sdk::INVALID_REQUEST.wrap(format_args!(
            "upgrade cannot be scheduled in the past: height {} in block {now}",
            plan.height
        )));
    }
    if let Some(height) = APPLIED.get(ctx, &plan.name)? {
        return Err(sdk::INVALID_REQUEST.wrap(format_args!(
            "upgrade with name {} has already been completed, at height {height}",
            plan.name
        )));
    }
    PLAN.set(ctx, &plan)?;
    ctx.emit(Event::new("upgrade_planned").with("name", plan.name).with("height", plan.height));
    Ok(wire::MsgSoftwareUpgradeResponse {})
}

/// Drops the plan.
///
/// # Errors
/// Code 4 for all but the chain's authority; `upgrade` 3 without a plan.
pub(crate) fn cancel(
    ctx: &mut ExecCtx<'_>,
    CancelUpgrade { authority }: CancelUpgrade,
) -> Result<wire::MsgCancelUpgradeResponse, AppError> {
    ctx.registry().require_authority(&authority)?;
    let plan = PLAN.get(ctx)?.ok_or_else(|| NO_PLAN.wrap("nothing is planned"))?;
    PLAN.delete(ctx)?;
    ctx.emit(Event::new("upgrade_cancelled").with("name", plan.name).with("height", plan.height));
    Ok(wire::MsgCancelUpgradeResponse {})
}
