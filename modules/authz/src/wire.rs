//! Rights between the wire and the domain.

use agora_framework::errors::sdk;
use agora_framework::wire::{account, bad_address, coin, coins, wire_coin};
use agora_framework::{AppError, time};
use agora_primitives::{Address, BECH32_VALOPER_PREFIX, Coin, Coins};
use agora_proto::cosmos::authz::v1beta1 as wire;
use agora_proto::cosmos::bank::v1beta1::{MsgSend, SendAuthorization};
use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;
use agora_proto::cosmos::staking::v1beta1 as staking;
use agora_proto::{pack, type_url};
use prost::Message;
use prost_types::{Any, Timestamp};
use staking::stake_authorization::{self, ValidatorsChoice as Choice};

use crate::authorization::{Asked, Authorization, StakeAction, Validators};
use crate::error::{INVALID_EXPIRATION, MAX_TOKENS, UNKNOWN_TYPE};
use crate::grant::Grant;

fn parse_coin(wire: &WireCoin) -> Result<Coin, AppError> {
    coin(wire).map_err(|e| sdk::INVALID_COINS.wrap(e))
}

fn parse_coins(wire: &[WireCoin]) -> Result<Coins, AppError> {
    coins(wire).map_err(|e| sdk::INVALID_COINS.wrap(e))
}

fn parse_operator(text: &str) -> Result<Address, AppError> {
    Address::from_bech32(text, BECH32_VALOPER_PREFIX)
        .map_err(|e| bad_address("invalid validator address", &e))
}

fn content<T: Message + Default>(any: &Any) -> Result<T, AppError> {
    T::decode(any.value.as_slice()).map_err(|e| sdk::TX_DECODE.wrap(e))
}

fn distinct(list: Vec<Address>) -> Result<Vec<Address>, AppError> {
    let mut sorted = list.clone();
    sorted.sort_unstable();
    sorted.dedup();
    if sorted.len() == list.len() {
        Ok(list)
    } else {
        Err(sdk::INVALID_REQUEST.wrap("an address is in the list twice; name it once"))
    }
}

/// Reads a right.
///
/// # Errors
/// `authz` 4 for another type, 12 for a limit of nothing; `sdk` 7, 10, 18 for malformed parts.
pub(crate) fn parse_authorization(any: Option<&Any>) -> Result<Authorization, AppError> {
    let any = any.ok_or_else(|| UNKNOWN_TYPE.wrap("the authorization is missing"))?;
    if any.type_url == type_url::<wire::GenericAuthorization>() {
        let generic: wire::GenericAuthorization = content(any)?;
        Ok(Authorization::Generic { message: generic.msg })
    } else if any.type_url == type_url::<SendAuthorization>() {
        parse_send(&content(any)?)
    } else if any.type_url == type_url::<staking::StakeAuthorization>() {
        parse_stake(&content(any)?)
    } else {
        Err(UNKNOWN_TYPE.wrap(format_args!(
            "{:?}; give a GenericAuthorization, a SendAuthorization or a StakeAuthorization",
            any.type_url
        )))
    }
}

fn parse_send(send: &SendAuthorization) -> Result<Authorization, AppError> {
    let spend_limit = parse_coins(&send.spend_limit)?;
    if spend_limit.is_empty() {
        return Err(sdk::INVALID_COINS.wrap("spend limit cannot be nil"));
    }
    let allow_list: Result<Vec<Address>, _> =
        send.allow_list.iter().map(|text| account("allowed", text)).collect();
    Ok(Authorization::Send { spend_limit, allow_list: distinct(allow_list?)? })
}

fn parse_stake(stake: &staking::StakeAuthorization) -> Result<Authorization, AppError> {
    let action = match stake.authorization_type() {
        staking::AuthorizationType::Delegate => StakeAction::Delegate,
        staking::AuthorizationType::Undelegate => StakeAction::Undelegate,
        staking::AuthorizationType::Redelegate => StakeAction::Redelegate,
        staking::AuthorizationType::CancelUnbondingDelegation => StakeAction::Cancel,
        staking::AuthorizationType::Unspecified => {
            return Err(UNKNOWN_TYPE.wrap("the action with stakes is not specified"));
        }
    };
    let max_tokens = stake.max_tokens.as_ref().map(parse_coin).transpose()?;
    if max_tokens.as_ref().is_some_and(|coin| coin.amount == 0) {
        return Err(MAX_TOKENS.wrap("leave them out for no limit"));
    }
    let list = |list: &stake_authorization::Validators| {
        let operators: Result<Vec<Address>, _> =
            list.address.iter().map(|text| parse_operator(text)).collect();
        let operators = distinct(operators?)?;
        if operators.is_empty() {
            return Err(sdk::INVALID_REQUEST.wrap("a list of validators is empty; leave it out to mean all"));
        }
        Ok(operators)
    };
    let validators = match &stake.validators_choice {
        None => Validators::Any,
        Some(Choice::AllowList(allowed)) => Validators::Allowed(list(allowed)?),
        Some(Choice::DenyList(denied)) => Validators::Denied(list(denied)?),
    };
    Ok(Authorization::Stake { action, max_tokens, validators })
}

