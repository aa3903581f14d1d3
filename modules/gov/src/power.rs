//! The power of voters: that of the moment their vote began.
//!
//! When a block ends in which votes began, every validator of the set is noted with its tokens and shares: a snapshot. A delegation
//! that changes afterwards is noted as it was before, once for each newest snapshot. So what anybody had at a snapshot is the first
//! such note from it on, or else what they have.

use std::collections::BTreeMap;

use agora_framework::{AppError, SharesChange, StateCtx};
use agora_primitives::{Address, Dec};
use agora_staking::api as staking;
use agora_state::{StateRead, every};

use crate::state::{
    self, BALLOTS, CHECKPOINTS, CHECKPOINTS_OF, CLOCK, RELEASED, SNAPSHOTS, STAKES, STARTING, prefix,
};
use crate::types::{Snapshot, Stake};

/// Votes that begin with one snapshot at most; others wait for the next block.
const MOST_STARTS: usize = 1000;

/// Takes a snapshot if votes began.
///
/// # Errors
/// Storage fails.
pub(crate) fn begin(ctx: &mut impl StateCtx) -> Result<(), AppError> {
    let starting = STARTING.page(ctx, &[], None, false, MOST_STARTS)?.entries;
    if starting.is_empty() {
        return Ok(());
    }
    let mut clock = state::clock(ctx)?;
    clock.number = clock.number.saturating_add(1);
    let mut snapshot = Snapshot { bonded: 0, users: 0 };
    for (id, ()) in starting {
        STARTING.remove(ctx, &id)?;
        if let Some(mut ballot) = BALLOTS.get(ctx, &id)? {
            ballot.snapshot = clock.number;
            BALLOTS.set(ctx, &id, &ballot)?;
            snapshot.users = snapshot.users.saturating_add(1);
        }
    }
    if snapshot.users == 0 {
        return Ok(());
    }
    for (operator, _) in staking::last_powers(ctx)? {
        let (tokens, shares) = staking::tokens_and_shares(ctx, &operator)?;
        snapshot.bonded = snapshot.bonded.saturating_add(tokens);
        STAKES.set(ctx, &(clock.number, operator), &Stake { tokens, shares })?;
    }
    SNAPSHOTS.set(ctx, &clock.number, &snapshot)?;
    clock.open = clock.open.saturating_add(snapshot.users);
    Ok(CLOCK.set(ctx, &clock)?)
}

/// A vote with this snapshot is over. When it was the last one, the snapshot is forgotten bit by bit.
pub(crate) fn end(ctx: &mut impl StateCtx, number: u64) -> Result<(), AppError> {
    let Some(mut snapshot) = SNAPSHOTS.get(ctx, &number)? else { return Ok(()) };
    snapshot.users = snapshot.users.saturating_sub(1);
    if snapshot.users == 0 {
        SNAPSHOTS.delete(ctx, &number)?;
        RELEASED.insert(ctx, &number)?;
    } else {
        SNAPSHOTS.set(ctx, &number, &snapshot)?;
    }
    let mut clock = state::clock(ctx)?;
    clock.open = clock.open.saturating_sub(1);
    Ok(CLOCK.set(ctx, &clock)?)
}

/// Notes a delegation before it changes. One read while nothing is voted on.
pub(crate) fn note(ctx: &mut dyn StateCtx, change: &SharesChange) -> Result<(), AppError> {
    let clock = state::clock(ctx)?;
    if clock.open == 0 {
        return Ok(());
    }
    let key = (change.delegator, (change.validator, clock.number));
    if CHECKPOINTS.has(ctx, &key)? {
        return Ok(());
    }
    CHECKPOINTS.set(ctx, &key, &change.before)?;
    Ok(CHECKPOINTS_OF.insert(ctx, &(clock.number, (change.delegator, change.validator)))?)
}

/// Delegations that an account had at a snapshot in use, to validators of its set.
///
/// # Errors
/// Storage fails, or the gas is used up: the work is in proportion to what it has delegated and changed.
pub(crate) fn stakes_at(
    state: &(impl StateRead + ?Sized),
    delegator: &Address,
    number: u64,
) -> Result<Vec<(Address, Dec)>, AppError> {
    let mut held: BTreeMap<Address, Dec> =
        staking::delegations(state, delegator, usize::MAX)?.into_iter().collect();
    let prefix = prefix(delegator);
    let notes = every(|from, limit| CHECKPOINTS.page(state, &prefix, from, false, limit))?;
    let mut last: Option<Address> = None;
    // By validator, then by number: the first that counts is the one.
    for ((_, (validator, noted)), before) in notes {
        if noted >= number && last != Some(validator) {
            held.insert(validator, before);
            last = Some(validator);
        }
    }
    let mut stakes = Vec::with_capacity(held.len());
    for (validator, shares) in held {
        if shares != Dec::ZERO && STAKES.has(state, &(number, validator))? {
            stakes.push((validator, shares));
        }
    }
    Ok(stakes)
}
