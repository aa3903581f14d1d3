//! The genesis section: `cosmos.staking.v1beta1.GenesisState`, and two members more: `history`, and `operator`, whose account
//! stakes for the validator that the genesis document of consensus names. Where that names several, `operator` has an account for
//! each by its key in base64. The coins lie in the bank's section.

use agora_bank::api as bank;
use agora_framework::errors::sdk;
use agora_framework::{AppError, GenesisCtx, QueryCtx, StateCtx, ValidatorUpdate, genesis};
use agora_primitives::{Address, Amount, Coin, Coins, Dec};
use agora_proto::cosmos::staking::v1beta1 as wire;
use agora_state::every;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use crate::genesis_entries as entries;
use crate::params::{self, Params, wire_params};
use crate::state::{
    self, BY_CONSENSUS, DELEGATIONS, LAST_POWERS, LAST_TOTAL_POWER, PARAMS, REDELEGATIONS, RESELECT,
    UNBONDINGS, VALIDATORS,
};
use crate::types::{Commission, Description, Now, POWER_REDUCTION, Shares, Status, Validator};
use crate::wire::{
    operator, operator_text, parse_dec, wire_redelegation_entry, wire_unbonding, wire_validator,
};
use crate::{
    concentration, genesis_history as history, genesis_validators as validators, invariants, ledger, pools,
    set,
};

/// The member that names who stakes for the validators of the genesis document.
const OPERATOR: &str = "operator";

pub(crate) fn default() -> Value {
    let params = Params::default();
    json!({
        "params": {
            "unbonding_time": "1814400s",
            "max_validators": params.max_validators,
            "max_entries": params.max_entries,
            "historical_entries": params.historical_entries,
            "bond_denom": params.bond_denom.as_str(),
            "min_commission_rate": params.min_commission_rate.to_string(),
            "key_rotation_fee": {
                "denom": params.bond_denom.as_str(),
                "amount": params.key_rotation_fee.to_string()
            }
        },
        "last_total_power": "0",
        "last_validator_powers": [],
        "validators": [],
        "delegations": [],
        "unbonding_delegations": [],
        "redelegations": [],
        "exported": false,
        "consensus_key_rotation_history": [],
        "pending_consensus_key_rotations": []
    })
}

pub(crate) fn invalid(what: impl std::fmt::Display) -> AppError {
    sdk::INVALID_REQUEST.wrap(format_args!("genesis section staking: {what}"))
}

pub(crate) fn init(ctx: &mut GenesisCtx<'_>, section: &Value) -> Result<Vec<ValidatorUpdate>, AppError> {
    let mut section = section.clone();
    let mut take = |name: &str| section.as_object_mut().and_then(|members| members.shift_remove(name));
    let (past, staker) = (take(history::MEMBER), take(OPERATOR));
    let genesis: wire::GenesisState = genesis::decode(ctx.registry(), &section)?;
    if !genesis.consensus_key_rotation_history.is_empty()
        || !genesis.pending_consensus_key_rotations.is_empty()
    {
        return Err(invalid("this chain does not rotate consensus keys"));
    }
    let params = params::parse(genesis.params.as_ref()).map_err(invalid)?;
    PARAMS.set(ctx, &params)?;
    match (genesis.validators.as_slice(), ctx.validators(), staker) {
        ([], _, None) | ([], [], _) => {}
        ([], [validator], Some(staker)) if staker.is_string() => adopt(ctx, &params, validator, &staker)?,
        ([], all, Some(stakers)) => {
            let all = all.to_vec();
            if stakers.as_object().map_or(0, serde_json::Map::len) != all.len() {
                return Err(invalid(format_args!(
                    "the genesis document names {} validators: operator must have an account for each, by its key in base64",
                    all.len()
                )));
            }
            for validator in &all {
                let key = BASE64.encode(validator.pub_key);
                let staker = stakers.get(&key);
                let staker =
                    staker.ok_or_else(|| invalid(format_args!("operator has no account for {key}")))?;
                adopt(ctx, &params, validator, staker)?;
            }
        }
        (_, _, Some(_)) => return Err(invalid("operator is for a section without validators")),
        (validators, ..) => {
            for validator in validators {
                validators::init(ctx, validator)?;
            }
        }
    }
    for delegation in &genesis.delegations {
        let delegator: Address = delegation.delegator_address.parse().map_err(invalid)?;
        let operator = operator(&delegation.validator_address).map_err(invalid)?;
        let shares = parse_dec("shares", &delegation.shares).map_err(invalid)?;
        let key = (delegator, operator);
        if shares == Dec::ZERO || DELEGATIONS.has(ctx, &key)? {
            return Err(invalid(format_args!(
                "the delegation of {delegator} to {operator} is empty or listed twice"
            )));
        }
        DELEGATIONS.set(ctx, &key, &Shares(shares))?;
    }
    entries::init(ctx, &genesis)?;
    let updates = init_set(ctx, &genesis, past.is_some())?;
    history::init(ctx, past.as_ref())?;
    // What follows from the entries must be what is stated.
    for check in [invariants::shares_are_exact, invariants::pools_are_exact, invariants::set_is_exact] {
        check(ctx).map_err(invalid)?;
    }
    require_agreement(ctx.validators(), &updates)?;
    Ok(updates)
}

