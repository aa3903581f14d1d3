//! Taking a part of what stood behind a validator when it misbehaved: of its tokens, of what has left it since, and of what has
//! moved on to others.

use agora_framework::{AppError, StateCtx};
use agora_primitives::math::mul_div_ceil;
use agora_primitives::{Address, Amount, Dec};
use agora_state::every;

use crate::ledger::{self, Withdrawn};
use crate::math::{sold, worth};
use crate::pools;
use crate::state::{
    self, BY_CONSENSUS, CHANGED, DELEGATIONS, REDELEGATIONS, REDELEGATIONS_FROM, TOKENS, UNBONDINGS,
    UNBONDINGS_FROM, VALIDATORS,
};
use crate::types::{Now, POWER_REDUCTION, Status, Validator};
use crate::wire::shares_of;

/// What was done, and what it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slash {
    /// The address of the consensus key.
    pub consensus: Address,
    /// Where it was done, at most the present height. What left the validator before is not touched.
    pub height: u64,
    /// The power it was done with.
    pub power: u64,
    /// The part that is taken, from 0 to 1.
    pub fraction: Dec,
}

/// What was destroyed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Burned {
    /// Out of the bonded pool.
    pub(crate) bonded: Amount,
    /// Out of the other.
    pub(crate) not_bonded: Amount,
}

impl Burned {
    fn add(&mut self, bonded: bool, amount: Amount) {
        let sum = if bonded { &mut self.bonded } else { &mut self.not_bonded };
        *sum = sum.saturating_add(amount);
    }

    /// Together.
    pub(crate) fn total(&self) -> Amount {
        self.bonded.saturating_add(self.not_bonded)
    }
}

/// Takes the part and destroys it. The work is in proportion to what is liable: entries that left the validator, or moved from
/// it, and have not matured. Nobody answers for a validator that is gone or free.
///
/// # Errors
/// Storage fails, or the pools do not hold what they must.
pub(crate) fn slash<C: StateCtx>(ctx: &mut C, now: Now, slash: &Slash) -> Result<Burned, AppError> {
    let mut burned = Burned::default();
    let Some(operator) = BY_CONSENSUS.get(ctx, &slash.consensus)? else { return Ok(burned) };
    let mut validator = ledger::validator(ctx, &operator)?;
    if validator.status == Status::Unbonded || slash.fraction == Dec::ZERO {
        return Ok(burned);
    }
    let then = Amount::from(slash.power).saturating_mul(POWER_REDUCTION);
    let mut left = part(slash.fraction, then);
    if slash.height < now.height {
        left = left.saturating_sub(slash_unbondings(ctx, now, &operator, slash, &mut burned)?);
        left = left.saturating_sub(slash_redelegations(ctx, now, &operator, slash, &mut burned)?);
    }
    let tokens = TOKENS.get(ctx, &operator)?.unsigned_abs();
    let own = left.min(tokens);
    if own > 0 {
        tell(ctx, &operator, now.height, own, tokens)?;
        TOKENS.add(ctx, &operator, ledger::signed(own)?.saturating_neg(), None)?;
        validator.diluted = true;
        VALIDATORS.set(ctx, &operator, &validator)?;
        CHANGED.insert(ctx, &operator)?;
        burned.add(validator.is_bonded(), own);
    }
    let denom = state::params(ctx)?.bond_denom;
    pools::burn(ctx, &denom, burned.bonded, true)?;
    pools::burn(ctx, &denom, burned.not_bonded, false)?;
    Ok(burned)
}

/// Tells whoever follows stakes.
fn tell<C: StateCtx>(
    ctx: &mut C,
    operator: &Address,
    height: u64,
    own: Amount,
    tokens: Amount,
) -> Result<(), AppError> {
    let part = mul_div_ceil(own, Dec::ONE.atomics(), tokens).map_or(Dec::ONE, Dec::from_atomics);
    for module in ctx.registry().stake_followers().iter() {
        if let Some(hooks) = module.stake_hooks() {
            hooks.validator_slashed(ctx, operator, height, part)?;
        }
    }
    Ok(())
}

/// The part of an amount, rounded down.
fn part(fraction: Dec, amount: Amount) -> Amount {
    fraction.mul_floor(amount).unwrap_or(amount).min(amount)
}

/// Whether what left or moved at a height answers for what was done at `since`: not before, and not once it has matured.
const fn is_liable(now: Now, since: u64, height: u64, completion: u64) -> bool {
    height >= since && completion > now.time
}

