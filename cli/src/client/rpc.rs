//! JSON-RPC 2.0 over HTTP, with errors that tell "no node there" from "the node says no".

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::error::{CliError, Result};

/// A node that has not answered by then will not.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Connecting is quick or hopeless.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A block of the largest size CometBFT allows, in base64, with its events.
const MAX_ANSWER_BYTES: u64 = 256 * 1024 * 1024;

/// The transport of one node.
#[derive(Debug)]
pub(super) struct Rpc {
    agent: ureq::Agent,
    url: String,
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(default)]
    result: Option<Value>,
    #[serde(default)]
    error: Option<RpcError>,
}

#[derive(Deserialize)]
struct RpcError {
    #[serde(default)]
    code: i64,
    #[serde(default)]
    message: String,
    #[serde(default)]
    data: Value,
}

impl Envelope {
    fn outcome(self) -> std::result::Result<Value, RpcError> {
        match (self.error, self.result) {
            (Some(error), _) => Err(error),
            (None, result) => Ok(result.unwrap_or(Value::Null)),
        }
    }
}

/// One answer among several.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    id: Value,
    #[serde(flatten)]
    envelope: Envelope,
}

impl RpcError {
    fn new(message: String) -> Self {
        Self { code: 0, message, data: Value::Null }
    }

    fn text(&self) -> String {
        match &self.data {
            Value::String(data) if !data.is_empty() => data.clone(),
            Value::Null | Value::String(_) => self.message.clone(),
            other => format!("{}: {other}", self.message),
        }
    }
}

impl Rpc {
    pub(super) fn new(url: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(REQUEST_TIMEOUT))
            .timeout_connect(Some(CONNECT_TIMEOUT))
            // Nodes answer JSON-RPC errors with HTTP 500; their body says more than the status.
            .http_status_as_error(false)
            .build();
        Self { agent: config.into(), url: url.trim_end_matches('/').to_owned() }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// One request whose failure is an error.
    pub(super) fn call<T: DeserializeOwned>(&self, method: &str, params: Value) -> Result<T> {
        match self.send(method, params)? {
            Ok(value) => self.read(method, value),
            Err(error) => Err(refused(method, &error)),
        }
    }

    /// One request whose failure with a text that `absent` knows means "there is none".
    pub(super) fn call_optional<T: DeserializeOwned>(
        &self,
        method: &str,
        params: Value,
        absent: impl Fn(&str) -> bool,
    ) -> Result<Option<T>> {
        match self.send(method, params)? {
            Ok(value) => self.read(method, value).map(Some),
            Err(error) if absent(&error.text()) => Ok(None),
            Err(error) => Err(refused(method, &error)),
        }
    }

    fn read<T: DeserializeOwned>(&self, method: &str, value: Value) -> Result<T> {
        serde_json::from_value(value).map_err(|error| {
            CliError::unreachable(format!("the answer of {} to `{method}` is not that of a node", self.url))
                .because(error)
                .hint("check that --node is the RPC address of a node, usually port 26657")
        })
    }

    /// Several requests of one method in one message; the answers in the order of `params`. What no answer came for is
    /// an error of its own.
    pub(super) fn call_many<T: DeserializeOwned>(
        &self,
        method: &str,
        params: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<std::result::Result<T, String>>> {
        let requests: Vec<Value> = params
            .into_iter()
            .enumerate()
            .map(|(id, params)| json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))
            .collect();
        let count = requests.len();
        let answers = match self.post(&Value::Array(requests))? {
            Value::Array(answers) => answers,
            // Nodes unpack an array of one.
            answer => vec![answer],
        };
        let mut results: Vec<std::result::Result<T, String>> =
            (0..count).map(|_| Err("the node gave no answer".to_owned())).collect();
        for answer in answers {
            let Answer { id, envelope } = serde_json::from_value(answer).map_err(|_| self.not_a_node())?;
            let result = match envelope.outcome() {
                Ok(value) => Ok(self.read(method, value)?),
                Err(error) => Err(error.text()),
            };
            match id.as_u64().and_then(|id| results.get_mut(usize::try_from(id).ok()?)) {
                Some(place) => *place = result,
                // An answer without its request's id is about the message as a whole.
                None => return Err(refused(method, &RpcError::new(result.err().unwrap_or_default()))),
            }
        }
        Ok(results)
    }

