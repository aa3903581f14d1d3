//! Queries of `feemarket.feemarket.v1.Query`, the path CosmJS and Keplr ask for the price.

use agora_framework::{QueryCtx, QueryError, Registry};
use agora_proto::cosmos::base::v1beta1::DecCoin;
use agora_proto::feemarket::v1 as wire;

use crate::api;
use crate::msgs::wire_params;
use crate::state;

pub(crate) fn register(registry: &mut Registry) {
    registry.query("/feemarket.feemarket.v1.Query/Params", params);
    registry.query("/feemarket.feemarket.v1.Query/State", market_state);
    registry.query("/feemarket.feemarket.v1.Query/GasPrice", gas_price);
    registry.query("/feemarket.feemarket.v1.Query/GasPrices", gas_prices);
}

fn price_coin(ctx: &QueryCtx<'_>) -> Result<DecCoin, QueryError> {
    let price = api::gas_price(ctx)?;
    Ok(DecCoin { denom: price.denom.to_string(), amount: price.price.to_wire() })
}

fn params(ctx: &QueryCtx<'_>, _: wire::ParamsRequest) -> Result<wire::ParamsResponse, QueryError> {
    Ok(wire::ParamsResponse { params: Some(wire_params(&state::params(ctx)?)) })
}

fn market_state(ctx: &QueryCtx<'_>, _: wire::StateRequest) -> Result<wire::StateResponse, QueryError> {
    let params = state::params(ctx)?;
    let state = wire::State {
        base_gas_price: state::price(ctx, &params)?.to_wire(),
        learning_rate: params.learning_rate.to_wire(),
        window: vec![0],
        index: 0,
    };
    Ok(wire::StateResponse { state: Some(state) })
}

fn gas_price(
    ctx: &QueryCtx<'_>,
    request: wire::GasPriceRequest,
) -> Result<wire::GasPriceResponse, QueryError> {
    let price = price_coin(ctx)?;
    if request.denom != price.denom {
        return Err(QueryError::not_found(format_args!(
            "no gas price in {:?}; fees are paid in {}",
            request.denom, price.denom
        )));
    }
    Ok(wire::GasPriceResponse { price: Some(price) })
}

fn gas_prices(ctx: &QueryCtx<'_>, _: wire::GasPricesRequest) -> Result<wire::GasPricesResponse, QueryError> {
    Ok(wire::GasPricesResponse { prices: vec![price_coin(ctx)?] })
}
