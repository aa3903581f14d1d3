//! `MsgUpdateParams`.

use agora_framework::{AppError, Message, message};
use agora_proto::cosmos::gov::v1 as wire;

use crate::params::{self, Params};

/// New parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateParams {
    /// Who asks; must be the chain's authority.
    pub authority: String,
    /// The parameters.
    pub params: Params,
}

impl Message for UpdateParams {
    message!(wire::MsgUpdateParams, wire::MsgUpdateParamsResponse, authority);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self { authority: wire.authority.clone(), params: params::parse(wire.params.as_ref())? })
    }
}
