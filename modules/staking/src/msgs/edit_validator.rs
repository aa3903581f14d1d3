//! Changing a validator.

use agora_framework::errors::sdk;
use agora_framework::{Access, AccessHint, AppError, Message, message};
use agora_primitives::{Address, Amount, Dec};
use agora_proto::cosmos::staking::v1beta1 as wire;

use super::create_validator::parse_description;
use crate::error;
use crate::state::VALIDATORS;
use crate::types::Description;
use crate::wire::{operator, parse_amount, parse_dec, parse_operator};

/// The text that keeps a field of the description.
pub const KEEP: &str = "[do-not-modify]";

/// Other words, another commission, another minimum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditValidator {
    /// The operator.
    pub operator: Address,
    /// What it says of itself; [`KEEP`] keeps a field.
    pub description: Description,
    /// The new commission, at most 1.
    pub rate: Option<Dec>,
    /// The new minimum of its own delegation; at least 1.
    pub min_self_delegation: Option<Amount>,
}

impl Message for EditValidator {
    message!(wire::MsgEditValidator, wire::MsgEditValidatorResponse, validator_address by operator);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let operator = parse_operator("validator", &wire.validator_address)?;
        let description = parse_description(wire.description.as_ref());
        if description == Description::default() {
            return Err(sdk::INVALID_REQUEST.wrap("empty description"));
        }
        let min_self_delegation = given(&wire.min_self_delegation)
            .map(|text| parse_amount("min_self_delegation", &text))
            .transpose()?;
        if min_self_delegation == Some(0) {
            return Err(sdk::INVALID_REQUEST.wrap("minimum self delegation must be a positive integer"));
        }
        let rate =
            given(&wire.commission_rate).map(|text| parse_dec("commission_rate", &text)).transpose()?;
        if rate.is_some_and(|rate| rate > Dec::ONE) {
            return Err(error::COMMISSION_HUGE.bare());
        }
        Ok(Self { operator, description, rate, min_self_delegation })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        if let Ok(operator) = operator(&wire.validator_address) {
            hint.push(VALIDATORS.key(&operator), Access::Write);
        }
    }
}
