//! What the transaction pipeline may call.

use agora_framework::{AppError, Event, ExecCtx, StateCtx};
use agora_primitives::{Address, Coins};
use agora_state::StateKey;

use crate::allowance::{Left, Use};
use crate::error::NO_ALLOWANCE;
use crate::state::ALLOWANCES;
use crate::store::{self, Pair};

/// Gas for each type URL that is looked at.
const LOOK: u64 = 10;

/// The address of an allowance, for access hints and proofs.
#[must_use]
pub fn allowance_key(granter: &Address, grantee: &Address) -> StateKey {
    ALLOWANCES.key(&(*grantee, *granter))
}

pub(crate) fn pair_event(kind: &'static str, pair: &Pair) -> Event {
    Event::new(kind).with("granter", pair.granter).with("grantee", pair.grantee)
}

/// Takes a fee of `grantee` from what `granter` allows it; the coins themselves are the caller's to move. What is used up is
/// forgotten.
///
/// # Errors
/// `feegrant` 5 without an allowance, 3 after its time, 2 beyond its limits, 7 for messages it is not for.
pub fn use_allowance(
    ctx: &mut ExecCtx<'_>,
    granter: &Address,
    grantee: &Address,
    fee: &Coins,
    messages: &[&str],
) -> Result<(), AppError> {
    let pair = Pair { granter: *granter, grantee: *grantee };
    let refused = |e: AppError| e.context(format_args!("{granter} does not allow to pay fees for {grantee}"));
    let mut allowance = ALLOWANCES.get(ctx, &pair.key())?.ok_or_else(|| refused(NO_ALLOWANCE.bare()))?;
    let looks = match allowance.listed() {
        0 => 0,
        listed => listed.saturating_add(messages.len()),
    };
    let looks = u64::try_from(looks).unwrap_or(u64::MAX);
    ctx.gas().charge(looks.saturating_mul(LOOK), "fee allowance messages")?;
    let asked = Use { fee, now: ctx.block().time, messages };
    match allowance.accept(&asked).map_err(refused)? {
        Left::More => {
            ALLOWANCES.set(ctx, &pair.key(), &allowance)?;
            ctx.emit(pair_event("use_feegrant", &pair));
            ctx.emit(pair_event("update_feegrant", &pair));
        }
        Left::Nothing => {
            store::remove(ctx, &pair, &allowance)?;
            ctx.emit(pair_event("revoke_feegrant", &pair));
            ctx.emit(pair_event("use_feegrant", &pair));
        }
    }
    Ok(())
}
