//! JSON-RPC 2.0 as CometBFT speaks it: request parsing, ids, errors and the envelope of an answer.

use serde_json::{Map, Value, json};

use super::json::render;
use super::syntax;

/// The id of a request, echoed in its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Id {
    /// A number; fractions are cut and large ones lose precision, as in CometBFT.
    Number(i64),
    /// A string.
    Text(String),
}

impl Id {
    /// The id of answers to URI requests, which carry none.
    pub(crate) const URI: Self = Self::Number(-1);
}

/// One call.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// `None` for a notification, which gets no answer.
    pub(crate) id: Option<Id>,
    pub(crate) method: String,
    /// `None` when absent.
    pub(crate) params: Option<Value>,
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) code: i32,
    pub(crate) message: &'static str,
    /// The detail; the empty one is left out.
    pub(crate) data: String,
}

impl Fault {
    pub(crate) fn parse(data: impl std::fmt::Display) -> Self {
        let data = format!("error unmarshaling request: {data}");
        Self { code: -32700, message: "Parse error. Invalid JSON", data }
    }

    pub(crate) fn invalid_request(data: impl Into<String>) -> Self {
        Self { code: -32600, message: "Invalid Request", data: data.into() }
    }

    pub(crate) fn method_not_found() -> Self {
        Self { code: -32601, message: "Method not found", data: String::new() }
    }

    pub(crate) fn invalid_params(data: impl Into<String>) -> Self {
        Self { code: -32602, message: "Invalid params", data: data.into() }
    }

    pub(crate) fn internal(data: impl std::fmt::Display) -> Self {
        Self { code: -32603, message: "Internal error", data: data.to_string() }
    }

    pub(crate) fn server(data: impl Into<String>) -> Self {
        Self { code: -32000, message: "Server error", data: data.into() }
    }
}

impl From<crate::chain::ChainError> for Fault {
    fn from(error: crate::chain::ChainError) -> Self {
        Self::internal(error)
    }
}

/// The answer to a call: the rendered result, or what went wrong.
pub(crate) type Outcome = Result<String, Fault>;

/// The text of an answer.
pub(crate) fn envelope(id: Option<&Id>, outcome: &Outcome) -> String {
    let mut text = String::from("{\"jsonrpc\":\"2.0\"");
    match id {
        Some(Id::Number(n)) => text.push_str(&format!(",\"id\":{n}")),
        Some(Id::Text(s)) => text.push_str(&format!(",\"id\":{}", render(&Value::String(s.clone())))),
        None => {}
    }
    match outcome {
        Ok(result) => {
            text.push_str(",\"result\":");
            text.push_str(result);
        }
        Err(fault) => {
            let mut error = Map::new();
            error.insert("code".into(), json!(fault.code));
            error.insert("message".into(), json!(fault.message));
            if !fault.data.is_empty() {
                error.insert("data".into(), json!(fault.data));
            }
            text.push_str(",\"error\":");
            text.push_str(&render(&Value::Object(error)));
        }
    }
    text.push('}');
    text
}

/// Parses the body of a POST: one request or a batch.
///
/// # Errors
/// A parse fault, to be answered without id, when the body is not JSON or not made of requests.
pub(crate) fn parse_body(body: &[u8]) -> Result<Vec<Request>, Fault> {
    match parse_json(body)? {
        Value::Array(items) => items.into_iter().map(request).collect(),
        value => Ok(vec![request(value)?]),
    }
}

/// Parses one WebSocket message; batches are refused there.
///
/// # Errors
/// A parse fault, to be answered without id.
pub(crate) fn parse_message(message: &[u8]) -> Result<Request, Fault> {
    match parse_json(message)? {
        Value::Array(_) => Err(Fault::parse("a batch is not accepted here; send one request per message")),
        value => request(value),
    }
}

fn parse_json(body: &[u8]) -> Result<Value, Fault> {
    serde_json::from_slice(body).map_err(|e| match syntax::error(body) {
        Some(message) => Fault::parse(message),
        None => Fault::parse(e),
    })
}

fn request(value: Value) -> Result<Request, Fault> {
    let mut fields = match value {
        Value::Object(fields) => fields,
        // Nothing at all is a request without an id.
        Value::Null => Map::new(),
        other => return Err(Fault::parse(format!("a request is a JSON object, got {}", kind_of(&other)))),
    };
    let id = match fields.remove("id") {
        None | Some(Value::Null) => None,
        Some(Value::String(s)) => Some(Id::Text(s)),
        Some(Value::Number(n)) => Some(Id::Number(n.as_f64().unwrap_or_default() as i64)),
        Some(other) => {
            let (shown, kind) = (render(&other), go_kind_of(&other));
            return Err(Fault::parse(format!("json-rpc ID ({shown}) is of unknown type ({kind})")));
        }
    };
    let method = match fields.remove("method") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(s)) => s,
        Some(other) => return Err(Fault::parse(format!("method is a string, got {}", kind_of(&other)))),
    };
    Ok(Request { id, method, params: fields.remove("params") })
}

/// The JSON kind of a value, for error texts.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn go_kind_of(value: &Value) -> &'static str {
    match value {
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
        other => kind_of(other),
    }
}
