//! A scripted application, a running server around it, and a plain HTTP/1 client.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use agora_proto::descriptor_pool;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::api::backend::method_of;
use crate::api::{ApiConfig, ApiServers, Cors, Limits};
use crate::query::{QueryAnswer, QueryService, QueryStatus};

/// The height of the head, as recorded.
pub(super) const HEAD: u64 = 204;

/// What was asked: path, request bytes, height.
pub(super) type Asked = (String, Vec<u8>, Option<u64>);

/// Answers what it is told to and remembers what it was asked.
#[derive(Default)]
pub(super) struct Script {
    pub(super) answer: Mutex<Option<Result<QueryAnswer, QueryStatus>>>,
    pub(super) asked: Mutex<Vec<Asked>>,
    /// Paths, or beginnings of paths, that nobody answers although they are defined.
    pub(super) unserved: Vec<String>,
    /// How long an answer takes.
    pub(super) delay: Duration,
    /// Queries that have begun.
    pub(super) started: AtomicUsize,
}

impl Script {
    pub(super) fn set(&self, answer: Result<QueryAnswer, QueryStatus>) {
        *self.answer.lock().unwrap() = Some(answer);
    }

    pub(super) fn take_asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

impl QueryService for Script {
    fn has(&self, path: &str) -> bool {
        method_of(descriptor_pool(), path).is_some()
            && !path.contains(".Msg/")
            && !self.unserved.iter().any(|unserved| path.starts_with(unserved.as_str()))
    }

    fn query(&self, path: &str, request: &[u8], height: Option<u64>) -> Result<QueryAnswer, QueryStatus> {
        self.started.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(self.delay);
        self.asked.lock().unwrap().push((path.to_owned(), request.to_vec(), height));
        let answer = self.answer.lock().unwrap().clone();
        answer.unwrap_or_else(|| panic!("nothing is scripted for {path}"))
    }
}

/// Servers on free ports, answering from `service`.
pub(super) async fn start(service: Arc<dyn QueryService>, cors: Cors, limits: Limits) -> ApiServers {
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    let config = ApiConfig { grpc_listen: Some(free), rest_listen: Some(free), cors, limits };
    ApiServers::start(config, descriptor_pool().clone(), service, Arc::new(|| Some(HEAD))).await.unwrap()
}

/// An answer as it was on the wire.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// Sends one HTTP/1 request and reads the whole answer.
pub(super) async fn http(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    let mut raw = head.into_bytes();
    raw.extend_from_slice(body);
    let mut stream = TcpStream::connect(address).await.unwrap();
    exchange(&mut stream, &raw).await
}

/// Sends `raw` and reads until the peer closes.
pub(super) async fn exchange(stream: &mut TcpStream, raw: &[u8]) -> Answer {
    let mut answer = Vec::new();
    let (mut reader, mut writer) = stream.split();
    // The server may answer and close before it has read everything.
    let send = async {
        let _ = writer.write_all(raw).await;
    };
    let receive = async {
        let _ = reader.read_to_end(&mut answer).await;
    };
    tokio::time::timeout(Duration::from_secs(20), async { tokio::join!(send, receive) })
        .await
        .expect("an answer");
    parse(&answer)
}

fn parse(raw: &[u8]) -> Answer {
    let end = raw.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or_else(|| panic!("no head in {raw:?}"));
    let head = std::str::from_utf8(&raw[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let mut body = raw[end + 4..].to_vec();
    if headers.get("transfer-encoding").is_some_and(|v| v == "chunked") {
        body = unchunk(&body);
    }
    Answer { status, headers, body }
}

fn unchunk(mut raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let line = raw.windows(2).position(|w| w == b"\r\n").unwrap();
        let length = usize::from_str_radix(std::str::from_utf8(&raw[..line]).unwrap(), 16).unwrap();
        if length == 0 {
            return out;
        }
        out.extend_from_slice(&raw[line + 2..line + 2 + length]);
        raw = &raw[line + 4 + length..];
    }
}

/// A list of recorded exchanges.
pub(super) fn recorded(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

pub(super) fn base64(value: &Value) -> Vec<u8> {
    value.as_str().map(|text| STANDARD.decode(text).unwrap()).unwrap_or_default()
}

/// An answer of `value` at the head.
pub(super) fn ok(value: Vec<u8>) -> Result<QueryAnswer, QueryStatus> {
    Ok(QueryAnswer { value, height: HEAD })
}

/// A refusal.
pub(super) fn refused(code: u32, message: &str) -> Result<QueryAnswer, QueryStatus> {
    Err(QueryStatus { code, message: message.to_owned() })
}
