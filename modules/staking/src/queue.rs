//! What is due when a block ends: work in proportion to it, at most [`MOST`] of each kind; the rest waits for the next block.

use agora_framework::{AppError, Event, StateCtx};
use agora_primitives::{Address, Amount, Denom};
use agora_state::{Page, StateError};

use crate::state::{
    self, REDELEGATION_QUEUE, REDELEGATIONS, REDELEGATIONS_FROM, REDELEGATIONS_TO, UNBONDING_QUEUE,
    UNBONDINGS, UNBONDINGS_FROM, VALIDATOR_QUEUE,
};
use crate::types::Now;
use crate::wire::operator_text;
use crate::{pools, set};

/// Validators, unbondings and redelegations that come to an end in one block, of each at most.
pub const MOST: usize = 1000;

/// Ends what is due.
///
/// # Errors
/// Storage fails, or the pools do not hold what they must.
pub(crate) fn run<C: StateCtx>(ctx: &mut C, now: Now) -> Result<(), AppError> {
    let validators =
        due(|from, limit| VALIDATOR_QUEUE.page(ctx, &[], from, false, limit), |key| key.0 <= now.time)?;
    set::free(ctx, validators)?;
    let unbondings =
        due(|from, limit| UNBONDING_QUEUE.page(ctx, &[], from, false, limit), |key| key.0 <= now.time)?;
    let redelegations =
        due(|from, limit| REDELEGATION_QUEUE.page(ctx, &[], from, false, limit), |key| key.0 <= now.time)?;
    if unbondings.is_empty() && redelegations.is_empty() {
        return Ok(());
    }
    let denom = state::params(ctx)?.bond_denom;
    for key in unbondings {
        UNBONDING_QUEUE.remove(ctx, &key)?;
        complete_unbonding(ctx, now, &denom, key.1, key.2)?;
    }
    for key in redelegations {
        REDELEGATION_QUEUE.remove(ctx, &key)?;
        complete_redelegation(ctx, now, &denom, key.1)?;
    }
    Ok(())
}

/// The first entries of a queue that are due, at most [`MOST`]. Pages grow with what they find, so that a long queue of which
/// nothing is due costs one entry.
fn due<K>(
    mut page: impl FnMut(Option<&[u8]>, usize) -> Result<Page<K, ()>, StateError>,
    is_due: impl Fn(&K) -> bool,
) -> Result<Vec<K>, StateError> {
    let (mut found, mut from, mut size): (Vec<K>, Option<Vec<u8>>, usize) = (Vec::new(), None, 1);
    while found.len() < MOST {
        let page = page(from.as_deref(), size.min(MOST.saturating_sub(found.len())))?;
        for (key, ()) in page.entries {
            if !is_due(&key) {
                return Ok(found);
            }
            found.push(key);
        }
        match page.next {
            Some(next) => from = Some(next),
            None => break,
        }
        size = size.saturating_mul(4);
    }
    Ok(found)
}

/// Pays what has arrived.
fn complete_unbonding<C: StateCtx>(
    ctx: &mut C,
    now: Now,
    denom: &Denom,
    delegator: Address,
    operator: Address,
) -> Result<(), AppError> {
    let key = (delegator, operator);
    let Some(mut unbonding) = UNBONDINGS.get(ctx, &key)? else { return Ok(()) };
    let before = unbonding.0.len();
    let mut paid: Amount = 0;
    unbonding.0.retain(|entry| {
        let due = entry.completion <= now.time;
        if due {
            paid = paid.saturating_add(entry.balance);
        }
        !due
    });
    if unbonding.0.len() == before {
        return Ok(());
    }
    if unbonding.0.is_empty() {
        UNBONDINGS.delete(ctx, &key)?;
        UNBONDINGS_FROM.remove(ctx, &(operator, delegator))?;
    } else {
        UNBONDINGS.set(ctx, &key, &unbonding)?;
    }
    pools::pay(ctx, &delegator, denom, paid)?;
    ctx.emit(
        Event::new("complete_unbonding")
            .with("amount", format!("{paid}{denom}"))
            .with("validator", operator_text(&operator))
            .with("delegator", delegator),
    );
    Ok(())
}

/// Ends the liability for the source.
fn complete_redelegation<C: StateCtx>(
    ctx: &mut C,
    now: Now,
    denom: &Denom,
    key: (Address, Address, Address),
) -> Result<(), AppError> {
    let (delegator, source, destination) = key;
    let Some(mut redelegation) = REDELEGATIONS.get(ctx, &key)? else { return Ok(()) };
    let before = redelegation.0.len();
    let mut moved: Amount = 0;
    redelegation.0.retain(|entry| {
        let due = entry.completion <= now.time;
        if due {
            moved = moved.saturating_add(entry.initial);
        }
        !due
    });
    if redelegation.0.len() == before {
        return Ok(());
    }
    if redelegation.0.is_empty() {
        REDELEGATIONS.delete(ctx, &key)?;
        REDELEGATIONS_FROM.remove(ctx, &(source, delegator, destination))?;
        REDELEGATIONS_TO.remove(ctx, &(delegator, destination, source))?;
    } else {
        REDELEGATIONS.set(ctx, &key, &redelegation)?;
    }
    ctx.emit(
        Event::new("complete_redelegation")
            .with("amount", format!("{moved}{denom}"))
            .with("delegator", delegator)
            .with("source_validator", operator_text(&source))
            .with("destination_validator", operator_text(&destination)),
    );
    Ok(())
}
