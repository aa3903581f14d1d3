//! Messages to amino JSON values.

use super::error::{AminoError, AminoErrorKind};
use crate::json::plan::{FieldPlan, MessagePlan, NumberText, Plans, WellKnown};
use crate::json::time::{FIRST_SECOND, duration_nanos, format_timestamp};
use crate::json::{MAX_DEPTH, any_parts, fixed_to_text, integer_text, shorten, time_parts};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost_reflect::{DynamicMessage, Kind, ReflectMessage, Value as Proto};
use serde_json::{Map, Value};

pub(super) struct Encoder<'a> {
    plans: &'a Plans,
}

impl<'a> Encoder<'a> {
    pub(super) fn new(plans: &'a Plans) -> Self {
        Self { plans }
    }

    pub(super) fn any(&self, type_url: &str, bytes: &[u8], depth: usize) -> Result<Value, AminoError> {
        let desc =
            self.plans.resolve(type_url).ok_or_else(|| AminoErrorKind::UnknownTypeUrl(shorten(type_url)))?;
        let plan = self.plans.get(&desc);
        let name = desc.full_name().to_owned();
        let msg = DynamicMessage::decode(desc, bytes)
            .map_err(|e| AminoErrorKind::Malformed { message: name, cause: e.to_string() })?;
        let mut map = Map::new();
        let type_name = plan.amino_name.as_deref().unwrap_or(type_url);
        map.insert("type".to_owned(), Value::from(type_name));
        map.insert("value".to_owned(), self.message(&msg, depth + 1)?);
        Ok(Value::Object(map))
    }

    pub(super) fn message(&self, msg: &DynamicMessage, depth: usize) -> Result<Value, AminoError> {
        if depth >= MAX_DEPTH {
            return Err(AminoErrorKind::TooDeep(MAX_DEPTH).into());
        }
        no_unknown_fields(msg)?;
        let plan = self.plans.get(&msg.descriptor());
        match plan.well_known {
            WellKnown::Timestamp => return timestamp(time_parts(msg)),
            WellKnown::Duration => return duration(time_parts(msg)),
            WellKnown::Any => {
                let (type_url, bytes) = any_parts(msg);
                return self.any(&type_url, &bytes, depth);
            }
            WellKnown::Wrapper | WellKnown::GoStruct | WellKnown::None => {}
        }
        match plan.amino_encoding.as_deref() {
            None => self.object(&plan, msg, depth),
            Some("key_field") => Ok(key_field(msg)),
            Some("module_account") => Ok(module_account(msg)),
            Some("threshold_string") => self.threshold_string(&plan, msg, depth),
            Some(other) => Err(AminoErrorKind::UnknownEncoding(other.to_owned()).into()),
        }
    }

    fn object(&self, plan: &MessagePlan, msg: &DynamicMessage, depth: usize) -> Result<Value, AminoError> {
        let mut map = Map::new();
        for field in &plan.fields {
            self.field(&mut map, msg, field, depth).map_err(|e| e.at(field.name()))?;
        }
        Ok(Value::Object(map))
    }

    fn field(
        &self,
        map: &mut Map<String, Value>,
        msg: &DynamicMessage,
        field: &FieldPlan,
        depth: usize,
    ) -> Result<(), AminoError> {
        let present = msg.has_field(&field.desc);
        let value = || msg.get_field(&field.desc);
        match (&field.oneof, &field.amino_oneof) {
            (Some(oneof), Some(type_name)) => {
                let key = camel_case(oneof);
                if present {
                    let mut inner = Map::new();
                    inner.insert(field.amino_name.clone(), self.value(field, &value(), depth)?);
                    let mut outer = Map::new();
                    outer.insert("type".to_owned(), Value::from(type_name.as_str()));
                    outer.insert("value".to_owned(), Value::Object(inner));
                    map.insert(key, Value::Object(outer));
                } else if !map.contains_key(&key) {
                    map.insert(key, Value::Null);
                }
            }
            _ if present => {
                map.insert(field.amino_name.clone(), self.value(field, &value(), depth)?);
            }
            (None, _) if field.amino_keep => {
                map.insert(field.amino_name.clone(), self.kept(field, &value(), depth)?);
            }
            _ => {}
        }
        Ok(())
    }

