//! JSON to messages.

use super::MAX_DEPTH;
use super::decimal::{integer_text, text_to_fixed};
use super::error::{JsonError, JsonErrorKind};
use super::plan::{FieldPlan, MessagePlan, NumberText, Plans, WellKnown};
use super::time::{parse_duration, parse_timestamp};
use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use prost::Message as _;
use prost::bytes::Bytes;
use prost_reflect::{DynamicMessage, Kind, MapKey, MessageDescriptor, Value as Proto};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

pub(super) struct Decoder<'a> {
    plans: &'a Plans,
    strict: bool,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(plans: &'a Plans, strict: bool) -> Self {
        Self { plans, strict }
    }

    pub(super) fn message(
        &self,
        desc: MessageDescriptor,
        json: &Value,
        depth: usize,
    ) -> Result<DynamicMessage, JsonError> {
        if depth >= MAX_DEPTH {
            return Err(JsonErrorKind::TooDeep(MAX_DEPTH).into());
        }
        let plan = self.plans.get(&desc);
        match plan.well_known {
            WellKnown::Timestamp => {
                let text = string(json, "a time such as \"2030-01-02T03:04:05Z\"")?;
                let parts = parse_timestamp(text)
                    .ok_or_else(|| JsonErrorKind::invalid(text, "a time such as 2030-01-02T03:04:05Z"))?;
                Ok(time_message(desc, parts))
            }
            WellKnown::Duration => {
                let text = string(json, "a duration such as \"300s\"")?;
                let parts = parse_duration(text)
                    .ok_or_else(|| JsonErrorKind::invalid(text, "a duration such as 300s or 1.5s"))?;
                Ok(time_message(desc, parts))
            }
            WellKnown::Any => self.any(desc, json, depth),
            WellKnown::Wrapper => {
                let mut msg = DynamicMessage::new(desc);
                if let Some(field) = plan.fields.first() {
                    let value = self.single(field, &field.kind, json, depth)?;
                    msg.set_field(&field.desc, value);
                }
                Ok(msg)
            }
            WellKnown::None | WellKnown::GoStruct => match json {
                Value::Object(map) => self.object(desc, &plan, map, false, depth),
                other => Err(expected("an object", other)),
            },
        }
    }

    fn object(
        &self,
        desc: MessageDescriptor,
        plan: &MessagePlan,
        map: &Map<String, Value>,
        is_any: bool,
        depth: usize,
    ) -> Result<DynamicMessage, JsonError> {
        let mut given = BTreeSet::new();
        let mut oneofs = BTreeSet::new();
        let name = desc.full_name().to_owned();
        let mut msg = DynamicMessage::new(desc);
        for (key, value) in map {
            if is_any && key == "@type" {
                continue;
            }
            let found = plan.fields.iter().find(|f| f.name() == key || f.desc.json_name() == key);
            let Some(field) = found else {
                if self.strict {
                    return Err(JsonErrorKind::UnknownField {
                        field: super::error::shorten(key),
                        message: name,
                    }
                    .into());
                }
                continue;
            };
            let mut set = || -> Result<Option<Proto>, JsonError> {
                if !given.insert(field.desc.number()) {
                    return Err(JsonErrorKind::Twice.into());
                }
                if value.is_null() {
                    return Ok(None);
                }
                if let Some(oneof) = &field.oneof
                    && !oneofs.insert(oneof.as_str())
                {
                    return Err(JsonErrorKind::OneofTwice(oneof.clone()).into());
                }
                self.field(field, value, depth).map(Some)
            };
            if let Some(value) = set().map_err(|e| e.at_field(key))? {
                msg.set_field(&field.desc, value);
            }
        }
        Ok(msg)
    }

    fn field(&self, field: &FieldPlan, json: &Value, depth: usize) -> Result<Proto, JsonError> {
        if field.desc.is_map() {
            return self.map(field, json, depth);
        }
        if !field.desc.is_list() {
            return self.single(field, &field.kind, json, depth);
        }
        let Value::Array(items) = json else { return Err(expected("a list", json)) };
        let mut list = Vec::with_capacity(items.len());
        for (i, item) in items.iter().enumerate() {
            list.push(self.single(field, &field.kind, item, depth).map_err(|e| e.at_index(i))?);
        }
        Ok(Proto::List(list))
    }

    fn single(&self, field: &FieldPlan, kind: &Kind, json: &Value, depth: usize) -> Result<Proto, JsonError> {
        Ok(match kind {
            Kind::Bool => Proto::Bool(json.as_bool().ok_or_else(|| expected("true or false", json))?),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Proto::I32(integer(json, "a 32-bit integer")?),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Proto::I64(integer(json, "a 64-bit integer")?),
            Kind::Uint32 | Kind::Fixed32 => Proto::U32(integer(json, "an unsigned 32-bit integer")?),
            Kind::Uint64 | Kind::Fixed64 => Proto::U64(integer(json, "an unsigned 64-bit integer")?),
            Kind::Float => Proto::F32(json.as_f64().ok_or_else(|| expected("a number", json))? as f32),
            Kind::Double => Proto::F64(json.as_f64().ok_or_else(|| expected("a number", json))?),
            Kind::String => Proto::String(match field.number {
                NumberText::No => string(json, "a string")?.to_owned(),
                number => number_text(json, number)?,
            }),
            Kind::Bytes => Proto::Bytes(match field.number {
                NumberText::No => bytes(string(json, "base64 text")?)?,
                number => Bytes::from(number_text(json, number)?),
            }),
            Kind::Enum(desc) => match json {
                Value::String(name) => match desc.get_value_by_name(name) {
                    Some(value) => Proto::EnumNumber(value.number()),
                    None => Proto::EnumNumber(name.parse().map_err(|_| JsonErrorKind::UnknownEnumValue {
                        value: super::error::shorten(name),
                        name: desc.full_name().to_owned(),
                    })?),
                },
                other => Proto::EnumNumber(integer(other, "the name or number of an enum value")?),
            },
            Kind::Message(desc) => Proto::Message(self.message(desc.clone(), json, depth + 1)?),
        })
    }

    fn map(&self, field: &FieldPlan, json: &Value, depth: usize) -> Result<Proto, JsonError> {
        let (Value::Object(map), Kind::Message(entry)) = (json, &field.kind) else {
            return Err(expected("an object", json));
        };
        let plan = self.plans.get(entry);
        let by_number = |number| plan.fields.iter().find(|f| f.desc.number() == number);
        let (Some(key_field), Some(value_field)) = (by_number(1), by_number(2)) else {
            return Err(expected("a map", json));
        };
        let mut entries = std::collections::HashMap::new();
        for (key, value) in map {
            let convert = || -> Result<(MapKey, Proto), JsonError> {
                let text = Value::String(key.clone());
                let key = match key_field.kind {
                    Kind::Bool => Value::Bool(key.parse().map_err(|_| expected("true or false", &text))?),
                    _ => text,
                };
                let key = self.single(key_field, &key_field.kind, &key, depth)?;
                let key = key.into_map_key().ok_or_else(|| expected("a key", json))?;
                Ok((key, self.single(value_field, &value_field.kind, value, depth)?))
            };
            let (key, value) = convert().map_err(|e| e.at_field(key))?;
            entries.insert(key, value);
        }
        Ok(Proto::Map(entries))
    }

    fn any(&self, desc: MessageDescriptor, json: &Value, depth: usize) -> Result<DynamicMessage, JsonError> {
        let map = match json {
            Value::Object(map) => map,
            // How an empty `Any` in a list is written.
            Value::Null => return Ok(DynamicMessage::new(desc)),
            other => return Err(expected("an object with \"@type\"", other)),
        };
        let type_url = match map.get("@type") {
            Some(Value::String(url)) => url,
            _ => return Err(JsonErrorKind::MissingType.into()),
        };
        let inner = self
            .plans
            .resolve(type_url)
            .ok_or_else(|| JsonErrorKind::UnknownTypeUrl(super::error::shorten(type_url)))?;
        let plan = self.plans.get(&inner);
        let content = if matches!(plan.well_known, WellKnown::None | WellKnown::GoStruct) {
            if depth + 1 >= MAX_DEPTH {
                return Err(JsonErrorKind::TooDeep(MAX_DEPTH).into());
            }
            self.object(inner, &plan, map, true, depth + 1)?
        } else {
            let value = map.get("value").unwrap_or(&Value::Null);
            self.message(inner, value, depth + 1).map_err(|e| e.at_field("value"))?
        };
        let mut msg = DynamicMessage::new(desc);
        set_number(&mut msg, 1, Proto::String(type_url.clone()));
        set_number(&mut msg, 2, Proto::Bytes(Bytes::from(content.encode_to_vec())));
        Ok(msg)
    }
}