/// Makes the validator that consensus begins with one that stakes: as much as gives the power it has there.
fn adopt(
    ctx: &mut GenesisCtx<'_>,
    params: &Params,
    update: &ValidatorUpdate,
    staker: &Value,
) -> Result<(), AppError> {
    let text = staker.as_str().unwrap_or_default();
    let operator: Address = text.parse().map_err(|e| invalid(format_args!("{OPERATOR} {text:?}: {e}")))?;
    let amount = Amount::from(update.power).saturating_mul(POWER_REDUCTION);
    let tenth = Dec::from_atomics(100_000_000_000_000_000);
    let validator = Validator {
        consensus_key: update.pub_key,
        jailed: false,
        status: Status::Bonded,
        description: Description { moniker: "genesis".to_owned(), ..Description::default() },
        commission: Commission { rate: tenth, max_rate: Dec::ONE, max_change_rate: tenth, update_time: 0 },
        min_self_delegation: 1,
        unbonding_height: 0,
        unbonding_time: 0,
        diluted: false,
    };
    let coins = Coins::one(Coin::new(amount, params.bond_denom.clone()));
    bank::stake(ctx, &operator, &pools::address(true), &coins)
        .map_err(|e| invalid(format_args!("{operator} cannot stake {coins}: {e}")))?;
    BY_CONSENSUS.set(ctx, &validator.consensus_address(), &operator)?;
    VALIDATORS.set(ctx, &operator, &validator)?;
    ledger::deposit(ctx, &operator, &operator, &validator, amount)?;
    Ok(())
}

/// The set as it was, or chosen now.
fn init_set(
    ctx: &mut GenesisCtx<'_>,
    genesis: &wire::GenesisState,
    has_history: bool,
) -> Result<Vec<ValidatorUpdate>, AppError> {
    if !genesis.exported {
        return set::update(ctx, Now { height: 0, time: 0 });
    }
    let mut last = Vec::with_capacity(genesis.last_validator_powers.len());
    for entry in &genesis.last_validator_powers {
        let operator = operator(&entry.address).map_err(invalid)?;
        let power = u64::try_from(entry.power).map_err(invalid)?;
        let bonded = VALIDATORS.get(ctx, &operator)?.is_some_and(|validator| validator.is_bonded());
        if power == 0 || !bonded || LAST_POWERS.has(ctx, &operator)? {
            return Err(invalid(format_args!(
                "last_validator_powers: {operator} has no power, is not bonded, or is listed twice"
            )));
        }
        LAST_POWERS.set(ctx, &operator, &power)?;
        last.push((operator, power));
    }
    set::relist(ctx)?;
    let params = state::params(ctx)?;
    let mut chosen = set::chosen(ctx, &params)?;
    if chosen.is_empty() && !last.is_empty() {
        RESELECT.set(ctx, &true)?;
    } else {
        chosen.sort();
        last.sort();
        if chosen != last {
            return Err(invalid("last_validator_powers are not the greatest powers of the validators"));
        }
    }
    if !last.is_empty() {
        last.sort_by_key(|(_, power)| std::cmp::Reverse(*power));
        concentration::note(ctx, last.iter().map(|(_, power)| *power))?;
    }
    let total = last.iter().fold(0u64, |total, (_, power)| total.saturating_add(*power));
    if has_history {
        LAST_TOTAL_POWER.set(ctx, &total)?;
    } else if total > 0 {
        set::note(ctx, &last, 1)?;
    }
    set::told(ctx)
}

