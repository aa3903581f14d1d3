//! The recorded REST requests of auth, bank and consensus, and those about HTTP itself, sent to the chain on which the
//! recorded transactions have been replayed; those about blocks and the node, sent to a devnet.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use agora_node::api::{ApiConfig, ApiServers, Cors, HeadHeight, Services};
use agora_node::app::AppQueries;
use agora_node::devnet::BlockMode;
use agora_node::run::{DevnetOptions, Listen, RunningDevnet};
use serde::Deserialize;
use serde_json::Value;

use crate::chain::Chain;
use crate::http::{Answer, ask};
use crate::meant::REST;
use crate::shape::differences;
use crate::{mapping, transactions, vectors};

/// A request and its answer.
#[derive(Clone, Debug, Deserialize)]
struct Exchange {
    name: String,
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    sent: Option<Value>,
    status: u16,
    /// The headers that are compared.
    #[serde(default)]
    answered: BTreeMap<String, String>,
    #[serde(default)]
    body: Value,
}

/// A server over the modules' queries.
struct Server {
    servers: ApiServers,
    address: SocketAddr,
}

impl Server {
    async fn start(chain: &Chain) -> Self {
        let local = SocketAddr::from(([127, 0, 0, 1], 0));
        let config = ApiConfig {
            grpc_listen: None,
            rest_listen: Some(local),
            cors: Cors::Any,
            ..ApiConfig::default()
        };
        let store = Arc::clone(chain.app.store());
        let head: HeadHeight = Arc::new(move || store.latest().map(|c| c.height));
        let services = Arc::new(Services(vec![Arc::new(AppQueries(chain.app.clone()))]));
        let servers = ApiServers::start(config, chain.pool().clone(), services, head).await.unwrap();
        let address = servers.rest_address().unwrap();
        Self { servers, address }
    }
}

fn mapped_path(recorded: &str) -> String {
    let path = match recorded.find("COSMOS1") {
        Some(at) => {
            format!("{}{}", &recorded[..at], mapping::text(&recorded[at..].to_lowercase()).to_uppercase())
        }
        None => mapping::text(recorded),
    };
    // The page keys are names of denoms.
    path.replace("c3Rha2U", "dWFnbw%3D")
}

fn send(server: SocketAddr, exchange: &Exchange, path: &str) -> Answer {
    let headers: Vec<_> = exchange.headers.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    let body = exchange.sent.as_ref().map(Value::to_string).unwrap_or_default();
    ask(server, &exchange.method, path, &headers, &body)
}

/// What differs between a recorded answer and ours.
fn compare(exchange: &Exchange, ours: &Answer, exact: bool) -> Vec<String> {
    if exchange.status != ours.status {
        return vec![format!("{}, ours {} {}", exchange.status, ours.status, ours.json())];
    }
    let theirs = match &exchange.body {
        Value::Null => Value::String(String::new()),
        body => serde_json::from_str(&mapping::text(&body.to_string())).unwrap(),
    };
    let mut found = differences(&theirs, &ours.json(), exact);
    for (name, value) in &exchange.answered {
        if ours.header(name) != Some(value) {
            found.push(format!("header {name}: {value:?}, ours {:?}", ours.header(name)));
        }
    }
    found
}

/// Compares, and holds the list of meant differences to its word.
fn judge(exchange: &Exchange, ours: &Answer, exact: bool, found: &mut Vec<String>) {
    let differences = compare(exchange, ours, exact);
    let said = format!("{} {}", exchange.name, exchange.path);
    match REST.iter().find(|(name, ..)| *name == exchange.name) {
        Some(_) if differences.is_empty() => found.push(format!("{said}: no difference any more")),
        Some((_, status, part, _)) if ours.status == *status && ours.json().to_string().contains(part) => {}
        Some((_, status, part, why)) => {
            found.push(format!(
                "{said}: meant {status} {part} ({why}), ours {} {}",
                ours.status,
                ours.json()
            ));
        }
        None => found.extend(differences.into_iter().map(|difference| format!("{said}: {difference}"))),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_modules_answer_rest_as_the_recorded_node_did() {
    let (fresh, later) = (Chain::start(), transactions::replayed());
    let (before, after) = (Server::start(&fresh).await, Server::start(&later).await);
    let mut found = Vec::new();
    let mut count = 0;
    for file in ["rest_auth.json", "rest_bank.json", "rest_consensus.json", "rest_http.json"] {
        for exchange in vectors::read::<Vec<Exchange>>(file) {
            let server = if exchange.name.starts_with("(before") { before.address } else { after.address };
            let path = mapped_path(&exchange.path);
            let sent = exchange.clone();
            let ours = tokio::task::spawn_blocking(move || send(server, &sent, &path)).await.unwrap();
            judge(&exchange, &ours, true, &mut found);
            count += 1;
        }
    }
    assert!(count > 100, "only {count} exchanges were read");
    before.servers.stop().await;
    after.servers.stop().await;
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_node_answers_rest_as_the_recorded_node_did() {
    let home = tempfile::tempdir().unwrap();
    let mut options = DevnetOptions::new(home.path());
    options.mode = BlockMode::Interval { every: Duration::from_millis(50), empty_blocks: true };
    options.listen = Listen::anywhere();
    let devnet = RunningDevnet::start(options).await.unwrap();
    let (rest, faucet) = (devnet.rest().unwrap(), devnet.faucet().unwrap());
    let found = tokio::task::spawn_blocking(move || ask_about_blocks(rest, faucet)).await.unwrap();
    devnet.stop().await.unwrap();
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}

fn ask_about_blocks(rest: SocketAddr, faucet: SocketAddr) -> Vec<String> {
    let paid = r#"{"denom":"uago","address":"agora10su08g33ut3us653y3gc99fgc4e65rgfwq2pd3"}"#;
    assert_eq!(ask(faucet, "POST", "/credit", &[], paid).status, 200);
    let height = height_of_a_transaction(rest);
    let mut found = Vec::new();
    for exchange in vectors::read::<Vec<Exchange>>("rest_base.json") {
        // A block with a transaction, a later set of validators; the store's keys are laid out otherwise.
        let path = exchange.path.replace("/65", &format!("/{height}")).replace("/141", &format!("/{height}"));
        let path = path.replace("height=65", &format!("height={height}"));
        let ours = send(rest, &exchange, &path);
        judge(&exchange, &ours, exchange.status != 200, &mut found);
    }
    found
}

/// Waits for the faucet's payment to be in a block and one more to follow.
fn height_of_a_transaction(rest: SocketAddr) -> String {
    let until = Instant::now() + Duration::from_secs(20);
    while Instant::now() < until {
        let path = "/cosmos/tx/v1beta1/txs?query=transfer.amount='10000000uago'";
        let found = ask(rest, "GET", path, &[], "").json();
        if let Some(height) = found["tx_responses"][0]["height"].as_str() {
            std::thread::sleep(Duration::from_millis(200));
            return height.to_owned();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the faucet's payment is in no block");
}