    /// The form of an empty field that must not be left out.
    fn kept(&self, field: &FieldPlan, value: &Proto, depth: usize) -> Result<Value, AminoError> {
        match value {
            Proto::List(_) if field.amino_encoding.as_deref() != Some("legacy_coins") => Ok(Value::Null),
            Proto::Bytes(_) if field.amino_encoding.is_none() && !field.amino_number => Ok(Value::Null),
            Proto::Message(msg) => match self.plans.get(&msg.descriptor()).well_known {
                WellKnown::Timestamp => timestamp((FIRST_SECOND, 0)),
                WellKnown::Any => Ok(Value::Null),
                _ => self.message(msg, depth + 1),
            },
            value => self.value(field, value, depth),
        }
    }

    fn value(&self, field: &FieldPlan, value: &Proto, depth: usize) -> Result<Value, AminoError> {
        let encoding = field.amino_encoding.as_deref();
        match (encoding, value) {
            (None | Some("legacy_coins"), Proto::List(items)) => {
                let mut list = Vec::with_capacity(items.len());
                for (i, item) in items.iter().enumerate() {
                    list.push(self.single(field, item, depth).map_err(|e| e.at(&format!("[{i}]")))?);
                }
                Ok(Value::Array(list))
            }
            (None, value) => self.single(field, value, depth),
            (Some("inline_json"), Proto::Bytes(bytes)) => inline_json(bytes),
            (Some("cosmos_dec_bytes" | "cosmos_dec_string"), Proto::String(text)) => {
                number_text(text, NumberText::Fixed)
            }
            (Some("cosmos_dec_bytes" | "cosmos_dec_string"), Proto::Bytes(bytes)) => {
                number_text(&String::from_utf8_lossy(bytes), NumberText::Fixed)
            }
            (Some(other), _) => Err(AminoErrorKind::UnknownEncoding(other.to_owned()).into()),
        }
    }

    fn single(&self, field: &FieldPlan, value: &Proto, depth: usize) -> Result<Value, AminoError> {
        Ok(match value {
            Proto::Message(msg) => self.message(msg, depth + 1)?,
            Proto::String(text) if field.number != NumberText::No => number_text(text, field.number)?,
            Proto::Bytes(bytes) if field.number != NumberText::No => {
                number_text(&String::from_utf8_lossy(bytes), field.number)?
            }
            Proto::String(text) if text.is_empty() && field.amino_number => Value::from("0"),
            Proto::String(text) => Value::String(text.clone()),
            Proto::Bytes(bytes) => Value::String(STANDARD.encode(bytes)),
            Proto::Bool(b) => Value::Bool(*b),
            Proto::I32(n) | Proto::EnumNumber(n) => Value::from(*n),
            Proto::U32(n) => Value::from(*n),
            Proto::I64(n) => Value::String(n.to_string()),
            Proto::U64(n) => Value::String(n.to_string()),
            Proto::F32(_) | Proto::F64(_) => {
                return Err(AminoErrorKind::Unsupported("a floating point number").into());
            }
            Proto::Map(_) => return Err(AminoErrorKind::Unsupported("a map").into()),
            Proto::List(_) => return Err(AminoErrorKind::Unsupported("a list of lists").into()),
        })
    }

    /// A multisig key: the threshold is text although it has 32 bits, the list is never `null`.
    fn threshold_string(
        &self,
        plan: &MessagePlan,
        msg: &DynamicMessage,
        depth: usize,
    ) -> Result<Value, AminoError> {
        let mut map = Map::new();
        for field in &plan.fields {
            let value = msg.get_field(&field.desc);
            let shown = match (&field.kind, value.as_ref()) {
                (Kind::Uint32, Proto::U32(n)) => Value::String(n.to_string()),
                (_, value) => self.value(field, value, depth).map_err(|e| e.at(field.name()))?,
            };
            map.insert(field.amino_name.clone(), shown);
        }
        Ok(Value::Object(map))
    }
}

/// Refuses what the document would not show.
pub(super) fn no_unknown_fields(msg: &DynamicMessage) -> Result<(), AminoError> {
    match msg.unknown_fields().next() {
        Some(field) => Err(AminoErrorKind::UnknownField(field.number()).into()),
        None => Ok(()),
    }
}

/// A public key is the base64 text of its only field.
fn key_field(msg: &DynamicMessage) -> Value {
    match msg.get_field_by_name("key").as_deref() {
        Some(Proto::Bytes(bytes)) if !bytes.is_empty() => Value::String(STANDARD.encode(bytes)),
        _ => Value::Null,
    }
}

