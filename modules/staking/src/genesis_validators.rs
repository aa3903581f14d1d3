//! Validators of the genesis section.

use agora_framework::errors::sdk;
use agora_framework::time::nanoseconds;
use agora_framework::{AppError, GenesisCtx};
use agora_primitives::Amount;
use agora_proto::cosmos::staking::v1beta1 as wire;

use crate::genesis::invalid;
use crate::ledger;
use crate::msgs::check_rates;
use crate::state::{BY_CONSENSUS, CHANGED, SHARES, TOKENS, VALIDATOR_QUEUE, VALIDATORS};
use crate::types::{Commission, Description, Status, Validator};
use crate::wire::{operator, parse_amount, parse_dec, parse_key, shares_of};

/// Takes in a validator with its sums.
///
/// # Errors
/// Names it and what is wrong with it.
pub(crate) fn init(ctx: &mut GenesisCtx<'_>, wire: &wire::Validator) -> Result<(), AppError> {
    let text = &wire.operator_address;
    let operator = operator(text).map_err(|e| invalid(format_args!("operator {text:?}: {e}")))?;
    let (validator, tokens, shares) =
        parse_validator(wire).map_err(|e| invalid(format_args!("validator {text}: {e}")))?;
    if VALIDATORS.has(ctx, &operator)? || BY_CONSENSUS.has(ctx, &validator.consensus_address())? {
        return Err(invalid(format_args!("validator {text}, or its consensus key, is listed twice")));
    }
    if validator.status == Status::Unbonding {
        VALIDATOR_QUEUE.insert(ctx, &(validator.unbonding_time, operator))?;
    }
    BY_CONSENSUS.set(ctx, &validator.consensus_address(), &operator)?;
    VALIDATORS.set(ctx, &operator, &validator)?;
    TOKENS.add(ctx, &operator, ledger::signed(tokens)?, None)?;
    SHARES.add(ctx, &operator, ledger::signed(shares)?, None)?;
    Ok(CHANGED.insert(ctx, &operator)?)
}

fn parse_validator(wire: &wire::Validator) -> Result<(Validator, Amount, u128), AppError> {
    let missing = |what: &str| sdk::INVALID_REQUEST.wrap(format_args!("{what} is missing or out of range"));
    let tokens = parse_amount("tokens", &wire.tokens)?;
    let shares = parse_dec("delegator_shares", &wire.delegator_shares)?.atomics();
    let commission = wire.commission.as_ref().ok_or_else(|| missing("commission"))?;
    let rates = commission.commission_rates.as_ref().ok_or_else(|| missing("commission_rates"))?;
    let commission = Commission {
        rate: parse_dec("rate", &rates.rate)?,
        max_rate: parse_dec("max_rate", &rates.max_rate)?,
        max_change_rate: parse_dec("max_change_rate", &rates.max_change_rate)?,
        update_time: commission
            .update_time
            .as_ref()
            .and_then(nanoseconds)
            .ok_or_else(|| missing("update_time"))?,
    };
    check_rates(commission.rate, commission.max_rate, commission.max_change_rate)?;
    let description = wire.description.clone().unwrap_or_default();
    let validator = Validator {
        consensus_key: parse_key(wire.consensus_pubkey.as_ref())?,
        jailed: wire.jailed,
        status: match wire.status() {
            wire::BondStatus::Bonded => Status::Bonded,
            wire::BondStatus::Unbonding => Status::Unbonding,
            wire::BondStatus::Unbonded => Status::Unbonded,
            wire::BondStatus::Unspecified => return Err(missing("status")),
        },
        description: Description {
            moniker: description.moniker,
            identity: description.identity,
            website: description.website,
            security_contact: description.security_contact,
            details: description.details,
        },
        commission,
        min_self_delegation: parse_amount("min_self_delegation", &wire.min_self_delegation)?,
        unbonding_height: u64::try_from(wire.unbonding_height).map_err(|_| missing("unbonding_height"))?,
        unbonding_time: wire
            .unbonding_time
            .as_ref()
            .and_then(nanoseconds)
            .ok_or_else(|| missing("unbonding_time"))?,
        diluted: shares_of(tokens) != Some(shares),
    };
    Ok((validator, tokens, shares))
}
