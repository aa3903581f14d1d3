//! Messages, valid once constructed.

use agora_framework::errors::sdk;
use agora_framework::{AppError, Message, message};
use agora_proto::cosmos::auth::v1beta1 as wire;

use crate::state::Params;

/// New parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateParams {
    /// Who asks; must be the chain's authority.
    pub authority: String,
    /// The parameters.
    pub params: Params,
}

/// Checks parameters: none may be zero, and no cost so high that nobody can pay it.
pub(crate) fn parse_params(wire: &wire::Params) -> Result<Params, AppError> {
    let bounded = |name: &str, value: u64, most: u64| {
        if (1..=most).contains(&value) {
            Ok(value)
        } else {
            Err(sdk::INVALID_REQUEST.wrap(format_args!("invalid {name}: {value}; must be 1 to {most}")))
        }
    };
    Ok(Params {
        max_memo_characters: bounded("max memo characters", wire.max_memo_characters, 65_536)?,
        tx_sig_limit: bounded("tx signature limit", wire.tx_sig_limit, 64)?,
        tx_size_cost_per_byte: bounded("tx size cost per byte", wire.tx_size_cost_per_byte, 10_000)?,
        sig_verify_cost_ed25519: bounded(
            "ED25519 signature verification cost",
            wire.sig_verify_cost_ed25519,
            1_000_000,
        )?,
        sig_verify_cost_secp256k1: bounded(
            "SECK256k1 signature verification cost",
            wire.sig_verify_cost_secp256k1,
            1_000_000,
        )?,
    })
}

pub(crate) fn wire_params(params: &Params) -> wire::Params {
    wire::Params {
        max_memo_characters: params.max_memo_characters,
        tx_sig_limit: params.tx_sig_limit,
        tx_size_cost_per_byte: params.tx_size_cost_per_byte,
        sig_verify_cost_ed25519: params.sig_verify_cost_ed25519,
        sig_verify_cost_secp256k1: params.sig_verify_cost_secp256k1,
        sig_verify_cost_mldsa65: 0,
    }
}

impl Message for UpdateParams {
    message!(wire::MsgUpdateParams, wire::MsgUpdateParamsResponse, authority);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let params = parse_params(&wire.params.unwrap_or_default())?;
        Ok(Self { authority: wire.authority.clone(), params })
    }
}
