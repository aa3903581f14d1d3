//! Queries of `cosmos.feegrant.v1beta1.Query`.

use agora_framework::{QueryCtx, QueryError, Registry, paginate};
use agora_primitives::Address;
use agora_proto::cosmos::feegrant::v1beta1 as wire;
use agora_state::{KeyBytes, KeyCodec};

use crate::allowance::Allowance;
use crate::state::{ALLOWANCES, ISSUED};
use crate::store::Pair;
use crate::wire::wire_allowance;

pub(crate) fn register(registry: &mut Registry) {
    registry.query("/cosmos.feegrant.v1beta1.Query/Allowance", allowance);
    registry.query("/cosmos.feegrant.v1beta1.Query/Allowances", allowances);
    registry.query("/cosmos.feegrant.v1beta1.Query/AllowancesByGranter", allowances_by_granter);
}

/// A grant as the wire has it.
pub(crate) fn wire_grant(pair: &Pair, allowance: &Allowance) -> wire::Grant {
    wire::Grant {
        granter: pair.granter.to_string(),
        grantee: pair.grantee.to_string(),
        allowance: Some(wire_allowance(allowance)),
    }
}

fn prefix(address: &Address) -> KeyBytes {
    let mut prefix = KeyBytes::new();
    address.encode_inner(&mut prefix);
    prefix
}

fn allowance(
    ctx: &QueryCtx<'_>,
    request: wire::QueryAllowanceRequest,
) -> Result<wire::QueryAllowanceResponse, QueryError> {
    let pair = Pair { granter: request.granter.parse()?, grantee: request.grantee.parse()? };
    // As the Cosmos SDK, which wallets know: not a gRPC `NotFound`.
    let allowance = ALLOWANCES
        .get(ctx, &pair.key())?
        .ok_or_else(|| QueryError::internal("fee-grant not found: not found"))?;
    Ok(wire::QueryAllowanceResponse { allowance: Some(wire_grant(&pair, &allowance)) })
}

fn allowances(
    ctx: &QueryCtx<'_>,
    request: wire::QueryAllowancesRequest,
) -> Result<wire::QueryAllowancesResponse, QueryError> {
    let prefix = prefix(&request.grantee.parse()?);
    let (entries, page) = paginate(request.pagination, |from, reverse, limit| {
        ALLOWANCES.page(ctx, &prefix, from, reverse, limit)
    })?;
    let allowances = entries
        .iter()
        .map(|((grantee, granter), a)| wire_grant(&Pair { granter: *granter, grantee: *grantee }, a))
        .collect();
    Ok(wire::QueryAllowancesResponse { allowances, pagination: Some(page) })
}

fn allowances_by_granter(
    ctx: &QueryCtx<'_>,
    request: wire::QueryAllowancesByGranterRequest,
) -> Result<wire::QueryAllowancesByGranterResponse, QueryError> {
    let prefix = prefix(&request.granter.parse()?);
    let (entries, page) =
        paginate(request.pagination, |from, reverse, limit| ISSUED.page(ctx, &prefix, from, reverse, limit))?;
    let mut allowances = Vec::with_capacity(entries.len());
    for ((granter, grantee), ()) in entries {
        let pair = Pair { granter, grantee };
        if let Some(allowance) = ALLOWANCES.get(ctx, &pair.key())? {
            allowances.push(wire_grant(&pair, &allowance));
        }
    }
    Ok(wire::QueryAllowancesByGranterResponse { allowances, pagination: Some(page) })
}
