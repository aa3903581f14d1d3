//! Queries of `cosmos.authz.v1beta1.Query`.

use agora_framework::{QueryCtx, QueryError, Registry, paginate};
use agora_primitives::Address;
use agora_proto::cosmos::authz::v1beta1 as wire;
use agora_state::{KeyBytes, KeyCodec};

use crate::error::NOT_FOUND;
use crate::grant::{Grant, Place};
use crate::state::{GRANTS, HELD};
use crate::wire::{wire_authorization, wire_grant};

pub(crate) fn register(registry: &mut Registry) {
    registry.query("/cosmos.authz.v1beta1.Query/Grants", grants);
    registry.query("/cosmos.authz.v1beta1.Query/GranterGrants", granter_grants);
    registry.query("/cosmos.authz.v1beta1.Query/GranteeGrants", grantee_grants);
}

/// A right with both sides, as the wire has it.
pub(crate) fn wire_between(granter: &Address, grantee: &Address, grant: &Grant) -> wire::GrantAuthorization {
    wire::GrantAuthorization {
        granter: granter.to_string(),
        grantee: grantee.to_string(),
        authorization: Some(wire_authorization(&grant.authorization)),
        expiration: grant.expiration.map(agora_framework::time::timestamp),
    }
}

fn prefix(addresses: &[&Address]) -> KeyBytes {
    let mut prefix = KeyBytes::new();
    addresses.iter().for_each(|address| address.encode_inner(&mut prefix));
    prefix
}

fn grants(
    ctx: &QueryCtx<'_>,
    request: wire::QueryGrantsRequest,
) -> Result<wire::QueryGrantsResponse, QueryError> {
    let (granter, grantee) = (request.granter.parse::<Address>()?, request.grantee.parse::<Address>()?);
    if !request.msg_type_url.is_empty() {
        let place = Place { granter, grantee, message: request.msg_type_url };
        // As the Cosmos SDK words it, which has the text of the code in front here.
        let grant = GRANTS.get(ctx, &place.key())?.ok_or_else(|| QueryError {
            grpc: 2,
            message: format!(
                "codespace authz code {}: {text}: {text} for {} type",
                NOT_FOUND.code,
                place.message,
                text = NOT_FOUND.text
            ),
        })?;
        return Ok(wire::QueryGrantsResponse { grants: vec![wire_grant(&grant)], pagination: None });
    }
    let prefix = prefix(&[&granter, &grantee]);
    let (entries, page) =
        paginate(request.pagination, |from, reverse, limit| GRANTS.page(ctx, &prefix, from, reverse, limit))?;
    let grants = entries.iter().map(|(_, grant)| wire_grant(grant)).collect();
    Ok(wire::QueryGrantsResponse { grants, pagination: Some(page) })
}

fn granter_grants(
    ctx: &QueryCtx<'_>,
    request: wire::QueryGranterGrantsRequest,
) -> Result<wire::QueryGranterGrantsResponse, QueryError> {
    let prefix = prefix(&[&request.granter.parse()?]);
    let (entries, page) =
        paginate(request.pagination, |from, reverse, limit| GRANTS.page(ctx, &prefix, from, reverse, limit))?;
    let grants = entries.iter().map(|((granter, grantee, _), g)| wire_between(granter, grantee, g)).collect();
    Ok(wire::QueryGranterGrantsResponse { grants, pagination: Some(page) })
}

fn grantee_grants(
    ctx: &QueryCtx<'_>,
    request: wire::QueryGranteeGrantsRequest,
) -> Result<wire::QueryGranteeGrantsResponse, QueryError> {
    let prefix = prefix(&[&request.grantee.parse()?]);
    let (entries, page) =
        paginate(request.pagination, |from, reverse, limit| HELD.page(ctx, &prefix, from, reverse, limit))?;
    let mut grants = Vec::with_capacity(entries.len());
    for ((grantee, granter, message), ()) in entries {
        if let Some(grant) = GRANTS.get(ctx, &(granter, grantee, message))? {
            grants.push(wire_between(&granter, &grantee, &grant));
        }
    }
    Ok(wire::QueryGranteeGrantsResponse { grants, pagination: Some(page) })
}
