//! Shares of delegations and tokens of validators: what every message comes down to. Coins move elsewhere.
//!
//! Until a validator is slashed a share is a unit, and neither sum is read: delegations to one validator do not wait for each
//! other. After a slash shares have a price, and they do.

use agora_framework::errors::sdk;
use agora_framework::{AppError, SharesChange, StateCtx};
use agora_primitives::{Address, Amount, Dec};
use agora_state::{Bounds, StateError, StateRead};

use crate::error;
use crate::math::{bought, sold, worth};
use crate::state::{CHANGED, DELEGATIONS, SHARES, TOKENS, VALIDATORS};
use crate::types::{MAX_SHARES, Shares, Validator};
use crate::wire::shares_of;

/// What the shares of a validator are a sum of.
const SHARE_BOUNDS: Bounds = Bounds::NON_NEGATIVE;

/// The validator of an operator.
///
/// # Errors
/// Code 3: there is none.
pub(crate) fn validator(
    state: &(impl StateRead + ?Sized),
    operator: &Address,
) -> Result<Validator, AppError> {
    VALIDATORS.get(state, operator)?.ok_or_else(|| error::NO_VALIDATOR.bare())
}

/// Tokens and shares of a validator. A full dependency on both.
///
/// # Errors
/// Storage fails.
pub(crate) fn sums(
    state: &(impl StateRead + ?Sized),
    operator: &Address,
) -> Result<(Amount, u128), StateError> {
    Ok((TOKENS.get(state, operator)?.unsigned_abs(), SHARES.get(state, operator)?.unsigned_abs()))
}

/// The shares of a delegation; 0 if there is none.
///
/// # Errors
/// Storage fails.
pub(crate) fn shares(
    state: &(impl StateRead + ?Sized),
    delegator: &Address,
    operator: &Address,
) -> Result<u128, StateError> {
    Ok(DELEGATIONS.get(state, &(*delegator, *operator))?.map_or(0, |shares| shares.0.atomics()))
}

/// What shares of a validator are worth, in base units, rounded down.
///
/// # Errors
/// Storage fails.
pub(crate) fn value(
    state: &(impl StateRead + ?Sized),
    operator: &Address,
    validator: &Validator,
    shares: u128,
) -> Result<Amount, StateError> {
    if !validator.diluted {
        return Ok(worth(shares, 1, crate::math::SHARE));
    }
    let (tokens, all) = sums(state, operator)?;
    Ok(worth(shares, tokens, all))
}

/// Adds `amount` to a delegation; the coins lie in the validator's pool already. Returns the new shares.
///
/// # Errors
/// Code 34 when shares have no price, code 24 when it buys none, code 18 beyond what can be counted.
pub(crate) fn deposit<C: StateCtx>(
    ctx: &mut C,
    delegator: &Address,
    operator: &Address,
    validator: &Validator,
    amount: Amount,
) -> Result<Dec, AppError> {
    let new = if validator.diluted {
        let (tokens, all) = sums(ctx, operator)?;
        if tokens == 0 && all > 0 {
            return Err(error::EXCHANGE_RATE.bare());
        }
        bought(amount, tokens, all)
    } else {
        shares_of(amount)
    };
    let new = new.filter(|new| *new <= MAX_SHARES).ok_or_else(|| too_much(amount))?;
    if new == 0 {
        return Err(error::SHARES.bare());
    }
    let before = shares(ctx, delegator, operator)?;
    let after = before.checked_add(new).ok_or_else(|| too_much(amount))?;
    add(ctx, operator, signed(amount)?, signed(new)?).map_err(|error| match error {
        StateError::OutOfBounds { .. } => too_much(amount),
        other => other.into(),
    })?;
    set_shares(ctx, delegator, operator, (before, after))?;
    Ok(Dec::from_atomics(new))
}

