//! Queries of `cosmos.mint.v1beta1.Query`.

use agora_framework::{QueryCtx, QueryError, Registry};
use agora_proto::cosmos::mint::v1beta1 as wire;

use crate::msgs::wire_params;
use crate::state;

pub(crate) fn register(registry: &mut Registry) {
    registry.query("/cosmos.mint.v1beta1.Query/Params", params);
    registry.query("/cosmos.mint.v1beta1.Query/Inflation", inflation);
    registry.query("/cosmos.mint.v1beta1.Query/AnnualProvisions", annual_provisions);
}

/// Base units as a figure with 18 decimals on the wire.
pub(crate) fn wire_annual(annual: u128) -> String {
    if annual == 0 { "0".to_owned() } else { format!("{annual}000000000000000000") }
}

fn params(ctx: &QueryCtx<'_>, _: wire::QueryParamsRequest) -> Result<wire::QueryParamsResponse, QueryError> {
    Ok(wire::QueryParamsResponse { params: Some(wire_params(&state::params(ctx)?)) })
}

fn inflation(
    ctx: &QueryCtx<'_>,
    _: wire::QueryInflationRequest,
) -> Result<wire::QueryInflationResponse, QueryError> {
    Ok(wire::QueryInflationResponse { inflation: state::minter(ctx)?.rate.to_wire().into_bytes() })
}

fn annual_provisions(
    ctx: &QueryCtx<'_>,
    _: wire::QueryAnnualProvisionsRequest,
) -> Result<wire::QueryAnnualProvisionsResponse, QueryError> {
    let annual = wire_annual(state::minter(ctx)?.annual);
    Ok(wire::QueryAnnualProvisionsResponse { annual_provisions: annual.into_bytes() })
}
