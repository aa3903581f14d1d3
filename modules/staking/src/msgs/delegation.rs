//! Delegating, moving and taking back.

use agora_bank::api::hint_balances;
use agora_framework::errors::sdk;
use agora_framework::wire::account;
use agora_framework::{Access, AccessHint, AppError, Message, message};
use agora_primitives::{Address, Coin};
use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;
use agora_proto::cosmos::staking::v1beta1 as wire;

use crate::state::{DELEGATIONS, SHARES, TOKENS, UNBONDINGS, VALIDATORS};
use crate::wire::{operator, parse_operator, parse_positive};

/// Coins to a validator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delegate {
    /// Whose coins.
    pub delegator: Address,
    /// To whom.
    pub validator: Address,
    /// How many; not zero.
    pub amount: Coin,
}

/// Coins from one validator to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeginRedelegate {
    /// Whose coins.
    pub delegator: Address,
    /// From whom.
    pub source: Address,
    /// To whom.
    pub destination: Address,
    /// How many; not zero.
    pub amount: Coin,
}

/// Coins back from a validator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelegate {
    /// Whose coins.
    pub delegator: Address,
    /// From whom.
    pub validator: Address,
    /// How many; not zero.
    pub amount: Coin,
}

/// Coins that are on their way out, to the validator again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelUnbonding {
    /// Whose coins.
    pub delegator: Address,
    /// From whom.
    pub validator: Address,
    /// How many; not zero.
    pub amount: Coin,
    /// The height they left at.
    pub height: u64,
}

/// Hints at the balance that a coin is taken from.
pub(super) fn hint_coin(holder: &str, coin: Option<&WireCoin>, hint: &mut AccessHint) {
    hint_balances(holder, coin, hint);
}

/// Hints at what a delegation touches at a validator: its record is read, its sums are added to.
fn hint_validator(delegator: &str, validator: &str, hint: &mut AccessHint) {
    let (Ok(delegator), Ok(validator)) = (delegator.parse::<Address>(), operator(validator)) else { return };
    hint.push(VALIDATORS.key(&validator), Access::Read);
    hint.push(TOKENS.key(&validator), Access::Delta);
    hint.push(SHARES.key(&validator), Access::Delta);
    hint.push(DELEGATIONS.key(&(delegator, validator)), Access::Write);
}

/// Hints at what is on its way out.
fn hint_unbonding(delegator: &str, validator: &str, hint: &mut AccessHint) {
    if let (Ok(delegator), Ok(validator)) = (delegator.parse::<Address>(), operator(validator)) {
        hint.push(UNBONDINGS.key(&(delegator, validator)), Access::Write);
    }
}

impl Message for Delegate {
    message!(wire::MsgDelegate, wire::MsgDelegateResponse, delegator_address);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self {
            validator: parse_operator("validator", &wire.validator_address)?,
            delegator: account("delegator", &wire.delegator_address)?,
            amount: parse_positive("invalid delegation amount", wire.amount.as_ref())?,
        })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        hint_coin(&wire.delegator_address, wire.amount.as_ref(), hint);
        hint_validator(&wire.delegator_address, &wire.validator_address, hint);
    }
}

impl Message for BeginRedelegate {
    message!(wire::MsgBeginRedelegate, wire::MsgBeginRedelegateResponse, delegator_address);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self {
            source: parse_operator("source validator", &wire.validator_src_address)?,
            destination: parse_operator("destination validator", &wire.validator_dst_address)?,
            delegator: account("delegator", &wire.delegator_address)?,
            amount: parse_positive("invalid shares amount", wire.amount.as_ref())?,
        })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        hint_validator(&wire.delegator_address, &wire.validator_src_address, hint);
        hint_validator(&wire.delegator_address, &wire.validator_dst_address, hint);
    }
}

impl Message for Undelegate {
    message!(wire::MsgUndelegate, wire::MsgUndelegateResponse, delegator_address);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self {
            validator: parse_operator("validator", &wire.validator_address)?,
            delegator: account("delegator", &wire.delegator_address)?,
            amount: parse_positive("invalid shares amount", wire.amount.as_ref())?,
        })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        hint_validator(&wire.delegator_address, &wire.validator_address, hint);
        hint_unbonding(&wire.delegator_address, &wire.validator_address, hint);
    }
}

impl Message for CancelUnbonding {
    message!(
        wire::MsgCancelUnbondingDelegation,
        wire::MsgCancelUnbondingDelegationResponse,
        delegator_address
    );

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let height = u64::try_from(wire.creation_height).unwrap_or_default();
        if height == 0 {
            return Err(sdk::INVALID_REQUEST.wrap("invalid height"));
        }
        Ok(Self {
            validator: parse_operator("validator", &wire.validator_address)?,
            delegator: account("delegator", &wire.delegator_address)?,
            amount: parse_positive("invalid amount", wire.amount.as_ref())?,
            height,
        })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        hint_validator(&wire.delegator_address, &wire.validator_address, hint);
        hint_unbonding(&wire.delegator_address, &wire.validator_address, hint);
    }
}
