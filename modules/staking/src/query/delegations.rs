//! Delegations.

use agora_framework::wire::wire_coin;
use agora_framework::{QueryCtx, QueryError, paginate_within};
use agora_primitives::{Address, Coin, Dec};
use agora_proto::cosmos::staking::v1beta1 as wire;

use super::validators::found;
use super::{account, operator};
use crate::ledger;
use crate::state::{self, DELEGATIONS, DELEGATORS};
use crate::wire::operator_text;

/// A delegation with what it is worth.
fn shown(
    ctx: &QueryCtx<'_>,
    delegator: &Address,
    operator: &Address,
    shares: u128,
) -> Result<wire::DelegationResponse, QueryError> {
    let worth = ledger::value(ctx, operator, &found(ctx, operator)?, shares)?;
    Ok(wire::DelegationResponse {
        delegation: Some(wire::Delegation {
            delegator_address: delegator.to_string(),
            validator_address: operator_text(operator),
            shares: Dec::from_atomics(shares).to_wire(),
        }),
        balance: Some(wire_coin(&Coin::new(worth, state::params(ctx)?.bond_denom))),
    })
}

pub(super) fn delegation(
    ctx: &QueryCtx<'_>,
    request: wire::QueryDelegationRequest,
) -> Result<wire::QueryDelegationResponse, QueryError> {
    let delegator = account(&request.delegator_addr)?;
    let operator = operator(&request.validator_addr)?;
    match ledger::shares(ctx, &delegator, &operator)? {
        0 => Err(QueryError::not_found(format_args!(
            "delegation with delegator {delegator} not found for validator {}",
            request.validator_addr
        ))),
        shares => {
            let delegation = shown(ctx, &delegator, &operator, shares)?;
            Ok(wire::QueryDelegationResponse { delegation_response: Some(delegation) })
        }
    }
}

pub(super) fn of_validator(
    ctx: &QueryCtx<'_>,
    request: wire::QueryValidatorDelegationsRequest,
) -> Result<wire::QueryValidatorDelegationsResponse, QueryError> {
    let operator = operator(&request.validator_addr)?;
    found(ctx, &operator)?;
    let prefix = state::prefix(&operator);
    let (entries, page) = paginate_within(request.pagination, &prefix, |from, reverse, limit| {
        DELEGATORS.page(ctx, &prefix, from, reverse, limit)
    })?;
    let delegation_responses = entries
        .iter()
        .map(|((operator, delegator), ())| {
            shown(ctx, delegator, operator, ledger::shares(ctx, delegator, operator)?)
        })
        .collect::<Result<_, _>>()?;
    Ok(wire::QueryValidatorDelegationsResponse { delegation_responses, pagination: Some(page) })
}

pub(super) fn of_delegator(
    ctx: &QueryCtx<'_>,
    request: wire::QueryDelegatorDelegationsRequest,
) -> Result<wire::QueryDelegatorDelegationsResponse, QueryError> {
    let prefix = state::prefix(&account(&request.delegator_addr)?);
    let (entries, page) = paginate_within(request.pagination, &prefix, |from, reverse, limit| {
        DELEGATIONS.page(ctx, &prefix, from, reverse, limit)
    })?;
    let delegation_responses = entries
        .iter()
        .map(|((delegator, operator), shares)| shown(ctx, delegator, operator, shares.0.atomics()))
        .collect::<Result<_, _>>()?;
    Ok(wire::QueryDelegatorDelegationsResponse { delegation_responses, pagination: Some(page) })
}
