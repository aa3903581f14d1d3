//! What is due when a block ends: work in proportion to it, at most [`MOST`] of each kind; the rest waits for the next block.

use agora_framework::{AppError, Event, StateCtx};
use agora_primitives::{Address, Amount, Denom};

use crate::state::{
    self, REDELEGATION_QUEUE, REDELEGATIONS, REDELEGATIONS_FROM, REDELEGATIONS_TO, UNBONDING_QUEUE,
    UNBONDINGS, UNBONDINGS_FROM,
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
    set::free(ctx, now, MOST)?;
    let unbondings = UNBONDING_QUEUE.page(ctx, &[], None, false, MOST)?.entries;
    let due = unbondings.into_iter().map(|(key, ())| key).take_while(|(time, ..)| *time <= now.time);
    let due: Vec<_> = due.collect();
    if !due.is_empty() {
        let denom = state::params(ctx)?.bond_denom;
        for key in due {
            UNBONDING_QUEUE.remove(ctx, &key)?;
            complete_unbonding(ctx, now, &denom, key.1, key.2)?;
        }
    }
    let redelegations = REDELEGATION_QUEUE.page(ctx, &[], None, false, MOST)?.entries;
    let due = redelegations.into_iter().map(|(key, ())| key).take_while(|(time, _)| *time <= now.time);
    let due: Vec<_> = due.collect();
    if !due.is_empty() {
        let denom = state::params(ctx)?.bond_denom;
        for key in due {
            REDELEGATION_QUEUE.remove(ctx, &key)?;
            complete_redelegation(ctx, now, &denom, key.1)?;
        }
    }
    Ok(())
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
