//! The parameters.

use agora_framework::AppError;
use agora_framework::errors::sdk;
use agora_framework::time::{self, NANOS};
use agora_primitives::{Amount, Coin, Dec, Denom};
use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;
use agora_proto::cosmos::staking::v1beta1 as wire;
use borsh::{BorshDeserialize, BorshSerialize};

/// The greatest set: with the most tokens a validator can have, its power stays below what consensus counts.
const MAX_VALIDATORS: u32 = 1000;
/// The most unbondings between two accounts, and the most redelegations between three.
const MAX_ENTRIES: u32 = 100;
/// The most headers kept.
const MAX_HISTORY: u32 = 100_000;
/// Ten years.
const MAX_UNBONDING: u64 = 3650 * 86_400 * NANOS;

/// Parameters of the module.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Params {
    /// How long coins stay liable after they left, in nanoseconds; from a second to ten years.
    pub unbonding_time: u64,
    /// The most validators in the set; 1 to 1000.
    pub max_validators: u32,
    /// The most unbondings between two accounts at a time, and redelegations between three; 1 to 100.
    pub max_entries: u32,
    /// Headers kept; at most 100,000.
    pub historical_entries: u32,
    /// What is staked.
    pub bond_denom: Denom,
    /// The least commission.
    pub min_commission_rate: Dec,
    /// What a new consensus key costs, on chains that take one.
    pub key_rotation_fee: Amount,
}
agora_state::borsh_value!(Params, 1);

impl Default for Params {
    fn default() -> Self {
        Self {
            unbonding_time: 21 * 86_400 * NANOS,
            max_validators: 100,
            max_entries: 7,
            historical_entries: 10_000,
            bond_denom: Denom::native(),
            min_commission_rate: Dec::ZERO,
            key_rotation_fee: 1_000_000,
        }
    }
}

fn refused(what: impl std::fmt::Display) -> AppError {
    sdk::INVALID_REQUEST.wrap(what)
}

/// Parses parameters within their bounds.
///
/// # Errors
/// Code 18, naming the parameter and its bounds.
pub(crate) fn parse(wire: Option<&wire::Params>) -> Result<Params, AppError> {
    let wire = wire.ok_or_else(|| refused("the parameters are missing"))?;
    let unbonding_time = wire.unbonding_time.as_ref().and_then(time::span).unwrap_or_default();
    if !(NANOS..=MAX_UNBONDING).contains(&unbonding_time) {
        return Err(refused("unbonding_time must be from a second to ten years"));
    }
    for (name, value, most) in [
        ("max_validators", wire.max_validators, MAX_VALIDATORS),
        ("max_entries", wire.max_entries, MAX_ENTRIES),
    ] {
        if !(1..=most).contains(&value) {
            return Err(refused(format_args!("{name} must be from 1 to {most}, got {value}")));
        }
    }
    if wire.historical_entries > MAX_HISTORY {
        return Err(refused(format_args!(
            "historical_entries must be at most {MAX_HISTORY}, got {}",
            wire.historical_entries
        )));
    }
    let bond_denom: Denom = wire.bond_denom.parse().map_err(|e| refused(format_args!("bond_denom: {e}")))?;
    let min_commission_rate = Dec::from_wire(&wire.min_commission_rate)
        .ok()
        .filter(|rate| *rate <= Dec::ONE)
        .ok_or_else(|| refused("min_commission_rate must be from 0 to 1"))?;
    let key_rotation_fee = match &wire.key_rotation_fee {
        None => 0,
        Some(coin) => {
            let fee = Coin::parse(&coin.denom, &coin.amount)
                .map_err(|e| refused(format_args!("key_rotation_fee: {e}")))?;
            if fee.denom != bond_denom {
                return Err(refused(format_args!("key_rotation_fee must be in {bond_denom}, got {fee}")));
            }
            fee.amount
        }
    };
    Ok(Params {
        unbonding_time,
        max_validators: wire.max_validators,
        max_entries: wire.max_entries,
        historical_entries: wire.historical_entries,
        bond_denom,
        min_commission_rate,
        key_rotation_fee,
    })
}

/// The parameters as the wire has them.
pub(crate) fn wire_params(params: &Params) -> wire::Params {
    wire::Params {
        unbonding_time: Some(time::duration(params.unbonding_time)),
        max_validators: params.max_validators,
        max_entries: params.max_entries,
        historical_entries: params.historical_entries,
        bond_denom: params.bond_denom.to_string(),
        min_commission_rate: params.min_commission_rate.to_wire(),
        key_rotation_fee: Some(WireCoin {
            denom: params.bond_denom.to_string(),
            amount: params.key_rotation_fee.to_string(),
        }),
    }
}
