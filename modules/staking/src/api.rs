//! What other modules may call.

use agora_framework::{AppError, ExecCtx, StateCtx};
use agora_primitives::{Address, Amount, Coin, Dec, Denom};
use agora_state::{StateError, StateRead, every};

use crate::msgs::Delegate;
use crate::state::{self, BY_CONSENSUS, CHANGED, DELEGATIONS, VALIDATORS};
use crate::types::{Now, Validator};
use crate::{error, execute, ledger, pools, set, slash};

pub use crate::slash::Slash;
pub use crate::wire::{operator, operator_text};

/// What is staked.
///
/// # Errors
/// Storage fails.
pub fn bond_denom(state: &(impl StateRead + ?Sized)) -> Result<Denom, StateError> {
    Ok(state::params(state)?.bond_denom)
}

/// How long coins stay liable after they left, in nanoseconds.
///
/// # Errors
/// Storage fails.
pub fn unbonding_time(state: &(impl StateRead + ?Sized)) -> Result<u64, StateError> {
    Ok(state::params(state)?.unbonding_time)
}

/// Base units of validators in the set.
///
/// # Errors
/// Storage fails.
pub fn bonded_tokens(state: &(impl StateRead + ?Sized)) -> Result<Amount, StateError> {
    agora_bank::api::balance(state, &pools::address(true), &bond_denom(state)?)
}

/// The validator of an operator.
///
/// # Errors
/// Storage fails.
pub fn validator(
    state: &(impl StateRead + ?Sized),
    operator: &Address,
) -> Result<Option<Validator>, StateError> {
    VALIDATORS.get(state, operator)
}

/// The validator of an operator.
///
/// # Errors
/// Code 3: there is none.
pub fn require_validator(
    state: &(impl StateRead + ?Sized),
    operator: &Address,
) -> Result<Validator, AppError> {
    ledger::validator(state, operator)
}

/// The operator behind the address of a consensus key.
///
/// # Errors
/// Storage fails.
pub fn operator_by_consensus(
    state: &(impl StateRead + ?Sized),
    consensus: &Address,
) -> Result<Option<Address>, StateError> {
    BY_CONSENSUS.get(state, consensus)
}

/// Tokens of a validator in base units, and the shares they are divided into.
///
/// # Errors
/// Storage fails.
pub fn tokens_and_shares(
    state: &(impl StateRead + ?Sized),
    operator: &Address,
) -> Result<(Amount, Dec), StateError> {
    let (tokens, shares) = ledger::sums(state, operator)?;
    Ok((tokens, Dec::from_atomics(shares)))
}

/// The shares of a delegation; 0 if there is none.
///
/// # Errors
/// Storage fails.
pub fn delegation(
    state: &(impl StateRead + ?Sized),
    delegator: &Address,
    operator: &Address,
) -> Result<Dec, StateError> {
    ledger::shares(state, delegator, operator).map(Dec::from_atomics)
}

/// The shares of a delegation there is.
///
/// # Errors
/// Code 3 without the validator, code 19 without the delegation.
pub fn require_delegation(
    state: &(impl StateRead + ?Sized),
    delegator: &Address,
    operator: &Address,
) -> Result<Dec, AppError> {
    ledger::validator(state, operator)?;
    match ledger::shares(state, delegator, operator)? {
        0 => Err(error::NO_DELEGATION.bare()),
        shares => Ok(Dec::from_atomics(shares)),
    }
}

/// Delegations of an account, at most `most` of them: operators and shares.
///
/// # Errors
/// Storage fails.
pub fn delegations(
    state: &(impl StateRead + ?Sized),
    delegator: &Address,
    most: usize,
) -> Result<Vec<(Address, Dec)>, StateError> {
    let page = DELEGATIONS.page(state, &state::prefix(delegator), None, false, most)?;
    Ok(page.entries.into_iter().map(|((_, operator), shares)| (operator, shares.0)).collect())
}

/// Every delegation, for invariants of other modules: delegator, operator, shares.
///
/// # Errors
/// Storage fails.
pub fn every_delegation(
    state: &(impl StateRead + ?Sized),
) -> Result<Vec<(Address, Address, Dec)>, StateError> {
    let all = every(|from, limit| DELEGATIONS.page(state, &[], from, false, limit))?;
    Ok(all.into_iter().map(|((delegator, operator), shares)| (delegator, operator, shares.0)).collect())
}

/// What shares of a validator are worth, in base units, rounded down; 0 if it is gone.
///
/// # Errors
/// Storage fails.
pub fn value(
    state: &(impl StateRead + ?Sized),
    operator: &Address,
    shares: Dec,
) -> Result<Amount, StateError> {
    match VALIDATORS.get(state, operator)? {
        Some(validator) => ledger::value(state, operator, &validator, shares.atomics()),
        None => Ok(0),
    }
}

/// The set as consensus was told: operators and powers, by operator.
///
/// # Errors
/// Storage fails.
pub fn last_powers(state: &(impl StateRead + ?Sized)) -> Result<Vec<(Address, u64)>, AppError> {
    set::last(state)
}

/// Delegates coins of an account, as its own message would.
///
/// # Errors
/// Those of `MsgDelegate`.
pub fn delegate(
    ctx: &mut ExecCtx<'_>,
    delegator: &Address,
    operator: &Address,
    amount: Coin,
) -> Result<(), AppError> {
    let msg = Delegate { delegator: *delegator, validator: *operator, amount };
    execute::delegate::execute(ctx, msg).map(drop)
}

/// Takes a part of what stood behind a validator when it misbehaved. Only in block hooks. Returns what was destroyed.
///
/// # Errors
/// Storage fails, or the pools do not hold what they must.
pub fn slash<C: StateCtx>(ctx: &mut C, now: Now, what: &Slash) -> Result<Amount, AppError> {
    slash::slash(ctx, now, what).map(|burned| burned.total())
}

/// Keeps a validator out of the set from the end of this block on; nothing if it is already.
///
/// # Errors
/// Code 3: there is none.
pub fn jail<C: StateCtx>(ctx: &mut C, operator: &Address) -> Result<(), AppError> {
    let validator = ledger::validator(ctx, operator)?;
    if validator.jailed { Ok(()) } else { ledger::jail(ctx, operator, validator) }
}

/// Lets a validator be a candidate again.
///
/// # Errors
/// Code 3: there is none.
pub fn unjail<C: StateCtx>(ctx: &mut C, operator: &Address) -> Result<(), AppError> {
    let mut validator = ledger::validator(ctx, operator)?;
    validator.jailed = false;
    VALIDATORS.set(ctx, operator, &validator)?;
    Ok(CHANGED.insert(ctx, operator)?)
}
