//! Every recorded exchange that the recorded chain can answer, byte by byte.

use std::sync::Arc;

use serde_json::{Value, json};

use super::client::{quick, send, serve};
use super::recorded::RecordedChain;
use super::recordings::{Exchange, exchanges};
use crate::rpc::json::render;
use crate::rpc::{RpcConfig, RpcServer};

/// Recordings whose answer depends on what no chain in memory has: what waits in a mempool, or when.
const DEPENDS_ON_THE_MOMENT: &[&str] = &[
    "num_unconfirmed_txs, three waiting",
    "unconfirmed_txs, limit 2",
    "unconfirmed_txs (URI)",
    "consensus_state",
    "dump_consensus_state",
    "broadcast_tx_commit",
    "broadcast_tx_commit, fails in the block",
    "broadcast_tx_async again: the same",
    "check_tx, empty",
    "request body above max_body_bytes (1,000,000)",
];

/// Recordings of the pruned node that depend on its later state.
const NOT_OF_PRUNING: &[&str] = &["status", "block_search", "abci_query"];

/// Recordings that CometBFT 0.38 answers otherwise than the newer one recorded.
const OTHER_IN_0_38: &[&str] = &["id fraction"];

async fn compare(recording: &str) -> usize {
    compare_with(recording, Arc::new(RecordedChain::new()), quick()).await
}

/// Whether the answer is a result; those of `blockchain` show blocks that were not recorded in full.
fn has_result(exchange: &Exchange) -> bool {
    exchange.body.as_ref().is_some_and(|b| b.get("result").is_some())
}

async fn compare_with(recording: &str, chain: Arc<RecordedChain>, config: RpcConfig) -> usize {
    let server = RpcServer::start(chain, config).await.unwrap();
    let at = server.local_addr();
    let (mut compared, mut differences) = (0, Vec::new());
    for exchange in exchanges(recording) {
        let skip = DEPENDS_ON_THE_MOMENT.contains(&exchange.name.as_str())
            || OTHER_IN_0_38.contains(&exchange.name.as_str())
            || (exchange.name.starts_with("blockchain") && exchange.status == 200 && has_result(&exchange))
            || exchange.path.contains("...")
            || (recording == "pruned" && NOT_OF_PRUNING.iter().any(|n| exchange.name.starts_with(n)));
        let Some(expected) = expected_body(&exchange).filter(|_| !skip) else { continue };
        let answer =
            send(at, &exchange.method, &path(&exchange), &exchange.headers, &request(&exchange)).await;
        let got = (answer.status, answer.headers.get("cache-control"), answer.headers.get("content-type"));
        let wanted = (exchange.status, exchange.cache_control.as_ref(), exchange.content_type.as_ref());
        if answer.body != expected || got != wanted {
            let (body, name) = (&answer.body, &exchange.name);
            differences.push(format!("{name}\n  got    {got:?} {body}\n  wanted {wanted:?} {expected}"));
        }
        compared += 1;
    }
    server.stop().await;
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    println!("{recording}: {compared} compared");
    compared
}

/// The request, where the recording abbreviates a long one.
fn request(exchange: &Exchange) -> String {
    match exchange.name.as_str() {
        "batch of eleven (limit 10)" => {
            let one = r#"{"jsonrpc":"2.0","id":1,"method":"health"}"#;
            format!("[{}]", [one; 11].join(","))
        }
        "tx_search, query too long" => exchange.request.replace("... 600 characters", &"x".repeat(600)),
        _ => exchange.request.clone(),
    }
}

fn path(exchange: &Exchange) -> String {
    exchange.path.replace(' ', "%20")
}

fn expected_body(exchange: &Exchange) -> Option<String> {
    if let Some(body) = &exchange.body {
        let mut body = body.clone();
        // The recorded application ran inside the node and could tell "no data" from "empty data"; over a socket
        // both arrive as nothing.
        if let Some(data) = body.pointer_mut("/result/check_tx/data").or(None)
            && *data == json!("")
        {
            *data = Value::Null;
        }
        if exchange.name == "check_tx" {
            body["result"]["data"] = Value::Null;
        }
        return Some(render(&body));
    }
    exchange.body_text.clone().filter(|text| !text.contains("<html>"))
}

#[tokio::test]
async fn blocks_headers_commits_and_results_are_answered_as_recorded() {
    assert!(compare("blocks").await >= 27);
}

#[tokio::test]
async fn transactions_and_searches_are_answered_as_recorded() {
    assert!(compare("tx").await >= 17);
}

#[tokio::test]
async fn node_validators_and_parameters_are_answered_as_recorded() {
    assert!(compare("info").await >= 18);
}

#[tokio::test]
async fn queries_of_the_application_are_answered_as_recorded() {
    assert!(compare("abci_query").await >= 35);
}

#[tokio::test]
async fn broadcasts_are_answered_as_recorded() {
    assert!(compare("broadcast").await >= 10);
}

#[tokio::test]
async fn errors_are_answered_as_recorded() {
    assert!(compare("errors").await >= 30);
}

#[tokio::test]
async fn heights_that_were_pruned_are_refused_as_recorded() {
    // That node was restarted without cross-origin rules.
    let config = RpcConfig { cors_allowed_origins: Vec::new(), ..quick() };
    assert!(compare_with("pruned", Arc::new(RecordedChain::pruned()), config).await >= 11);
}

#[tokio::test]
async fn a_block_with_a_transaction_has_its_recorded_size_on_the_wire() {
    use prost::Message as _;
    let (server, chain) = serve(quick()).await;
    let info = crate::chain::Chain::block(chain.as_ref(), Some(65)).unwrap();
    assert_eq!(info.size, info.block.encoded_len());
    let answer = super::client::post(
        server.local_addr(),
        r#"{"id":1,"method":"blockchain","params":{"minHeight":"65","maxHeight":"65"}}"#,
    )
    .await;
    let meta = &answer.json()["result"]["block_metas"][0];
    assert_eq!(meta["num_txs"], "1");
    assert_eq!(meta["block_size"], info.size.to_string());
    assert_eq!(meta["block_id"]["hash"], "38D67AE71F4710E054F1F43FE30169B903263D06CED37BFD407C6A8047D74A98");
}