/// A module account: the base account's fields are lifted up and the numbers are numbers.
fn module_account(msg: &DynamicMessage) -> Value {
    let base = msg.get_field_by_name("base_account");
    let base = base.as_deref().and_then(Proto::as_message);
    let text = |m: Option<&DynamicMessage>, name: &str| {
        let value = m.and_then(|m| m.get_field_by_name(name));
        Value::from(value.and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default())
    };
    let number = |name: &str| {
        let value = base.and_then(|m| m.get_field_by_name(name));
        Value::from(value.and_then(|v| v.as_u64()).unwrap_or_default())
    };
    let permissions = match msg.get_field_by_name("permissions").as_deref().and_then(Proto::as_list) {
        Some(list) if !list.is_empty() => {
            Value::Array(list.iter().filter_map(|v| v.as_str().map(Value::from)).collect())
        }
        _ => Value::Null,
    };
    let mut map = Map::new();
    map.insert("account_number".to_owned(), number("account_number"));
    map.insert("address".to_owned(), text(base, "address"));
    map.insert("name".to_owned(), text(Some(msg), "name"));
    map.insert("permissions".to_owned(), permissions);
    map.insert("public_key".to_owned(), Value::from(""));
    map.insert("sequence".to_owned(), number("sequence"));
    Value::Object(map)
}

fn timestamp((seconds, nanos): (i64, i32)) -> Result<Value, AminoError> {
    format_timestamp(seconds, nanos).map(Value::String).ok_or_else(|| {
        invalid(&format!("{seconds}s {nanos}ns"), "a time within the years 1 to 9999 with valid nanoseconds")
    })
}

fn duration((seconds, nanos): (i64, i32)) -> Result<Value, AminoError> {
    duration_nanos(seconds, nanos).map(|n| Value::String(n.to_string())).ok_or_else(|| {
        invalid(&format!("{seconds}s {nanos}ns"), "a duration within 10,000 years with valid nanoseconds")
    })
}

fn number_text(text: &str, number: NumberText) -> Result<Value, AminoError> {
    if text.is_empty() {
        return Ok(Value::from("0"));
    }
    let (shown, expected) = match number {
        NumberText::Fixed => (fixed_to_text(text), "a decimal in wire form (an integer times 10^18)"),
        _ => (integer_text(text), "an integer of at most 96 digits"),
    };
    shown.map(Value::String).ok_or_else(|| invalid(text, expected))
}

/// JSON kept in bytes (contract messages) becomes part of the document. Integers that a double cannot hold are
/// rounded, because wallets and the SDK do so.
fn inline_json(bytes: &[u8]) -> Result<Value, AminoError> {
    let mut value: Value = serde_json::from_slice(bytes)
        .map_err(|_| invalid(&String::from_utf8_lossy(bytes), "json text: contract messages must be json"))?;
    round_to_double(&mut value);
    Ok(value)
}

fn round_to_double(value: &mut Value) {
    const EXACT: u64 = 1 << 53;
    match value {
        Value::Number(number) => {
            let large =
                number.as_i64().map(i64::unsigned_abs).or_else(|| number.as_u64()).is_some_and(|n| n > EXACT);
            if large && let Some(rounded) = number.as_f64().and_then(serde_json::Number::from_f64) {
                *number = rounded;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(round_to_double),
        Value::Object(map) => map.values_mut().for_each(round_to_double),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

fn invalid(value: &str, expected: &'static str) -> AminoError {
    AminoErrorKind::Invalid { value: shorten(value), expected }.into()
}

/// `validators` to `Validators`, `sum_of_all` to `SumOfAll`: the name of a oneof in the SDK's Go types.
fn camel_case(name: &str) -> String {
    name.split('_')
        .map(|part| {
            let mut chars = part.chars();
            chars.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(chars).collect::<String>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_json_is_rounded_like_a_double_and_nonsense_is_refused() {
        let value = inline_json(br#"{"a":9007199254740993,"b":1.50,"c":12}"#).unwrap();
        assert_eq!(crate::json::text::to_sorted_string(&value), r#"{"a":9007199254740992,"b":1.5,"c":12}"#);
        assert!(inline_json(b"{").is_err());
    }

    #[test]
    fn oneof_names_follow_the_go_types() {
        assert_eq!(camel_case("validators"), "Validators");
        assert_eq!(camel_case("sum_of_all"), "SumOfAll");
    }
}
