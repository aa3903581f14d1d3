//! Reading one value of CometBFT's JSON, with errors that name the field.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tendermint_proto::google::protobuf::{Duration, Timestamp};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What is not as CometBFT writes it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Malformed(String);

impl Malformed {
    pub(crate) fn missing(field: &str) -> Self {
        Self(format!("field {field} is missing"))
    }

    pub(crate) fn wrong(field: &str, expected: &str) -> Self {
        Self(format!("field {field} is not {expected}"))
    }
}

pub(super) type Read<T> = Result<T, Malformed>;

/// The field `name`, which must be there and not null.
pub(super) fn field<'a>(value: &'a Value, name: &str) -> Read<&'a Value> {
    optional(value, name).ok_or_else(|| Malformed::missing(name))
}

/// The field `name`, unless it is absent or null.
pub(super) fn optional<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.get(name).filter(|v| !v.is_null())
}

/// Text; absent is empty.
pub(super) fn text(value: &Value, name: &str) -> Read<String> {
    match optional(value, name) {
        None => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(Malformed::wrong(name, "text")),
    }
}

/// A whole number, written as one or as text; absent is zero.
pub(super) fn number<T: TryFrom<i128> + Default>(value: &Value, name: &str) -> Read<T> {
    let Some(found) = optional(value, name) else { return Ok(T::default()) };
    let read: Option<i128> = match found {
        Value::Number(n) => n.as_i64().map(i128::from).or_else(|| n.as_u64().map(i128::from)),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    read.and_then(|n| T::try_from(n).ok()).ok_or_else(|| Malformed::wrong(name, "a whole number in range"))
}

/// A flag; absent is false.
pub(super) fn flag(value: &Value, name: &str) -> bool {
    matches!(value.get(name), Some(Value::Bool(true)))
}

/// Bytes in hex; absent is none.
pub(super) fn hex(value: &Value, name: &str) -> Read<Vec<u8>> {
    ::hex::decode(text(value, name)?).map_err(|_| Malformed::wrong(name, "hex"))
}

/// Bytes in base64; absent or null is none.
pub(super) fn base64(value: &Value, name: &str) -> Read<Vec<u8>> {
    base64_text(&text(value, name)?, name)
}

pub(super) fn base64_text(text: &str, name: &str) -> Read<Vec<u8>> {
    STANDARD.decode(text).map_err(|_| Malformed::wrong(name, "base64"))
}

/// The items of a list; absent or null is the empty list.
pub(super) fn list<T>(value: &Value, name: &str, item: impl Fn(&Value) -> Read<T>) -> Read<Vec<T>> {
    match optional(value, name) {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) => items.iter().map(item).collect(),
        Some(_) => Err(Malformed::wrong(name, "a list")),
    }
}

/// A list of byte strings in base64.
pub(super) fn base64_list(value: &Value, name: &str) -> Read<Vec<Vec<u8>>> {
    list(value, name, |item| match item {
        Value::String(text) => base64_text(text, name),
        _ => Err(Malformed::wrong(name, "a list of base64 texts")),
    })
}

/// A point in time; must be there.
pub(super) fn time(value: &Value, name: &str) -> Read<Option<Timestamp>> {
    let written = text(value, name)?;
    let at =
        OffsetDateTime::parse(&written, &Rfc3339).map_err(|_| Malformed::wrong(name, "an RFC 3339 time"))?;
    let nanos = i32::try_from(at.nanosecond()).unwrap_or_default();
    Ok(Some(Timestamp { seconds: at.unix_timestamp(), nanos }))
}

/// A span in nanoseconds.
pub(super) fn nanoseconds(value: &Value, name: &str) -> Read<Option<Duration>> {
    let total: i64 = number(value, name)?;
    let nanos = i32::try_from(total.rem_euclid(1_000_000_000)).unwrap_or_default();
    Ok(Some(Duration { seconds: total.div_euclid(1_000_000_000), nanos }))
}
