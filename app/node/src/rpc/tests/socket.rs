//! The WebSocket, by an unmodified client library.

use std::net::SocketAddr;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::client::{post, quick, serve};
use super::recorded::recorded_events;
use super::recordings::socket_entries;
use crate::rpc::RpcConfig;
use crate::rpc::json::render;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(at: SocketAddr) -> Socket {
    connect_async(format!("ws://{at}/websocket")).await.unwrap().0
}

async fn tell(socket: &mut Socket, text: &str) {
    socket.send(Message::text(text)).await.unwrap();
}

async fn hear(socket: &mut Socket) -> String {
    loop {
        match timeout(Duration::from_secs(10), socket.next()).await.expect("an answer must come") {
            Some(Ok(Message::Text(text))) => return text.to_string(),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn ask(socket: &mut Socket, request: Value) -> String {
    tell(socket, &request.to_string()).await;
    hear(socket).await
}

fn subscribe(id: u32, query: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "subscribe", "params": {"query": query}})
}

#[tokio::test]
async fn calls_and_errors_are_answered_as_recorded() {
    let (server, _) = serve(quick()).await;
    let mut socket = connect(server.local_addr()).await;
    let mut compared = 0;
    for entry in socket_entries() {
        let (Some(request), Some(reply)) = (entry.get("request"), entry.get("reply")) else { continue };
        // The text of the refused batch shows the source code of CometBFT; a broadcast depends on the chain.
        let name = entry["name"].as_str().unwrap();
        if name.starts_with("batch") || name.starts_with("broadcast") {
            continue;
        }
        let request = request.as_str().map_or_else(|| request.to_string(), str::to_owned);
        tell(&mut socket, &request).await;
        assert_eq!(hear(&mut socket).await, render(reply), "{name}");
        compared += 1;
    }
    assert!(compared >= 14, "{compared}");
}

#[tokio::test]
async fn a_batch_is_refused_without_ending_the_connection() {
    let (server, _) = serve(quick()).await;
    let mut socket = connect(server.local_addr()).await;
    tell(&mut socket, r#"[{"jsonrpc":"2.0","id":28,"method":"health","params":{}}]"#).await;
    assert!(hear(&mut socket).await.contains("-32700"));
    assert_eq!(
        ask(&mut socket, json!({"id": 1, "method": "health"})).await,
        r#"{"jsonrpc":"2.0","id":1,"result":{}}"#
    );
}

/// An event without its tags, whose order in the recording is that of a hash map; and the tags, sorted.
fn split(event: &str) -> (String, Value) {
    let mut value: Value = serde_json::from_str(event).unwrap();
    let tags = value["result"].as_object_mut().unwrap().shift_remove("events").unwrap();
    (render(&value), tags)
}

#[tokio::test]
async fn events_of_a_block_arrive_as_recorded() {
    let (server, chain) = serve(quick()).await;
    let mut socket = connect(server.local_addr()).await;
    let (block, with_tx) = recorded_events();
    let mut compared = 0;
    for entry in socket_entries() {
        let Some(expected) = entry.get("events").map(|e| render(&e[0])) else { continue };
        let name = entry["name"].as_str().unwrap();
        let source = match name {
            "tm.event='NewBlock'" => &block,
            "tm.event='Tx' with a condition" => &with_tx,
            _ => continue,
        };
        assert_eq!(ask(&mut socket, entry["request"].clone()).await, render(&entry["first_reply"]));
        assert!(chain.publish(source.clone()));
        assert_eq!(split(&hear(&mut socket).await), split(&expected), "{name}");
        let unsubscribe = &entry["unsubscribe"];
        assert_eq!(ask(&mut socket, unsubscribe["request"].clone()).await, render(&unsubscribe["reply"]));
        compared += 1;
    }
    assert_eq!(compared, 2);
}

#[tokio::test]
async fn header_and_event_subscriptions_have_the_recorded_shape() {
    let (server, chain) = serve(quick()).await;
    let mut socket = connect(server.local_addr()).await;
    ask(&mut socket, subscribe(2, "tm.event='NewBlockHeader'")).await;
    ask(&mut socket, subscribe(4, "tm.event='NewBlockEvents'")).await;
    assert!(chain.publish(recorded_events().0));
    for name in ["NewBlockHeader", "NewBlockEvents"] {
        let got: Value = serde_json::from_str(&hear(&mut socket).await).unwrap();
        println!("{name} {}", got["id"]);
        let entries = socket_entries();
        let entry = entries.iter().find(|e| e["name"] == format!("tm.event='{name}'")).unwrap();
        assert_eq!(shape(&got["result"]["data"]), shape(&entry["events"][0]["result"]["data"]), "{name}");
        assert_eq!(got["id"], entry["request"]["id"]);
        assert_eq!(got["result"]["events"]["tm.event"], json!([name]));
    }
}

/// The keys of a value, in order, with lists cut to their first item.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields.iter().map(|(k, v)| (k.clone(), shape(v))).collect(),
        Value::Array(items) => items.iter().take(1).map(shape).collect(),
        Value::String(_) => json!("text"),
        other => other.clone(),
    }
}

