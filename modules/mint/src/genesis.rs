//! The genesis section: `cosmos.mint.v1beta1.GenesisState`, and one member more, `hour`, left out while nothing is made: when the hour
//! began, and what was made in it.

use agora_framework::errors::sdk;
use agora_framework::{AppError, GenesisCtx, QueryCtx, StateCtx, genesis};
use agora_primitives::{Amount, Dec};
use agora_proto::cosmos::mint::v1beta1 as wire;
use serde_json::{Value, json};

use crate::msgs::{parse_params, wire_params};
use crate::query::wire_annual;
use crate::state::{self, MINTER, Minter, PARAMS, Params};

const MEMBER: &str = "hour";

pub(crate) fn default() -> Value {
    let (params, minter) = (Params::default(), Minter::default());
    json!({
        "minter": { "inflation": minter.rate.to_string(), "annual_provisions": "0.000000000000000000" },
        "params": {
            "mint_denom": params.denom.as_str(),
            "inflation_rate_change": params.rate_change.to_string(),
            "inflation_max": params.rate_max.to_string(),
            "inflation_min": params.rate_min.to_string(),
            "goal_bonded": params.goal_bonded.to_string(),
            "blocks_per_year": params.blocks_per_year.to_string(),
            "max_supply": params.max_supply.to_string()
        }
    })
}

fn invalid(what: impl std::fmt::Display) -> AppError {
    sdk::INVALID_REQUEST.wrap(format_args!("genesis section mint: {what}"))
}

pub(crate) fn init(ctx: &mut GenesisCtx<'_>, section: &Value) -> Result<(), AppError> {
    let mut section = section.clone();
    let hour = section.as_object_mut().and_then(|members| members.shift_remove(MEMBER));
    let genesis: wire::GenesisState = genesis::decode(ctx.registry(), &section)?;
    let params = parse_params(genesis.params.as_ref()).map_err(invalid)?;
    PARAMS.set(ctx, &params)?;
    let minter = genesis.minter.unwrap_or_default();
    let rate = Dec::from_wire(&minter.inflation).map_err(|e| invalid(format_args!("inflation: {e}")))?;
    let mut own = Minter { rate, annual: 0, since: 0, made: 0 };
    if let Some(hour) = hour {
        let number = |name: &str| -> Result<Amount, AppError> {
            let text = hour.get(name).and_then(Value::as_str).unwrap_or_default();
            text.parse().map_err(|_| invalid(format_args!("{MEMBER}.{name} must be a number, as a string")))
        };
        own.annual = number("annual")?;
        own.since = u64::try_from(number("since")?).map_err(invalid)?;
        own.made = number("made")?;
    }
    Ok(MINTER.set(ctx, &own)?)
}

pub(crate) fn export(ctx: &QueryCtx<'_>) -> Result<Value, AppError> {
    let minter = state::minter(ctx)?;
    let genesis = wire::GenesisState {
        minter: Some(wire::Minter {
            inflation: minter.rate.to_wire(),
            annual_provisions: wire_annual(minter.annual),
        }),
        params: Some(wire_params(&state::params(ctx)?)),
    };
    let mut section = genesis::encode(ctx.registry(), &genesis)?;
    if let (true, Some(members)) = (minter.since != 0, section.as_object_mut()) {
        let hour = json!({
            "since": minter.since.to_string(),
            "annual": minter.annual.to_string(),
            "made": minter.made.to_string(),
        });
        members.insert(MEMBER.to_owned(), hour);
    }
    Ok(section)
}
