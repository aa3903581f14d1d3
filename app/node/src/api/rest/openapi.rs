//! The routes as an OpenAPI 3.0 document, made from the same descriptors.

use std::collections::BTreeMap;

use agora_proto::options::cli_command;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::router::Route;

/// How deep query parameters may reach into messages: `pagination.limit` is two.
const PARAMETER_DEPTH: usize = 2;

/// The document for `routes`, in their order.
pub(super) fn document<'a>(routes: impl Iterator<Item = &'a Route>) -> Value {
    let mut schemas = Schemas::default();
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for route in routes {
        let operation = operation(route, &mut schemas);
        paths.entry(route.open_path()).or_default().insert(route.verb.to_ascii_lowercase(), operation);
    }
    let error = json!({
        "type": "object",
        "properties": {
            "code": {"type": "integer", "description": "the gRPC status code"},
            "message": {"type": "string"},
            "details": {"type": "array", "items": {"type": "object"}},
        },
    });
    let mut components = schemas.described();
    components.insert("Error".to_owned(), error);
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "agora rest gateway",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "64-bit integers are strings; send x-cosmos-block-height to read an earlier state",
        },
        "paths": paths,
        "components": {"schemas": components},
    })
}

fn operation(route: &Route, schemas: &mut Schemas) -> Value {
    let input = route.method.input();
    let bound: Vec<String> = route.variables().map(|names| names.join(".")).collect();
    let mut parameters: Vec<Value> = Vec::new();
    for names in route.variables() {
        let schema =
            field_at(&input, names).map_or_else(|| json!({"type": "string"}), |f| schemas.single(&f));
        let name = names.join(".");
        parameters.push(json!({"name": name, "in": "path", "required": true, "schema": schema}));
    }
    let mut operation = Map::new();
    operation
        .insert("operationId".to_owned(), json!(route.path.trim_start_matches('/').replace(['.', '/'], "_")));
    operation.insert("tags".to_owned(), json!([route.method.parent_service().full_name()]));
    let help = cli_command(&route.method).help;
    if !help.is_empty() {
        operation.insert("summary".to_owned(), json!(help));
    }
    if route.body == "*" {
        let schema = schemas.message(&input);
        operation.insert("requestBody".to_owned(), json!({"required": true, "content": content(&schema)}));
    } else {
        query_parameters(&input, "", &bound, PARAMETER_DEPTH, schemas, &mut parameters);
    }
    operation.insert("parameters".to_owned(), Value::Array(parameters));
    let output = schemas.message(&route.method.output());
    let error = content(&json!({"$ref": "#/components/schemas/Error"}));
    operation.insert(
        "responses".to_owned(),
        json!({
            "200": {"description": "the answer", "content": content(&output)},
            "default": {"description": "a refusal", "content": error},
        }),
    );
    Value::Object(operation)
}

fn content(schema: &Value) -> Value {
    json!({"application/json": {"schema": schema}})
}

fn field_at(message: &MessageDescriptor, names: &[String]) -> Option<FieldDescriptor> {
    let (name, deeper) = names.split_first()?;
    let field = message.get_field_by_name(name)?;
    match (deeper.is_empty(), field.kind()) {
        (true, _) => Some(field),
        (false, Kind::Message(inner)) => field_at(&inner, deeper),
        _ => None,
    }
}

fn query_parameters(
    message: &MessageDescriptor,
    prefix: &str,
    bound: &[String],
    depth: usize,
    schemas: &mut Schemas,
    found: &mut Vec<Value>,
) {
    for field in message.fields().filter(|field| !field.is_map()) {
        let name = format!("{prefix}{}", field.name());
        if bound.contains(&name) {
            continue;
        }
        match field.kind() {
            Kind::Message(inner) if well_known(inner.full_name()).is_none() => {
                if let (Some(depth), false) = (depth.checked_sub(1), field.is_list()) {
                    query_parameters(&inner, &format!("{name}."), bound, depth, schemas, found);
                }
            }
            _ => found.push(json!({"name": name, "in": "query", "schema": schemas.field(&field)})),
        }
    }
}

/// The schemas asked for so far, by the full names of their messages.
#[derive(Default)]
struct Schemas {
    known: BTreeMap<String, Value>,
    waiting: Vec<MessageDescriptor>,
}

impl Schemas {
    fn message(&mut self, message: &MessageDescriptor) -> Value {
        let name = message.full_name();
        if let Some(schema) = well_known(name) {
            return schema;
        }
        if !self.known.contains_key(name) {
            self.known.insert(name.to_owned(), Value::Null);
            self.waiting.push(message.clone());
        }
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    fn field(&mut self, field: &FieldDescriptor) -> Value {
        if field.is_map() {
            let value = match field.kind() {
                Kind::Message(entry) => entry.map_entry_value_field(),
                _ => return json!({"type": "object"}),
            };
            return json!({"type": "object", "additionalProperties": self.single(&value)});
        }
        let single = self.single(field);
        if field.is_list() { json!({"type": "array", "items": single}) } else { single }
    }

    fn single(&mut self, field: &FieldDescriptor) -> Value {
        match field.kind() {
            Kind::String => json!({"type": "string"}),
            Kind::Bytes => json!({"type": "string", "format": "byte", "nullable": true}),
            Kind::Bool => json!({"type": "boolean"}),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => json!({"type": "integer", "format": "int32"}),
            Kind::Uint32 | Kind::Fixed32 => json!({"type": "integer", "format": "int64", "minimum": 0}),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => json!({"type": "string", "format": "int64"}),
            Kind::Uint64 | Kind::Fixed64 => json!({"type": "string", "format": "uint64"}),
            Kind::Float | Kind::Double => json!({"type": "number"}),
            Kind::Enum(kind) => {
                let names: Vec<String> = kind.values().map(|value| value.name().to_owned()).collect();
                json!({"type": "string", "enum": names})
            }
            Kind::Message(message) => self.message(&message),
        }
    }

    /// Describes all that was asked for, and all that this needs in turn.
    fn described(mut self) -> Map<String, Value> {
        while let Some(message) = self.waiting.pop() {
            let properties: Map<String, Value> =
                message.fields().map(|field| (field.name().to_owned(), self.field(&field))).collect();
            let schema = json!({"type": "object", "properties": properties});
            self.known.insert(message.full_name().to_owned(), schema);
        }
        self.known.into_iter().collect()
    }
}

/// Messages whose JSON is not that of their fields.
fn well_known(name: &str) -> Option<Value> {
    Some(match name {
        "google.protobuf.Timestamp" => json!({"type": "string", "format": "date-time", "nullable": true}),
        "google.protobuf.Duration" => json!({"type": "string", "example": "1.5s", "nullable": true}),
        "google.protobuf.Any" => json!({
            "type": "object",
            "nullable": true,
            "properties": {"@type": {"type": "string", "example": "/cosmos.bank.v1beta1.MsgSend"}},
            "additionalProperties": true,
        }),
        _ => return None,
    })
}
