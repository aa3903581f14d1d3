//! The genesis section. It is empty: chain id and parameters come with the genesis document's own fields.

use agora_framework::errors::sdk;
use agora_framework::{AppError, GenesisCtx};
use serde_json::Value;

pub(crate) fn init(_: &mut GenesisCtx<'_>, section: &Value) -> Result<(), AppError> {
    match section.as_object() {
        Some(fields) if fields.is_empty() => Ok(()),
        _ => Err(sdk::INVALID_REQUEST.wrap(
            "genesis section consensus must be {}: the parameters belong into the document's own consensus section",
        )),
    }
}
