//! A server for one test, and a plain HTTP client that sends exactly what it is given.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::recorded::RecordedChain;
use crate::rpc::{RpcConfig, RpcServer};

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("not json ({e}): {}", self.body))
    }
}

/// Limits that make a test fast.
pub(super) fn quick() -> RpcConfig {
    RpcConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        cors_allowed_origins: vec!["*".to_owned()],
        timeout_broadcast_tx_commit: Duration::from_millis(300),
        ..RpcConfig::default()
    }
}

pub(super) async fn serve(config: RpcConfig) -> (RpcServer, Arc<RecordedChain>) {
    let chain = Arc::new(RecordedChain::new());
    (RpcServer::start(chain.clone(), config).await.unwrap(), chain)
}

pub(super) async fn send(
    at: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(String, String)],
    body: &str,
) -> Answer {
    let mut request = format!("{method} {path} HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() || method != "GET" {
        request.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    request.push_str("\r\n");
    request.push_str(body);
    raw(at, request.as_bytes()).await
}

pub(super) async fn post(at: SocketAddr, body: &str) -> Answer {
    send(at, "POST", "/", &[], body).await
}

/// Sends bytes and reads until the server closes.
pub(super) async fn raw(at: SocketAddr, request: &[u8]) -> Answer {
    let exchange = async {
        let mut stream = TcpStream::connect(at).await.unwrap();
        stream.write_all(request).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        bytes
    };
    parse(&timeout(Duration::from_secs(20), exchange).await.expect("the server must answer"))
}

pub(super) fn parse(bytes: &[u8]) -> Answer {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|l| l.split(' ').nth(1)).and_then(|s| s.parse().ok()).unwrap_or(0);
    let headers = lines
        .filter_map(|l| l.split_once(':'))
        .map(|(k, v)| (k.to_ascii_lowercase(), v.trim().to_owned()))
        .collect();
    Answer { status, headers, body: body.to_owned() }
}
