//! The two accounts that hold what is staked: the tokens of the set, and everything else.

use agora_bank::api as bank;
use agora_framework::{AppError, StateCtx};
use agora_primitives::{Address, Amount, Coin, Coins, Denom, module_address};

/// Holds the tokens of validators in the set.
pub const BONDED_POOL: &str = "bonded_tokens_pool";
/// Holds the tokens of other validators, and what is on its way out.
pub const NOT_BONDED_POOL: &str = "not_bonded_tokens_pool";

const fn name(bonded: bool) -> &'static str {
    if bonded { BONDED_POOL } else { NOT_BONDED_POOL }
}

/// The pool of validators that are, or are not, in the set.
pub(crate) fn address(bonded: bool) -> Address {
    module_address(name(bonded))
}

fn coins(denom: &Denom, amount: Amount) -> Coins {
    Coins::one(Coin::new(amount, denom.clone()))
}

/// Moves tokens into the pool they belong to from now on; nothing if it is the one they lie in.
pub(crate) fn shift<C: StateCtx>(
    ctx: &mut C,
    denom: &Denom,
    amount: Amount,
    from_bonded: bool,
    to_bonded: bool,
) -> Result<(), AppError> {
    if from_bonded == to_bonded || amount == 0 {
        return Ok(());
    }
    bank::send(ctx, &address(from_bonded), &address(to_bonded), &coins(denom, amount))
}

/// Takes a delegator's coins.
pub(crate) fn take<C: StateCtx>(
    ctx: &mut C,
    from: &Address,
    denom: &Denom,
    amount: Amount,
    bonded: bool,
) -> Result<(), AppError> {
    bank::stake(ctx, from, &address(bonded), &coins(denom, amount))
}

/// Pays a delegator from what is not bonded; nothing if there is nothing left.
pub(crate) fn pay<C: StateCtx>(
    ctx: &mut C,
    to: &Address,
    denom: &Denom,
    amount: Amount,
) -> Result<(), AppError> {
    if amount == 0 {
        return Ok(());
    }
    bank::stake(ctx, &address(false), to, &coins(denom, amount))
}

/// Destroys slashed tokens.
pub(crate) fn burn<C: StateCtx>(
    ctx: &mut C,
    denom: &Denom,
    amount: Amount,
    bonded: bool,
) -> Result<(), AppError> {
    if amount == 0 {
        return Ok(());
    }
    bank::burn(ctx, name(bonded), &coins(denom, amount))
}