/// Consensus and staking must begin with the same set.
fn require_agreement(given: &[ValidatorUpdate], own: &[ValidatorUpdate]) -> Result<(), AppError> {
    let sorted = |list: &[ValidatorUpdate]| {
        let mut list: Vec<_> = list.iter().map(|update| (update.pub_key, update.power)).collect();
        list.sort_unstable();
        list
    };
    if given.is_empty() || own.is_empty() || sorted(given) == sorted(own) {
        return Ok(());
    }
    Err(invalid(
        "the validators of the genesis document are not those of this section: keys and powers (tokens / 10^6) must be the same",
    ))
}

pub(crate) fn export(ctx: &QueryCtx<'_>) -> Result<Value, AppError> {
    let mut validators = Vec::new();
    for (operator, validator) in every(|from, limit| VALIDATORS.page(ctx, &[], from, false, limit))? {
        let (tokens, shares) = ledger::sums(ctx, &operator)?;
        validators.push(wire_validator(&operator, &validator, tokens, shares));
    }
    let last = every(|from, limit| LAST_POWERS.page(ctx, &[], from, false, limit))?;
    let delegations = every(|from, limit| DELEGATIONS.page(ctx, &[], from, false, limit))?;
    let unbondings = every(|from, limit| UNBONDINGS.page(ctx, &[], from, false, limit))?;
    let redelegations = every(|from, limit| REDELEGATIONS.page(ctx, &[], from, false, limit))?;
    let state = wire::GenesisState {
        params: Some(wire_params(&state::params(ctx)?)),
        last_total_power: LAST_TOTAL_POWER.get(ctx)?.unwrap_or_default().to_string().into_bytes(),
        last_validator_powers: last
            .into_iter()
            .map(|(operator, power)| wire::LastValidatorPower {
                address: operator_text(&operator),
                power: i64::try_from(power).unwrap_or(i64::MAX),
            })
            .collect(),
        exported: !validators.is_empty(),
        validators,
        delegations: delegations
            .into_iter()
            .map(|((delegator, operator), shares)| wire::Delegation {
                delegator_address: delegator.to_string(),
                validator_address: operator_text(&operator),
                shares: shares.0.to_wire(),
            })
            .collect(),
        unbonding_delegations: unbondings
            .iter()
            .map(|((delegator, operator), unbonding)| wire_unbonding(delegator, operator, &unbonding.0))
            .collect(),
        redelegations: redelegations
            .iter()
            .map(|((delegator, source, destination), redelegation)| wire::Redelegation {
                delegator_address: delegator.to_string(),
                validator_src_address: operator_text(source),
                validator_dst_address: operator_text(destination),
                entries: redelegation.0.iter().map(wire_redelegation_entry).collect(),
            })
            .collect(),
        consensus_key_rotation_history: Vec::new(),
        pending_consensus_key_rotations: Vec::new(),
    };
    history::join(ctx, genesis::encode(ctx.registry(), &state)?)
}
