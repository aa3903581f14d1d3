//! Changing the parameters.

use agora_framework::errors::sdk;
use agora_framework::wire::wire_coin;
use agora_framework::{AppError, Message, message};
use agora_primitives::Denom;

use super::parse::{parse_coin, parse_millionths, wire_fee};
use crate::math::FEE_UNIT;
use crate::params::{
    DAY, MAX_BAND, MAX_PAIRS, MAX_TAKER_FEE, MIN_WINDOW, Params, Protection, TakerFee, WEEK,
};
use crate::proto::agora::dex::v1 as wire;

/// New parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateParams {
    /// Who asks; must be the chain's authority.
    pub authority: String,
    pub(crate) params: Params,
}

/// Parses parameters within their bounds.
pub(crate) fn parse_params(wire: Option<&wire::Params>) -> Result<Params, AppError> {
    let wire = wire.ok_or_else(|| sdk::INVALID_REQUEST.wrap("the parameters are missing"))?;
    Ok(Params {
        pool_creation_fee: parse_coin("pool_creation_fee", wire.pool_creation_fee.as_ref())?,
        taker_fee: parse_taker_fee(&wire.taker_fee.clone().unwrap_or_default())?,
        protection: parse_protection(&wire.protection.clone().unwrap_or_default())?,
    })
}

fn refused(what: &str) -> AppError {
    sdk::INVALID_REQUEST.wrap(what)
}

/// A part in millionths: at most `most`, and no finer than one.
fn parse_part(what: &str, text: &str, most: u32) -> Result<u32, AppError> {
    parse_millionths(text).filter(|part| *part <= most).ok_or_else(|| {
        refused(&format!("{what}: 0 to {most} millionths are allowed, and no fraction of one"))
    })
}

fn parse_taker_fee(wire: &wire::TakerFee) -> Result<TakerFee, AppError> {
    if wire.pairs.len() > MAX_PAIRS {
        return Err(refused(&format!("{} pairs with a taker fee, at most {MAX_PAIRS}", wire.pairs.len())));
    }
    let pair = |pair: &wire::PairRate| {
        let denom = |text: &str| text.parse::<Denom>().map_err(|e| refused(&e.to_string()));
        let (a, b) = (denom(&pair.denom_0)?, denom(&pair.denom_1)?);
        let rate = parse_part("rate", &pair.rate, MAX_TAKER_FEE)?;
        Ok(if a < b { (a, b, rate) } else { (b, a, rate) })
    };
    let mut pairs = wire.pairs.iter().map(pair).collect::<Result<Vec<_>, AppError>>()?;
    pairs.sort();
    let distinct = pairs.is_sorted_by(|a, b| (&a.0, &a.1) < (&b.0, &b.1));
    if !distinct || pairs.iter().any(|(a, b, _)| a == b) {
        return Err(refused("a pair with a taker fee is named twice, or is one coin"));
    }
    let share = |what, text: &str| parse_part(what, text, FEE_UNIT);
    let fee = TakerFee {
        rate: parse_part("rate", &wire.rate, MAX_TAKER_FEE)?,
        pairs,
        community: share("community_share", &wire.community_share)?,
        stakers: share("staker_share", &wire.staker_share)?,
        burn: share("burn_share", &wire.burn_share)?,
    };
    let sum = fee.community.saturating_add(fee.stakers).saturating_add(fee.burn);
    let free = fee.rate == 0 && fee.pairs.iter().all(|(_, _, rate)| *rate == 0);
    if sum != FEE_UNIT && !(free && sum == 0) {
        return Err(refused("the shares of the taker fee must add up to one"));
    }
    Ok(fee)
}

fn parse_protection(wire: &wire::Protection) -> Result<Protection, AppError> {
    let limits = Protection {
        price_band: parse_part("price_band", &wire.price_band, MAX_BAND)?,
        outflow_limit: parse_part("outflow_limit", &wire.outflow_limit, FEE_UNIT.saturating_sub(1))?,
        outflow_window: wire.outflow_window,
        downtime: wire.downtime,
        recovery: wire.recovery,
    };
    if limits.outflow_limit > 0 && !(MIN_WINDOW..=WEEK).contains(&limits.outflow_window) {
        return Err(refused("outflow_window: 60 to 604800 seconds are allowed"));
    }
    if limits.downtime > WEEK || limits.recovery > DAY || limits.outflow_window > WEEK {
        return Err(refused("a week of downtime and of outflow_window and a day of recovery are the most"));
    }
    Ok(limits)
}

/// The parameters as the wire has them.
pub(crate) fn wire_params(params: &Params) -> wire::Params {
    let (fee, limits) = (&params.taker_fee, &params.protection);
    let pair = |(a, b, rate): &(Denom, Denom, u32)| wire::PairRate {
        denom_0: a.to_string(),
        denom_1: b.to_string(),
        rate: wire_fee(*rate),
    };
    wire::Params {
        pool_creation_fee: Some(wire_coin(&params.pool_creation_fee)),
        taker_fee: Some(wire::TakerFee {
            rate: wire_fee(fee.rate),
            pairs: fee.pairs.iter().map(pair).collect(),
            community_share: wire_fee(fee.community),
            staker_share: wire_fee(fee.stakers),
            burn_share: wire_fee(fee.burn),
        }),
        protection: Some(wire::Protection {
            price_band: wire_fee(limits.price_band),
            outflow_limit: wire_fee(limits.outflow_limit),
            outflow_window: limits.outflow_window,
            downtime: limits.downtime,
            recovery: limits.recovery,
        }),
    }
}

impl Message for UpdateParams {
    message!(wire::MsgUpdateParams, wire::MsgUpdateParamsResponse, authority);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self { authority: wire.authority.clone(), params: parse_params(wire.params.as_ref())? })
    }
}
