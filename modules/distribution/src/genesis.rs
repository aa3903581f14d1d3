//! The genesis section: `cosmos.distribution.v1beta1.GenesisState`, and two members more, left out when empty: `indexes`, rewards per
//! share and where delegations were paid last, and `auto_compounds`. The records of periods that the Cosmos SDK keeps instead stay empty.

use agora_framework::errors::sdk;
use agora_framework::{AppError, GenesisCtx, QueryCtx, StateCtx, genesis};
use agora_primitives::{Address, Dec, Denom};
use agora_proto::cosmos::base::v1beta1::DecCoin;
use agora_proto::cosmos::distribution::v1beta1 as wire;
use agora_staking::api::{operator, operator_text};
use agora_state::every;
use serde_json::{Value, json};

use crate::ledger::Atoms;
use crate::msgs::{parse_params, wire_params};
use crate::query::{wire_figures, wire_slash};
use crate::state::{self, COMMISSION, COMMUNITY, OUTSTANDING, PARAMS, SLASHES, WITHDRAW_ADDRESSES};
use crate::{genesis_compounds as compounds, genesis_indexes as indexes, invariants};

pub(crate) fn default() -> Value {
    let params = state::Params::default();
    json!({
        "params": {
            "community_tax": params.community_tax.to_string(),
            "base_proposer_reward": "0.000000000000000000",
            "bonus_proposer_reward": "0.000000000000000000",
            "withdraw_addr_enabled": params.withdraw_addr_enabled
        },
        "fee_pool": { "community_pool": [] },
        "delegator_withdraw_infos": [],
        "previous_proposer": "",
        "outstanding_rewards": [],
        "validator_accumulated_commissions": [],
        "validator_historical_rewards": [],
        "validator_current_rewards": [],
        "delegator_starting_infos": [],
        "validator_slash_events": []
    })
}

pub(crate) fn invalid(what: impl std::fmt::Display) -> AppError {
    sdk::INVALID_REQUEST.wrap(format_args!("genesis section distribution: {what}"))
}

/// Figures off the wire, as what is added to sums.
fn figures(list: &[DecCoin]) -> Result<Vec<(Denom, i128)>, AppError> {
    let figure = |coin: &DecCoin| {
        let denom: Denom = coin.denom.parse().map_err(invalid)?;
        let atoms = Dec::from_wire(&coin.amount).map_err(invalid)?.atomics();
        Ok((denom, i128::try_from(atoms).map_err(invalid)?))
    };
    list.iter().map(figure).collect()
}

pub(crate) fn init(ctx: &mut GenesisCtx<'_>, section: &Value) -> Result<(), AppError> {
    let mut section = section.clone();
    let mut own = |name| section.as_object_mut().and_then(|members| members.shift_remove(name));
    let (own, due) = (own(indexes::MEMBER), own(compounds::MEMBER));
    let genesis: wire::GenesisState = genesis::decode(ctx.registry(), &section)?;
    if !genesis.validator_historical_rewards.is_empty()
        || !genesis.validator_current_rewards.is_empty()
        || !genesis.delegator_starting_infos.is_empty()
    {
        return Err(invalid("rewards by periods cannot be taken over; have them paid before the export"));
    }
    PARAMS.set(ctx, &parse_params(genesis.params.as_ref()).map_err(invalid)?)?;
    for (denom, atoms) in figures(&genesis.fee_pool.unwrap_or_default().community_pool)? {
        COMMUNITY.add(ctx, &denom, atoms, None)?;
    }
    for info in &genesis.delegator_withdraw_infos {
        let delegator: Address = info.delegator_address.parse().map_err(invalid)?;
        let to: Address = info.withdraw_address.parse().map_err(invalid)?;
        WITHDRAW_ADDRESSES.set(ctx, &delegator, &to)?;
    }
    for record in &genesis.outstanding_rewards {
        let operator = operator(&record.validator_address).map_err(invalid)?;
        for (denom, atoms) in figures(&record.outstanding_rewards)? {
            OUTSTANDING.add(ctx, &(operator, denom), atoms, None)?;
        }
    }
    for record in &genesis.validator_accumulated_commissions {
        let operator = operator(&record.validator_address).map_err(invalid)?;
        let accumulated = record.accumulated.clone().unwrap_or_default();
        for (denom, atoms) in figures(&accumulated.commission)? {
            COMMISSION.add(ctx, &(operator, denom), atoms, None)?;
        }
    }
    for record in &genesis.validator_slash_events {
        let operator = operator(&record.validator_address).map_err(invalid)?;
        let event = record.validator_slash_event.clone().unwrap_or_default();
        let part = Dec::from_wire(&event.fraction).map_err(invalid)?;
        SLASHES.set(ctx, &(operator, record.height), &part)?;
    }
    indexes::init(ctx, own.as_ref())?;
    compounds::init(ctx, due.as_ref())?;
    invariants::is_exact(ctx).map_err(invalid)
}

/// Sums by operator, each with its figures.
fn grouped(sums: Vec<((Address, Denom), i128)>) -> Vec<(Address, Atoms)> {
    let mut groups: Vec<(Address, Atoms)> = Vec::new();
    for ((operator, denom), sum) in sums {
        match groups.last_mut() {
            Some((last, atoms)) if *last == operator => atoms.push((denom, sum.unsigned_abs())),
            _ => groups.push((operator, vec![(denom, sum.unsigned_abs())])),
        }
    }
    groups
}

pub(crate) fn export(ctx: &QueryCtx<'_>) -> Result<Value, AppError> {
    let community = every(|from, limit| COMMUNITY.page(ctx, &[], from, false, limit))?;
    let outstanding = every(|from, limit| OUTSTANDING.page(ctx, &[], from, false, limit))?;
    let commissions = every(|from, limit| COMMISSION.page(ctx, &[], from, false, limit))?;
    let addresses = every(|from, limit| WITHDRAW_ADDRESSES.page(ctx, &[], from, false, limit))?;
    let slashes = every(|from, limit| SLASHES.page(ctx, &[], from, false, limit))?;
    let state = wire::GenesisState {
        params: Some(wire_params(&state::params(ctx)?)),
        fee_pool: Some(wire::FeePool {
            community_pool: wire_figures(
                community.into_iter().map(|(denom, sum)| (denom, sum.unsigned_abs())).collect(),
            ),
        }),
        delegator_withdraw_infos: addresses
            .into_iter()
            .map(|(delegator, to)| wire::DelegatorWithdrawInfo {
                delegator_address: delegator.to_string(),
                withdraw_address: to.to_string(),
            })
            .collect(),
        outstanding_rewards: grouped(outstanding)
            .into_iter()
            .map(|(operator, atoms)| wire::ValidatorOutstandingRewardsRecord {
                validator_address: operator_text(&operator),
                outstanding_rewards: wire_figures(atoms),
            })
            .collect(),
        validator_accumulated_commissions: grouped(commissions)
            .into_iter()
            .map(|(operator, atoms)| wire::ValidatorAccumulatedCommissionRecord {
                validator_address: operator_text(&operator),
                accumulated: Some(wire::ValidatorAccumulatedCommission { commission: wire_figures(atoms) }),
            })
            .collect(),
        validator_slash_events: slashes
            .into_iter()
            .map(|((operator, height), part)| wire::ValidatorSlashEventRecord {
                validator_address: operator_text(&operator),
                height,
                period: 0,
                validator_slash_event: Some(wire_slash(part)),
            })
            .collect(),
        ..Default::default()
    };
    let section = indexes::join(ctx, genesis::encode(ctx.registry(), &state)?)?;
    compounds::join(ctx, section)
}
