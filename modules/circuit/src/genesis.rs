//! The genesis section: `cosmos.circuit.v1.GenesisState`.

use agora_framework::errors::sdk;
use agora_framework::{AppError, GenesisCtx, QueryCtx, StateCtx, genesis};
use agora_primitives::Address;
use agora_proto::cosmos::circuit::v1 as wire;
use agora_state::every;
use serde_json::{Value, json};

use crate::gate::module_of;
use crate::permission::Permission;
use crate::query::wire_account;
use crate::state::{self, MAX_CLOSED, PERMISSIONS};

pub(crate) fn default() -> Value {
    json!({ "account_permissions": [], "disabled_type_urls": [] })
}

fn invalid(what: impl std::fmt::Display) -> AppError {
    sdk::INVALID_REQUEST.wrap(format_args!("genesis section circuit: {what}"))
}

pub(crate) fn init(ctx: &mut GenesisCtx<'_>, section: &Value) -> Result<(), AppError> {
    let genesis: wire::GenesisState = genesis::decode(ctx.registry(), section)?;
    for entry in &genesis.account_permissions {
        let address: Address =
            entry.address.parse().map_err(|e| invalid(format_args!("{:?}: {e}", entry.address)))?;
        let permission = Permission::parse(entry.permissions.as_ref()).map_err(invalid)?;
        let permission = permission.ok_or_else(|| invalid(format_args!("{address} has no permission")))?;
        if PERMISSIONS.has(ctx, &address)? {
            return Err(invalid(format_args!("{address} is there twice")));
        }
        PERMISSIONS.set(ctx, &address, &permission)?;
    }
    let mut closed = genesis.disabled_type_urls;
    closed.sort_unstable();
    if closed.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) || closed.len() > MAX_CLOSED {
        return Err(invalid(format_args!("disabled_type_urls must be at most {MAX_CLOSED}, none twice")));
    }
    closed.iter().try_for_each(|entry| module_of(ctx.registry(), entry).map(drop)).map_err(invalid)?;
    if !closed.is_empty() {
        state::set_closed(ctx, closed)?;
    }
    Ok(())
}

pub(crate) fn export(ctx: &QueryCtx<'_>) -> Result<Value, AppError> {
    let account_permissions = every(|from, limit| PERMISSIONS.page(ctx, &[], from, false, limit))?
        .iter()
        .map(|(address, permission)| wire_account(address, permission))
        .collect();
    let disabled_type_urls = state::closed(ctx)?;
    genesis::encode(ctx.registry(), &wire::GenesisState { account_permissions, disabled_type_urls })
}
