//! Past headers and sets in the genesis section.
//!
//! `cosmos.staking.v1beta1.GenesisState` has no place for them, but the state is not the same without. So the section has one
//! member more, `history`, left out when there is none: then the section is exactly the one of Cosmos.

use agora_framework::{AppError, GenesisCtx, QueryCtx};
use agora_primitives::Address;
use agora_state::every;
use serde_json::{Value, json};

use crate::genesis::invalid;
use crate::state::{HEADERS, SETS};
use crate::types::{Header, SetMember, ValidatorSet};
use crate::wire::{operator, operator_text};

/// The member's name.
pub(crate) const MEMBER: &str = "history";

/// Notes the headers and sets of a section.
///
/// # Errors
/// The member is malformed; names the place.
pub(crate) fn init(ctx: &mut GenesisCtx<'_>, member: Option<&Value>) -> Result<(), AppError> {
    let Some(member) = member else { return Ok(()) };
    for (index, entry) in list(member, "headers").enumerate() {
        let (height, header) = header(entry)
            .map_err(|what| invalid(format_args!("entry {index} of {MEMBER}.headers: {what}")))?;
        HEADERS.set(ctx, &height, &header)?;
    }
    for (index, entry) in list(member, "sets").enumerate() {
        let (height, set) =
            set(entry).map_err(|what| invalid(format_args!("entry {index} of {MEMBER}.sets: {what}")))?;
        SETS.set(ctx, &height, &set)?;
    }
    Ok(())
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn number(value: &Value, name: &str) -> Result<u64, String> {
    let text = value.get(name).and_then(Value::as_str).unwrap_or_default();
    text.parse().map_err(|_| format!("{name} must be a number, as a string"))
}

fn bytes(value: &Value, name: &str) -> Result<Vec<u8>, String> {
    let text = value.get(name).and_then(Value::as_str).unwrap_or_default();
    hex::decode(text).map_err(|_| format!("{name} must be hex"))
}

fn header(entry: &Value) -> Result<(u64, Header), String> {
    let proposer = match bytes(entry, "proposer")?.as_slice() {
        [] => None,
        bytes => Some(Address::from_slice(bytes).map_err(|e| format!("proposer: {e}"))?),
    };
    let header = Header {
        time: number(entry, "time")?,
        app_hash: bytes(entry, "app_hash")?,
        next_validators_hash: bytes(entry, "next_validators_hash")?,
        proposer,
    };
    Ok((number(entry, "height")?, header))
}

fn set(entry: &Value) -> Result<(u64, ValidatorSet), String> {
    let member = |entry: &Value| {
        let text = entry.get("operator").and_then(Value::as_str).unwrap_or_default();
        let key = bytes(entry, "consensus_key")?;
        Ok(SetMember {
            operator: operator(text).map_err(|e| format!("operator {text:?}: {e}"))?,
            consensus_key: key.as_slice().try_into().map_err(|_| "a key has 32 bytes".to_owned())?,
            power: number(entry, "power")?,
        })
    };
    let members = list(entry, "validators").map(member).collect::<Result<_, String>>()?;
    Ok((number(entry, "height")?, ValidatorSet(members)))
}

/// Adds the headers and sets of the state to an exported section, if there are any.
///
/// # Errors
/// Storage fails.
pub(crate) fn join(ctx: &QueryCtx<'_>, mut section: Value) -> Result<Value, AppError> {
    let headers: Vec<Value> = every(|from, limit| HEADERS.page(ctx, &[], from, false, limit))?
        .into_iter()
        .map(|(height, header)| {
            json!({
                "height": height.to_string(),
                "time": header.time.to_string(),
                "app_hash": hex::encode(&header.app_hash),
                "next_validators_hash": hex::encode(&header.next_validators_hash),
                "proposer": header.proposer.map(|p| hex::encode(p.as_bytes())).unwrap_or_default(),
            })
        })
        .collect();
    let sets: Vec<Value> = every(|from, limit| SETS.page(ctx, &[], from, false, limit))?
        .into_iter()
        .map(|(height, set)| json!({ "height": height.to_string(), "validators": members(&set) }))
        .collect();
    if let (false, Some(section)) = (headers.is_empty() && sets.is_empty(), section.as_object_mut()) {
        section.insert(MEMBER.to_owned(), json!({ "headers": headers, "sets": sets }));
    }
    Ok(section)
}

fn members(set: &ValidatorSet) -> Vec<Value> {
    let member = |member: &SetMember| {
        json!({
            "operator": operator_text(&member.operator),
            "consensus_key": hex::encode(member.consensus_key),
            "power": member.power.to_string(),
        })
    };
    set.0.iter().map(member).collect()
}
