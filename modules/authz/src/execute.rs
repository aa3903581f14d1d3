//! Giving and taking back.

use agora_auth::api as auth;
use agora_framework::errors::sdk;
use agora_framework::{AppError, Event, ExecCtx, StateCtx, time};
use agora_proto::cosmos::authz::v1beta1 as wire;

use crate::error::{INVALID_EXPIRATION, NOT_FOUND};
use crate::grant::Place;
use crate::msgs::{GrantRight, Revoke};
use crate::state::GRANTS;
use crate::store;

/// A typed event of the Cosmos SDK: its values are JSON.
pub(crate) fn event(kind: &'static str, place: &Place) -> Event {
    let quoted = |text: &str| format!("\"{text}\"");
    Event::new(kind)
        .with("grantee", quoted(&place.grantee.to_string()))
        .with("granter", quoted(&place.granter.to_string()))
        .with("msg_type_url", quoted(&place.message))
}

/// Gives a right, in place of the one for the same messages. A grantee without an account gets one, so that wallets find it.
///
/// # Errors
/// `authz` 3 when its time is over already, `sdk` 29 for messages that nobody handles.
pub(crate) fn grant(
    ctx: &mut ExecCtx<'_>,
    GrantRight { place, grant }: GrantRight,
) -> Result<wire::MsgGrantResponse, AppError> {
    let now = ctx.block().time;
    if let Some(until) = grant.expiration.filter(|until| *until <= now) {
        return Err(INVALID_EXPIRATION.wrap(format_args!(
            "expiration must be after the current block time ({}), got {}",
            time::timestamp(now),
            time::timestamp(until)
        )));
    }
    if ctx.registry().message_module(&place.message).is_none() {
        return Err(sdk::INVALID_TYPE.wrap(format_args!("{} doesn't exist.", place.message)));
    }
    auth::introduce(ctx, &place.grantee)?;
    let old = GRANTS.get(ctx, &place.key())?;
    store::put(ctx, &place, old.as_ref(), &grant)?;
    ctx.emit(event("cosmos.authz.v1beta1.EventGrant", &place));
    Ok(wire::MsgGrantResponse {})
}

/// Takes a right back.
///
/// # Errors
/// `authz` 2 where none is.
pub(crate) fn revoke(
    ctx: &mut ExecCtx<'_>,
    Revoke { place }: Revoke,
) -> Result<wire::MsgRevokeResponse, AppError> {
    let grant = GRANTS.get(ctx, &place.key())?.ok_or_else(|| {
        NOT_FOUND.wrap(format_args!("{} may not send {} for {}", place.grantee, place.message, place.granter))
    })?;
    store::remove(ctx, &place, &grant)?;
    ctx.emit(event("cosmos.authz.v1beta1.EventRevoke", &place));
    Ok(wire::MsgRevokeResponse {})
}
