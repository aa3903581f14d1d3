//! Messages, valid once constructed.

use agora_framework::errors::sdk;
use agora_framework::wire::{account, bad_address, payment};
use agora_framework::{Access, AccessHint, AppError, Message, message};
use agora_primitives::{Address, Coins, Dec};
use agora_proto::cosmos::distribution::v1beta1 as wire;
use agora_staking::api::operator;

use crate::proto::agora::distribution::v1 as own;
use crate::state::{Params, STARTS};

/// Rewards to another account from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetWithdrawAddress {
    /// Whose rewards.
    pub delegator: Address,
    /// Where to.
    pub to: Address,
}

/// The rewards of a delegation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawReward {
    /// Whose.
    pub delegator: Address,
    /// From whom.
    pub validator: Address,
}

/// The commission of a validator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawCommission {
    /// Who operates it.
    pub operator: Address,
}

/// A gift to the community.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FundCommunityPool {
    /// Who gives.
    pub depositor: Address,
    /// What; not empty.
    pub amount: Coins,
}

/// A payment of the community.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommunityPoolSpend {
    /// Who asks; must be the chain's authority.
    pub authority: String,
    /// Who is paid.
    pub recipient: Address,
    /// What; not empty.
    pub amount: Coins,
}

/// A gift to a validator and its delegators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepositRewards {
    /// Who gives.
    pub depositor: Address,
    /// To whom.
    pub validator: Address,
    /// What; not empty.
    pub amount: Coins,
}

/// New parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateParams {
    /// Who asks; must be the chain's authority.
    pub authority: String,
    /// The parameters.
    pub params: Params,
}

/// The rewards of a delegation, staked again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compound {
    /// Whose.
    pub delegator: Address,
    /// With whom.
    pub validator: Address,
}

/// The same once a day from now on, or not any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAutoCompound {
    /// Whose rewards.
    pub delegator: Address,
    /// With whom.
    pub validator: Address,
    /// Whether to.
    pub enabled: bool,
}

fn validator(text: &str) -> Result<Address, AppError> {
    operator(text).map_err(|e| bad_address("invalid validator address", &e))
}

impl Message for SetWithdrawAddress {
    message!(wire::MsgSetWithdrawAddress, wire::MsgSetWithdrawAddressResponse, delegator_address);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self {
            delegator: account("delegator", &wire.delegator_address)?,
            to: account("withdraw", &wire.withdraw_address)?,
        })
    }
}

/// A delegator and the validator it staked with.
fn delegation(delegator_address: &str, validator_address: &str) -> Result<(Address, Address), AppError> {
    let validator = validator(validator_address)?;
    Ok((account("delegator", delegator_address)?, validator))
}

/// Hints at where the rewards of a delegation begin.
fn hint_start(delegator_address: &str, validator_address: &str, hint: &mut AccessHint) {
    if let (Ok(delegator), Ok(operator)) = (delegator_address.parse(), operator(validator_address)) {
        hint.push(STARTS.key(&(delegator, operator)), Access::Write);
    }
}

impl Message for WithdrawReward {
    message!(wire::MsgWithdrawDelegatorReward, wire::MsgWithdrawDelegatorRewardResponse, delegator_address);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let (delegator, validator) = delegation(&wire.delegator_address, &wire.validator_address)?;
        Ok(Self { delegator, validator })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        hint_start(&wire.delegator_address, &wire.validator_address, hint);
    }
}

impl Message for Compound {
    message!(own::MsgCompound, own::MsgCompoundResponse, delegator_address);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let (delegator, validator) = delegation(&wire.delegator_address, &wire.validator_address)?;
        Ok(Self { delegator, validator })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        hint_start(&wire.delegator_address, &wire.validator_address, hint);
    }
}

impl Message for SetAutoCompound {
    message!(own::MsgSetAutoCompound, own::MsgSetAutoCompoundResponse, delegator_address);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let (delegator, validator) = delegation(&wire.delegator_address, &wire.validator_address)?;
        Ok(Self { delegator, validator, enabled: wire.enabled })
    }
}

impl Message for WithdrawCommission {
    message!(wire::MsgWithdrawValidatorCommission, wire::MsgWithdrawValidatorCommissionResponse, validator_address by operator);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self { operator: validator(&wire.validator_address)? })
    }
}

impl Message for FundCommunityPool {
    message!(wire::MsgFundCommunityPool, wire::MsgFundCommunityPoolResponse, depositor);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self { depositor: account("depositor", &wire.depositor)?, amount: payment(&wire.amount)? })
    }
}

impl Message for CommunityPoolSpend {
    message!(wire::MsgCommunityPoolSpend, wire::MsgCommunityPoolSpendResponse, authority);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self {
            authority: wire.authority.clone(),
            recipient: account("recipient", &wire.recipient)?,
            amount: payment(&wire.amount)?,
        })
    }
}

impl Message for DepositRewards {
    message!(wire::MsgDepositValidatorRewardsPool, wire::MsgDepositValidatorRewardsPoolResponse, depositor);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self {
            depositor: account("depositor", &wire.depositor)?,
            validator: validator(&wire.validator_address)?,
            amount: payment(&wire.amount)?,
        })
    }
}

impl Message for UpdateParams {
    message!(wire::MsgUpdateParams, wire::MsgUpdateParamsResponse, authority);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self { authority: wire.authority.clone(), params: parse_params(wire.params.as_ref())? })
    }
}

/// Parses parameters within their bounds.
///
/// # Errors
/// Code 18, naming the parameter and its bounds.
pub(crate) fn parse_params(wire: Option<&wire::Params>) -> Result<Params, AppError> {
    let refused = |what: &str| sdk::INVALID_REQUEST.wrap(what);
    let wire = wire.ok_or_else(|| refused("the parameters are missing"))?;
    #[allow(deprecated)] // Superseded: a proposer earns what its power earns.
    let superseded = [&wire.base_proposer_reward, &wire.bonus_proposer_reward];
    if superseded.into_iter().any(|text| !matches!(text.as_str(), "" | "0")) {
        return Err(refused(
            "cannot update base or bonus proposer reward because these are deprecated fields; set them to 0",
        ));
    }
    let community_tax = Dec::from_wire(&wire.community_tax)
        .ok()
        .filter(|tax| *tax <= Dec::ONE)
        .ok_or_else(|| refused("community_tax must be from 0 to 1"))?;
    Ok(Params { community_tax, withdraw_addr_enabled: wire.withdraw_addr_enabled })
}

/// The parameters as the wire has them.
pub(crate) fn wire_params(params: &Params) -> wire::Params {
    #[allow(deprecated)] // Superseded, and always zero.
    wire::Params {
        community_tax: params.community_tax.to_wire(),
        base_proposer_reward: "0".to_owned(),
        bonus_proposer_reward: "0".to_owned(),
        withdraw_addr_enabled: params.withdraw_addr_enabled,
    }
}
