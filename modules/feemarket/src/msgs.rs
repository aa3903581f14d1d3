//! Messages, valid once constructed.

use agora_framework::errors::sdk;
use agora_framework::{AppError, Message, message};
use agora_primitives::Dec;
use agora_proto::feemarket::v1 as wire;

use crate::state::Params;

/// New parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetParams {
    /// Who asks; must be the chain's authority.
    pub authority: String,
    /// The parameters.
    pub params: Params,
}

/// The wire's rule knows more than ours: a learning rate that adapts over a window. What we do not do must be switched off.
pub(crate) fn parse_params(wire: &wire::Params) -> Result<Params, AppError> {
    let invalid = |what: String| sdk::INVALID_REQUEST.wrap(what);
    let dec = |name: &str, text: &str| match text {
        "" => Ok(Dec::ZERO),
        text => Dec::from_wire(text).map_err(|e| invalid(format!("{name}: {e}"))),
    };
    if dec("alpha", &wire.alpha)? != Dec::ZERO || dec("delta", &wire.delta)? != Dec::ZERO {
        return Err(invalid("alpha and delta must be 0: the learning rate does not adapt".to_owned()));
    }
    let learning_rate = dec("max_learning_rate", &wire.max_learning_rate)?;
    if dec("min_learning_rate", &wire.min_learning_rate)? != learning_rate {
        return Err(invalid("min_learning_rate and max_learning_rate must be equal".to_owned()));
    }
    if learning_rate > Dec::ONE {
        return Err(invalid("the learning rate must be at most 1".to_owned()));
    }
    if wire.window > 1 {
        return Err(invalid("window must be 1: the price looks at the last block".to_owned()));
    }
    if !(2..=u64::MAX / 2).contains(&wire.max_block_utilization) {
        return Err(invalid(format!("max_block_utilization {} is out of range", wire.max_block_utilization)));
    }
    let min_base_gas_price = dec("min_base_gas_price", &wire.min_base_gas_price)?;
    if min_base_gas_price == Dec::ZERO && wire.enabled {
        return Err(invalid("min_base_gas_price must be positive while the market is enabled".to_owned()));
    }
    Ok(Params {
        min_base_gas_price,
        learning_rate,
        max_block_utilization: wire.max_block_utilization,
        fee_denom: wire.fee_denom.parse().map_err(|e| invalid(format!("fee_denom: {e}")))?,
        enabled: wire.enabled,
    })
}

pub(crate) fn wire_params(params: &Params) -> wire::Params {
    wire::Params {
        alpha: Dec::ZERO.to_wire(),
        beta: Dec::ONE.to_wire(),
        gamma: Dec::ZERO.to_wire(),
        delta: Dec::ZERO.to_wire(),
        min_base_gas_price: params.min_base_gas_price.to_wire(),
        min_learning_rate: params.learning_rate.to_wire(),
        max_learning_rate: params.learning_rate.to_wire(),
        max_block_utilization: params.max_block_utilization,
        window: 1,
        fee_denom: params.fee_denom.to_string(),
        enabled: params.enabled,
        distribute_fees: true,
    }
}

impl Message for SetParams {
    message!(wire::MsgParams, wire::MsgParamsResponse, authority);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let params = parse_params(&wire.params.clone().unwrap_or_default())?;
        Ok(Self { authority: wire.authority.clone(), params })
    }
}
