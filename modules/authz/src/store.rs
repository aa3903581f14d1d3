//! Rights in the state: put there, changed, taken away, forgotten when their time is over.

use agora_state::{StateError, StateWrite};

use crate::grant::{Grant, Place};
use crate::state::{EXPIRIES, GRANTS};

/// Puts a right where `old` is.
pub(crate) fn put(
    state: &mut (impl StateWrite + ?Sized),
    place: &Place,
    old: Option<&Grant>,
    grant: &Grant,
) -> Result<(), StateError> {
    let before = old.and_then(|old| old.expiration);
    if before != grant.expiration {
        if let Some(until) = before {
            EXPIRIES.remove(state, &(until, place.key()))?;
        }
        if let Some(until) = grant.expiration {
            EXPIRIES.insert(state, &(until, place.key()))?;
        }
    }
    GRANTS.set(state, &place.key(), grant)
}

/// Takes a right away.
pub(crate) fn remove(
    state: &mut (impl StateWrite + ?Sized),
    place: &Place,
    grant: &Grant,
) -> Result<(), StateError> {
    if let Some(until) = grant.expiration {
        EXPIRIES.remove(state, &(until, place.key()))?;
    }
    GRANTS.delete(state, &place.key())
}

/// Forgets at most `limit` rights whose time was over before `now`, the oldest first.
pub(crate) fn prune(
    state: &mut (impl StateWrite + ?Sized),
    now: u64,
    limit: usize,
) -> Result<(), StateError> {
    for ((until, key), ()) in EXPIRIES.page(state, &[], None, false, limit)?.entries {
        if until >= now {
            break;
        }
        GRANTS.delete(state, &key)?;
        EXPIRIES.remove(state, &(until, key))?;
    }
    Ok(())
}
