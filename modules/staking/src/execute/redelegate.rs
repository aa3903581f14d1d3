//! `MsgBeginRedelegate`.

use agora_framework::time::timestamp;
use agora_framework::{AppError, Event, ExecCtx, StateCtx};
use agora_primitives::{Address, Amount, Dec};
use agora_proto::cosmos::staking::v1beta1::MsgBeginRedelegateResponse;

use super::{entry_id, require_denom, with_amount};
use crate::msgs::BeginRedelegate;
use crate::params::Params;
use crate::state::{
    self, REDELEGATION_QUEUE, REDELEGATIONS, REDELEGATIONS_FROM, REDELEGATIONS_TO, VALIDATORS,
};
use crate::types::{Now, RedelegationEntry, Status, Validator};
use crate::wire::{operator_text, time_text};
use crate::{error, ledger, pools};

/// Moves a delegation without the wait. It stays liable for its source, and may not move on before that ends.
pub(crate) fn execute(
    ctx: &mut ExecCtx<'_>,
    msg: BeginRedelegate,
) -> Result<MsgBeginRedelegateResponse, AppError> {
    let BeginRedelegate { delegator, source, destination, amount } = msg;
    let from = ledger::validator(ctx, &source)?;
    if ledger::shares(ctx, &delegator, &source)? == 0 {
        return Err(error::NO_DELEGATION.bare());
    }
    let params = state::params(ctx)?;
    require_denom(&amount, &params.bond_denom)?;
    if source == destination {
        return Err(error::SELF_REDELEGATION.bare());
    }
    let to = VALIDATORS.get(ctx, &destination)?.ok_or_else(|| error::BAD_REDELEGATION_DST.bare())?;
    let arrived = REDELEGATIONS_TO.page(ctx, &state::prefix2(&delegator, &source), None, false, 1)?;
    if !arrived.entries.is_empty() {
        return Err(error::TRANSITIVE_REDELEGATION.bare());
    }
    let withdrawn = ledger::withdraw(ctx, &delegator, &source, &from, amount.amount)?;
    if withdrawn.tokens == 0 {
        return Err(error::TINY_REDELEGATION.bare());
    }
    ledger::check_self_delegation(ctx, &delegator, &source, &from, withdrawn.value)?;
    let shares = ledger::deposit(ctx, &delegator, &destination, &to, withdrawn.tokens)?;
    pools::shift(ctx, &params.bond_denom, withdrawn.tokens, from.is_bonded(), to.is_bonded())?;
    let now = Now::from(ctx.block());
    let liable = liable_until(&from, now, &params);
    if let Some((height, completion)) = liable {
        record(
            ctx,
            (delegator, source, destination),
            (height, completion),
            withdrawn.tokens,
            shares,
            &params,
        )?;
    }
    let completion = liable.map_or(now.time, |(_, completion)| completion);
    let event = Event::new("redelegate")
        .with("source_validator", operator_text(&source))
        .with("destination_validator", operator_text(&destination))
        .with("delegator", delegator);
    ctx.emit(
        with_amount(event, withdrawn.tokens, &params.bond_denom)
            .with("completion_time", time_text(completion)),
    );
    Ok(MsgBeginRedelegateResponse { completion_time: Some(timestamp(completion)) })
}

/// From which height on, and until when, what leaves a validator is liable for it; `None` if it is free.
fn liable_until(validator: &Validator, now: Now, params: &Params) -> Option<(u64, u64)> {
    match validator.status {
        Status::Bonded => Some((now.height, now.time.saturating_add(params.unbonding_time))),
        Status::Unbonding => Some((validator.unbonding_height, validator.unbonding_time)),
        Status::Unbonded => None,
    }
}

fn record(
    ctx: &mut ExecCtx<'_>,
    key: (Address, Address, Address),
    (height, completion): (u64, u64),
    tokens: Amount,
    shares: Dec,
    params: &Params,
) -> Result<(), AppError> {
    let (delegator, source, destination) = key;
    let mut redelegation = REDELEGATIONS.get(ctx, &key)?.unwrap_or_default();
    let same = |e: &&mut RedelegationEntry| e.height == height && e.completion == completion;
    match redelegation.0.iter_mut().rev().find(same) {
        Some(entry) => {
            entry.initial = entry.initial.saturating_add(tokens);
            entry.shares = entry.shares.checked_add(shares).ok_or_else(|| error::SHARES.bare())?;
        }
        None => {
            if redelegation.0.len() >= usize::try_from(params.max_entries).unwrap_or(usize::MAX) {
                return Err(error::MAX_REDELEGATIONS.bare());
            }
            redelegation.0.push(RedelegationEntry {
                id: entry_id(&[&delegator, &source, &destination], height),
                height,
                completion,
                initial: tokens,
                shares,
            });
        }
    }
    REDELEGATIONS.set(ctx, &key, &redelegation)?;
    REDELEGATIONS_FROM.insert(ctx, &(source, delegator, destination))?;
    REDELEGATIONS_TO.insert(ctx, &(delegator, destination, source))?;
    Ok(REDELEGATION_QUEUE.insert(ctx, &(completion, key))?)
}
