//! Genesis sections: JSON on the outside, protobuf messages within.

use prost::{Message, Name};
use serde_json::Value;

use crate::errors::{AppError, sdk};
use crate::registry::Registry;

/// Reads a section into its message. Unknown fields are refused: in a genesis file they are mistakes.
///
/// # Errors
/// The JSON does not fit the message; names the place.
pub fn decode<T: Message + Name + Default>(registry: &Registry, section: &Value) -> Result<T, AppError> {
    let name = T::full_name();
    let descriptor = registry
        .pool()
        .get_message_by_name(&name)
        .ok_or_else(|| sdk::LOGIC.wrap(format_args!("{name} has no definition")))?;
    let message =
        registry.json().from_json_strict(descriptor, section).map_err(|e| sdk::JSON_UNMARSHAL.wrap(e))?;
    T::decode(Message::encode_to_vec(&message).as_slice()).map_err(|e| sdk::JSON_UNMARSHAL.wrap(e))
}

/// Writes a message as a section.
///
/// # Errors
/// The message has no definition.
pub fn encode<T: Message + Name>(registry: &Registry, message: &T) -> Result<Value, AppError> {
    registry
        .json()
        .encode_value(&T::full_name(), &message.encode_to_vec())
        .map_err(|e| sdk::JSON_MARSHAL.wrap(e))
}
