//! Delegations that are compounded once a day, in the genesis section.

use agora_framework::{AppError, GenesisCtx, QueryCtx};
use agora_primitives::Address;
use agora_staking::api::{operator, operator_text};
use agora_state::every;
use serde_json::{Value, json};

use crate::compound;
use crate::genesis::invalid;
use crate::state::AUTO_COMPOUNDS;

/// The member's name.
pub(crate) const MEMBER: &str = "auto_compounds";

/// Notes what the member says.
///
/// # Errors
/// It is malformed.
pub(crate) fn init(ctx: &mut GenesisCtx<'_>, member: Option<&Value>) -> Result<(), AppError> {
    for entry in member.and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
        let refused = |what: &str| invalid(format_args!("{MEMBER}: {what}"));
        let delegator: Address = text("delegator").parse().map_err(invalid)?;
        let operator = operator(text("operator")).map_err(invalid)?;
        let next =
            text("next").parse().map_err(|_| refused("next must be nanoseconds since 1970, as a string"))?;
        if AUTO_COMPOUNDS.has(ctx, &(delegator, operator))? {
            return Err(refused("a delegation is listed twice"));
        }
        compound::put(ctx, &delegator, &operator, next)?;
    }
    Ok(())
}

/// Adds the member to an exported section, if there is anything in it.
///
/// # Errors
/// Storage fails.
pub(crate) fn join(ctx: &QueryCtx<'_>, mut section: Value) -> Result<Value, AppError> {
    let all = every(|from, limit| AUTO_COMPOUNDS.page(ctx, &[], from, false, limit))?;
    let shown = |((delegator, operator), next): ((Address, Address), u64)| {
        json!({
            "delegator": delegator.to_string(),
            "operator": operator_text(&operator),
            "next": next.to_string(),
        })
    };
    if let (false, Some(members)) = (all.is_empty(), section.as_object_mut()) {
        members.insert(MEMBER.to_owned(), all.into_iter().map(shown).collect());
    }
    Ok(section)
}
