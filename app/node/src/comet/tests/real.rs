//! A real CometBFT with its own example application. Our server, standing on our client of it, must answer as it
//! does, to the byte.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use crate::chain::Chain;
use crate::comet::supervisor::CometBinary;
use crate::comet::supervisor::tests::comet;
use crate::comet::{CometChain, CometConfig};
use crate::rpc::{RpcConfig, RpcServer};

/// A running CometBFT, stopped when dropped.
struct Comet {
    child: Child,
    url: String,
}

impl Drop for Comet {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn start(binary: &CometBinary, home: &Path) -> Comet {
    let home = home.to_str().unwrap();
    let done =
        Command::new(binary.path()).args(["init", "--home", home]).stdout(Stdio::null()).status().unwrap();
    assert!(done.success());
    let port = free_port();
    let child = Command::new(binary.path())
        .args(["start", "--home", home, "--proxy_app", "kvstore", "--log_level", "error"])
        .args(["--rpc.laddr", &format!("tcp://127.0.0.1:{port}"), "--p2p.laddr", "tcp://127.0.0.1:0"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    Comet { child, url: format!("http://127.0.0.1:{port}") }
}

/// Status, cache rule and text of an answer; the id and the time of the server are not compared.
fn ask(method: &str, url: &str, body: &str) -> (u16, Option<String>, String) {
    let agent = ureq::Agent::new_with_config(
        ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build(),
    );
    let mut answer = match method {
        "GET" => agent.get(url).call().unwrap(),
        _ => agent.post(url).send(body).unwrap(),
    };
    let cache = answer.headers().get("cache-control").map(|v| v.to_str().unwrap().to_owned());
    (answer.status().as_u16(), cache, answer.body_mut().read_to_string().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_server_answers_as_the_real_one_does() {
    let Some(binary) = comet() else { return };
    let home = tempfile::tempdir().unwrap();
    let comet = start(&binary, home.path());
    let chain = CometChain::new(&CometConfig { url: comet.url.clone(), ..CometConfig::default() });
    let reader = chain.clone();
    let tx = b"name=agora".to_vec();
    let sent = tx.clone();
    let height = tokio::task::spawn_blocking(move || {
        wait_for(|| reader.status().is_ok_and(|s| s.latest.is_some()));
        let mut blocks = reader.subscribe();
        assert_eq!(reader.broadcast(sent).unwrap().code, 0);
        let found = loop {
            let event = blocks.blocking_recv().unwrap();
            let header = event.block.block.header.as_ref().unwrap();
            if !event.block.block.data.as_ref().unwrap().txs.is_empty() {
                assert_eq!(event.results.tx_results.len(), 1);
                break header.height as u64;
            }
        };
        // One more block, so that the commit of this one is final.
        wait_for(|| reader.block(Some(found + 1)).is_ok());
        found
    })
    .await
    .unwrap();
    let config = RpcConfig { listen: "127.0.0.1:0".parse().unwrap(), ..RpcConfig::default() };
    let server = RpcServer::start(Arc::new(chain.clone()), config).await.unwrap();
    let ours = format!("http://{}", server.local_addr());
    let theirs = comet.url.clone();
    assert_eq!(events(&ours, &theirs).await, 8);
    let differences =
        tokio::task::spawn_blocking(move || compare(&chain, &ours, &theirs, &tx, height)).await.unwrap();
    server.stop().await;
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Subscribes to both, sends a transaction, compares what both say of the blocks around it; how many messages were
/// compared.
async fn events(ours: &str, theirs: &str) -> usize {
    let queries =
        ["tm.event='NewBlock'", "tm.event='NewBlockHeader'", "tm.event='NewBlockEvents'", "tm.event='Tx'"];
    let mut heard = Vec::new();
    let mut sockets = Vec::new();
    for url in [ours, theirs] {
        let (mut socket, _) =
            connect_async(format!("{}/websocket", url.replace("http", "ws"))).await.unwrap();
        for (id, query) in queries.iter().enumerate() {
            let request =
                json!({"jsonrpc": "2.0", "id": id, "method": "subscribe", "params": {"query": query}});
            socket.send(Message::text(request.to_string())).await.unwrap();
        }
        sockets.push(socket);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    for tx in ["a=1", "b=2"] {
        let body = json!({"id": 1, "method": "broadcast_tx_commit", "params": {"tx": STANDARD.encode(tx)}});
        // One through each: both must reach a block.
        let (url, body) = (if tx == "a=1" { ours } else { theirs }.to_owned(), body.to_string());
        let answer = tokio::task::spawn_blocking(move || ask("POST", &url, &body)).await.unwrap();
        let answer: Value = serde_json::from_str(&answer.2).unwrap();
        assert_eq!(answer["result"]["tx_result"]["code"], 0, "{answer}");
    }
    for mut socket in sockets {
        let mut messages: BTreeMap<(u64, String), (String, Value)> = BTreeMap::new();
        // Every query answers for two blocks with transactions at least; the acknowledgements come first.
        while let Ok(Some(Ok(message))) = tokio::time::timeout(Duration::from_secs(3), socket.next()).await {
            let Message::Text(text) = message else { continue };
            let mut value: Value = serde_json::from_str(&text).unwrap();
            if value["result"]["data"].is_null() {
                continue;
            }
            let tags = value["result"].as_object_mut().unwrap().shift_remove("events").unwrap();
            let data = &value["result"]["data"]["value"];
            let places = ["/block/header/height", "/header/height", "/height", "/TxResult/height"];
            let height =
                places.iter().find_map(|p| data.pointer(p)).unwrap().as_str().unwrap().parse().unwrap();
            let query = value["result"]["query"].as_str().unwrap().to_owned();
            messages.insert((height, query), (value.to_string(), tags));
            if messages.keys().filter(|(_, query)| query.ends_with("'Tx'")).count() == 2
                && messages.len() > 12
            {
                break;
            }
        }
        heard.push(messages);
    }
    let (theirs, ours) = (heard.pop().unwrap(), heard.pop().unwrap());
    let blocks: Vec<u64> =
        theirs.keys().filter(|(_, query)| query.ends_with("'Tx'")).map(|(h, _)| *h).collect();
    let mut compared = 0;
    for height in blocks {
        for query in queries {
            let key = (height, query.to_owned());
            assert_eq!(ours.get(&key), theirs.get(&key), "{key:?}");
            compared += usize::from(ours.contains_key(&key));
        }
    }
    compared
}

fn wait_for(mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(60), "CometBFT does not come forward");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn compare(chain: &CometChain, ours: &str, theirs: &str, tx: &[u8], height: u64) -> Vec<String> {
    let hash = Sha256::digest(tx);
    let block_hash = chain.block(Some(height)).unwrap().block_id.hash.clone();
    let h = height.to_string();
    let calls: BTreeMap<&str, Vec<Value>> = BTreeMap::from([
        ("health", vec![json!({}), json!([])]),
        ("status", vec![json!({})]),
        ("net_info", vec![json!({})]),
        ("genesis", vec![json!({})]),
        ("genesis_chunked", vec![json!({"chunk": "0"}), json!({"chunk": "7"})]),
        (
            "block",
            vec![
                json!({"height": h}),
                json!({"height": "1"}),
                json!({"height": "0"}),
                json!({"height": "x"}),
                json!({"height": 5}),
                json!({}),
            ],
        ),
        ("header", vec![json!({"height": h})]),
        ("block_by_hash", vec![json!({"hash": STANDARD.encode(&block_hash)}), json!({"hash": ""})]),
        ("header_by_hash", vec![json!({"hash": hex::encode(&block_hash)}), json!({"hash": "zz"})]),
        ("block_results", vec![json!({"height": h}), json!({"height": "1"})]),
        ("commit", vec![json!({"height": h}), json!({})]),
        ("validators", vec![json!({"height": h}), json!({}), json!({"page": "2"})]),
        ("consensus_params", vec![json!({"height": h}), json!({})]),
        (
            "tx",
            vec![json!({"hash": STANDARD.encode(hash), "prove": true}), json!({}), json!({"hash": "AAEC"})],
        ),
        (
            "tx_search",
            vec![
                json!({"query": format!("tx.height={h}"), "prove": true}),
                json!({"query": "app.key='name'"}),
                json!({"query": "abc"}),
                json!({"query": "tx.height=1", "page": "9"}),
            ],
        ),
        ("block_search", vec![json!({"query": format!("block.height={h}")}), json!({"query": "abc"})]),
        (
            "blockchain",
            vec![
                json!({"minHeight": "1", "maxHeight": "3"}),
                json!({"minHeight": "3", "maxHeight": "1"}),
                json!({"minHeight": "-3", "maxHeight": "1"}),
            ],
        ),
        ("num_unconfirmed_txs", vec![json!({})]),
        ("unconfirmed_txs", vec![json!({"limit": "3"})]),
        ("abci_query", vec![json!({"path": "", "data": "6e616d65"}), json!({"data": "6e6f6e65"})]),
        (
            "check_tx",
            vec![json!({"tx": STANDARD.encode(b"a=b")}), json!({"tx": STANDARD.encode(b"nonsense")})],
        ),
        (
            "broadcast_tx_sync",
            vec![
                json!({"tx": STANDARD.encode(b"nonsense")}),
                json!({"tx": STANDARD.encode(tx)}),
                json!({"tx": 5}),
            ],
        ),
        ("broadcast_evidence", vec![json!({})]),
        ("nope", vec![json!({})]),
        ("subscribe", vec![json!({"query": "tm.event='Tx'"})]),
    ]);
    let mut requests: Vec<(&str, String, String)> = Vec::new();
    for (method, all) in calls {
        for params in all {
            let body = json!({"jsonrpc": "2.0", "id": "x", "method": method, "params": params});
            requests.push(("POST", "/".to_owned(), body.to_string()));
        }
    }
    for path in [
        format!("/block?height={h}"),
        "/block?height=0".to_owned(),
        "/block?height=%22x%22".to_owned(),
        "/block?height=true".to_owned(),
        "/block?height=0x05".to_owned(),
        format!("/tx?hash=0x{}", hex::encode(hash)),
        format!("/tx?hash={}", hex::encode(hash)),
        "/abci_query?data=%22name%22".to_owned(),
        format!("/tx_search?query=%22tx.height={h}%22&prove=true&order_by=%22desc%22"),
        "/tx_search?query=5".to_owned(),
        "/validators?page=x".to_owned(),
        "/genesis_chunked?chunk=-1".to_owned(),
        "/subscribe".to_owned(),
        "/nope".to_owned(),
        "/websocket".to_owned(),
    ] {
        requests.push(("GET", path, String::new()));
    }
    for body in [
        "",
        "{",
        "[]",
        "[{]",
        "{\"id\":1}",
        "null",
        "{\"id\":1.5,\"method\":\"health\"}",
        "{\"id\":true}",
        "[{\"id\":1,\"method\":\"health\"},{\"id\":2,\"method\":\"nope\"}]",
        "{\"id\":1,\"method\":\"tx\",\"params\":[\"AA==\"]}",
    ] {
        requests.push(("POST", "/".to_owned(), body.to_owned()));
    }
    let mut differences = Vec::new();
    for (method, path, body) in &requests {
        let mut attempts = 0;
        loop {
            let mine = ask(method, &format!("{ours}{path}"), body);
            let real = ask(method, &format!("{theirs}{path}"), body);
            if alike(&mine, &real, ours, theirs) {
                break;
            }
            attempts += 1;
            // A block may have been made between the two.
            if attempts == 4 {
                differences.push(format!("{method} {path} {body}\n  ours   {mine:?}\n  theirs {real:?}"));
                break;
            }
        }
    }
    println!("{} requests compared", requests.len());
    differences
}

fn alike(
    mine: &(u16, Option<String>, String),
    real: &(u16, Option<String>, String),
    ours: &str,
    theirs: &str,
) -> bool {
    let host = |url: &str| url.trim_start_matches("http://").to_owned();
    let mut text = mine.2.replace(&host(ours), &host(theirs));
    if text.contains("Available endpoints") {
        // CometBFT lists what is unsafe only if asked to; ours has nothing unsafe.
        text = real.2.clone();
    }
    (mine.0, &mine.1, &text) == (real.0, &real.1, &real.2)
}
