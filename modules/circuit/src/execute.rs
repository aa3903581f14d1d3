//! What the messages do.

use agora_framework::errors::sdk;
use agora_framework::{AppError, Event, ExecCtx, StateCtx};
use agora_primitives::Address;
use agora_proto::cosmos::circuit::v1 as wire;

use crate::error::UNCHANGED;
use crate::gate::module_of;
use crate::msgs::{Authorize, Reset, Trip};
use crate::permission::Permission;
use crate::state::{self, MAX_CLOSED, PERMISSIONS};

/// What an account may close; governance everything, whatever is written.
fn permission(ctx: &ExecCtx<'_>, account: &Address) -> Result<Option<Permission>, AppError> {
    if *account == ctx.registry().authority() {
        return Ok(Some(Permission::SuperAdmin));
    }
    Ok(PERMISSIONS.get(ctx, account)?)
}

/// Refuses entries that cannot be closed, and those an account has no permission for.
fn require_covered(ctx: &ExecCtx<'_>, account: &Address, entries: &[String]) -> Result<(), AppError> {
    let permission = permission(ctx, account)?;
    for entry in entries {
        let module = module_of(ctx.registry(), entry)?;
        if !permission.as_ref().is_some_and(|own| own.covers(entry, module)) {
            return Err(sdk::UNAUTHORIZED.wrap(format_args!(
                "{account} may not close or open {entry:?}; ask governance or a super admin for the permission"
            )));
        }
    }
    Ok(())
}

/// Says what an account may close from now on.
///
/// # Errors
/// Code 4 for all but governance and super admins; 18 and `circuit` 3 for entries that cannot be closed.
pub(crate) fn authorize(
    ctx: &mut ExecCtx<'_>,
    Authorize { granter, grantee, permission: given }: Authorize,
) -> Result<wire::MsgAuthorizeCircuitBreakerResponse, AppError> {
    if permission(ctx, &granter)? != Some(Permission::SuperAdmin) {
        return Err(sdk::UNAUTHORIZED.wrap(format_args!(
            "{granter} is no super admin; only governance and super admins give permissions"
        )));
    }
    if let Some(Permission::Some(entries)) = &given {
        entries.iter().try_for_each(|entry| module_of(ctx.registry(), entry).map(drop))?;
    }
    match &given {
        Some(given) => PERMISSIONS.set(ctx, &grantee, given)?,
        None => PERMISSIONS.delete(ctx, &grantee)?,
    }
    let level = Permission::wire(given.as_ref()).level().as_str_name();
    ctx.emit(
        Event::new("authorize_circuit_breaker")
            .with("granter", granter)
            .with("grantee", grantee)
            .with("permission", level),
    );
    Ok(wire::MsgAuthorizeCircuitBreakerResponse { success: true })
}

/// Closes entries, from the next message on.
///
/// # Errors
/// Code 4 without the permission, 18 for unknown and too many entries, `circuit` 3 for what is never closed, 4 for what is closed.
pub(crate) fn trip(
    ctx: &mut ExecCtx<'_>,
    Trip { authority, entries }: Trip,
) -> Result<wire::MsgTripCircuitBreakerResponse, AppError> {
    require_covered(ctx, &authority, &entries)?;
    let mut closed = state::closed(ctx)?;
    for entry in &entries {
        match closed.binary_search(entry) {
            Ok(_) => return Err(UNCHANGED.wrap(format_args!("{entry:?} is closed already"))),
            Err(place) => closed.insert(place, entry.clone()),
        }
    }
    if closed.len() > MAX_CLOSED {
        return Err(sdk::INVALID_REQUEST.wrap(format_args!(
            "{} entries would be closed, at most {MAX_CLOSED} can be; close whole modules",
            closed.len()
        )));
    }
    state::set_closed(ctx, closed)?;
    ctx.emit(event("trip_circuit_breaker", &authority, &entries));
    Ok(wire::MsgTripCircuitBreakerResponse { success: true })
}

/// Opens entries, from the next message on.
///
/// # Errors
/// Code 4 without the permission, `circuit` 4 for what is not closed.
pub(crate) fn reset(
    ctx: &mut ExecCtx<'_>,
    Reset { authority, entries }: Reset,
) -> Result<wire::MsgResetCircuitBreakerResponse, AppError> {
    let mut closed = state::closed(ctx)?;
    // An entry may be about what an upgrade has taken away since: governance opens that, too.
    if authority != ctx.registry().authority() {
        require_covered(ctx, &authority, &entries)?;
    }
    for entry in &entries {
        match closed.binary_search(entry) {
            Ok(place) => {
                closed.remove(place);
            }
            Err(_) => {
                return Err(UNCHANGED.wrap(format_args!(
                    "{entry:?} is not closed; what is closed by a module's name is opened by it"
                )));
            }
        }
    }
    state::set_closed(ctx, closed)?;
    ctx.emit(event("reset_circuit_breaker", &authority, &entries));
    Ok(wire::MsgResetCircuitBreakerResponse { success: true })
}

fn event(kind: &'static str, authority: &Address, entries: &[String]) -> Event {
    Event::new(kind).with("authority", authority).with("msg_url", entries.join(","))
}
