//! Queries of `cosmos.circuit.v1.Query`.

use agora_framework::{QueryCtx, QueryError, Registry, paginate};
use agora_primitives::Address;
use agora_proto::cosmos::circuit::v1 as wire;

use crate::permission::Permission;
use crate::state::{self, PERMISSIONS};

pub(crate) fn register(registry: &mut Registry) {
    registry.query("/cosmos.circuit.v1.Query/Account", account);
    registry.query("/cosmos.circuit.v1.Query/Accounts", accounts);
    registry.query("/cosmos.circuit.v1.Query/DisabledList", disabled_list);
}

/// An account's permission as the wire has it.
pub(crate) fn wire_account(address: &Address, permission: &Permission) -> wire::GenesisAccountPermissions {
    wire::GenesisAccountPermissions {
        address: address.to_string(),
        permissions: Some(Permission::wire(Some(permission))),
    }
}

/// Whoever has no permission has the lowest level; governance the highest.
fn account(
    ctx: &QueryCtx<'_>,
    request: wire::QueryAccountRequest,
) -> Result<wire::AccountResponse, QueryError> {
    let address: Address = request.address.parse()?;
    let permission = if address == ctx.registry().authority() {
        Some(Permission::SuperAdmin)
    } else {
        PERMISSIONS.get(ctx, &address)?
    };
    Ok(wire::AccountResponse { permission: Some(Permission::wire(permission.as_ref())) })
}

fn accounts(
    ctx: &QueryCtx<'_>,
    request: wire::QueryAccountsRequest,
) -> Result<wire::AccountsResponse, QueryError> {
    let (entries, page) = paginate(request.pagination, |from, reverse, limit| {
        PERMISSIONS.page(ctx, &[], from, reverse, limit)
    })?;
    let accounts = entries.iter().map(|(address, permission)| wire_account(address, permission)).collect();
    Ok(wire::AccountsResponse { accounts, pagination: Some(page) })
}

fn disabled_list(
    ctx: &QueryCtx<'_>,
    _: wire::QueryDisabledListRequest,
) -> Result<wire::DisabledListResponse, QueryError> {
    Ok(wire::DisabledListResponse { disabled_list: state::closed(ctx)? })
}
