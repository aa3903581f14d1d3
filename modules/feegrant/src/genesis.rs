//! The genesis section: `cosmos.feegrant.v1beta1.GenesisState`.

use agora_framework::errors::sdk;
use agora_framework::{AppError, GenesisCtx, QueryCtx, StateCtx, genesis};
use agora_proto::cosmos::feegrant::v1beta1 as wire;
use agora_state::every;
use serde_json::{Value, json};

use crate::msgs::parse_pair;
use crate::query::wire_grant;
use crate::state::ALLOWANCES;
use crate::store::{self, Pair};
use crate::wire::parse;

pub(crate) fn default() -> Value {
    json!({ "allowances": [] })
}

pub(crate) fn init(ctx: &mut GenesisCtx<'_>, section: &Value) -> Result<(), AppError> {
    let genesis: wire::GenesisState = genesis::decode(ctx.registry(), section)?;
    for (index, grant) in genesis.allowances.iter().enumerate() {
        let place = |e: AppError| e.context(format_args!("genesis section feegrant: allowance {index}"));
        let pair = parse_pair(&grant.granter, &grant.grantee).map_err(place)?;
        let allowance = parse(grant.allowance.as_ref()).map_err(place)?;
        if ALLOWANCES.has(ctx, &pair.key())? {
            return Err(place(sdk::INVALID_REQUEST.wrap("the same granter and grantee came before")));
        }
        store::insert(ctx, &pair, &allowance)?;
    }
    Ok(())
}

pub(crate) fn export(ctx: &QueryCtx<'_>) -> Result<Value, AppError> {
    let allowances = every(|from, limit| ALLOWANCES.page(ctx, &[], from, false, limit))?
        .iter()
        .map(|((grantee, granter), a)| wire_grant(&Pair { granter: *granter, grantee: *grantee }, a))
        .collect();
    genesis::encode(ctx.registry(), &wire::GenesisState { allowances })
}
