//! The genesis section: `cosmos.authz.v1beta1.GenesisState`.

use agora_framework::errors::sdk;
use agora_framework::{AppError, GenesisCtx, QueryCtx, StateCtx, genesis};
use agora_proto::cosmos::authz::v1beta1 as wire;
use agora_state::every;
use serde_json::{Value, json};

use crate::msgs::parse_place;
use crate::query::wire_between;
use crate::state::GRANTS;
use crate::store;
use crate::wire::parse_grant;

pub(crate) fn default() -> Value {
    json!({ "authorization": [] })
}

pub(crate) fn init(ctx: &mut GenesisCtx<'_>, section: &Value) -> Result<(), AppError> {
    let genesis: wire::GenesisState = genesis::decode(ctx.registry(), section)?;
    for (index, entry) in genesis.authorization.iter().enumerate() {
        let at = |e: AppError| e.context(format_args!("genesis section authz: authorization {index}"));
        let grant = parse_grant(entry.authorization.as_ref(), entry.expiration.as_ref()).map_err(at)?;
        let message = grant.authorization.message();
        let place = parse_place(&entry.granter, &entry.grantee, message).map_err(at)?;
        if ctx.registry().message_module(message).is_none() {
            return Err(at(sdk::INVALID_TYPE.wrap(format_args!("{message} doesn't exist."))));
        }
        if GRANTS.has(ctx, &place.key())? {
            return Err(at(sdk::INVALID_REQUEST.wrap("the same right came before")));
        }
        store::put(ctx, &place, None, &grant)?;
    }
    Ok(())
}

pub(crate) fn export(ctx: &QueryCtx<'_>) -> Result<Value, AppError> {
    let authorization = every(|from, limit| GRANTS.page(ctx, &[], from, false, limit))?
        .iter()
        .map(|((granter, grantee, _), grant)| wire_between(granter, grantee, grant))
        .collect();
    genesis::encode(ctx.registry(), &wire::GenesisState { authorization })
}