/// A right as the wire has it.
pub(crate) fn wire_authorization(authorization: &Authorization) -> Any {
    match authorization {
        Authorization::Generic { message } => pack(&wire::GenericAuthorization { msg: message.clone() }),
        Authorization::Send { spend_limit, allow_list } => pack(&SendAuthorization {
            spend_limit: spend_limit.iter().map(wire_coin).collect(),
            allow_list: allow_list.iter().map(ToString::to_string).collect(),
        }),
        Authorization::Stake { action, max_tokens, validators } => {
            let list = |operators: &[Address]| stake_authorization::Validators {
                address: operators.iter().map(|o| o.to_bech32(BECH32_VALOPER_PREFIX)).collect(),
            };
            let kind = match action {
                StakeAction::Delegate => staking::AuthorizationType::Delegate,
                StakeAction::Undelegate => staking::AuthorizationType::Undelegate,
                StakeAction::Redelegate => staking::AuthorizationType::Redelegate,
                StakeAction::Cancel => staking::AuthorizationType::CancelUnbondingDelegation,
            };
            pack(&staking::StakeAuthorization {
                max_tokens: max_tokens.as_ref().map(wire_coin),
                authorization_type: kind.into(),
                validators_choice: match validators {
                    Validators::Any => None,
                    Validators::Allowed(operators) => Some(Choice::AllowList(list(operators))),
                    Validators::Denied(operators) => Some(Choice::DenyList(list(operators))),
                },
            })
        }
    }
}

/// Reads a right with its end.
///
/// # Errors
/// As [`parse_authorization`]; `authz` 3 for a time that cannot be.
pub(crate) fn parse_grant(
    authorization: Option<&Any>,
    expiration: Option<&Timestamp>,
) -> Result<Grant, AppError> {
    let moment = |time: &Timestamp| {
        time::nanoseconds(time)
            .ok_or_else(|| INVALID_EXPIRATION.wrap(format_args!("{time} lies outside 1970 to 2554")))
    };
    let expiration = expiration.map(moment).transpose()?;
    Ok(Grant { authorization: parse_authorization(authorization)?, expiration })
}

/// A right with its end as the wire has it.
pub(crate) fn wire_grant(grant: &Grant) -> wire::Grant {
    wire::Grant {
        authorization: Some(wire_authorization(&grant.authorization)),
        expiration: grant.expiration.map(time::timestamp),
    }
}

/// A message as far as rights look at it.
///
/// # Errors
/// Its coins or addresses are malformed.
pub(crate) fn parse_asked(any: &Any) -> Result<Asked, AppError> {
    let stake = |validator: &str, amount: Option<WireCoin>| {
        let amount = parse_coin(&amount.unwrap_or_default())?;
        Ok(Asked::Stake { validator: parse_operator(validator)?, amount })
    };
    if any.type_url == type_url::<MsgSend>() {
        let send: MsgSend = content(any)?;
        Ok(Asked::Send { to: account("recipient", &send.to_address)?, amount: parse_coins(&send.amount)? })
    } else if any.type_url == type_url::<staking::MsgDelegate>() {
        let message: staking::MsgDelegate = content(any)?;
        stake(&message.validator_address, message.amount)
    } else if any.type_url == type_url::<staking::MsgUndelegate>() {
        let message: staking::MsgUndelegate = content(any)?;
        stake(&message.validator_address, message.amount)
    } else if any.type_url == type_url::<staking::MsgBeginRedelegate>() {
        let message: staking::MsgBeginRedelegate = content(any)?;
        stake(&message.validator_dst_address, message.amount)
    } else if any.type_url == type_url::<staking::MsgCancelUnbondingDelegation>() {
        let message: staking::MsgCancelUnbondingDelegation = content(any)?;
        stake(&message.validator_address, message.amount)
    } else {
        Ok(Asked::Other)
    }
}
