//! Headers of past blocks with their validators: other chains check what they were told of this one against them.

use agora_framework::{AppError, Decided, StateCtx};
use agora_state::{StateError, StateRead};

use crate::state::{self, HEADERS, LAST_TOTAL_POWER, SETS};
use crate::types::{Header, Now, ValidatorSet};

/// Headers and sets forgotten in one block, of each at most: more than come in.
const FORGET: usize = 10;

/// Keeps the header of the block that begins and forgets those too old. A chain whose validators do not stake keeps none.
///
/// # Errors
/// Storage fails.
pub(crate) fn track<C: StateCtx>(ctx: &mut C, now: Now, decided: Option<&Decided>) -> Result<(), AppError> {
    if LAST_TOTAL_POWER.get(ctx)?.unwrap_or_default() == 0 {
        return Ok(());
    }
    let kept = u64::from(state::params(ctx)?.historical_entries);
    if kept > 0 {
        let decided = decided.cloned().unwrap_or_default();
        let header = Header {
            time: now.time,
            app_hash: decided.app_hash,
            next_validators_hash: decided.next_validators_hash,
            proposer: decided.proposer,
        };
        HEADERS.set(ctx, &now.height, &header)?;
    }
    // The oldest that stays.
    let oldest = now.height.saturating_add(1).saturating_sub(kept);
    for (height, _) in HEADERS.page(ctx, &[], None, false, FORGET)?.entries {
        if height < oldest {
            HEADERS.delete(ctx, &height)?;
        }
    }
    let sets = SETS.page(ctx, &[], None, false, FORGET)?.entries;
    for pair in sets.windows(2) {
        // A set is needed until the one after it was in force at the oldest height.
        if let [(height, _), (next, _)] = pair
            && *next <= oldest
        {
            SETS.delete(ctx, height)?;
        }
    }
    Ok(())
}

/// The set in force at a height.
///
/// # Errors
/// Storage fails.
pub(crate) fn set_at(
    state: &(impl StateRead + ?Sized),
    height: u64,
) -> Result<Option<ValidatorSet>, StateError> {
    let from = height.to_be_bytes();
    let page = SETS.page(state, &[], Some(&from), true, 1)?;
    Ok(page.entries.into_iter().next().map(|(_, set)| set))
}
