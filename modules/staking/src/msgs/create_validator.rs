//! Becoming a validator.

use agora_framework::errors::sdk;
use agora_framework::{AccessHint, AppError, Message, message};
use agora_primitives::{Address, Amount, Coin, Dec};
use agora_proto::cosmos::staking::v1beta1 as wire;

use super::delegation::hint_coin;
use crate::error;
use crate::types::Description;
use crate::wire::{operator, parse_amount, parse_dec, parse_key, parse_operator, parse_positive};

/// A new validator with its own first delegation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateValidator {
    /// The operator, who delegates.
    pub operator: Address,
    /// What it says of itself; the moniker is not empty.
    pub description: Description,
    /// The commission, at most `max_rate`.
    pub rate: Dec,
    /// The most it can ever be, at most 1.
    pub max_rate: Dec,
    /// The most it may rise by within a day, at most `max_rate`.
    pub max_change_rate: Dec,
    /// It is jailed when its own delegation falls below; at least 1, at most `value`.
    pub min_self_delegation: Amount,
    /// The ed25519 key it signs blocks with.
    pub consensus_key: [u8; 32],
    /// What it delegates to itself; not zero.
    pub value: Coin,
}

/// The lengths the Cosmos SDK allows, in bytes.
const LIMITS: [(&str, usize); 5] =
    [("moniker", 70), ("identity", 3000), ("website", 140), ("security contact", 140), ("details", 280)];

/// Refuses texts that are too long.
///
/// # Errors
/// Code 18, naming the field.
pub(crate) fn check_description(description: &Description) -> Result<(), AppError> {
    let Description { moniker, identity, website, security_contact, details } = description;
    for ((name, most), text) in LIMITS.iter().zip([moniker, identity, website, security_contact, details]) {
        if text.len() > *most {
            return Err(sdk::INVALID_REQUEST
                .wrap(format_args!("invalid {name} length; got: {}, max: {most}", text.len())));
        }
    }
    Ok(())
}

/// Refuses rates that contradict each other.
///
/// # Errors
/// The rule broken.
pub(crate) fn check_rates(rate: Dec, max_rate: Dec, max_change_rate: Dec) -> Result<(), AppError> {
    match () {
        () if max_rate > Dec::ONE => Err(error::COMMISSION_HUGE.bare()),
        () if rate > max_rate => Err(error::COMMISSION_OVER_MAX.bare()),
        () if max_change_rate > max_rate => Err(error::COMMISSION_CHANGE_OVER_MAX.bare()),
        () => Ok(()),
    }
}

/// A description off the wire.
pub(super) fn parse_description(wire: Option<&wire::Description>) -> Description {
    let wire = wire.cloned().unwrap_or_default();
    Description {
        moniker: wire.moniker,
        identity: wire.identity,
        website: wire.website,
        security_contact: wire.security_contact,
        details: wire.details,
    }
}

impl Message for CreateValidator {
    message!(wire::MsgCreateValidator, wire::MsgCreateValidatorResponse, validator_address by operator);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let operator = parse_operator("validator", &wire.validator_address)?;
        let consensus_key = parse_key(wire.pubkey.as_ref())?;
        let value = parse_positive("invalid delegation amount", wire.value.as_ref())?;
        let description = parse_description(wire.description.as_ref());
        if description.moniker.is_empty() {
            return Err(sdk::INVALID_REQUEST.wrap("empty description: a moniker is needed"));
        }
        check_description(&description)?;
        let rates = wire
            .commission
            .as_ref()
            .ok_or_else(|| sdk::INVALID_REQUEST.wrap("empty commission: rates are needed"))?;
        let rate = parse_dec("commission rate", &rates.rate)?;
        let max_rate = parse_dec("commission max_rate", &rates.max_rate)?;
        let max_change_rate = parse_dec("commission max_change_rate", &rates.max_change_rate)?;
        check_rates(rate, max_rate, max_change_rate)?;
        let min_self_delegation = parse_amount("min_self_delegation", &wire.min_self_delegation)?;
        if min_self_delegation == 0 {
            return Err(
                sdk::INVALID_REQUEST.wrap("minimum self delegation must be a positive integer, got 0")
            );
        }
        if value.amount < min_self_delegation {
            return Err(error::SELF_DELEGATION.bare());
        }
        Ok(Self {
            operator,
            description,
            rate,
            max_rate,
            max_change_rate,
            min_self_delegation,
            consensus_key,
            value,
        })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        if let Ok(operator) = operator(&wire.validator_address) {
            hint_coin(&operator.to_string(), wire.value.as_ref(), hint);
        }
    }
}