/// Of what left since: the part of what left, as far as it is still there. Returns what should have been taken.
fn slash_unbondings<C: StateCtx>(
    ctx: &mut C,
    now: Now,
    operator: &Address,
    slash: &Slash,
    burned: &mut Burned,
) -> Result<Amount, AppError> {
    let mut owed: Amount = 0;
    let prefix = state::prefix(operator);
    let delegators = every(|from, limit| UNBONDINGS_FROM.page(ctx, &prefix, from, false, limit))?;
    for ((_, delegator), ()) in delegators {
        let key = (delegator, *operator);
        let Some(mut unbonding) = UNBONDINGS.get(ctx, &key)? else { continue };
        let before = unbonding.clone();
        for entry in unbonding.0.iter_mut().filter(|e| is_liable(now, slash.height, e.height, e.completion)) {
            let due = part(slash.fraction, entry.initial);
            owed = owed.saturating_add(due);
            let taken = due.min(entry.balance);
            entry.balance = entry.balance.saturating_sub(taken);
            burned.add(false, taken);
        }
        if unbonding != before {
            UNBONDINGS.set(ctx, &key, &unbonding)?;
        }
    }
    Ok(owed)
}

/// Of what moved since: first of what left the destination after that, then of the delegation there. Returns what should have
/// been taken.
fn slash_redelegations<C: StateCtx>(
    ctx: &mut C,
    now: Now,
    operator: &Address,
    slash: &Slash,
    burned: &mut Burned,
) -> Result<Amount, AppError> {
    let mut owed: Amount = 0;
    let prefix = state::prefix(operator);
    let moved = every(|from, limit| REDELEGATIONS_FROM.page(ctx, &prefix, from, false, limit))?;
    for ((_, delegator, destination), ()) in moved {
        let key = (delegator, *operator, destination);
        let entries = REDELEGATIONS.get(ctx, &key)?.unwrap_or_default().0;
        for entry in entries.iter().filter(|e| is_liable(now, slash.height, e.height, e.completion)) {
            let due = part(slash.fraction, entry.initial);
            owed = owed.saturating_add(due);
            let left = due.saturating_sub(take_unbonding(
                ctx,
                now,
                delegator,
                destination,
                entry.height,
                due,
                burned,
            )?);
            take_delegation(ctx, delegator, destination, left, burned)?;
        }
    }
    Ok(owed)
}

/// Takes up to `due` of what left `operator` for `delegator` at `height` or later. Returns what was taken.
fn take_unbonding<C: StateCtx>(
    ctx: &mut C,
    now: Now,
    delegator: Address,
    operator: Address,
    height: u64,
    due: Amount,
    burned: &mut Burned,
) -> Result<Amount, AppError> {
    let key = (delegator, operator);
    let Some(mut unbonding) = UNBONDINGS.get(ctx, &key)? else { return Ok(0) };
    let mut left = due;
    for entry in unbonding.0.iter_mut().filter(|e| is_liable(now, height, e.height, e.completion)) {
        let taken = left.min(entry.balance);
        entry.balance = entry.balance.saturating_sub(taken);
        left = left.saturating_sub(taken);
    }
    let taken = due.saturating_sub(left);
    if taken > 0 {
        UNBONDINGS.set(ctx, &key, &unbonding)?;
        burned.add(false, taken);
    }
    Ok(taken)
}

/// Takes up to `due` of a delegation, with the shares it is worth.
fn take_delegation<C: StateCtx>(
    ctx: &mut C,
    delegator: Address,
    operator: Address,
    due: Amount,
    burned: &mut Burned,
) -> Result<(), AppError> {
    let Some(held) = DELEGATIONS.get(ctx, &(delegator, operator))? else { return Ok(()) };
    let Some(validator) = VALIDATORS.get(ctx, &operator)? else { return Ok(()) };
    let held = held.0.atomics();
    let due = due.min(ledger::value(ctx, &operator, &validator, held)?);
    if due == 0 {
        return Ok(());
    }
    let withdrawn = shares_worth(ctx, &operator, &validator, held, due)?;
    ledger::remove(ctx, &delegator, &operator, &withdrawn)?;
    burned.add(validator.is_bonded(), withdrawn.tokens);
    ledger::check_self_delegation(ctx, &delegator, &operator, &validator, withdrawn.value)
}

/// The shares of a delegation that are worth `due`, at most all.
fn shares_worth<C: StateCtx>(
    ctx: &C,
    operator: &Address,
    validator: &Validator,
    held: u128,
    due: Amount,
) -> Result<Withdrawn, AppError> {
    let (tokens, all) = ledger::sums(ctx, operator)?;
    let needed = if validator.diluted { sold(due, tokens, all) } else { shares_of(due) };
    let shares = needed.unwrap_or(held).min(held);
    let left = held.saturating_sub(shares);
    // All shares take all tokens along.
    let tokens_out = if shares == all { tokens } else { due };
    Ok(Withdrawn { tokens: tokens_out, shares, left, value: worth(left, tokens, all) })
}