#[tokio::test]
async fn only_what_a_query_asks_for_arrives() {
    let (server, chain) = serve(quick()).await;
    let mut socket = connect(server.local_addr()).await;
    ask(&mut socket, subscribe(7, "tm.event='Tx' AND message.sender='nobody'")).await;
    ask(&mut socket, subscribe(8, "tm.event='NewBlock'")).await;
    chain.publish(recorded_events().1);
    let got: Value = serde_json::from_str(&hear(&mut socket).await).unwrap();
    assert_eq!((&got["id"], &got["result"]["query"]), (&json!(8), &json!("tm.event='NewBlock'")));
    assert_eq!(
        ask(&mut socket, json!({"id": 9, "method": "unsubscribe_all"})).await,
        r#"{"jsonrpc":"2.0","id":9,"result":{}}"#
    );
}

#[tokio::test]
async fn only_so_many_clients_may_subscribe() {
    let (server, _) = serve(RpcConfig { max_subscription_clients: 1, ..quick() }).await;
    let mut first = connect(server.local_addr()).await;
    let mut second = connect(server.local_addr()).await;
    assert!(ask(&mut first, subscribe(1, "tm.event='Tx'")).await.contains(r#""result":{}"#));
    assert!(
        ask(&mut second, subscribe(1, "tm.event='Tx'")).await.contains("max_subscription_clients 1 reached")
    );
    ask(&mut first, json!({"id": 2, "method": "unsubscribe_all"})).await;
    assert!(ask(&mut second, subscribe(1, "tm.event='Tx'")).await.contains(r#""result":{}"#));
}

#[tokio::test]
async fn a_message_that_is_too_large_ends_its_connection_only() {
    let (server, _) = serve(quick()).await;
    let mut socket = connect(server.local_addr()).await;
    // Sending may fail half-way, when the server has had enough.
    let _ = socket.send(Message::text("x".repeat(3_000_000))).await;
    let ended =
        timeout(Duration::from_secs(10), async { while let Some(Ok(_)) = socket.next().await {} }).await;
    assert!(ended.is_ok());
    assert_eq!(post(server.local_addr(), r#"{"id":1,"method":"health"}"#).await.status, 200);
}

#[tokio::test]
async fn a_client_without_a_sign_of_life_is_dropped() {
    let (server, _) = serve(RpcConfig { ping_interval: Duration::from_millis(100), ..quick() }).await;
    // Plain TCP after the handshake: no pong will ever come.
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
    let handshake = "GET /websocket HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                     sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(handshake.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let ended = timeout(Duration::from_secs(10), stream.read_to_end(&mut bytes)).await;
    assert!(ended.is_ok());
    assert!(bytes.starts_with(b"HTTP/1.1 101"));
}

#[tokio::test]
async fn stopping_the_server_closes_the_sockets() {
    let (server, _) = serve(quick()).await;
    let mut socket = connect(server.local_addr()).await;
    server.stop().await;
    let ended =
        timeout(Duration::from_secs(10), async { while let Some(Ok(_)) = socket.next().await {} }).await;
    assert!(ended.is_ok());
}
