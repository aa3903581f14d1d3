//! Messages to JSON.

use super::decimal::{fixed_to_text, integer_text};
use super::error::{JsonError, JsonErrorKind};
use super::plan::{FieldPlan, NumberText, Plans, WellKnown};
use super::time::{FIRST_SECOND, format_duration, format_timestamp};
use super::{MAX_DEPTH, scalar};
use prost_reflect::{DynamicMessage, Kind, MapKey, MessageDescriptor, ReflectMessage, Value as Proto};
use serde_json::{Map, Value};

pub(super) struct Encoder<'a> {
    plans: &'a Plans,
    /// Inside a message that the SDK prints as a Go structure.
    go_struct: bool,
}

impl<'a> Encoder<'a> {
    pub(super) fn new(plans: &'a Plans) -> Self {
        Self { plans, go_struct: false }
    }

    pub(super) fn message(&self, msg: &DynamicMessage, depth: usize) -> Result<Value, JsonError> {
        if depth >= MAX_DEPTH {
            return Err(JsonErrorKind::TooDeep(MAX_DEPTH).into());
        }
        let plan = self.plans.get(&msg.descriptor());
        match plan.well_known {
            WellKnown::Timestamp => return timestamp(msg),
            WellKnown::Duration => return duration(msg),
            WellKnown::Any => return self.any(msg, depth),
            WellKnown::Wrapper => {
                if let Some(field) = plan.fields.first() {
                    return self.single(field, &msg.get_field(&field.desc), depth);
                }
            }
            WellKnown::GoStruct if !self.go_struct => {
                return Encoder { plans: self.plans, go_struct: true }.message(msg, depth);
            }
            WellKnown::GoStruct | WellKnown::None => {}
        }
        let mut map = Map::new();
        for field in &plan.fields {
            if let Some(value) = self.field(msg, field, depth).map_err(|e| e.at_field(field.name()))? {
                map.insert(field.name().to_owned(), value);
            }
        }
        Ok(Value::Object(map))
    }

    /// The JSON of a field, or `None` if it is left out.
    fn field(
        &self,
        msg: &DynamicMessage,
        field: &FieldPlan,
        depth: usize,
    ) -> Result<Option<Value>, JsonError> {
        let present = msg.has_field(&field.desc);
        if !present && (field.oneof.is_some() || self.go_struct && go_omits(field)) {
            return Ok(None);
        }
        if !present && field.optional {
            return Ok(Some(Value::Null));
        }
        let value = msg.get_field(&field.desc);
        match value.as_ref() {
            Proto::List(items) if items.is_empty() && self.go_struct => Ok(Some(Value::Null)),
            Proto::List(items) => {
                let mut list = Vec::with_capacity(items.len());
                for (i, item) in items.iter().enumerate() {
                    list.push(self.single(field, item, depth).map_err(|e| e.at_index(i))?);
                }
                Ok(Some(Value::Array(list)))
            }
            Proto::Map(entries) => self.map(field, entries, depth).map(Some),
            Proto::Message(inner) if !present => self.absent(field, &inner.descriptor(), depth).map(Some),
            Proto::String(_) | Proto::Bytes(_)
                if !present && field.nullable && field.number != NumberText::No =>
            {
                Ok(Some(Value::Null))
            }
            value => self.single(field, value, depth).map(Some),
        }
    }

    /// An absent message: `null`, or for a field that is not nullable the empty message.
    fn absent(&self, field: &FieldPlan, desc: &MessageDescriptor, depth: usize) -> Result<Value, JsonError> {
        if field.nullable {
            return Ok(Value::Null);
        }
        match self.plans.get(desc).well_known {
            WellKnown::Timestamp => scalar::time_text(format_timestamp(FIRST_SECOND, 0)),
            WellKnown::Any => Ok(Value::Null),
            _ => self.message(&DynamicMessage::new(desc.clone()), depth + 1),
        }
    }

