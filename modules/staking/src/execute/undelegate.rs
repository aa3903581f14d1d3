//! `MsgUndelegate`.

use agora_framework::time::timestamp;
use agora_framework::wire::wire_coin;
use agora_framework::{AppError, Event, ExecCtx, StateCtx};
use agora_primitives::Coin;
use agora_proto::cosmos::staking::v1beta1::MsgUndelegateResponse;

use super::{entry_id, require_denom, with_amount};
use crate::msgs::Undelegate;
use crate::state::{self, UNBONDING_QUEUE, UNBONDINGS, UNBONDINGS_FROM};
use crate::types::{Now, UnbondingEntry};
use crate::wire::{operator_text, time_text};
use crate::{error, ledger, pools};

/// Takes coins out of a delegation; they arrive after the unbonding time.
pub(crate) fn execute(ctx: &mut ExecCtx<'_>, msg: Undelegate) -> Result<MsgUndelegateResponse, AppError> {
    let Undelegate { delegator, validator: operator, amount } = msg;
    let validator = ledger::validator(ctx, &operator)?;
    if ledger::shares(ctx, &delegator, &operator)? == 0 {
        return Err(error::NO_DELEGATION.bare());
    }
    let params = state::params(ctx)?;
    require_denom(&amount, &params.bond_denom)?;
    let now = Now::from(ctx.block());
    let completion = now.time.saturating_add(params.unbonding_time);
    let key = (delegator, operator);
    let mut unbonding = UNBONDINGS.get(ctx, &key)?.unwrap_or_default();
    let same = |e: &&mut UnbondingEntry| e.height == now.height && e.completion == completion;
    let joins = unbonding.0.iter_mut().rev().find(same).is_some();
    if !joins && unbonding.0.len() >= usize::try_from(params.max_entries).unwrap_or(usize::MAX) {
        return Err(error::MAX_UNBONDINGS.bare());
    }
    let withdrawn = ledger::withdraw(ctx, &delegator, &operator, &validator, amount.amount)?;
    ledger::check_self_delegation(ctx, &delegator, &operator, &validator, withdrawn.value)?;
    let tokens = withdrawn.tokens;
    pools::shift(ctx, &params.bond_denom, tokens, validator.is_bonded(), false)?;
    match unbonding.0.iter_mut().rev().find(same) {
        // One block's undelegations are one entry.
        Some(entry) => {
            entry.initial = entry.initial.saturating_add(tokens);
            entry.balance = entry.balance.saturating_add(tokens);
        }
        None => unbonding.0.push(UnbondingEntry {
            id: entry_id(&[&delegator, &operator], now.height),
            height: now.height,
            completion,
            initial: tokens,
            balance: tokens,
        }),
    }
    UNBONDINGS.set(ctx, &key, &unbonding)?;
    UNBONDINGS_FROM.insert(ctx, &(operator, delegator))?;
    UNBONDING_QUEUE.insert(ctx, &(completion, delegator, operator))?;
    let event = Event::new("unbond").with("validator", operator_text(&operator)).with("delegator", delegator);
    ctx.emit(with_amount(event, tokens, &params.bond_denom).with("completion_time", time_text(completion)));
    Ok(MsgUndelegateResponse {
        completion_time: Some(timestamp(completion)),
        amount: Some(wire_coin(&Coin::new(tokens, params.bond_denom))),
    })
}