    fn send(&self, method: &str, params: Value) -> Result<std::result::Result<Value, RpcError>> {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let answer = self.post(&request)?;
        let envelope: Envelope = serde_json::from_value(answer).map_err(|_| self.not_a_node())?;
        Ok(envelope.outcome())
    }

    fn post(&self, message: &Value) -> Result<Value> {
        let mut response =
            self.agent.post(&self.url).send_json(message).map_err(|error| self.failed(error))?;
        let status = response.status();
        let text = response
            .body_mut()
            .with_config()
            .limit(MAX_ANSWER_BYTES)
            .read_to_string()
            .map_err(|error| self.failed(error))?;
        serde_json::from_str(&text).map_err(|_| {
            CliError::unreachable(format!("{} answered with HTTP {status}, but not as a node does", self.url))
                .hint("check that --node is the RPC address of a node, usually port 26657")
        })
    }

    fn not_a_node(&self) -> CliError {
        CliError::unreachable(format!("{} answers, but not as a node does", self.url))
            .hint("check that --node is the RPC address of a node, usually port 26657")
    }

    fn failed(&self, error: ureq::Error) -> CliError {
        if let ureq::Error::Timeout(_) = error {
            return CliError::unreachable(format!("the node at {} does not answer", self.url))
                .because(error)
                .hint("try again, or pass another node with --node");
        }
        if let ureq::Error::BadUri(_) | ureq::Error::Http(_) = error {
            return CliError::usage(format!("`{}` is not the URL of a node", self.url))
                .because(error)
                .hint("give one as http://127.0.0.1:26657");
        }
        CliError::unreachable(format!("cannot reach the node at {}", self.url))
            .because(error)
            .hint("is it running? start one with `agora devnet`, or pass another with --node")
    }
}

fn refused(method: &str, error: &RpcError) -> CliError {
    let text = error.text();
    let failure = CliError::usage(format!("the node refused `{method}`: {text}"));
    if text.contains("must be less than or equal to the current blockchain height") {
        return failure.hint("that block does not exist yet; `agora status` shows the newest height");
    }
    if error.code == -32601 {
        return failure.hint("this node does not serve that request; try another with --node");
    }
    failure
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    /// Answers every connection with one fixed HTTP response.
    fn serve(status: &'static str, body: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming().take(4) {
                let mut stream = stream.unwrap();
                let mut buffer = [0u8; 4096];
                let _ = stream.read(&mut buffer);
                let length = body.len();
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
                );
            }
        });
        url
    }

    #[test]
    fn a_closed_port_is_exit_code_3_with_a_remedy() {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let rpc = Rpc::new(&format!("http://127.0.0.1:{port}/"));
        let error = rpc.call::<Value>("status", json!({})).unwrap_err();
        assert_eq!(error.kind().exit_code(), 3);
        let text = error.to_text();
        assert!(text.contains("cannot reach the node at http://127.0.0.1"), "{text}");
        assert!(text.contains("agora devnet") && text.contains("--node"), "{text}");
    }

    #[test]
    fn an_error_in_the_body_of_a_500_is_read_and_absence_is_not_an_error() {
        let body = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"Internal error","data":"tx (AB) not found"}}"#;
        let rpc = Rpc::new(&serve("500 Internal Server Error", body));
        let error = rpc.call::<Value>("tx", json!({})).unwrap_err();
        assert!(error.to_string().contains("tx (AB) not found"), "{error}");
        assert_eq!(error.kind().exit_code(), 1);
        let found = rpc.call_optional::<Value>("tx", json!({}), |text| text.contains("not found")).unwrap();
        assert_eq!(found, None);
    }

    #[test]
    fn a_web_page_is_not_taken_for_a_node() {
        let rpc = Rpc::new(&serve("200 OK", "<html>hello</html>"));
        let error = rpc.call::<Value>("status", json!({})).unwrap_err();
        assert_eq!(error.kind().exit_code(), 3);
        assert!(error.to_text().contains("26657"), "{}", error.to_text());
    }
}
