//! Builds a request message from the path, the query string and the body.

use agora_proto::json::JsonCodec;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, Value};

use super::router::Found;
use super::{scalar, url};

/// The request that a matched route and its parameters describe.
///
/// # Errors
/// Says which value is malformed; parameters that name no field are ignored.
pub(super) fn build(
    json: &JsonCodec,
    found: &Found,
    query: &str,
    body: &[u8],
) -> Result<DynamicMessage, String> {
    let route = &found.route;
    let mut message = match route.body.as_str() {
        "*" => from_body(json, DynamicMessage::new(route.method.input()), None, body)?,
        "" => DynamicMessage::new(route.method.input()),
        field => from_body(json, DynamicMessage::new(route.method.input()), Some(field), body)?,
    };
    for (path, value) in &found.fields {
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        set(&mut message, &names, std::slice::from_ref(value))
            .map_err(|error| format!("type mismatch, parameter: {}, error: {error}", names.join(".")))?;
    }
    if route.body != "*" {
        for (name, values) in url::parameters(query)? {
            let names: Vec<&str> = name.split('.').collect();
            let bound = found
                .fields
                .iter()
                .any(|(path, _)| path.iter().map(String::as_str).eq(names.iter().copied()));
            if !bound && names.first() != Some(&route.body.as_str()) {
                set(&mut message, &names, &values)?;
            }
        }
    }
    Ok(message)
}

fn from_body(
    json: &JsonCodec,
    empty: DynamicMessage,
    field: Option<&str>,
    body: &[u8],
) -> Result<DynamicMessage, String> {
    use prost_reflect::ReflectMessage;
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(empty);
    }
    let value: serde_json::Value =
        serde_json::from_slice(body).map_err(|error| format!("invalid json body: {error}"))?;
    let value = match field {
        Some(name) => serde_json::Value::Object([(name.to_owned(), value)].into_iter().collect()),
        None => value,
    };
    json.from_json(empty.descriptor(), &value).map_err(|error| error.to_string())
}

/// Puts `values` into the field at `path`; a path that leads nowhere is ignored.
fn set(message: &mut DynamicMessage, path: &[&str], values: &[String]) -> Result<(), String> {
    let Some((name, deeper)) = path.split_first() else { return Ok(()) };
    let Some(field) = field(message, name) else { return Ok(()) };
    if !deeper.is_empty() {
        if field.is_list() || field.is_map() || !matches!(field.kind(), Kind::Message(_)) {
            return Ok(());
        }
        return match message.get_field_mut(&field) {
            Value::Message(inner) => set(inner, deeper, values),
            _ => Ok(()),
        };
    }
    if field.is_map() {
        return Ok(());
    }
    if field.is_list() {
        let items = values.iter().map(|value| scalar::parse(&field, value)).collect::<Result<Vec<_>, _>>()?;
        if let Value::List(list) = message.get_field_mut(&field) {
            list.extend(items);
        }
    } else if let Some(first) = values.first() {
        message.set_field(&field, scalar::parse(&field, first)?);
    }
    Ok(())
}

/// The field of this name, in the definition's spelling or in camel case.
fn field(message: &DynamicMessage, name: &str) -> Option<FieldDescriptor> {
    use prost_reflect::ReflectMessage;
    let descriptor = message.descriptor();
    descriptor.get_field_by_name(name).or_else(|| descriptor.get_field_by_json_name(name))
}
