//! Rewards per share, and where delegations were paid last, in the genesis section.

use agora_framework::{AppError, GenesisCtx, QueryCtx};
use agora_primitives::{Address, Denom};
use agora_staking::api::{operator, operator_text};
use agora_state::every;
use ruint::aliases::U256;
use serde_json::{Value, json};

use crate::genesis::invalid;
use crate::index::{Fixed, Index};
use crate::state::{INDEXES, STARTS};

/// The member's name.
pub(crate) const MEMBER: &str = "indexes";

fn hexadecimal(value: Fixed) -> String {
    hex::encode(value.0.to_be_bytes::<32>())
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn fixed(entry: &Value) -> Result<(Denom, Fixed), AppError> {
    let bytes = hex::decode(text(entry, "value")).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let bytes = bytes.ok_or_else(|| invalid(format_args!("{MEMBER}: a value has 64 hexadecimal digits")))?;
    Ok((text(entry, "denom").parse().map_err(invalid)?, Fixed(U256::from_be_bytes(bytes))))
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// Notes what the member says.
///
/// # Errors
/// It is malformed.
pub(crate) fn init(ctx: &mut GenesisCtx<'_>, member: Option<&Value>) -> Result<(), AppError> {
    let Some(member) = member else { return Ok(()) };
    for entry in list(member, "validators") {
        let operator = operator(text(entry, "operator")).map_err(invalid)?;
        let mut indexes = INDEXES.get(ctx, &operator)?.unwrap_or_default();
        let (denom, value) = fixed(entry)?;
        let carry = text(entry, "carry").parse().map_err(invalid)?;
        indexes.put(Index { denom, value, carry });
        INDEXES.set(ctx, &operator, &indexes)?;
    }
    for entry in list(member, "delegations") {
        let delegator: Address = text(entry, "delegator").parse().map_err(invalid)?;
        let key = (delegator, operator(text(entry, "operator")).map_err(invalid)?);
        let mut starts = STARTS.get(ctx, &key)?.unwrap_or_default();
        starts.0.push(fixed(entry)?);
        STARTS.set(ctx, &key, &starts)?;
    }
    Ok(())
}

/// Adds the member to an exported section, if there is anything in it.
///
/// # Errors
/// Storage fails.
pub(crate) fn join(ctx: &QueryCtx<'_>, mut section: Value) -> Result<Value, AppError> {
    let mut validators = Vec::new();
    for (operator, indexes) in every(|from, limit| INDEXES.page(ctx, &[], from, false, limit))? {
        validators.extend(indexes.0.iter().map(|index| {
            json!({
                "operator": operator_text(&operator),
                "denom": index.denom.as_str(),
                "value": hexadecimal(index.value),
                "carry": index.carry.to_string(),
            })
        }));
    }
    let mut delegations = Vec::new();
    for ((delegator, operator), starts) in every(|from, limit| STARTS.page(ctx, &[], from, false, limit))? {
        delegations.extend(starts.0.iter().map(|(denom, value)| {
            json!({
                "delegator": delegator.to_string(),
                "operator": operator_text(&operator),
                "denom": denom.as_str(),
                "value": hexadecimal(*value),
            })
        }));
    }
    if let (false, Some(members)) = (validators.is_empty(), section.as_object_mut()) {
        members.insert(MEMBER.to_owned(), json!({ "validators": validators, "delegations": delegations }));
    }
    Ok(section)
}
