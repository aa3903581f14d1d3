//! What is on its way, in the genesis section.

use agora_framework::time::nanoseconds;
use agora_framework::{AppError, GenesisCtx};
use agora_primitives::Address;
use agora_proto::cosmos::staking::v1beta1 as wire;
use prost_types::Timestamp;

use crate::genesis::invalid;
use crate::state::{
    REDELEGATION_QUEUE, REDELEGATIONS, REDELEGATIONS_FROM, REDELEGATIONS_TO, UNBONDING_QUEUE, UNBONDINGS,
    UNBONDINGS_FROM,
};
use crate::types::{Redelegation, RedelegationEntry, Unbonding, UnbondingEntry};
use crate::wire::{operator, parse_amount, parse_dec};

/// Notes unbondings and redelegations with their queues.
///
/// # Errors
/// One is malformed, empty or listed twice.
pub(crate) fn init(ctx: &mut GenesisCtx<'_>, genesis: &wire::GenesisState) -> Result<(), AppError> {
    for unbonding in &genesis.unbonding_delegations {
        let delegator: Address = unbonding.delegator_address.parse().map_err(invalid)?;
        let operator = operator(&unbonding.validator_address).map_err(invalid)?;
        let key = (delegator, operator);
        let entries = unbonding.entries.iter().map(unbonding_entry).collect::<Result<Vec<_>, _>>()?;
        if entries.is_empty() || UNBONDINGS.has(ctx, &key)? {
            return Err(invalid(format_args!(
                "what leaves {operator} for {delegator} is empty or listed twice"
            )));
        }
        for entry in &entries {
            UNBONDING_QUEUE.insert(ctx, &(entry.completion, delegator, operator))?;
        }
        UNBONDINGS_FROM.insert(ctx, &(operator, delegator))?;
        UNBONDINGS.set(ctx, &key, &Unbonding(entries))?;
    }
    for redelegation in &genesis.redelegations {
        let delegator: Address = redelegation.delegator_address.parse().map_err(invalid)?;
        let source = operator(&redelegation.validator_src_address).map_err(invalid)?;
        let destination = operator(&redelegation.validator_dst_address).map_err(invalid)?;
        let key = (delegator, source, destination);
        let entries = redelegation.entries.iter().map(redelegation_entry).collect::<Result<Vec<_>, _>>()?;
        if entries.is_empty() || REDELEGATIONS.has(ctx, &key)? {
            return Err(invalid(format_args!(
                "what {delegator} moved from {source} to {destination} is empty or listed twice"
            )));
        }
        for entry in &entries {
            REDELEGATION_QUEUE.insert(ctx, &(entry.completion, key))?;
        }
        REDELEGATIONS_FROM.insert(ctx, &(source, delegator, destination))?;
        REDELEGATIONS_TO.insert(ctx, &(delegator, destination, source))?;
        REDELEGATIONS.set(ctx, &key, &Redelegation(entries))?;
    }
    Ok(())
}

fn height_and_time(height: i64, time: Option<&Timestamp>) -> Result<(u64, u64), AppError> {
    u64::try_from(height)
        .ok()
        .zip(time.and_then(nanoseconds))
        .ok_or_else(|| invalid("an entry has no creation_height or no completion_time"))
}

fn unbonding_entry(wire: &wire::UnbondingDelegationEntry) -> Result<UnbondingEntry, AppError> {
    let (height, completion) = height_and_time(wire.creation_height, wire.completion_time.as_ref())?;
    let initial = parse_amount("initial_balance", &wire.initial_balance).map_err(invalid)?;
    let balance = parse_amount("balance", &wire.balance).map_err(invalid)?;
    if balance > initial {
        return Err(invalid(format_args!("an entry of {initial} has a balance of {balance}")));
    }
    Ok(UnbondingEntry { id: wire.unbonding_id, height, completion, initial, balance })
}

fn redelegation_entry(wire: &wire::RedelegationEntry) -> Result<RedelegationEntry, AppError> {
    let (height, completion) = height_and_time(wire.creation_height, wire.completion_time.as_ref())?;
    Ok(RedelegationEntry {
        id: wire.unbonding_id,
        height,
        completion,
        initial: parse_amount("initial_balance", &wire.initial_balance).map_err(invalid)?,
        shares: parse_dec("shares_dst", &wire.shares_dst).map_err(invalid)?,
    })
}
