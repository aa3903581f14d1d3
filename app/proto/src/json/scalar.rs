//! Plain values to JSON.

use super::error::{JsonError, JsonErrorKind};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost_reflect::{Kind, MapKey, Value as Proto};
use serde_json::{Number, Value};

/// Numbers, booleans and text; 64-bit integers as strings.
pub(super) fn plain(value: &Proto) -> Value {
    match value {
        Proto::Bool(b) => Value::Bool(*b),
        Proto::I32(n) | Proto::EnumNumber(n) => Value::from(*n),
        Proto::U32(n) => Value::from(*n),
        Proto::I64(n) => Value::String(n.to_string()),
        Proto::U64(n) => Value::String(n.to_string()),
        Proto::F32(n) => float(f64::from(*n)),
        Proto::F64(n) => float(*n),
        Proto::String(text) => Value::String(text.clone()),
        Proto::Bytes(b) => bytes(b),
        Proto::Message(_) | Proto::List(_) | Proto::Map(_) => Value::Null,
    }
}

/// Standard base64; `null` when empty.
pub(super) fn bytes(bytes: &[u8]) -> Value {
    if bytes.is_empty() { Value::Null } else { Value::String(STANDARD.encode(bytes)) }
}

/// The name of an enum value, or its number if the enum does not have it.
pub(super) fn enumeration(kind: &Kind, number: i32) -> Value {
    match kind.as_enum().and_then(|e| e.get_value(number)) {
        Some(value) => Value::String(value.name().to_owned()),
        None => Value::from(number),
    }
}

/// A key of a map as text.
pub(super) fn map_key(key: &MapKey) -> String {
    match key {
        MapKey::Bool(b) => b.to_string(),
        MapKey::I32(n) => n.to_string(),
        MapKey::I64(n) => n.to_string(),
        MapKey::U32(n) => n.to_string(),
        MapKey::U64(n) => n.to_string(),
        MapKey::String(text) => text.clone(),
    }
}

/// The text of a time or duration, or the error of one out of range.
pub(super) fn time_text(text: Option<String>) -> Result<Value, JsonError> {
    text.map(Value::String).ok_or_else(|| {
        JsonErrorKind::invalid(
            "time",
            "within the years 1 to 9999, or a duration within 10,000 years, with valid nanoseconds",
        )
        .into()
    })
}

fn float(value: f64) -> Value {
    match Number::from_f64(value) {
        Some(number) => Value::Number(number),
        None if value.is_nan() => Value::from("NaN"),
        None if value > 0.0 => Value::from("Infinity"),
        None => Value::from("-Infinity"),
    }
}
