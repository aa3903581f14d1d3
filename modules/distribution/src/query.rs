//! Queries of `cosmos.distribution.v1beta1.Query`, in the words of the Cosmos SDK's refusals.

use agora_framework::time::timestamp;
use agora_framework::{QueryCtx, QueryError, Registry, paginate};
use agora_primitives::{Address, Dec, Denom};
use agora_proto::cosmos::base::v1beta1::DecCoin;
use agora_proto::cosmos::distribution::v1beta1 as wire;
use agora_staking::api as staking;
use agora_state::every;

use crate::ledger::{self, Atoms};
use crate::msgs::wire_params;
use crate::proto::agora::distribution::v1 as own;
use crate::state::{self, AUTO_COMPOUNDS, COMMISSION, COMMUNITY, OUTSTANDING, SLASHES};

/// Delegations of one account whose rewards are added up.
const MAX_DELEGATIONS: usize = 1000;

pub(crate) fn register(registry: &mut Registry) {
    registry.query("/cosmos.distribution.v1beta1.Query/Params", params);
    registry.query("/cosmos.distribution.v1beta1.Query/ValidatorDistributionInfo", validator_info);
    registry.query("/cosmos.distribution.v1beta1.Query/ValidatorOutstandingRewards", outstanding);
    registry.query("/cosmos.distribution.v1beta1.Query/ValidatorCommission", commission);
    registry.query("/cosmos.distribution.v1beta1.Query/ValidatorSlashes", slashes);
    registry.query("/cosmos.distribution.v1beta1.Query/DelegationRewards", delegation_rewards);
    registry.query("/cosmos.distribution.v1beta1.Query/DelegationTotalRewards", total_rewards);
    registry.query("/cosmos.distribution.v1beta1.Query/DelegatorValidators", delegator_validators);
    registry.query("/cosmos.distribution.v1beta1.Query/DelegatorWithdrawAddress", withdraw_address);
    registry.query("/cosmos.distribution.v1beta1.Query/CommunityPool", community_pool);
    registry.query("/agora.distribution.v1.Query/AutoCompounds", auto_compounds);
}

fn account(text: &str) -> Result<Address, QueryError> {
    if text.is_empty() {
        return Err(QueryError::invalid("empty delegator address"));
    }
    Ok(text.parse()?)
}

/// The operator of a validator there is.
fn validator(ctx: &QueryCtx<'_>, text: &str) -> Result<Address, QueryError> {
    if text.is_empty() {
        return Err(QueryError::invalid("empty validator address"));
    }
    let operator = staking::operator(text)?;
    staking::require_validator(ctx, &operator)?;
    Ok(operator)
}

fn auto_compounds(
    ctx: &QueryCtx<'_>,
    request: own::QueryAutoCompoundsRequest,
) -> Result<own::QueryAutoCompoundsResponse, QueryError> {
    let prefix = ledger::prefix(&account(&request.delegator_address)?);
    let (found, pagination) = paginate(request.pagination, |from, reverse, limit| {
        AUTO_COMPOUNDS.page(ctx, &prefix, from, reverse, limit)
    })?;
    let shown = |((_, validator), next): ((Address, Address), u64)| own::AutoCompound {
        validator_address: staking::operator_text(&validator),
        next: Some(timestamp(next)),
    };
    Ok(own::QueryAutoCompoundsResponse {
        auto_compounds: found.into_iter().map(shown).collect(),
        pagination: Some(pagination),
    })
}

/// Figures as the wire has them, without those of nothing.
pub(crate) fn wire_figures(figures: Atoms) -> Vec<DecCoin> {
    let shown = figures.into_iter().filter(|(_, atoms)| *atoms > 0);
    shown.map(|(denom, atoms)| DecCoin { denom: denom.to_string(), amount: atoms.to_string() }).collect()
}

fn params(ctx: &QueryCtx<'_>, _: wire::QueryParamsRequest) -> Result<wire::QueryParamsResponse, QueryError> {
    Ok(wire::QueryParamsResponse { params: Some(wire_params(&state::params(ctx)?)) })
}

fn validator_info(
    ctx: &QueryCtx<'_>,
    request: wire::QueryValidatorDistributionInfoRequest,
) -> Result<wire::QueryValidatorDistributionInfoResponse, QueryError> {
    let operator = validator(ctx, &request.validator_address)?;
    let own = staking::delegation(ctx, &operator, &operator)?;
    Ok(wire::QueryValidatorDistributionInfoResponse {
        operator_address: operator.to_string(),
        self_bond_rewards: wire_figures(ledger::earned(ctx, &operator, &operator, own)?),
        commission: wire_figures(ledger::commission(ctx, &operator)?),
    })
}

fn outstanding(
    ctx: &QueryCtx<'_>,
    request: wire::QueryValidatorOutstandingRewardsRequest,
) -> Result<wire::QueryValidatorOutstandingRewardsResponse, QueryError> {
    let operator = validator(ctx, &request.validator_address)?;
    let rewards = wire_figures(ledger::by_denom(ctx, &operator, &OUTSTANDING)?);
    Ok(wire::QueryValidatorOutstandingRewardsResponse {
        rewards: Some(wire::ValidatorOutstandingRewards { rewards }),
    })
}

