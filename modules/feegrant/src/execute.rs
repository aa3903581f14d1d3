//! What the messages do.

use agora_auth::api as auth;
use agora_framework::errors::sdk;
use agora_framework::{AppError, Event, ExecCtx, StateCtx};
use agora_proto::cosmos::feegrant::v1beta1 as wire;

use crate::PRUNED_PER_MESSAGE;
use crate::api::pair_event;
use crate::error::NO_ALLOWANCE;
use crate::msgs::{GrantAllowance, PruneAllowances, RevokeAllowance};
use crate::state::ALLOWANCES;
use crate::store;

/// Gives an allowance. A grantee without an account gets one, so that wallets find it.
///
/// # Errors
/// Code 18 while another is in force, or when its time is over already.
pub(crate) fn grant(
    ctx: &mut ExecCtx<'_>,
    GrantAllowance { pair, allowance }: GrantAllowance,
) -> Result<wire::MsgGrantAllowanceResponse, AppError> {
    let now = ctx.block().time;
    let over = |until: Option<u64>| until.is_some_and(|until| until < now);
    if let Some(old) = ALLOWANCES.get(ctx, &pair.key())? {
        if !over(old.expiration()) {
            return Err(sdk::INVALID_REQUEST.wrap("fee allowance already exists"));
        }
        store::remove(ctx, &pair, &old)?;
    }
    if over(allowance.expiration()) {
        return Err(sdk::INVALID_REQUEST.wrap("expiration is before current block time"));
    }
    auth::introduce(ctx, &pair.grantee)?;
    store::insert(ctx, &pair, &allowance)?;
    ctx.emit(pair_event("set_feegrant", &pair));
    Ok(wire::MsgGrantAllowanceResponse {})
}

/// Takes an allowance back.
///
/// # Errors
/// Code 5 where none is.
pub(crate) fn revoke(
    ctx: &mut ExecCtx<'_>,
    RevokeAllowance { pair }: RevokeAllowance,
) -> Result<wire::MsgRevokeAllowanceResponse, AppError> {
    let allowance = ALLOWANCES.get(ctx, &pair.key())?.ok_or_else(|| {
        NO_ALLOWANCE.wrap(format_args!("{} pays nothing for {}", pair.granter, pair.grantee))
    })?;
    store::remove(ctx, &pair, &allowance)?;
    ctx.emit(pair_event("revoke_feegrant", &pair));
    Ok(wire::MsgRevokeAllowanceResponse {})
}

/// Forgets expired allowances, a bounded number.
pub(crate) fn prune(
    ctx: &mut ExecCtx<'_>,
    PruneAllowances { pruner }: PruneAllowances,
) -> Result<wire::MsgPruneAllowancesResponse, AppError> {
    let now = ctx.block().time;
    store::prune(ctx, now, PRUNED_PER_MESSAGE)?;
    ctx.emit(Event::new("prune_feegrant").with("pruner", pruner));
    Ok(wire::MsgPruneAllowancesResponse {})
}
