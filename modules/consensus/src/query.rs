//! Queries of `cosmos.consensus.v1.Query`.

use agora_framework::{QueryCtx, QueryError, Registry};
use agora_proto::cosmos::consensus::v1 as wire;

use crate::api;

pub(crate) fn register(registry: &mut Registry) {
    registry.query("/cosmos.consensus.v1.Query/Params", params);
}

fn params(ctx: &QueryCtx<'_>, _: wire::QueryParamsRequest) -> Result<wire::QueryParamsResponse, QueryError> {
    Ok(wire::QueryParamsResponse { params: Some(api::params(ctx)?) })
}
