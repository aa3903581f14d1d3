//! The nonces of unordered transactions in the genesis section.
//!
//! `cosmos.auth.v1beta1.GenesisState` has no place for them, but without them a transaction that was executed shortly before
//! an export could be executed again after the import. So the section has one member more, `unordered_nonces`, left out when
//! there are none: then the section is exactly the one of Cosmos.

use agora_framework::{AppError, GenesisCtx, QueryCtx};
use agora_primitives::Address;
use agora_state::every;
use serde_json::{Value, json};

use crate::genesis::invalid;
use crate::state::UNORDERED_NONCES;

/// The member's name.
const MEMBER: &str = "unordered_nonces";

/// Takes the member out of a section: what remains is the one of Cosmos.
pub(crate) fn split(section: &Value) -> (Value, Option<Value>) {
    let mut section = section.clone();
    let nonces = section.as_object_mut().and_then(|members| members.shift_remove(MEMBER));
    (section, nonces)
}

/// Remembers the nonces of a section.
///
/// # Errors
/// The member is malformed, or its nonces do not ascend by time-out and signer; names the place.
pub(crate) fn init(ctx: &mut GenesisCtx<'_>, member: Option<&Value>) -> Result<(), AppError> {
    let Some(member) = member else { return Ok(()) };
    let entries = member.as_array().ok_or_else(|| invalid(format_args!("{MEMBER} must be a list")))?;
    let mut last = None;
    for (index, entry) in entries.iter().enumerate() {
        let nonce =
            parse(entry).map_err(|what| invalid(format_args!("entry {index} of {MEMBER}: {what}")))?;
        // One document for one state: in the order of the keys, in which they are exported.
        let key = UNORDERED_NONCES.key(&nonce);
        if last.as_ref().is_some_and(|last| *last >= key) {
            return Err(invalid(format_args!(
                "entry {index} of {MEMBER} does not come after the one before it; sort by time-out, then by the bytes of \
                 the address, and list no nonce twice"
            )));
        }
        UNORDERED_NONCES.insert(ctx, &nonce)?;
        last = Some(key);
    }
    Ok(())
}

/// One nonce: `{"timeout": "1767225660000000000", "signer": "agora1..."}`, the time-out in nanoseconds since 1970.
fn parse(entry: &Value) -> Result<(u64, Address), String> {
    let members = entry.as_object().ok_or("must be an object with timeout and signer")?;
    if let Some(unknown) = members.keys().find(|name| !["timeout", "signer"].contains(&name.as_str())) {
        return Err(format!("unknown member {unknown:?}"));
    }
    let text = |name: &str| {
        members.get(name).and_then(Value::as_str).ok_or_else(|| format!("{name} must be given, as a string"))
    };
    let (timeout, signer) = (text("timeout")?, text("signer")?);
    let nanoseconds = timeout
        .parse::<u64>()
        .ok()
        .filter(|nanoseconds| nanoseconds.to_string() == timeout)
        .ok_or_else(|| format!("timeout {timeout:?} is not a number of nanoseconds since 1970"))?;
    Ok((nanoseconds, signer.parse().map_err(|e| format!("signer {signer:?}: {e}"))?))
}

/// Adds the nonces of the state to an exported section, if there are any.
///
/// # Errors
/// Storage fails.
pub(crate) fn join(ctx: &QueryCtx<'_>, mut section: Value) -> Result<Value, AppError> {
    let nonces = every(|from, limit| UNORDERED_NONCES.page(ctx, &[], from, false, limit))?;
    let entries: Vec<Value> = nonces
        .into_iter()
        .map(
            |((timeout, signer), ())| json!({ "timeout": timeout.to_string(), "signer": signer.to_string() }),
        )
        .collect();
    if let (false, Some(members)) = (entries.is_empty(), section.as_object_mut()) {
        members.insert(MEMBER.to_owned(), Value::Array(entries));
    }
    Ok(section)
}
