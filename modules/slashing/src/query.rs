//! Queries of `cosmos.slashing.v1beta1.Query` and `cosmos.evidence.v1beta1.Query`.

use agora_framework::time::timestamp;
use agora_framework::{QueryCtx, QueryError, Registry, paginate};
use agora_primitives::{Address, BECH32_VALCONS_PREFIX};
use agora_proto::cosmos::evidence::v1beta1 as evidence;
use agora_proto::cosmos::slashing::v1beta1 as wire;
use agora_proto::pack;
use prost_types::Timestamp;

use crate::liveness::consensus_text;
use crate::msgs::wire_params;
use crate::state::{self, EVIDENCE, INFOS, Info};

/// The end of year 9999: until when somebody who signed twice is jailed.
const NEVER: Timestamp = Timestamp { seconds: 253_402_300_799, nanos: 0 };

pub(crate) fn register(registry: &mut Registry) {
    registry.query("/cosmos.slashing.v1beta1.Query/Params", params);
    registry.query("/cosmos.slashing.v1beta1.Query/SigningInfo", signing_info);
    registry.query("/cosmos.slashing.v1beta1.Query/SigningInfos", signing_infos);
    registry.query("/cosmos.evidence.v1beta1.Query/Evidence", one_evidence);
    registry.query("/cosmos.evidence.v1beta1.Query/AllEvidence", all_evidence);
}

fn params(ctx: &QueryCtx<'_>, _: wire::QueryParamsRequest) -> Result<wire::QueryParamsResponse, QueryError> {
    Ok(wire::QueryParamsResponse { params: Some(wire_params(&state::params(ctx)?)) })
}

/// An entry as the wire has it. The offset is what a window written block by block would have.
pub(crate) fn wire_info(address: &Address, info: &Info, height: u64) -> wire::ValidatorSigningInfo {
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    wire::ValidatorSigningInfo {
        address: consensus_text(address),
        start_height: number(info.start),
        index_offset: number(height.saturating_sub(info.start)),
        jailed_until: Some(if info.tombstoned { NEVER } else { timestamp(info.jailed_until) }),
        tombstoned: info.tombstoned,
        missed_blocks_counter: number(info.missed),
    }
}

fn consensus_address(text: &str) -> Result<Address, QueryError> {
    if text.is_empty() {
        return Err(QueryError::invalid("invalid request"));
    }
    Ok(Address::from_bech32(text, BECH32_VALCONS_PREFIX)?)
}

fn signing_info(
    ctx: &QueryCtx<'_>,
    request: wire::QuerySigningInfoRequest,
) -> Result<wire::QuerySigningInfoResponse, QueryError> {
    let address = consensus_address(&request.cons_address)?;
    let info = INFOS.get(ctx, &address)?.ok_or_else(|| {
        QueryError::not_found(format_args!("SigningInfo not found for validator {}", request.cons_address))
    })?;
    let info = wire_info(&address, &info, ctx.block().height);
    Ok(wire::QuerySigningInfoResponse { val_signing_info: Some(info) })
}

fn signing_infos(
    ctx: &QueryCtx<'_>,
    request: wire::QuerySigningInfosRequest,
) -> Result<wire::QuerySigningInfosResponse, QueryError> {
    let (entries, page) =
        paginate(request.pagination, |from, reverse, limit| INFOS.page(ctx, &[], from, reverse, limit))?;
    let height = ctx.block().height;
    let info = entries.iter().map(|(address, info)| wire_info(address, info, height)).collect();
    Ok(wire::QuerySigningInfosResponse { info, pagination: Some(page) })
}

fn one_evidence(
    ctx: &QueryCtx<'_>,
    request: evidence::QueryEvidenceRequest,
) -> Result<evidence::QueryEvidenceResponse, QueryError> {
    if request.hash.is_empty() {
        return Err(QueryError::invalid("invalid request; hash is empty"));
    }
    let bytes = hex::decode(&request.hash).map_err(|error| QueryError {
        grpc: 2,
        message: format!("invalid evidence hash: {error}; give hexadecimal digits"),
    })?;
    let found = match <[u8; 32]>::try_from(bytes) {
        Ok(hash) => EVIDENCE.get(ctx, &hash)?,
        Err(_) => None,
    };
    let fault =
        found.ok_or_else(|| QueryError::not_found(format_args!("evidence {} not found", request.hash)))?;
    Ok(evidence::QueryEvidenceResponse { evidence: Some(pack(&fault.0)) })
}

fn all_evidence(
    ctx: &QueryCtx<'_>,
    request: evidence::QueryAllEvidenceRequest,
) -> Result<evidence::QueryAllEvidenceResponse, QueryError> {
    let (entries, page) =
        paginate(request.pagination, |from, reverse, limit| EVIDENCE.page(ctx, &[], from, reverse, limit))?;
    let evidence = entries.iter().map(|(_, fault)| pack(&fault.0)).collect();
    Ok(evidence::QueryAllEvidenceResponse { evidence, pagination: Some(page) })
}
