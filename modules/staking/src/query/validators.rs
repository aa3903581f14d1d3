//! Validators.

use agora_framework::{QueryCtx, QueryError, paginate, paginate_within};
use agora_primitives::Address;
use agora_proto::cosmos::staking::v1beta1 as wire;
use agora_state::{Page, StateError};

use super::{account, operator};
use crate::ledger;
use crate::state::{self, DELEGATIONS, VALIDATORS};
use crate::types::{Status, Validator};
use crate::wire::{operator_text, wire_validator};

/// Validators looked at for one page of those with a status.
const MAX_WALK: usize = 10_000;

/// A validator with its sums.
pub(super) fn shown(
    ctx: &QueryCtx<'_>,
    operator: &Address,
    validator: &Validator,
) -> Result<wire::Validator, QueryError> {
    let (tokens, shares) = ledger::sums(ctx, operator)?;
    Ok(wire_validator(operator, validator, tokens, shares))
}

/// The validator of an operator.
pub(super) fn found(ctx: &QueryCtx<'_>, operator: &Address) -> Result<Validator, QueryError> {
    VALIDATORS
        .get(ctx, operator)?
        .ok_or_else(|| QueryError::not_found(format_args!("validator {} not found", operator_text(operator))))
}

pub(super) fn validators(
    ctx: &QueryCtx<'_>,
    request: wire::QueryValidatorsRequest,
) -> Result<wire::QueryValidatorsResponse, QueryError> {
    let wanted = match request.status.as_str() {
        "" => None,
        "BOND_STATUS_BONDED" => Some(Status::Bonded),
        "BOND_STATUS_UNBONDING" => Some(Status::Unbonding),
        "BOND_STATUS_UNBONDED" => Some(Status::Unbonded),
        other => return Err(QueryError::invalid(format_args!("invalid validator status {other}"))),
    };
    let (entries, page) =
        paginate(request.pagination, |from, reverse, limit| with_status(ctx, wanted, from, reverse, limit))?;
    let validators =
        entries.iter().map(|(who, validator)| shown(ctx, who, validator)).collect::<Result<_, _>>()?;
    Ok(wire::QueryValidatorsResponse { validators, pagination: Some(page) })
}

/// A page of those with a status; `next` is the first of the next page.
fn with_status(
    ctx: &QueryCtx<'_>,
    wanted: Option<Status>,
    from: Option<&[u8]>,
    reverse: bool,
    limit: usize,
) -> Result<Page<Address, Validator>, StateError> {
    let (mut entries, mut next, mut walked) = (Vec::new(), from.map(<[u8]>::to_vec), 0usize);
    loop {
        let page = VALIDATORS.page(ctx, &[], next.as_deref(), reverse, limit.max(1))?;
        walked = walked.saturating_add(page.entries.len());
        for (who, validator) in page.entries {
            if wanted.is_some_and(|wanted| wanted != validator.status) {
                continue;
            }
            if entries.len() >= limit {
                return Ok(Page { entries, next: Some(state::prefix(&who)) });
            }
            entries.push((who, validator));
        }
        next = page.next;
        if next.is_none() || walked >= MAX_WALK {
            return Ok(Page { entries, next });
        }
    }
}

pub(super) fn validator(
    ctx: &QueryCtx<'_>,
    request: wire::QueryValidatorRequest,
) -> Result<wire::QueryValidatorResponse, QueryError> {
    let operator = operator(&request.validator_addr)?;
    let validator = found(ctx, &operator)?;
    Ok(wire::QueryValidatorResponse { validator: Some(shown(ctx, &operator, &validator)?) })
}

pub(super) fn of_delegator(
    ctx: &QueryCtx<'_>,
    request: wire::QueryDelegatorValidatorsRequest,
) -> Result<wire::QueryDelegatorValidatorsResponse, QueryError> {
    let prefix = state::prefix(&account(&request.delegator_addr)?);
    let (entries, page) = paginate_within(request.pagination, &prefix, |from, reverse, limit| {
        DELEGATIONS.page(ctx, &prefix, from, reverse, limit)
    })?;
    let validators = entries
        .iter()
        .map(|((_, operator), _)| shown(ctx, operator, &found(ctx, operator)?))
        .collect::<Result<_, _>>()?;
    Ok(wire::QueryDelegatorValidatorsResponse { validators, pagination: Some(page) })
}

pub(super) fn one_of_delegator(
    ctx: &QueryCtx<'_>,
    request: wire::QueryDelegatorValidatorRequest,
) -> Result<wire::QueryDelegatorValidatorResponse, QueryError> {
    let delegator = account(&request.delegator_addr)?;
    let operator = operator(&request.validator_addr)?;
    if ledger::shares(ctx, &delegator, &operator)? == 0 {
        return Err(QueryError::internal(crate::error::NO_DELEGATION.text));
    }
    let validator = found(ctx, &operator)?;
    Ok(wire::QueryDelegatorValidatorResponse { validator: Some(shown(ctx, &operator, &validator)?) })
}
