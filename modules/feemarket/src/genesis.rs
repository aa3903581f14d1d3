//! The genesis section: `feemarket.feemarket.v1.GenesisState`.

use agora_framework::errors::sdk;
use agora_framework::{AppError, GenesisCtx, QueryCtx, StateCtx, genesis};
use agora_primitives::Dec;
use agora_proto::feemarket::v1 as wire;
use serde_json::{Value, json};

use crate::msgs::{parse_params, wire_params};
use crate::state::{self, BASE_GAS_PRICE, PARAMS, Params};

pub(crate) fn default() -> Value {
    let params = Params::default();
    json!({
        "params": {
            "alpha": Dec::ZERO.to_string(),
            "beta": Dec::ONE.to_string(),
            "gamma": Dec::ZERO.to_string(),
            "delta": Dec::ZERO.to_string(),
            "min_base_gas_price": params.min_base_gas_price.to_string(),
            "min_learning_rate": params.learning_rate.to_string(),
            "max_learning_rate": params.learning_rate.to_string(),
            "max_block_utilization": params.max_block_utilization.to_string(),
            "window": "1",
            "fee_denom": params.fee_denom.as_str(),
            "enabled": params.enabled,
            "distribute_fees": true
        },
        "state": {
            "base_gas_price": params.min_base_gas_price.to_string(),
            "learning_rate": params.learning_rate.to_string(),
            "window": ["0"],
            "index": "0"
        }
    })
}

fn invalid(what: impl std::fmt::Display) -> AppError {
    sdk::INVALID_REQUEST.wrap(format_args!("genesis section feemarket: {what}"))
}

pub(crate) fn init(ctx: &mut GenesisCtx<'_>, section: &Value) -> Result<(), AppError> {
    let genesis: wire::GenesisState = genesis::decode(ctx.registry(), section)?;
    let params = parse_params(&genesis.params.unwrap_or_default()).map_err(invalid)?;
    if let Some(state) = genesis.state.filter(|s| !s.base_gas_price.is_empty()) {
        BASE_GAS_PRICE.set(ctx, &Dec::from_wire(&state.base_gas_price).map_err(invalid)?)?;
    }
    Ok(PARAMS.set(ctx, &params)?)
}

pub(crate) fn export(ctx: &QueryCtx<'_>) -> Result<Value, AppError> {
    let params = state::params(ctx)?;
    let state = wire::State {
        base_gas_price: state::price(ctx, &params)?.to_wire(),
        learning_rate: params.learning_rate.to_wire(),
        window: vec![0],
        index: 0,
    };
    genesis::encode(
        ctx.registry(),
        &wire::GenesisState { params: Some(wire_params(&params)), state: Some(state) },
    )
}
