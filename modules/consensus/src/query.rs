//! Queries of `cosmos.consensus.v1.Query`.

use agora_framework::{QueryCtx, QueryError, Registry};
use agora_proto::cosmos::consensus::v1 as wire;

use crate::api;

pub(crate) fn register(registry: &mut Registry) {
    registry.query("/cosmos.consensus.v1.Query/Params", params);
}

fn params(ctx: &QueryCtx<'_>, _: wire::QueryParamsRequest) -> Result<wire::QueryParamsResponse, QueryError> {
    let mut params = api::params(ctx)?;
    // CometBFT 0.38 does not know this group; newer nodes show it empty where nobody but governance has the right.
    params.authority.get_or_insert_default();
    Ok(wire::QueryParamsResponse { params: Some(params) })
}