    fn single(&self, field: &FieldPlan, value: &Proto, depth: usize) -> Result<Value, JsonError> {
        match value {
            Proto::Message(msg) => self.message(msg, depth + 1),
            Proto::String(text) => match field.number {
                NumberText::No => Ok(Value::String(text.clone())),
                number => number_text(text, number),
            },
            Proto::Bytes(bytes) => match field.number {
                NumberText::No => Ok(scalar::bytes(bytes)),
                number => number_text(&String::from_utf8_lossy(bytes), number),
            },
            Proto::I64(n) if self.go_struct => Ok(Value::from(*n)),
            Proto::U64(n) if self.go_struct => Ok(Value::from(*n)),
            Proto::EnumNumber(n) => Ok(scalar::enumeration(&field.kind, *n)),
            other => Ok(scalar::plain(other)),
        }
    }

    fn map(
        &self,
        field: &FieldPlan,
        entries: &std::collections::HashMap<MapKey, Proto>,
        depth: usize,
    ) -> Result<Value, JsonError> {
        let Kind::Message(entry) = &field.kind else { return Ok(Value::Object(Map::new())) };
        let plan = self.plans.get(entry);
        // Sorted before anything is written: the order of the hash map is never seen.
        let mut sorted: Vec<(&MapKey, &Proto)> = entries.iter().collect();
        sorted.sort_unstable_by_key(|(key, _)| *key);
        let mut map = Map::new();
        for (key, value) in sorted {
            let key = scalar::map_key(key);
            let value = match plan.fields.iter().find(|f| f.desc.number() == 2) {
                Some(field) => self.single(field, value, depth).map_err(|e| e.at_field(&key))?,
                None => Value::Null,
            };
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }

    fn any(&self, msg: &DynamicMessage, depth: usize) -> Result<Value, JsonError> {
        let (type_url, bytes) = any_parts(msg);
        if type_url.is_empty() && bytes.is_empty() {
            return Ok(Value::Null);
        }
        let desc =
            self.plans.resolve(&type_url).ok_or_else(|| JsonErrorKind::UnknownTypeUrl(type_url.clone()))?;
        let name = desc.full_name().to_owned();
        let well_known = self.plans.get(&desc).well_known;
        let content = DynamicMessage::decode(desc, bytes)
            .map_err(|e| JsonErrorKind::Malformed { message: name, cause: e.to_string() })?;
        let value = self.message(&content, depth + 1)?;
        let mut map = Map::new();
        map.insert("@type".to_owned(), Value::String(type_url));
        match value {
            Value::Object(fields) if well_known == WellKnown::None => map.extend(fields),
            value => {
                map.insert("value".to_owned(), value);
            }
        }
        Ok(Value::Object(map))
    }
}

/// Type url and content of an `Any`.
pub(crate) fn any_parts(msg: &DynamicMessage) -> (String, prost::bytes::Bytes) {
    let type_url = msg.get_field_by_number(1).and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
    let bytes = msg.get_field_by_number(2).and_then(|v| v.as_bytes().cloned()).unwrap_or_default();
    (type_url, bytes)
}

/// Seconds and nanoseconds of a `Timestamp` or `Duration`.
pub(crate) fn time_parts(msg: &DynamicMessage) -> (i64, i32) {
    let seconds = msg.get_field_by_number(1).and_then(|v| v.as_i64()).unwrap_or_default();
    let nanos = msg.get_field_by_number(2).and_then(|v| v.as_i32()).unwrap_or_default();
    (seconds, nanos)
}

fn timestamp(msg: &DynamicMessage) -> Result<Value, JsonError> {
    let (seconds, nanos) = time_parts(msg);
    scalar::time_text(format_timestamp(seconds, nanos))
}

fn duration(msg: &DynamicMessage) -> Result<Value, JsonError> {
    let (seconds, nanos) = time_parts(msg);
    scalar::time_text(format_duration(seconds, nanos))
}

/// A number in text. Empty text is the number zero: it is what a field that was never set looks like.
fn number_text(text: &str, number: NumberText) -> Result<Value, JsonError> {
    let text = if text.is_empty() { "0" } else { text };
    let (shown, expected) = match number {
        NumberText::Fixed => {
            (fixed_to_text(text), "a decimal in wire form (an integer times 10^18, at most 96 digits)")
        }
        _ => (integer_text(text), "an integer of at most 96 digits"),
    };
    shown.map(Value::String).ok_or_else(|| JsonErrorKind::invalid(text, expected).into())
}

/// Whether a Go structure's JSON leaves an empty field of this kind out.
fn go_omits(field: &FieldPlan) -> bool {
    field.nullable && !matches!(field.kind, Kind::Message(_)) && !field.desc.is_list()
}
