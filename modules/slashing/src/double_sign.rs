//! Who signed twice.

use agora_consensus::api as consensus;
use agora_framework::time::{span, timestamp};
use agora_framework::{AppError, Event, Misbehavior, StateCtx};
use agora_proto::cosmos::evidence::v1beta1::Equivocation;
use agora_staking::api::{self as staking, Slash};
use agora_staking::{Now, Status};
use prost::Message;
use sha2::{Digest, Sha256};

use crate::liveness::consensus_text;
use crate::state::{self, EVIDENCE, Fault, INFOS, Info};
use crate::window;

/// Blocks between a set and the state it follows from.
const DELAY: u64 = 1;

/// Punishes a fault: once for a validator, whatever else it did. Old evidence, and evidence against who is free or gone, is
/// put aside.
///
/// # Errors
/// Storage fails.
pub(crate) fn punish<C: StateCtx>(ctx: &mut C, now: Now, fault: &Misbehavior) -> Result<(), AppError> {
    let Some(operator) = staking::operator_by_consensus(ctx, &fault.address)? else { return Ok(()) };
    let Some(validator) = staking::validator(ctx, &operator)? else { return Ok(()) };
    let info = INFOS.get(ctx, &fault.address)?.unwrap_or_default();
    if validator.status == Status::Unbonded || info.tombstoned || is_old(ctx, now, fault)? {
        return Ok(());
    }
    let slash = Slash {
        consensus: fault.address,
        height: fault.height.saturating_sub(DELAY),
        power: fault.power,
        fraction: state::params(ctx)?.double_sign_fraction,
    };
    let burned = staking::slash(ctx, now, &slash)?;
    ctx.emit(
        Event::new("slash")
            .with("address", consensus_text(&fault.address))
            .with("power", fault.power)
            .with("reason", "double_sign")
            .with("burned_coins", burned.to_string()),
    );
    staking::jail(ctx, &operator)?;
    window::clear(ctx, &fault.address)?;
    // Until when it was jailed before means nothing any more, and no genesis could say it.
    INFOS.set(ctx, &fault.address, &Info { tombstoned: true, jailed_until: 0, missed: 0, ..info })?;
    let message = Equivocation {
        height: i64::try_from(fault.height).unwrap_or(i64::MAX),
        time: Some(timestamp(fault.time)),
        power: i64::try_from(fault.power).unwrap_or(i64::MAX),
        consensus_address: consensus_text(&fault.address),
    };
    Ok(EVIDENCE.set(ctx, &hash(&message), &Fault(message))?)
}

/// The name of a fault.
pub(crate) fn hash(message: &Equivocation) -> [u8; 32] {
    Sha256::digest(message.encode_to_vec()).into()
}

/// Beyond both limits that consensus has for evidence.
fn is_old<C: StateCtx>(ctx: &C, now: Now, fault: &Misbehavior) -> Result<bool, AppError> {
    let Some(limits) = consensus::params(ctx)?.evidence else { return Ok(false) };
    let blocks = u64::try_from(limits.max_age_num_blocks).unwrap_or_default();
    let nanos = limits.max_age_duration.as_ref().and_then(span).unwrap_or_default();
    Ok(now.time.saturating_sub(fault.time) > nanos && now.height.saturating_sub(fault.height) > blocks)
}
