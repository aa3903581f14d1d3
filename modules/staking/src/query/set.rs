//! The set, what it holds, and what it was.

use agora_bank::api as bank;
use agora_framework::time::timestamp;
use agora_framework::{QueryCtx, QueryError};
use agora_primitives::{Amount, Dec};
use agora_proto::cosmos::staking::v1beta1 as wire;
use agora_proto::tendermint::types as tm;
use agora_proto::tendermint::version::Consensus;

use crate::params::wire_params;
use crate::proto::agora::staking::v1 as own;
use crate::state::{self, CONCENTRATION, HEADERS};
use crate::types::{Commission, Description, POWER_REDUCTION, SetMember, Status, Validator};
use crate::wire::{shares_of, wire_height, wire_validator};
use crate::{history, pools};

pub(super) fn params(
    ctx: &QueryCtx<'_>,
    _: wire::QueryParamsRequest,
) -> Result<wire::QueryParamsResponse, QueryError> {
    Ok(wire::QueryParamsResponse { params: Some(wire_params(&state::params(ctx)?)) })
}

pub(super) fn pool(
    ctx: &QueryCtx<'_>,
    _: wire::QueryPoolRequest,
) -> Result<wire::QueryPoolResponse, QueryError> {
    let denom = state::params(ctx)?.bond_denom;
    let held = |bonded| bank::balance(ctx, &pools::address(bonded), &denom);
    Ok(wire::QueryPoolResponse {
        pool: Some(wire::Pool {
            not_bonded_tokens: held(false)?.to_string(),
            bonded_tokens: held(true)?.to_string(),
        }),
    })
}

pub(super) fn concentration(
    ctx: &QueryCtx<'_>,
    _: own::QueryConcentrationRequest,
) -> Result<own::QueryConcentrationResponse, QueryError> {
    let sums = CONCENTRATION.get(ctx)?.unwrap_or_default();
    Ok(own::QueryConcentrationResponse {
        validators: sums.validators,
        total_power: u64::try_from(sums.total).unwrap_or(u64::MAX),
        nakamoto_coefficient: sums.nakamoto,
        gini: sums.gini().to_wire(),
        hhi: sums.hhi().to_wire(),
    })
}

/// A validator of a past set: its keys and its power are known, in whole units of power.
fn past_validator(member: &SetMember) -> wire::Validator {
    let tokens = Amount::from(member.power).saturating_mul(POWER_REDUCTION);
    let (rate, update_time) = (Dec::ZERO, 0);
    let validator = Validator {
        consensus_key: member.consensus_key,
        jailed: false,
        status: Status::Bonded,
        description: Description::default(),
        commission: Commission { rate, max_rate: rate, max_change_rate: rate, update_time },
        min_self_delegation: 0,
        unbonding_height: 0,
        unbonding_time: 0,
        diluted: false,
    };
    wire_validator(&member.operator, &validator, tokens, shares_of(tokens).unwrap_or_default())
}

pub(super) fn historical_info(
    ctx: &QueryCtx<'_>,
    request: wire::QueryHistoricalInfoRequest,
) -> Result<wire::QueryHistoricalInfoResponse, QueryError> {
    let height =
        u64::try_from(request.height).map_err(|_| QueryError::invalid("height cannot be negative"))?;
    let header = HEADERS.get(ctx, &height)?.ok_or_else(|| {
        QueryError::not_found(format_args!("historical info for height {height} not found"))
    })?;
    let set = history::set_at(ctx, height)?.unwrap_or_default();
    let header = tm::Header {
        version: Some(Consensus::default()),
        chain_id: ctx.block().chain_id.clone(),
        height: wire_height(height),
        time: Some(timestamp(header.time)),
        last_block_id: Some(tm::BlockId {
            part_set_header: Some(tm::PartSetHeader::default()),
            ..Default::default()
        }),
        app_hash: header.app_hash,
        next_validators_hash: header.next_validators_hash,
        proposer_address: header.proposer.map(|p| p.as_bytes().to_vec()).unwrap_or_default(),
        ..Default::default()
    };
    let valset = set.0.iter().map(past_validator).collect();
    Ok(wire::QueryHistoricalInfoResponse {
        hist: Some(wire::HistoricalInfo { header: Some(header), valset }),
    })
}
