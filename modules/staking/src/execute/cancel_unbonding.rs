//! `MsgCancelUnbondingDelegation`.

use agora_framework::errors::sdk;
use agora_framework::{AppError, Event, ExecCtx, StateCtx};
use agora_proto::cosmos::staking::v1beta1::MsgCancelUnbondingDelegationResponse;

use super::{require_denom, with_amount};
use crate::msgs::CancelUnbonding;
use crate::state::{self, UNBONDING_QUEUE, UNBONDINGS, UNBONDINGS_FROM};
use crate::wire::operator_text;
use crate::{error, ledger, pools};

/// Bonds coins again that were on their way out.
pub(crate) fn execute(
    ctx: &mut ExecCtx<'_>,
    msg: CancelUnbonding,
) -> Result<MsgCancelUnbondingDelegationResponse, AppError> {
    let CancelUnbonding { delegator, validator: operator, amount, height } = msg;
    let params = state::params(ctx)?;
    require_denom(&amount, &params.bond_denom)?;
    let validator = ledger::validator(ctx, &operator)?;
    if validator.jailed {
        return Err(error::JAILED.bare());
    }
    let key = (delegator, operator);
    let mut unbonding = UNBONDINGS.get(ctx, &key)?.ok_or_else(|| error::NO_UNBONDING.bare())?;
    let now = ctx.block().time;
    let entry = unbonding.0.iter_mut().find(|e| e.height == height && e.completion > now);
    let entry = entry.ok_or_else(|| {
        sdk::NOT_FOUND.wrap(format_args!("unbonding delegation entry is not found at block height {height}"))
    })?;
    let cancelled = amount.amount;
    entry.balance = entry.balance.checked_sub(cancelled).ok_or_else(|| {
        sdk::INVALID_REQUEST.wrap("amount is greater than the unbonding delegation entry balance")
    })?;
    entry.initial = entry.initial.saturating_sub(cancelled);
    let (completion, ended) = (entry.completion, entry.balance == 0);
    if ended {
        unbonding.0.retain(|entry| (entry.height, entry.completion) != (height, completion));
        if !unbonding.0.iter().any(|entry| entry.completion == completion) {
            UNBONDING_QUEUE.remove(ctx, &(completion, delegator, operator))?;
        }
    }
    if unbonding.0.is_empty() {
        UNBONDINGS.delete(ctx, &key)?;
        UNBONDINGS_FROM.remove(ctx, &(operator, delegator))?;
    } else {
        UNBONDINGS.set(ctx, &key, &unbonding)?;
    }
    ledger::deposit(ctx, &delegator, &operator, &validator, cancelled)?;
    pools::shift(ctx, &params.bond_denom, cancelled, false, validator.is_bonded())?;
    let event = Event::new("cancel_unbonding_delegation");
    ctx.emit(
        with_amount(event, cancelled, &params.bond_denom)
            .with("validator", operator_text(&operator))
            .with("delegator", delegator)
            .with("creation_height", height),
    );
    Ok(MsgCancelUnbondingDelegationResponse {})
}
