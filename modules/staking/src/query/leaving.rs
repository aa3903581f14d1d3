//! What is on its way out, or from one validator to another.

use agora_framework::{QueryCtx, QueryError, paginate_within};
use agora_primitives::Address;
use agora_proto::cosmos::staking::v1beta1 as wire;

use super::{account, operator};
use crate::ledger;
use crate::state::{self, REDELEGATIONS, REDELEGATIONS_FROM, UNBONDINGS, UNBONDINGS_FROM, VALIDATORS};
use crate::types::Redelegation;
use crate::wire::{operator_text, wire_redelegation_entry, wire_unbonding};

pub(super) fn unbonding(
    ctx: &QueryCtx<'_>,
    request: wire::QueryUnbondingDelegationRequest,
) -> Result<wire::QueryUnbondingDelegationResponse, QueryError> {
    let delegator = account(&request.delegator_addr)?;
    let operator = operator(&request.validator_addr)?;
    match UNBONDINGS.get(ctx, &(delegator, operator))? {
        Some(unbonding) => Ok(wire::QueryUnbondingDelegationResponse {
            unbond: Some(wire_unbonding(&delegator, &operator, &unbonding.0)),
        }),
        None => Err(QueryError::not_found(format_args!(
            "unbonding delegation with delegator {delegator} not found for validator {}",
            request.validator_addr
        ))),
    }
}

pub(super) fn from_validator(
    ctx: &QueryCtx<'_>,
    request: wire::QueryValidatorUnbondingDelegationsRequest,
) -> Result<wire::QueryValidatorUnbondingDelegationsResponse, QueryError> {
    let prefix = state::prefix(&operator(&request.validator_addr)?);
    let (entries, page) = paginate_within(request.pagination, &prefix, |from, reverse, limit| {
        UNBONDINGS_FROM.page(ctx, &prefix, from, reverse, limit)
    })?;
    let unbonding_responses = entries
        .iter()
        .map(|((operator, delegator), ())| {
            let unbonding = UNBONDINGS.get(ctx, &(*delegator, *operator))?.unwrap_or_default();
            Ok(wire_unbonding(delegator, operator, &unbonding.0))
        })
        .collect::<Result<_, QueryError>>()?;
    Ok(wire::QueryValidatorUnbondingDelegationsResponse { unbonding_responses, pagination: Some(page) })
}

pub(super) fn to_delegator(
    ctx: &QueryCtx<'_>,
    request: wire::QueryDelegatorUnbondingDelegationsRequest,
) -> Result<wire::QueryDelegatorUnbondingDelegationsResponse, QueryError> {
    let prefix = state::prefix(&account(&request.delegator_addr)?);
    let (entries, page) = paginate_within(request.pagination, &prefix, |from, reverse, limit| {
        UNBONDINGS.page(ctx, &prefix, from, reverse, limit)
    })?;
    let unbonding_responses = entries
        .iter()
        .map(|((delegator, operator), unbonding)| wire_unbonding(delegator, operator, &unbonding.0))
        .collect();
    Ok(wire::QueryDelegatorUnbondingDelegationsResponse { unbonding_responses, pagination: Some(page) })
}

/// What moved, with what it is worth at its destination.
fn moved(
    ctx: &QueryCtx<'_>,
    (delegator, source, destination): (Address, Address, Address),
    redelegation: &Redelegation,
) -> Result<wire::RedelegationResponse, QueryError> {
    let validator = VALIDATORS.get(ctx, &destination)?;
    let entries = redelegation
        .0
        .iter()
        .map(|entry| {
            let balance = match &validator {
                Some(validator) => ledger::value(ctx, &destination, validator, entry.shares.atomics())?,
                None => 0,
            };
            Ok(wire::RedelegationEntryResponse {
                redelegation_entry: Some(wire_redelegation_entry(entry)),
                balance: balance.to_string(),
            })
        })
        .collect::<Result<_, QueryError>>()?;
    Ok(wire::RedelegationResponse {
        redelegation: Some(wire::Redelegation {
            delegator_address: delegator.to_string(),
            validator_src_address: operator_text(&source),
            validator_dst_address: operator_text(&destination),
            entries: Vec::new(),
        }),
        entries,
    })
}

pub(super) fn redelegations(
    ctx: &QueryCtx<'_>,
    request: wire::QueryRedelegationsRequest,
) -> Result<wire::QueryRedelegationsResponse, QueryError> {
    let (source, destination) = (&request.src_validator_addr, &request.dst_validator_addr);
    if !request.delegator_addr.is_empty() && !source.is_empty() && !destination.is_empty() {
        let key = (account(&request.delegator_addr)?, operator(source)?, operator(destination)?);
        let redelegation = REDELEGATIONS.get(ctx, &key)?.ok_or_else(|| {
            // As the Cosmos SDK wraps it.
            QueryError::internal(format_args!(
                "rpc error: code = NotFound desc = redelegation not found for delegator address {} from validator address {source}",
                key.0
            ))
        })?;
        let redelegation_responses = vec![moved(ctx, key, &redelegation)?];
        return Ok(wire::QueryRedelegationsResponse { redelegation_responses, pagination: None });
    }
    let (keys, page) = if request.delegator_addr.is_empty() && !source.is_empty() {
        let prefix = state::prefix(&operator(source)?);
        let (entries, page) = paginate_within(request.pagination, &prefix, |from, reverse, limit| {
            REDELEGATIONS_FROM.page(ctx, &prefix, from, reverse, limit)
        })?;
        let keys = entries.into_iter().map(|((source, delegator, to), ())| (delegator, source, to));
        (keys.collect::<Vec<_>>(), page)
    } else {
        let prefix = state::prefix(&account(&request.delegator_addr)?);
        let (entries, page) = paginate_within(request.pagination, &prefix, |from, reverse, limit| {
            REDELEGATIONS.page(ctx, &prefix, from, reverse, limit)
        })?;
        (entries.into_iter().map(|(key, _)| key).collect(), page)
    };
    let redelegation_responses = keys
        .into_iter()
        .map(|key| moved(ctx, key, &REDELEGATIONS.get(ctx, &key)?.unwrap_or_default()))
        .collect::<Result<_, _>>()?;
    Ok(wire::QueryRedelegationsResponse { redelegation_responses, pagination: Some(page) })
}
