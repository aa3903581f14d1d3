//! Acting for others.

use agora_framework::{AppError, ExecCtx, StateCtx};
use agora_proto::cosmos::authz::v1beta1::MsgExecResponse;
use prost_types::Any;

use crate::authorization::Left;
use crate::error::{EXPIRED, NOT_FOUND, SIGNERS};
use crate::execute::event;
use crate::grant::Place;
use crate::msgs::Exec;
use crate::state::GRANTS;
use crate::store;
use crate::wire::parse_asked;

/// Gas for each address that is looked at.
const LOOK: u64 = 10;

/// Runs messages in order, each by the grant of its signer; all of them, or none.
///
/// # Errors
/// `authz` 9 for a message of several signers, 2 and 6 without a grant in force; those of the right and of the message.
pub(crate) fn exec(
    ctx: &mut ExecCtx<'_>,
    Exec { grantee, messages }: Exec,
) -> Result<MsgExecResponse, AppError> {
    let mut results = Vec::with_capacity(messages.len());
    for (index, any) in messages.iter().enumerate() {
        let message = ctx.registry().decode(any)?;
        let signers = message.signers()?;
        let [granter] = signers.as_slice() else { return Err(SIGNERS.bare()) };
        if *granter != grantee {
            use_grant(ctx, &Place::new(*granter, grantee, message.type_url()), any)?;
        }
        let done = ctx.dispatch(message.as_ref()).map_err(|error| {
            error.context(format_args!("failed to execute message; authz message index: {index}"))
        })?;
        for event in done.events {
            ctx.emit(event.with("authz_msg_index", index));
        }
        results.push(done.response.value);
    }
    Ok(MsgExecResponse { results })
}

/// Takes a message from what a right allows; what is used up is forgotten.
fn use_grant(ctx: &mut ExecCtx<'_>, place: &Place, any: &Any) -> Result<(), AppError> {
    let mut grant = GRANTS.get(ctx, &place.key())?.ok_or_else(|| {
        NOT_FOUND.wrap(format_args!(
            "failed to get grant with given granter: {}, grantee: {} & msgType: {} ",
            place.granter, place.grantee, place.message
        ))
    })?;
    if grant.is_over(ctx.block().time) {
        return Err(EXPIRED.wrap(format_args!(
            "{} may not send {} for {} any more",
            place.grantee, place.message, place.granter
        )));
    }
    let looks = u64::try_from(grant.authorization.listed()).unwrap_or(u64::MAX);
    ctx.gas().charge(looks.saturating_mul(LOOK), "authorization")?;
    let old = grant.clone();
    match grant.authorization.accept(&parse_asked(any)?)? {
        Left::All => {}
        Left::Less => store::put(ctx, place, Some(&old), &grant)?,
        Left::Nothing => {
            store::remove(ctx, place, &old)?;
            ctx.emit(event("cosmos.authz.v1beta1.EventRevoke", place));
        }
    }
    Ok(())
}
