//! Changing the parameters.

use agora_framework::errors::sdk;
use agora_framework::{AppError, Message};

use super::message;
use super::parse::{parse_coin, wire_coin};
use crate::proto::agora::dex::v1 as wire;
use crate::state::Params;

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
    Ok(Params { pool_creation_fee: parse_coin("pool_creation_fee", wire.pool_creation_fee.as_ref())? })
}

/// The parameters as the wire has them.
pub(crate) fn wire_params(params: &Params) -> wire::Params {
    wire::Params { pool_creation_fee: Some(wire_coin(&params.pool_creation_fee)) }
}

impl Message for UpdateParams {
    message!(UpdateParams, MsgUpdateParams, MsgUpdateParamsResponse, authority);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self { authority: wire.authority.clone(), params: parse_params(wire.params.as_ref())? })
    }
}