/// Takes what is worth `amount` out of a delegation. A rest that is worth less than a unit goes with it. Returns the tokens,
/// which lie in the validator's pool still, and the shares that are left.
///
/// # Errors
/// Code 19 without a delegation, code 18 for more than it is worth, code 24 when it is worth nothing.
pub(crate) fn withdraw<C: StateCtx>(
    ctx: &mut C,
    delegator: &Address,
    operator: &Address,
    validator: &Validator,
    amount: Amount,
) -> Result<Withdrawn, AppError> {
    let held = shares(ctx, delegator, operator)?;
    if held == 0 {
        return Err(error::NO_DELEGATION.bare());
    }
    let refused = || sdk::INVALID_REQUEST.wrap("invalid shares amount");
    let withdrawn = if validator.diluted {
        let (tokens, all) = sums(ctx, operator)?;
        if tokens == 0 {
            return Err(error::SHARES.wrap("the delegation was slashed to nothing"));
        }
        let needed = sold(amount, tokens, all).ok_or_else(refused)?;
        let rest = held.checked_sub(needed).ok_or_else(refused)?;
        let left = if worth(rest, tokens, all) == 0 { 0 } else { rest };
        let shares = held.saturating_sub(left);
        Withdrawn { tokens: worth(shares, tokens, all), shares, left, value: worth(left, tokens, all) }
    } else {
        let shares = shares_of(amount).ok_or_else(refused)?;
        let left = held.checked_sub(shares).ok_or_else(refused)?;
        Withdrawn { tokens: amount, shares, left, value: worth(left, 1, crate::math::SHARE) }
    };
    remove(ctx, delegator, operator, &withdrawn)?;
    Ok(withdrawn)
}

/// What left a delegation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Withdrawn {
    /// Base units.
    pub(crate) tokens: Amount,
    /// The shares they were.
    pub(crate) shares: u128,
    /// The shares that are left.
    pub(crate) left: u128,
    /// What those are worth.
    pub(crate) value: Amount,
}

/// Books what leaves a delegation.
pub(crate) fn remove<C: StateCtx>(
    ctx: &mut C,
    delegator: &Address,
    operator: &Address,
    withdrawn: &Withdrawn,
) -> Result<(), AppError> {
    let (tokens, shares) = (signed(withdrawn.tokens)?, signed(withdrawn.shares)?);
    add(ctx, operator, tokens.saturating_neg(), shares.saturating_neg())?;
    let before = withdrawn.left.saturating_add(withdrawn.shares);
    set_shares(ctx, delegator, operator, (before, withdrawn.left))
}

/// Adds to tokens and shares of a validator, and has its power looked at when the block ends.
fn add<C: StateCtx>(ctx: &mut C, operator: &Address, tokens: i128, shares: i128) -> Result<(), StateError> {
    SHARES.add(ctx, operator, shares, Some(SHARE_BOUNDS))?;
    TOKENS.add(ctx, operator, tokens, Some(Bounds::NON_NEGATIVE))?;
    CHANGED.insert(ctx, operator)
}

/// Writes the shares of a delegation, after whoever follows stakes was told.
fn set_shares<C: StateCtx>(
    ctx: &mut C,
    delegator: &Address,
    operator: &Address,
    (before, after): (u128, u128),
) -> Result<(), AppError> {
    let change = SharesChange {
        delegator: *delegator,
        validator: *operator,
        before: Dec::from_atomics(before),
        after: Dec::from_atomics(after),
    };
    for module in ctx.registry().stake_followers().iter() {
        if let Some(hooks) = module.stake_hooks() {
            hooks.shares_change(ctx, &change)?;
        }
    }
    let key = (*delegator, *operator);
    if after == 0 {
        return Ok(DELEGATIONS.delete(ctx, &key)?);
    }
    Ok(DELEGATIONS.set(ctx, &key, &Shares(change.after))?)
}

/// Keeps a validator out of the set from the end of this block on.
pub(crate) fn jail<C: StateCtx>(
    ctx: &mut C,
    operator: &Address,
    mut validator: Validator,
) -> Result<(), AppError> {
    validator.jailed = true;
    VALIDATORS.set(ctx, operator, &validator)?;
    Ok(CHANGED.insert(ctx, operator)?)
}

/// Jails a validator whose own delegation became too small.
pub(crate) fn check_self_delegation<C: StateCtx>(
    ctx: &mut C,
    delegator: &Address,
    operator: &Address,
    validator: &Validator,
    value: Amount,
) -> Result<(), AppError> {
    if delegator == operator && !validator.jailed && value < validator.min_self_delegation {
        jail(ctx, operator, validator.clone())?;
    }
    Ok(())
}

/// An amount that is added or taken.
pub(crate) fn signed(amount: u128) -> Result<i128, AppError> {
    i128::try_from(amount).map_err(|_| too_much(amount))
}

fn too_much(amount: u128) -> AppError {
    sdk::INVALID_REQUEST.wrap(format_args!(
        "{amount} is more than a validator can have: 2^127 / 10^18 units; choose another validator"
    ))
}
