//! The recordings of a CometBFT node: requests and what it answered.

use serde_json::Value;

/// One recorded request and its answer.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) name: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) request: String,
    pub(crate) status: u16,
    pub(crate) cache_control: Option<String>,
    pub(crate) content_type: Option<String>,
    /// The JSON answered, where the recording has all of it.
    pub(crate) body: Option<Value>,
    pub(crate) body_text: Option<String>,
}

fn file(name: &str) -> Value {
    let text = match name {
        "blocks" => include_str!("../../../tests/vectors/rpc/blocks.json"),
        "tx" => include_str!("../../../tests/vectors/rpc/tx.json"),
        "abci_query" => include_str!("../../../tests/vectors/rpc/abci_query.json"),
        "broadcast" => include_str!("../../../tests/vectors/rpc/broadcast.json"),
        "errors" => include_str!("../../../tests/vectors/rpc/errors.json"),
        "info" => include_str!("../../../tests/vectors/rpc/info.json"),
        "pruned" => include_str!("../../../tests/vectors/rpc/pruned.json"),
        "websocket" => include_str!("../../../tests/vectors/rpc/websocket.json"),
        other => panic!("no recording {other}"),
    };
    // The node that was recorded is one version newer, which shows in one parameter more.
    let mut value: Value = serde_json::from_str(text).unwrap();
    drop_authority(&mut value);
    value
}

fn drop_authority(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if fields.contains_key("abci") && fields.contains_key("evidence") {
                fields.shift_remove("authority");
            }
            fields.values_mut().for_each(drop_authority);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_authority),
        _ => {}
    }
}

/// The exchanges of a recording.
pub(crate) fn exchanges(name: &str) -> Vec<Exchange> {
    let text = |entry: &Value, key: &str| entry[key].as_str().map(str::to_owned);
    file(name)
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry.get("status").is_some())
        .map(|entry| Exchange {
            name: text(entry, "name").unwrap(),
            method: text(entry, "method").unwrap(),
            path: text(entry, "path").unwrap(),
            headers: entry["request_headers"]
                .as_object()
                .map(|h| h.iter().map(|(k, v)| (k.clone(), v.as_str().unwrap().to_owned())).collect())
                .unwrap_or_default(),
            request: match entry.get("request") {
                Some(request) => request.to_string(),
                None => text(entry, "request_text").unwrap_or_default(),
            },
            status: entry["status"].as_u64().unwrap() as u16,
            cache_control: text(&entry["headers"], "cache-control"),
            content_type: text(&entry["headers"], "content-type"),
            body: entry.get("body").filter(|b| complete(b)).cloned(),
            body_text: text(entry, "body_text"),
        })
        .collect()
}

/// Whether the recording has the whole answer: in some, text in round brackets or a note stands for a part.
fn complete(body: &Value) -> bool {
    let text = body.to_string();
    let enveloped = |one: &Value| one.get("jsonrpc").is_some();
    (enveloped(body) || body.as_array().is_some_and(|all| all.iter().all(enveloped)))
        && !["\"note\"", "(shortened", "more, heights", "shortened)"].iter().any(|mark| text.contains(mark))
}

/// The entries of the WebSocket recording, as they are.
pub(crate) fn socket_entries() -> Vec<Value> {
    file("websocket").as_array().unwrap().clone()
}