fn commission(
    ctx: &QueryCtx<'_>,
    request: wire::QueryValidatorCommissionRequest,
) -> Result<wire::QueryValidatorCommissionResponse, QueryError> {
    let operator = validator(ctx, &request.validator_address)?;
    let commission = wire_figures(ledger::by_denom(ctx, &operator, &COMMISSION)?);
    Ok(wire::QueryValidatorCommissionResponse {
        commission: Some(wire::ValidatorAccumulatedCommission { commission }),
    })
}

fn slashes(
    ctx: &QueryCtx<'_>,
    request: wire::QueryValidatorSlashesRequest,
) -> Result<wire::QueryValidatorSlashesResponse, QueryError> {
    let (first, last) = (request.starting_height, request.ending_height);
    if first > last {
        return Err(QueryError::invalid(format_args!(
            "starting height greater than ending height ({first} > {last})"
        )));
    }
    let operator = validator(ctx, &request.validator_address)?;
    let prefix = ledger::prefix(&operator);
    let all = every(|from, limit| SLASHES.page(ctx, &prefix, from, false, limit))?;
    let within: Vec<_> = all.into_iter().filter(|((_, height), _)| (first..=last).contains(height)).collect();
    // Few, and filtered: paged by place.
    let (slashes, pagination) = paginate(request.pagination, |from, reverse, limit| {
        let start = from.and_then(|key| <[u8; 8]>::try_from(key).ok()).map_or(0, u64::from_be_bytes);
        let mut rest: Vec<_> = within.clone();
        if reverse {
            rest.reverse();
        }
        let skipped = usize::try_from(start).unwrap_or(usize::MAX);
        let entries: Vec<_> = rest.iter().skip(skipped).take(limit).cloned().collect();
        let end = skipped.saturating_add(entries.len());
        let next = (end < rest.len()).then(|| (end as u64).to_be_bytes().to_vec());
        Ok(agora_state::Page { entries, next })
    })?;
    let slashes = slashes.into_iter().map(|(_, part)| wire_slash(part)).collect();
    Ok(wire::QueryValidatorSlashesResponse { slashes, pagination: Some(pagination) })
}

/// A slash as the wire has it; there are no periods here.
pub(crate) fn wire_slash(part: Dec) -> wire::ValidatorSlashEvent {
    wire::ValidatorSlashEvent { validator_period: 0, fraction: part.to_wire() }
}

fn delegation_rewards(
    ctx: &QueryCtx<'_>,
    request: wire::QueryDelegationRewardsRequest,
) -> Result<wire::QueryDelegationRewardsResponse, QueryError> {
    let delegator = account(&request.delegator_address)?;
    let operator = validator(ctx, &request.validator_address)?;
    let shares = staking::require_delegation(ctx, &delegator, &operator)?;
    let rewards = wire_figures(ledger::earned(ctx, &delegator, &operator, shares)?);
    Ok(wire::QueryDelegationRewardsResponse { rewards })
}

fn total_rewards(
    ctx: &QueryCtx<'_>,
    request: wire::QueryDelegationTotalRewardsRequest,
) -> Result<wire::QueryDelegationTotalRewardsResponse, QueryError> {
    let delegator = account(&request.delegator_address)?;
    let (mut rewards, mut total): (Vec<_>, Vec<(Denom, u128)>) = (Vec::new(), Vec::new());
    for (operator, shares) in staking::delegations(ctx, &delegator, MAX_DELEGATIONS)? {
        let earned = ledger::earned(ctx, &delegator, &operator, shares)?;
        for (denom, atoms) in &earned {
            match total.binary_search_by(|(own, _)| own.cmp(denom)) {
                Ok(at) => {
                    if let Some((_, sum)) = total.get_mut(at) {
                        *sum = sum.saturating_add(*atoms);
                    }
                }
                Err(at) => total.insert(at, (denom.clone(), *atoms)),
            }
        }
        rewards.push(wire::DelegationDelegatorReward {
            validator_address: staking::operator_text(&operator),
            reward: wire_figures(earned),
        });
    }
    Ok(wire::QueryDelegationTotalRewardsResponse { rewards, total: wire_figures(total) })
}

fn delegator_validators(
    ctx: &QueryCtx<'_>,
    request: wire::QueryDelegatorValidatorsRequest,
) -> Result<wire::QueryDelegatorValidatorsResponse, QueryError> {
    let delegator = account(&request.delegator_address)?;
    let delegations = staking::delegations(ctx, &delegator, MAX_DELEGATIONS)?;
    let validators = delegations.iter().map(|(operator, _)| staking::operator_text(operator)).collect();
    Ok(wire::QueryDelegatorValidatorsResponse { validators })
}

fn withdraw_address(
    ctx: &QueryCtx<'_>,
    request: wire::QueryDelegatorWithdrawAddressRequest,
) -> Result<wire::QueryDelegatorWithdrawAddressResponse, QueryError> {
    let delegator = account(&request.delegator_address)?;
    let withdraw_address = ledger::withdraw_address(ctx, &delegator)?.to_string();
    Ok(wire::QueryDelegatorWithdrawAddressResponse { withdraw_address })
}

fn community_pool(
    ctx: &QueryCtx<'_>,
    _: wire::QueryCommunityPoolRequest,
) -> Result<wire::QueryCommunityPoolResponse, QueryError> {
    let pool = COMMUNITY.page(ctx, &[], None, false, MAX_DELEGATIONS)?.entries;
    let pool = pool.into_iter().map(|(denom, sum)| (denom, sum.unsigned_abs())).collect();
    Ok(wire::QueryCommunityPoolResponse { pool: wire_figures(pool) })
}
