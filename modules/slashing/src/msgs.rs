//! Messages, valid once constructed.

use agora_framework::errors::sdk;
use agora_framework::{AppError, Message, message};
use agora_primitives::{Address, AddressError, Dec};
use agora_proto::cosmos::slashing::v1beta1 as wire;
use agora_staking::api::operator;
use prost_types::Duration;

use crate::state::{NANOS, Params};

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

/// Names what is wrong with an address of a message.
fn bad_address(error: &AddressError) -> AppError {
    match error {
        // The Cosmos SDK wraps this one twice.
        AddressError::Prefix { .. } => {
            sdk::INVALID_ADDRESS.wrap(format_args!("validator input address: {error}: {}", sdk::LOGIC.text))
        }
        _ => sdk::INVALID_ADDRESS.wrap(format_args!("validator input address: {error}")),
    }
}

impl Message for Unjail {
    message!(wire::MsgUnjail, wire::MsgUnjailResponse, validator_addr by operator);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self { operator: operator(&wire.validator_addr).map_err(|e| bad_address(&e))? })
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
        .and_then(|duration| {
            let seconds = u64::try_from(duration.seconds).ok()?.checked_mul(NANOS)?;
            seconds.checked_add(u64::try_from(duration.nanos).ok()?)
        })
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
        downtime_jail_duration: Some(Duration {
            seconds: i64::try_from(params.downtime_jail.checked_div(NANOS).unwrap_or_default())
                .unwrap_or(i64::MAX),
            nanos: i32::try_from(params.downtime_jail.checked_rem(NANOS).unwrap_or_default())
                .unwrap_or_default(),
        }),
        slash_fraction_double_sign: text(params.double_sign_fraction),
        slash_fraction_downtime: text(params.downtime_fraction),
    }
}
