//! Who makes blocks: chosen anew when a block ends in which powers changed.

use std::collections::BTreeMap;

use agora_framework::{AppError, StateCtx, ValidatorUpdate};
use agora_primitives::{Address, Amount};
use agora_state::{StateRead, every};

use crate::params::Params;
use crate::state::{
    self, BY_CONSENSUS, BY_POWER, CHANGED, LAST_POWERS, LAST_TOTAL_POWER, LISTED_POWER, RESELECT, SETS,
    SHARES, TOKENS, VALIDATOR_QUEUE, VALIDATORS,
};
use crate::types::{Now, SetMember, Status, Validator, ValidatorSet, power_of};
use crate::wire::shares_of;
use crate::{concentration, ledger, pools};

/// Brings the list of candidates up to date and chooses the set. Returns what consensus must be told.
///
/// # Errors
/// Storage fails, or the pools do not hold what they must.
pub(crate) fn update<C: StateCtx>(ctx: &mut C, now: Now) -> Result<Vec<ValidatorUpdate>, AppError> {
    let relisted = relist(ctx)?;
    if !relisted && RESELECT.get(ctx)?.is_none() {
        return Ok(Vec::new());
    }
    RESELECT.delete(ctx)?;
    let params = state::params(ctx)?;
    let chosen = chosen(ctx, &params)?;
    let last: BTreeMap<Address, u64> = last(ctx)?.into_iter().collect();
    if chosen.is_empty() && !last.is_empty() {
        // A chain without validators cannot go on: the old set stays until somebody can follow it.
        RESELECT.set(ctx, &true)?;
        return Ok(Vec::new());
    }
    apply(ctx, now, &params, &chosen, last)
}

/// The set as consensus was told.
pub(crate) fn last(state: &(impl StateRead + ?Sized)) -> Result<Vec<(Address, u64)>, AppError> {
    Ok(every(|from, limit| LAST_POWERS.page(state, &[], from, false, limit))?)
}

/// The same as consensus knows it: by key.
pub(crate) fn told(state: &(impl StateRead + ?Sized)) -> Result<Vec<ValidatorUpdate>, AppError> {
    let update = |(operator, power): (Address, u64)| {
        let validator = ledger::validator(state, &operator)?;
        Ok(ValidatorUpdate { pub_key: validator.consensus_key, power })
    };
    last(state)?.into_iter().map(update).collect()
}

/// Lists validators that changed with their present powers; says whether any moved. One without shares that is free goes.
pub(crate) fn relist<C: StateCtx>(ctx: &mut C) -> Result<bool, AppError> {
    let changed = every(|from, limit| CHANGED.page(ctx, &[], from, false, limit))?;
    let mut moved = false;
    for (operator, ()) in changed {
        CHANGED.remove(ctx, &operator)?;
        let Some(mut validator) = VALIDATORS.get(ctx, &operator)? else { continue };
        let (tokens, shares) = ledger::sums(ctx, &operator)?;
        let diluted = shares_of(tokens) != Some(shares);
        if validator.diluted != diluted {
            validator.diluted = diluted;
            VALIDATORS.set(ctx, &operator, &validator)?;
        }
        let power = if validator.jailed { 0 } else { power_of(tokens) };
        moved |= list(ctx, &operator, power)?;
        if shares == 0 && validator.status == Status::Unbonded {
            remove(ctx, &operator, &validator)?;
        }
    }
    Ok(moved)
}

/// Lists a validator with its power; without any it is not listed.
fn list<C: StateCtx>(ctx: &mut C, operator: &Address, power: u64) -> Result<bool, AppError> {
    let rank = |power: u64| (u64::MAX.saturating_sub(power), *operator);
    let before = LISTED_POWER.get(ctx, operator)?.unwrap_or_default();
    if before == power {
        return Ok(false);
    }
    if before > 0 {
        BY_POWER.remove(ctx, &rank(before))?;
        LISTED_POWER.delete(ctx, operator)?;
    }
    if power > 0 {
        BY_POWER.insert(ctx, &rank(power))?;
        LISTED_POWER.set(ctx, operator, &power)?;
    }
    Ok(true)
}

/// Forgets a validator that is free and has no delegations.
pub(crate) fn remove<C: StateCtx>(
    ctx: &mut C,
    operator: &Address,
    validator: &Validator,
) -> Result<(), AppError> {
    list(ctx, operator, 0)?;
    for module in ctx.registry().stake_followers().iter() {
        if let Some(hooks) = module.stake_hooks() {
            hooks.validator_removed(ctx, operator)?;
        }
    }
    BY_CONSENSUS.delete(ctx, &validator.consensus_address())?;
    Ok(VALIDATORS.delete(ctx, operator)?)
}

