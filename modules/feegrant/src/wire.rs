//! Allowances between the wire and the domain.

use agora_framework::errors::sdk;
use agora_framework::wire::{self as fields, wire_coins};
use agora_framework::{AppError, time};
use agora_primitives::Coins;
use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;
use agora_proto::cosmos::feegrant::v1beta1 as wire;
use agora_proto::{pack, type_url};
use prost::Message;
use prost_types::{Any, Timestamp};

use crate::allowance::{Allowance, Basic, MAX_DEPTH, Periodic};
use crate::error::{INVALID_DURATION, NO_ALLOWANCE, NO_MESSAGES};

fn parse_coins(coins: &[WireCoin], refusal: &str) -> Result<Coins, AppError> {
    fields::coins(coins).map_err(|e| sdk::INVALID_COINS.wrap(format_args!("{refusal}: {e}")))
}

fn content<T: Message + Default>(any: &Any) -> Result<T, AppError> {
    T::decode(any.value.as_slice()).map_err(|e| sdk::TX_DECODE.wrap(e))
}

/// Reads an allowance.
///
/// # Errors
/// Code 5 without one, 18 for another type or one too deep, 10 for malformed limits, 4 for impossible times, 6 for an empty list.
pub(crate) fn parse(any: Option<&Any>) -> Result<Allowance, AppError> {
    parse_within(any, MAX_DEPTH)
}

fn parse_within(any: Option<&Any>, depth: usize) -> Result<Allowance, AppError> {
    let any = any.ok_or_else(|| NO_ALLOWANCE.wrap("allowance should not be empty"))?;
    let Some(depth) = depth.checked_sub(1) else {
        return Err(sdk::INVALID_REQUEST.wrap(format_args!(
            "an allowance within {MAX_DEPTH} others; narrow it by one list of messages instead"
        )));
    };
    if any.type_url == type_url::<wire::BasicAllowance>() {
        parse_basic(&content(any)?).map(Allowance::Basic)
    } else if any.type_url == type_url::<wire::PeriodicAllowance>() {
        parse_periodic(&content(any)?).map(Allowance::Periodic)
    } else if any.type_url == type_url::<wire::AllowedMsgAllowance>() {
        let allowed: wire::AllowedMsgAllowance = content(any)?;
        if allowed.allowed_messages.is_empty() {
            return Err(NO_MESSAGES.wrap("allowed messages shouldn't be empty"));
        }
        let allowance = Box::new(parse_within(allowed.allowance.as_ref(), depth)?);
        Ok(Allowance::Allowed { allowance, messages: allowed.allowed_messages })
    } else {
        Err(sdk::INVALID_REQUEST.wrap(format_args!(
            "{:?} is no allowance; give a BasicAllowance, a PeriodicAllowance or an AllowedMsgAllowance",
            any.type_url
        )))
    }
}

/// Refuses periods whose limit names what the limit over all periods does not. Only of a new allowance: later one denom may be used up
/// before another.
///
/// # Errors
/// Code 10.
pub(crate) fn check_new(allowance: &Allowance) -> Result<(), AppError> {
    match allowance {
        Allowance::Basic(_) => Ok(()),
        Allowance::Allowed { allowance, .. } => check_new(allowance),
        Allowance::Periodic(Periodic { basic, period_spend_limit, .. }) => {
            let limit = &basic.spend_limit;
            if !limit.is_empty() && period_spend_limit.iter().any(|coin| limit.amount_of(&coin.denom) == 0) {
                return Err(sdk::INVALID_COINS
                    .wrap("period spend limit has different currency than basic spend limit"));
            }
            Ok(())
        }
    }
}

fn parse_basic(basic: &wire::BasicAllowance) -> Result<Basic, AppError> {
    let spend_limit = parse_coins(&basic.spend_limit, "send amount is invalid")?;
    let moment = |time: &Timestamp| {
        time::nanoseconds(time).ok_or_else(|| INVALID_DURATION.wrap("expiration lies outside 1970 to 2554"))
    };
    let expiration = basic.expiration.as_ref().map(moment).transpose()?;
    Ok(Basic { spend_limit, expiration })
}

fn parse_periodic(periodic: &wire::PeriodicAllowance) -> Result<Periodic, AppError> {
    let basic = parse_basic(&periodic.basic.clone().unwrap_or_default())?;
    let period_spend_limit = parse_coins(&periodic.period_spend_limit, "spend amount is invalid")?;
    if period_spend_limit.is_empty() {
        return Err(sdk::INVALID_COINS.wrap("spend limit must be positive"));
    }
    let period_can_spend = parse_coins(&periodic.period_can_spend, "can spend amount is invalid")?;
    let period = time::span(&periodic.period.unwrap_or_default())
        .ok_or_else(|| INVALID_DURATION.wrap("the period lies outside 0 to 584 years"))?;
    // Wallets leave the reset at the year 1: the first use begins a period.
    let reset = periodic.period_reset.unwrap_or_default();
    let period_reset = if reset.seconds < 0 { Some(0) } else { time::nanoseconds(&reset) };
    let period_reset =
        period_reset.ok_or_else(|| INVALID_DURATION.wrap("the period's reset lies after 2554"))?;
    Ok(Periodic { basic, period, period_spend_limit, period_can_spend, period_reset })
}

fn wire_basic(basic: &Basic) -> wire::BasicAllowance {
    wire::BasicAllowance {
        spend_limit: wire_coins(&basic.spend_limit),
        expiration: basic.expiration.map(time::timestamp),
    }
}

/// An allowance as the wire has it.
pub(crate) fn wire_allowance(allowance: &Allowance) -> Any {
    match allowance {
        Allowance::Basic(basic) => pack(&wire_basic(basic)),
        Allowance::Periodic(periodic) => pack(&wire::PeriodicAllowance {
            basic: Some(wire_basic(&periodic.basic)),
            period: Some(time::duration(periodic.period)),
            period_spend_limit: wire_coins(&periodic.period_spend_limit),
            period_can_spend: wire_coins(&periodic.period_can_spend),
            period_reset: Some(time::timestamp(periodic.period_reset)),
        }),
        Allowance::Allowed { allowance, messages } => pack(&wire::AllowedMsgAllowance {
            allowance: Some(wire_allowance(allowance)),
            allowed_messages: messages.clone(),
        }),
    }
}
