//! Rewards that are staked again: when a delegator says so, or once a day by itself.

use agora_framework::errors::sdk;
use agora_framework::wire::wire_coin;
use agora_framework::{AppError, BlockCtx, Event, ExecCtx, HookTx, StateCtx};
use agora_primitives::{Address, Amount, Coin};
use agora_staking::api as staking;
use agora_state::StateRead;

use crate::ledger;
use crate::msgs::{Compound, SetAutoCompound};
use crate::proto::agora::distribution::v1 as own;
use crate::state::{AUTO_COMPOUNDS, COMPOUND_QUEUE};

/// How long a delegation earns before it is compounded by itself: a day, in nanoseconds.
pub const PERIOD: u64 = 86_400 * 1_000_000_000;

/// The most delegations that are compounded in one block; the rest waits for the next.
pub const MOST: usize = 32;

/// The least that is compounded by itself, in base units: less is not worth a block's time.
pub const LEAST: Amount = 1000;

/// The most gas that compounding a delegation may take.
const GAS: u64 = 1_000_000;

/// Pays a delegation and delegates what can be.
pub(crate) fn compound(ctx: &mut ExecCtx<'_>, msg: Compound) -> Result<own::MsgCompoundResponse, AppError> {
    let Compound { delegator, validator } = msg;
    let to = ledger::withdraw_address(ctx, &delegator)?;
    if to != delegator {
        return Err(sdk::INVALID_REQUEST.wrap(format_args!(
            "the rewards go to {to}; set the withdraw address to the delegator's own first"
        )));
    }
    let shares = staking::require_delegation(ctx, &delegator, &validator)?;
    let paid = ledger::settle(ctx, &delegator, &validator, (shares, shares))?;
    let denom = staking::bond_denom(ctx)?;
    let amount = Coin::new(paid.amount_of(&denom), denom);
    if amount.amount == 0 {
        return Err(sdk::INVALID_REQUEST.wrap(format_args!("no {} among the rewards yet", amount.denom)));
    }
    staking::delegate(ctx, &delegator, &validator, amount.clone())?;
    Ok(own::MsgCompoundResponse { amount: Some(wire_coin(&amount)) })
}

/// Has a delegation compounded once a day from now on, or not any more.
pub(crate) fn set_auto_compound(
    ctx: &mut ExecCtx<'_>,
    msg: SetAutoCompound,
) -> Result<own::MsgSetAutoCompoundResponse, AppError> {
    let SetAutoCompound { delegator, validator, enabled } = msg;
    staking::require_delegation(ctx, &delegator, &validator)?;
    match (AUTO_COMPOUNDS.get(ctx, &(delegator, validator))?, enabled) {
        (None, true) => {
            let next = ctx.block().time.saturating_add(PERIOD);
            put(ctx, &delegator, &validator, next)?;
        }
        (Some(next), false) => take(ctx, &delegator, &validator, next)?,
        _ => {}
    }
    ctx.emit(
        Event::new("set_auto_compound")
            .with("validator", staking::operator_text(&validator))
            .with("delegator", delegator)
            .with("enabled", enabled),
    );
    Ok(own::MsgSetAutoCompoundResponse {})
}

/// Notes when a delegation is compounded next.
pub(crate) fn put<C: StateCtx>(
    ctx: &mut C,
    delegator: &Address,
    validator: &Address,
    next: u64,
) -> Result<(), AppError> {
    AUTO_COMPOUNDS.set(ctx, &(*delegator, *validator), &next)?;
    Ok(COMPOUND_QUEUE.insert(ctx, &(next, *delegator, *validator))?)
}

fn take<C: StateCtx>(
    ctx: &mut C,
    delegator: &Address,
    validator: &Address,
    next: u64,
) -> Result<(), AppError> {
    AUTO_COMPOUNDS.delete(ctx, &(*delegator, *validator))?;
    Ok(COMPOUND_QUEUE.remove(ctx, &(next, *delegator, *validator))?)
}

/// Compounds delegations that are due, each within a transaction's boundary. One that earned too little, or cannot be compounded,
/// is not tried again until its delegator asks for it.
///
/// # Errors
/// Storage fails.
pub(crate) fn run(ctx: &mut BlockCtx<'_>) -> Result<(), AppError> {
    let now = ctx.block().time;
    let due = COMPOUND_QUEUE.page(ctx, &[], None, false, MOST)?.entries;
    for ((time, delegator, validator), ()) in due {
        if time > now {
            break;
        }
        take(ctx, &delegator, &validator, time)?;
        let refused = match too_little(ctx, &delegator, &validator)? {
            Some(why) => Some(why),
            None => run_one(ctx, &delegator, &validator)?,
        };
        match refused {
            None => put(ctx, &delegator, &validator, now.saturating_add(PERIOD))?,
            Some(why) => ctx.emit(
                Event::new("auto_compound_ended")
                    .with("validator", staking::operator_text(&validator))
                    .with("delegator", delegator)
                    .with("reason", why),
            ),
        }
    }
    Ok(())
}

fn too_little(
    state: &impl StateRead,
    delegator: &Address,
    validator: &Address,
) -> Result<Option<String>, AppError> {
    let shares = staking::delegation(state, delegator, validator)?;
    let denom = staking::bond_denom(state)?;
    let earned = ledger::earned(state, delegator, validator, shares)?;
    let atoms = earned.iter().find(|(own, _)| *own == denom).map_or(0, |(_, atoms)| *atoms);
    let (amount, _) = ledger::split(atoms);
    Ok((amount < LEAST).then(|| format!("{amount}{denom} in a day is less than {LEAST}{denom}")))
}

/// Why it failed, if it did.
fn run_one(
    ctx: &mut BlockCtx<'_>,
    delegator: &Address,
    validator: &Address,
) -> Result<Option<String>, AppError> {
    let message = own::MsgCompound {
        delegator_address: delegator.to_string(),
        validator_address: staking::operator_text(validator),
    };
    let message = agora_proto::pack(&message);
    let job =
        HookTx { messages: &[message], signer: *delegator, sequence: ctx.block().height, gas_limit: GAS };
    Ok(ctx.execute(&job)?.result.err().map(|error| error.log))
}
