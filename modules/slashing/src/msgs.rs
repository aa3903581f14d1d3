//! Messages, valid once constructed.

use agora_framework::errors::sdk;
use agora_framework::wire::bad_address;
use agora_framework::{AppError, Message, message, time};
use agora_primitives::{Address, Dec};
use agora_proto::cosmos::slashing::v1beta1 as wire;
use agora_staking::api::operator;

use crate::state::Params;

/// The longest window: its bits stay few.
const MAX_WINDOW: u64 = 100_000;

/// Out of jail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unjail {
    /// Who operates the validator.
    pub operator: Address,
}

/// New parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateParams {
    /// Who asks; must be the chain's authority.
    pub authority: String,
    /// The parameters.
    pub params: Params,
}

impl Message for Unjail {
    message!(wire::MsgUnjail, wire::MsgUnjailResponse, validator_addr by operator);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self {
            operator: operator(&wire.validator_addr)
                .map_err(|e| bad_address("validator input address", &e))?,
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
    let refused = |what: String| sdk::INVALID_REQUEST.wrap(what);
    let wire = wire.ok_or_else(|| refused("the parameters are missing".to_owned()))?;
    let window = u64::try_from(wire.signed_blocks_window).unwrap_or_default();
    if !(1..=MAX_WINDOW).contains(&window) {
        return Err(refused(format!("signed_blocks_window must be from 1 to {MAX_WINDOW}")));
    }
    let part = |name: &str, bytes: &[u8]| {
        std::str::from_utf8(bytes)
            .ok()
            .and_then(|text| Dec::from_wire(text).ok())
            .filter(|part| *part <= Dec::ONE)
            .ok_or_else(|| refused(format!("{name} must be from 0 to 1")))
    };
    let downtime_jail = wire
        .downtime_jail_duration
        .as_ref()
        .and_then(time::span)
        .filter(|nanos| *nanos > 0)
        .ok_or_else(|| refused("downtime_jail_duration must be positive".to_owned()))?;
    Ok(Params {
        window,
        min_signed: part("min_signed_per_window", &wire.min_signed_per_window)?,
        downtime_jail,
        double_sign_fraction: part("slash_fraction_double_sign", &wire.slash_fraction_double_sign)?,
        downtime_fraction: part("slash_fraction_downtime", &wire.slash_fraction_downtime)?,
    })
}

/// The parameters as the wire has them.
pub(crate) fn wire_params(params: &Params) -> wire::Params {
    let text = |part: Dec| part.to_wire().into_bytes();
    wire::Params {
        signed_blocks_window: i64::try_from(params.window).unwrap_or(i64::MAX),
        min_signed_per_window: text(params.min_signed),
        downtime_jail_duration: Some(time::duration(params.downtime_jail)),
        slash_fraction_double_sign: text(params.double_sign_fraction),
        slash_fraction_downtime: text(params.downtime_fraction),
    }
}
