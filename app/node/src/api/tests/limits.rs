//! What a hostile or clumsy client meets, and that others do not notice.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::Code;

use super::grpc::{call, connect};
use super::support::{Script, exchange, http, ok, start};
use crate::api::{Cors, Limits};

const PARAMS: &str = "/cosmos/bank/v1beta1/params";
const PARAMS_RPC: &str = "/cosmos.bank.v1beta1.Query/Params";

fn script() -> Arc<Script> {
    let script = Arc::new(Script::default());
    script.set(ok(Vec::new()));
    script
}

fn code(answer: &super::support::Answer) -> u64 {
    serde_json::from_str::<Value>(answer.text()).unwrap()["code"].as_u64().unwrap()
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_cleanly() {
    let limits = Limits { max_body_bytes: 1000, ..Limits::default() };
    let servers = start(script(), Cors::Off, limits).await;
    let body = format!(r#"{{"tx_bytes":"{}"}}"#, "A".repeat(2000));
    let path = "/cosmos/tx/v1beta1/txs";
    let answer = http(servers.rest_address().unwrap(), "POST", path, &[], body.as_bytes()).await;
    servers.stop().await;
    assert_eq!((answer.status, code(&answer)), (413, 8), "{}", answer.text());
}

#[tokio::test]
async fn malformed_bodies_paths_and_requests_are_answered_not_dropped() {
    let servers = start(script(), Cors::Off, Limits::default()).await;
    let address = servers.rest_address().unwrap();
    let nested = "[".repeat(100_000);
    let deep = format!("{}{}", r#"{"tx":{"body":"#.repeat(20_000), "1");
    for body in
        ["{", "[]", "nul", "\"x\"", "{\"tx_bytes\":1}", "{\"tx_bytes\":\"AA\"}}", "\u{1}", &nested, &deep]
    {
        let answer = http(address, "POST", "/cosmos/tx/v1beta1/encode", &[], body.as_bytes()).await;
        let shown: String = body.chars().take(20).collect();
        let expected = if body.contains("tx_bytes\":1") { 200 } else { 400 };
        assert_eq!(answer.status, expected, "{shown}: {}", answer.text());
    }
    let answer = http(address, "POST", "/cosmos/tx/v1beta1/txs", &[], b"{\"tx_bytes\":\"\xff\"}").await;
    assert_eq!((answer.status, code(&answer)), (400, 3));
    for path in ["/cosmos/bank/v1beta1/balances/%zz", "/%", "/cosmos/bank/v1beta1/balances/%ff"] {
        let answer = http(address, "GET", path, &[], b"").await;
        assert!(matches!(answer.status, 400 | 501), "{path}: {}", answer.status);
    }
    let mut stream = TcpStream::connect(address).await.unwrap();
    assert_eq!(exchange(&mut stream, b"GET / HTTP/9.9 nonsense\r\n\r\n").await.status, 400);
    servers.stop().await;
}

#[tokio::test]
async fn two_hundred_connections_are_served_at_once() {
    let servers = start(script(), Cors::Off, Limits::default()).await;
    let (rest, grpc) = (servers.rest_address().unwrap(), servers.grpc_address().unwrap());
    let rest = (0..100).map(|_| async move { http(rest, "GET", PARAMS, &[], b"").await.status });
    let grpc = (0..100).map(|_| async move {
        let channel = tonic::transport::Channel::from_shared(format!("http://{grpc}"))
            .unwrap()
            .connect()
            .await
            .unwrap();
        call(&mut tonic::client::Grpc::new(channel), PARAMS_RPC, &[], Vec::new()).await.is_ok()
    });
    let (rest, grpc) = tokio::join!(futures::future::join_all(rest), futures::future::join_all(grpc));
    servers.stop().await;
    assert!(rest.iter().all(|status| *status == 200));
    assert!(grpc.iter().all(|answered| *answered));
}

#[tokio::test]
async fn silent_and_slow_clients_are_closed_while_others_are_served() {
    let limits = Limits {
        header_timeout: Duration::from_millis(1_000),
        idle_timeout: Duration::from_millis(2_000),
        request_timeout: Duration::from_millis(1_500),
        ..Limits::default()
    };
    let servers = start(script(), Cors::Off, limits).await;
    let address = servers.rest_address().unwrap();
    let began = Instant::now();
    let mut silent = TcpStream::connect(address).await.unwrap();
    let mut headless = TcpStream::connect(address).await.unwrap();
    headless.write_all(b"GET /cosmos/bank/v1beta1/params HTTP/1.1\r\nhost: a\r\n").await.unwrap();
    let mut bodyless = TcpStream::connect(address).await.unwrap();
    bodyless
        .write_all(b"POST /cosmos/tx/v1beta1/txs HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n{")
        .await
        .unwrap();
    assert_eq!(http(address, "GET", PARAMS, &[], b"").await.status, 200);
    let mut text = Vec::new();
    for stream in [&mut silent, &mut headless, &mut bodyless] {
        text.clear();
        let closed = tokio::time::timeout(Duration::from_secs(15), stream.read_to_end(&mut text)).await;
        assert!(closed.is_ok(), "a slow connection is still open");
    }
    assert!(began.elapsed() >= Duration::from_millis(900));
    let last = String::from_utf8_lossy(&text);
    assert!(last.starts_with("HTTP/1.1 504"), "the one that sent half a body is told so: {last}");
    servers.stop().await;
}

#[tokio::test]
async fn connections_over_the_limit_wait_for_a_place() {
    let limits = Limits { max_connections: 1, ..Limits::default() };
    let servers = start(script(), Cors::Off, limits).await;
    let address = servers.rest_address().unwrap();
    let first = TcpStream::connect(address).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let second = tokio::spawn(async move { http(address, "GET", PARAMS, &[], b"").await.status });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!second.is_finished(), "the second connection was served beside the first");
    drop(first);
    assert_eq!(second.await.unwrap(), 200);
    servers.stop().await;
}

#[tokio::test]
async fn a_query_that_takes_too_long_is_given_up_with_a_deadline_error() {
    let limits = Limits { request_timeout: Duration::from_millis(100), ..Limits::default() };
    let script = Arc::new(Script { delay: Duration::from_millis(400), ..Script::default() });
    script.set(ok(Vec::new()));
    let servers = start(script, Cors::Off, limits).await;
    let mut client = connect(&servers).await;
    let answer = http(servers.rest_address().unwrap(), "GET", PARAMS, &[], b"").await;
    assert_eq!((answer.status, code(&answer)), (504, 4));
    let status = call(&mut client, PARAMS_RPC, &[], Vec::new()).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    servers.stop().await;
}

#[tokio::test]
async fn a_full_node_says_so() {
    let limits = Limits { max_queries: 1, request_timeout: Duration::from_millis(500), ..Limits::default() };
    let script = Arc::new(Script { delay: Duration::from_millis(1_500), ..Script::default() });
    script.set(ok(Vec::new()));
    let servers = start(script, Cors::Off, limits).await;
    let address = servers.rest_address().unwrap();
    let both = (http(address, "GET", PARAMS, &[], b""), http(address, "GET", PARAMS, &[], b""));
    let (first, second) = tokio::join!(both.0, both.1);
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [429, 504]);
    servers.stop().await;
}

#[tokio::test]
async fn a_panicking_handler_fails_its_own_request_only() {
    let script = Arc::new(Script::default());
    let servers = start(script.clone(), Cors::Off, Limits::default()).await;
    let address = servers.rest_address().unwrap();
    let answer = http(address, "GET", PARAMS, &[], b"").await;
    assert_eq!((answer.status, code(&answer)), (500, 13));
    script.answer.clear_poison();
    script.set(ok(Vec::new()));
    assert_eq!(http(address, "GET", PARAMS, &[], b"").await.status, 200);
    servers.stop().await;
}

#[tokio::test]
async fn a_stop_lets_running_requests_finish_and_takes_no_more() {
    let script = Arc::new(Script { delay: Duration::from_millis(400), ..Script::default() });
    script.set(ok(Vec::new()));
    let servers = start(script.clone(), Cors::Off, Limits::default()).await;
    let address = servers.rest_address().unwrap();
    let idle = TcpStream::connect(address).await.unwrap();
    let running = tokio::spawn(async move { http(address, "GET", PARAMS, &[], b"").await.status });
    while script.started.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let began = Instant::now();
    servers.stop().await;
    assert!(began.elapsed() < Duration::from_secs(4), "an idle connection held up the stop");
    assert_eq!(running.await.unwrap(), 200);
    assert!(TcpStream::connect(address).await.is_err());
    drop(idle);
}

#[tokio::test]
async fn a_taken_port_is_an_error_that_names_it() {
    let servers = start(script(), Cors::Off, Limits::default()).await;
    let taken = servers.rest_address();
    let config = crate::api::ApiConfig { grpc_listen: None, rest_listen: taken, ..Default::default() };
    let pool = agora_proto::descriptor_pool().clone();
    let error = crate::api::ApiServers::start(config, pool, script(), Arc::new(|| None)).await.err().unwrap();
    assert!(error.to_string().contains(&taken.unwrap().to_string()), "{error}");
    servers.stop().await;
}

#[tokio::test]
async fn a_client_that_asks_for_much_and_reads_nothing_is_cut_off() {
    let limits = Limits { idle_timeout: Duration::from_millis(500), ..Limits::default() };
    let script = Arc::new(Script::default());
    let prefix = "x".repeat(40 << 20);
    let answer = agora_proto::types::cosmos::auth::v1beta1::Bech32PrefixResponse { bech32_prefix: prefix };
    script.set(ok(prost::Message::encode_to_vec(&answer)));
    let servers = start(script.clone(), Cors::Off, limits).await;
    let mut stream = TcpStream::connect(servers.rest_address().unwrap()).await.unwrap();
    stream.write_all(b"GET /cosmos/auth/v1beta1/bech32 HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    while script.take_asked().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // Rendering, then the patience of the server.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let mut received = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut received)).await;
    assert!(end.is_ok(), "the connection is still open");
    assert!(received.len() < 40 << 20, "all {} bytes arrived", received.len());
    servers.stop().await;
}
