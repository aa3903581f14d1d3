//! Forgetting what nobody needs any more, bit by bit: votes of proposals that are decided, snapshots nobody votes with, and notes of
//! delegations older than the oldest snapshot in use.

use agora_framework::{AppError, StateCtx};

use crate::state::{
    CHECKPOINTS, CHECKPOINTS_OF, COUNTED, RELEASED, SNAPSHOTS, STAKES, TALLIES, VOTES, prefix,
};

/// Entries that are forgotten when a block ends, at most.
pub const MOST_SWEPT: usize = 1000;

/// Forgets.
///
/// # Errors
/// Storage fails.
pub(crate) fn run(ctx: &mut impl StateCtx) -> Result<(), AppError> {
    let mut budget = MOST_SWEPT;
    votes(ctx, &mut budget)?;
    snapshots(ctx, &mut budget)?;
    notes(ctx, budget)
}

fn votes(ctx: &mut impl StateCtx, budget: &mut usize) -> Result<(), AppError> {
    for (key, ()) in COUNTED.page(ctx, &[], None, false, *budget)?.entries {
        let tallies = TALLIES.page(ctx, &prefix(&key), None, false, *budget)?;
        for (tally, sum) in &tallies.entries {
            TALLIES.add(ctx, tally, sum.saturating_neg(), None)?;
        }
        *budget = budget.saturating_sub(tallies.entries.len());
        let votes = VOTES.page(ctx, &prefix(&key), None, false, *budget)?;
        for (vote, _) in &votes.entries {
            VOTES.delete(ctx, vote)?;
        }
        *budget = budget.saturating_sub(votes.entries.len());
        if tallies.next.is_some() || votes.next.is_some() {
            return Ok(());
        }
        COUNTED.remove(ctx, &key)?;
    }
    Ok(())
}

fn snapshots(ctx: &mut impl StateCtx, budget: &mut usize) -> Result<(), AppError> {
    for (number, ()) in RELEASED.page(ctx, &[], None, false, *budget)?.entries {
        let stakes = STAKES.page(ctx, &prefix(&number), None, false, *budget)?;
        for (key, _) in &stakes.entries {
            STAKES.delete(ctx, key)?;
        }
        *budget = budget.saturating_sub(stakes.entries.len());
        if stakes.next.is_some() {
            return Ok(());
        }
        RELEASED.remove(ctx, &number)?;
    }
    Ok(())
}

fn notes(ctx: &mut impl StateCtx, budget: usize) -> Result<(), AppError> {
    let first = CHECKPOINTS_OF.page(ctx, &[], None, false, 1)?.entries;
    let Some(((first, _), ())) = first.first() else { return Ok(()) };
    let oldest = SNAPSHOTS.page(ctx, &[], None, false, 1)?.entries.first().map(|(number, _)| *number);
    let needed = |number: u64| oldest.is_some_and(|oldest| number >= oldest);
    // Most blocks have nothing to forget: those read no more.
    if needed(*first) {
        return Ok(());
    }
    for (key, ()) in CHECKPOINTS_OF.page(ctx, &[], None, false, budget)?.entries {
        let (number, (delegator, validator)) = key;
        if needed(number) {
            break;
        }
        CHECKPOINTS_OF.remove(ctx, &key)?;
        CHECKPOINTS.delete(ctx, &(delegator, (validator, number)))?;
    }
    Ok(())
}