/// Sets a field of a well-known type; does nothing if a foreign pool defines the type otherwise.
fn set_number(msg: &mut DynamicMessage, number: u32, value: Proto) {
    let _ = msg.try_set_field_by_number(number, value);
}

fn time_message(desc: MessageDescriptor, (seconds, nanos): (i64, i32)) -> DynamicMessage {
    let mut msg = DynamicMessage::new(desc);
    set_number(&mut msg, 1, Proto::I64(seconds));
    set_number(&mut msg, 2, Proto::I32(nanos));
    msg
}

fn expected(expected: &'static str, json: &Value) -> JsonError {
    let found = match json {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    JsonErrorKind::Expected { expected, found }.into()
}

fn string<'j>(json: &'j Value, what: &'static str) -> Result<&'j str, JsonError> {
    json.as_str().ok_or_else(|| expected(what, json))
}

/// An integer given as a JSON number or as text.
fn integer<T: std::str::FromStr>(json: &Value, what: &'static str) -> Result<T, JsonError> {
    let text = match json {
        Value::String(text) if !text.starts_with('+') => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => return Err(JsonErrorKind::invalid(text, what).into()),
        other => return Err(expected(what, other)),
    };
    text.parse().map_err(|_| JsonErrorKind::invalid(&text, what).into())
}

/// Decimal text or an integer in its wire form.
fn number_text(json: &Value, number: NumberText) -> Result<String, JsonError> {
    let (text, converted, what) = match number {
        NumberText::Fixed => {
            let text = string(json, "a decimal as text, such as \"0.1\"")?;
            (text, text_to_fixed(text), "a decimal with at most 18 decimals and 78 digits before them")
        }
        _ => {
            let text = string(json, "an integer as text")?;
            (text, integer_text(text), "an integer of at most 96 digits")
        }
    };
    converted.ok_or_else(|| JsonErrorKind::invalid(text, what).into())
}

/// Standard or URL-safe base64, with or without padding.
fn bytes(text: &str) -> Result<Bytes, JsonError> {
    const LENIENT: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const ENGINE: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
    const URL_ENGINE: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);
    let engine = if text.contains(['-', '_']) { URL_ENGINE } else { ENGINE };
    let decoded = engine.decode(text).map_err(|_| JsonErrorKind::invalid(text, "base64"))?;
    Ok(Bytes::from(decoded))
}
