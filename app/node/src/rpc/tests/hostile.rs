//! Clients that mean no good: each gets a clean refusal, and the server goes on.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::client::{parse, post, quick, raw, serve};
use crate::rpc::RpcConfig;

async fn assert_alive(at: SocketAddr) {
    let answer = post(at, r#"{"id":1,"method":"health"}"#).await;
    assert_eq!(answer.body, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
}

#[tokio::test]
async fn a_body_of_five_megabytes_is_refused_with_a_reason() {
    let (server, _) = serve(quick()).await;
    let body = format!(r#"{{"id":1,"method":"health","params":{{"x":"{}"}}}}"#, "a".repeat(5_000_000));
    let answer = post(server.local_addr(), &body).await;
    let expected = r#"{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request","data":"error reading request body: http: request body too large"}}"#;
    assert_eq!((answer.status, answer.body.as_str()), (400, expected));
    assert_alive(server.local_addr()).await;
}

#[tokio::test]
async fn deep_nesting_is_a_parse_error() {
    let (server, _) = serve(quick()).await;
    for body in [
        "[".repeat(900_000),
        format!("{}{}", r#"{"a":"#.repeat(150_000), "}".repeat(150_000)),
        format!(r#"{{"id":1,"method":"health","params":{}{}}}"#, "[".repeat(5_000), "]".repeat(5_000)),
    ] {
        let answer = post(server.local_addr(), &body).await;
        assert_eq!(answer.status, 500);
        assert_eq!(answer.json()["error"]["code"], -32700);
    }
    assert_alive(server.local_addr()).await;
}

#[tokio::test]
async fn garbage_of_many_kinds_is_answered_with_errors() {
    let (server, _) = serve(quick()).await;
    let at = server.local_addr();
    for body in [
        "5",
        "\"x\"",
        "true",
        "[5]",
        "[[]]",
        "{\"id\":{}}",
        "{\"id\":[1]}",
        "{\"method\":5,\"id\":1}",
        "\u{0}",
        "{\"id\":1,",
    ] {
        let answer = post(at, body).await;
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (500, &(-32700).into()), "{body}");
    }
    let many = format!("[{}]", vec!["1"; 300_000].join(","));
    assert_eq!(post(at, &many).await.status, 500);
    let batch = format!("[{}]", vec![r#"{"id":1,"method":"health"}"#; 30_000].join(","));
    assert_eq!(post(at, &batch).await.json()["error"]["code"], -32600);
    assert_alive(at).await;
}

#[tokio::test]
async fn not_http_at_all_is_refused() {
    let (server, _) = serve(quick()).await;
    let at = server.local_addr();
    for bytes in [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".as_slice(),
        b"hello\r\n\r\n",
        b"\"\"\"\"\r\n\r\n",
    ] {
        let answer = raw(at, bytes).await;
        assert_eq!(answer.status, 400);
    }
    assert_alive(at).await;
}

#[tokio::test]
async fn two_hundred_connections_at_once_are_all_answered() {
    let (server, _) = serve(quick()).await;
    let at = server.local_addr();
    let tasks: Vec<_> = (0..200)
        .map(|_| {
            tokio::spawn(async move {
                post(at, r#"{"id":1,"method":"block","params":{"height":"65"}}"#).await.status
            })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), 200);
    }
}

#[tokio::test]
async fn a_head_or_a_body_that_never_ends_loses_its_connection() {
    let (server, _) = serve(RpcConfig { read_timeout: Duration::from_millis(300), ..quick() }).await;
    let at = server.local_addr();
    let begun = Instant::now();
    let mut head = TcpStream::connect(at).await.unwrap();
    head.write_all(b"POST / HTTP/1.1\r\nhost: x\r\nx-slow: ").await.unwrap();
    let mut body = TcpStream::connect(at).await.unwrap();
    body.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{").await.unwrap();
    let mut silent = TcpStream::connect(at).await.unwrap();

    let mut end = Vec::new();
    // A connection that is reset has ended as well.
    let _ = head.read_to_end(&mut end).await;
    let _ = silent.read_to_end(&mut end).await;
    let mut answered = Vec::new();
    body.read_to_end(&mut answered).await.unwrap();
    let answer = parse(&answered);
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("the body did not arrive in time"), "{}", answer.body);
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_alive(at).await;
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_their_turn() {
    let config = RpcConfig { max_open_connections: 2, read_timeout: Duration::from_millis(300), ..quick() };
    let (server, _) = serve(config).await;
    let at = server.local_addr();
    // Two that say nothing hold both places, until their time is over.
    let _first = TcpStream::connect(at).await.unwrap();
    let _second = TcpStream::connect(at).await.unwrap();
    assert_alive(at).await;
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_dropped() {
    let config = RpcConfig { write_timeout: Duration::from_millis(200), max_open_connections: 1, ..quick() };
    let (server, _) = serve(config).await;
    let at = server.local_addr();
    let mut greedy = TcpStream::connect(at).await.unwrap();
    let body = r#"{"id":1,"method":"block_results","params":{"height":"65"}}"#;
    let one = format!("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let flood = one.repeat(200);
    // Asks without end and never reads: sooner or later the server stops listening, then hangs up.
    let asking = async { while greedy.write_all(flood.as_bytes()).await.is_ok() {} };
    let _ = tokio::time::timeout(Duration::from_secs(15), asking).await;
    // Its place, the only one, is free again.
    assert_alive(at).await;
}
