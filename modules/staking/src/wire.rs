//! Between what is stored and what the wire has.

use agora_framework::AppError;
use agora_framework::errors::sdk;
use agora_framework::time::timestamp;
use agora_framework::wire::bad_address;
use agora_primitives::{Address, AddressError, Amount, BECH32_VALOPER_PREFIX, Coin, Dec};
use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;
use agora_proto::cosmos::crypto::ed25519::PubKey;
use agora_proto::cosmos::staking::v1beta1 as wire;
use prost::Message;
use prost_types::{Any, Timestamp};

use crate::error;
use crate::math::SHARE;
use crate::types::{Commission, Description, RedelegationEntry, Status, UnbondingEntry, Validator};

/// The type of a consensus key.
const ED25519: &str = "/cosmos.crypto.ed25519.PubKey";

/// An operator's address as the wire has it.
#[must_use]
pub fn operator_text(operator: &Address) -> String {
    operator.to_bech32(BECH32_VALOPER_PREFIX)
}

/// Reads an operator's address.
///
/// # Errors
/// It is none.
pub fn operator(text: &str) -> Result<Address, AddressError> {
    Address::from_bech32(text, BECH32_VALOPER_PREFIX)
}

/// Reads a validator's address of a message.
pub(crate) fn parse_operator(what: &str, text: &str) -> Result<Address, AppError> {
    operator(text).map_err(|e| bad_address(format_args!("invalid {what} address"), &e))
}

/// Reads a coin that is not zero; `refusal` is what the Cosmos SDK says of any other.
pub(crate) fn parse_positive(refusal: &str, coin: Option<&WireCoin>) -> Result<Coin, AppError> {
    coin.and_then(|coin| Coin::parse(&coin.denom, &coin.amount).ok())
        .filter(|coin| coin.amount > 0)
        .ok_or_else(|| sdk::INVALID_REQUEST.wrap(refusal))
}

/// Reads base units in plain digits.
pub(crate) fn parse_amount(what: &str, text: &str) -> Result<Amount, AppError> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|amount| plain && *amount <= agora_primitives::MAX_SUPPLY)
        .ok_or_else(|| sdk::INVALID_REQUEST.wrap(format_args!("{what} is not a number of base units")))
}

/// Reads a figure with 18 decimals.
pub(crate) fn parse_dec(what: &str, text: &str) -> Result<Dec, AppError> {
    Dec::from_wire(text).map_err(|e| sdk::INVALID_REQUEST.wrap(format_args!("{what}: {e}")))
}

/// A time as events show it: RFC 3339 in whole seconds.
pub(crate) fn time_text(nanos: u64) -> String {
    Timestamp { nanos: 0, ..timestamp(nanos) }.to_string()
}

/// A height as the wire has it.
pub(crate) fn wire_height(height: u64) -> i64 {
    i64::try_from(height).unwrap_or(i64::MAX)
}

/// Reads a consensus key.
///
/// # Errors
/// Code 6: not an ed25519 key.
pub(crate) fn parse_key(key: Option<&Any>) -> Result<[u8; 32], AppError> {
    let key = key.ok_or_else(|| error::KEY_TYPE.wrap("the key is missing"))?;
    if key.type_url != ED25519 {
        return Err(error::KEY_TYPE.wrap(format_args!("got: {}, expected: [ed25519]", key.type_url)));
    }
    let key = PubKey::decode(key.value.as_slice()).map_err(|e| error::KEY_TYPE.wrap(e))?;
    key.key.as_slice().try_into().map_err(|_| error::KEY_TYPE.wrap("an ed25519 key has 32 bytes"))
}

/// A consensus key as the wire has it.
pub(crate) fn wire_key(key: &[u8; 32]) -> Any {
    Any { type_url: ED25519.to_owned(), value: PubKey { key: key.to_vec() }.encode_to_vec() }
}

/// A description as the wire has it.
pub(crate) fn wire_description(description: &Description) -> wire::Description {
    wire::Description {
        moniker: description.moniker.clone(),
        identity: description.identity.clone(),
        website: description.website.clone(),
        security_contact: description.security_contact.clone(),
        details: description.details.clone(),
    }
}

/// A commission as the wire has it.
pub(crate) fn wire_commission(commission: &Commission) -> wire::Commission {
    wire::Commission {
        commission_rates: Some(wire::CommissionRates {
            rate: commission.rate.to_wire(),
            max_rate: commission.max_rate.to_wire(),
            max_change_rate: commission.max_change_rate.to_wire(),
        }),
        update_time: Some(timestamp(commission.update_time)),
    }
}

/// A validator as the wire has it.
pub(crate) fn wire_validator(
    operator: &Address,
    validator: &Validator,
    tokens: Amount,
    shares: u128,
) -> wire::Validator {
    let status = match validator.status {
        Status::Unbonded => wire::BondStatus::Unbonded,
        Status::Unbonding => wire::BondStatus::Unbonding,
        Status::Bonded => wire::BondStatus::Bonded,
    };
    wire::Validator {
        operator_address: operator_text(operator),
        consensus_pubkey: Some(wire_key(&validator.consensus_key)),
        jailed: validator.jailed,
        status: status.into(),
        tokens: tokens.to_string(),
        delegator_shares: shares.to_string(),
        description: Some(wire_description(&validator.description)),
        unbonding_height: wire_height(validator.unbonding_height),
        unbonding_time: Some(timestamp(validator.unbonding_time)),
        commission: Some(wire_commission(&validator.commission)),
        min_self_delegation: validator.min_self_delegation.to_string(),
        unbonding_on_hold_ref_count: 0,
        unbonding_ids: Vec::new(),
    }
}

/// What leaves, as the wire has it.
pub(crate) fn wire_unbonding(
    delegator: &Address,
    validator: &Address,
    entries: &[UnbondingEntry],
) -> wire::UnbondingDelegation {
    let entry = |e: &UnbondingEntry| wire::UnbondingDelegationEntry {
        creation_height: wire_height(e.height),
        completion_time: Some(timestamp(e.completion)),
        initial_balance: e.initial.to_string(),
        balance: e.balance.to_string(),
        unbonding_id: e.id,
        unbonding_on_hold_ref_count: 0,
    };
    wire::UnbondingDelegation {
        delegator_address: delegator.to_string(),
        validator_address: operator_text(validator),
        entries: entries.iter().map(entry).collect(),
    }
}

/// What moved, as the wire has it.
pub(crate) fn wire_redelegation_entry(entry: &RedelegationEntry) -> wire::RedelegationEntry {
    wire::RedelegationEntry {
        creation_height: wire_height(entry.height),
        completion_time: Some(timestamp(entry.completion)),
        initial_balance: entry.initial.to_string(),
        shares_dst: entry.shares.to_wire(),
        unbonding_id: entry.id,
        unbonding_on_hold_ref_count: 0,
    }
}

/// Shares of so many base units at a unit each.
pub(crate) fn shares_of(tokens: Amount) -> Option<u128> {
    tokens.checked_mul(SHARE)
}