/// The candidates with the greatest powers, in order.
pub(crate) fn chosen<C: StateCtx>(ctx: &C, params: &Params) -> Result<Vec<(Address, u64)>, AppError> {
    let most = usize::try_from(params.max_validators).unwrap_or(usize::MAX);
    let page = BY_POWER.page(ctx, &[], None, false, most)?;
    Ok(page.entries.into_iter().map(|((rank, who), ())| (who, u64::MAX.saturating_sub(rank))).collect())
}

/// Moves validators into the set and out of it, their tokens with them, and notes the new set.
fn apply<C: StateCtx>(
    ctx: &mut C,
    now: Now,
    params: &Params,
    chosen: &[(Address, u64)],
    mut last: BTreeMap<Address, u64>,
) -> Result<Vec<ValidatorUpdate>, AppError> {
    let (mut updates, mut entering, mut leaving): (Vec<ValidatorUpdate>, Amount, Amount) = (vec![], 0, 0);
    for (operator, power) in chosen {
        let before = last.remove(operator);
        let validator = ledger::validator(ctx, operator)?;
        if before.is_none() {
            entering = entering.saturating_add(enter(ctx, operator, validator.clone())?);
        }
        if before != Some(*power) {
            LAST_POWERS.set(ctx, operator, power)?;
            updates.push(ValidatorUpdate { pub_key: validator.consensus_key, power: *power });
        }
    }
    // Whoever is left over was in the set and is not any more.
    for operator in last.keys() {
        let validator = ledger::validator(ctx, operator)?;
        updates.push(ValidatorUpdate { pub_key: validator.consensus_key, power: 0 });
        LAST_POWERS.delete(ctx, operator)?;
        leaving = leaving.saturating_add(leave(ctx, now, params, operator, validator)?);
    }
    if updates.is_empty() {
        return Ok(updates);
    }
    let net = entering.abs_diff(leaving);
    pools::shift(ctx, &params.bond_denom, net, leaving > entering, entering > leaving)?;
    note(ctx, chosen, now.height.saturating_add(1))?;
    concentration::note(ctx, chosen.iter().map(|(_, power)| *power))?;
    Ok(updates)
}

/// Into the set. Returns the tokens that come along.
fn enter<C: StateCtx>(ctx: &mut C, operator: &Address, mut validator: Validator) -> Result<Amount, AppError> {
    if validator.is_bonded() {
        return Ok(0);
    }
    if validator.status == Status::Unbonding {
        VALIDATOR_QUEUE.remove(ctx, &(validator.unbonding_time, *operator))?;
    }
    validator.status = Status::Bonded;
    VALIDATORS.set(ctx, operator, &validator)?;
    Ok(TOKENS.get(ctx, operator)?.unsigned_abs())
}

/// Out of the set, liable for the unbonding time. Returns the tokens that go along.
fn leave<C: StateCtx>(
    ctx: &mut C,
    now: Now,
    params: &Params,
    operator: &Address,
    mut validator: Validator,
) -> Result<Amount, AppError> {
    validator.status = Status::Unbonding;
    validator.unbonding_height = now.height;
    validator.unbonding_time = now.time.saturating_add(params.unbonding_time);
    VALIDATOR_QUEUE.insert(ctx, &(validator.unbonding_time, *operator))?;
    VALIDATORS.set(ctx, operator, &validator)?;
    Ok(TOKENS.get(ctx, operator)?.unsigned_abs())
}

/// Notes a set that is in force from `height` on.
pub(crate) fn note<C: StateCtx>(ctx: &mut C, chosen: &[(Address, u64)], height: u64) -> Result<(), AppError> {
    let (mut total, mut set) = (0u64, Vec::with_capacity(chosen.len()));
    for (operator, power) in chosen {
        total = total.saturating_add(*power);
        let consensus_key = ledger::validator(ctx, operator)?.consensus_key;
        set.push(SetMember { operator: *operator, consensus_key, power: *power });
    }
    set.sort_by_key(|member| member.operator);
    LAST_TOTAL_POWER.set(ctx, &total)?;
    Ok(SETS.set(ctx, &height, &ValidatorSet(set))?)
}

/// Frees validators that left the set so long ago that they are liable no more; they stand in the queue under these keys.
///
/// # Errors
/// Storage fails.
pub(crate) fn free<C: StateCtx>(ctx: &mut C, due: Vec<(u64, Address)>) -> Result<(), AppError> {
    for (time, operator) in due {
        VALIDATOR_QUEUE.remove(ctx, &(time, operator))?;
        let Some(mut validator) = VALIDATORS.get(ctx, &operator)? else { continue };
        validator.status = Status::Unbonded;
        if SHARES.get(ctx, &operator)? == 0 {
            remove(ctx, &operator, &validator)?;
        } else {
            VALIDATORS.set(ctx, &operator, &validator)?;
        }
    }
    Ok(())
}
