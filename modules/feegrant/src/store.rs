//! Allowances in the state: put there, taken away, forgotten when their time is over.

use agora_framework::AppError;
use agora_primitives::Address;
use agora_state::{StateError, StateWrite};

use crate::allowance::Allowance;
use crate::state::{ALLOWANCES, EXPIRIES};

/// Who pays for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    /// Who pays.
    pub(crate) granter: Address,
    /// For whom.
    pub(crate) grantee: Address,
}

impl Pair {
    pub(crate) const fn key(&self) -> (Address, Address) {
        (self.grantee, self.granter)
    }
}

/// Puts an allowance where none is.
pub(crate) fn insert(
    state: &mut (impl StateWrite + ?Sized),
    pair: &Pair,
    allowance: &Allowance,
) -> Result<(), StateError> {
    if let Some(until) = allowance.expiration() {
        EXPIRIES.insert(state, &(until, pair.key()))?;
    }
    ALLOWANCES.set(state, &pair.key(), allowance)
}

/// Takes an allowance away.
pub(crate) fn remove(
    state: &mut (impl StateWrite + ?Sized),
    pair: &Pair,
    allowance: &Allowance,
) -> Result<(), StateError> {
    if let Some(until) = allowance.expiration() {
        EXPIRIES.remove(state, &(until, pair.key()))?;
    }
    ALLOWANCES.delete(state, &pair.key())
}

/// Forgets at most `limit` allowances whose time was over before `now`, the oldest first.
///
/// # Errors
/// Storage fails, or the metered view is out of gas.
pub(crate) fn prune(
    state: &mut (impl StateWrite + ?Sized),
    now: u64,
    limit: usize,
) -> Result<usize, AppError> {
    let mut pruned = 0_usize;
    for ((until, key), ()) in EXPIRIES.page(state, &[], None, false, limit)?.entries {
        if until >= now {
            break;
        }
        EXPIRIES.remove(state, &(until, key))?;
        ALLOWANCES.delete(state, &key)?;
        pruned = pruned.saturating_add(1);
    }
    Ok(pruned)
}
