//! Work for a network: `agora load` for its weight, and transfers of which each is waited for.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use agora_proto::cosmos::auth::v1beta1::{QueryAccountInfoRequest, QueryAccountInfoResponse};
use agora_runtime::Runtime;
use agora_tests::process::Running;
use agora_tests::txs::Draft;
use agora_tests::{Account, program};
use prost::Message as _;
use tendermint::Hash;
use tendermint_rpc::client::CompatMode;
use tendermint_rpc::{Client as _, HttpClient};

/// Transactions a second that nobody waits for.
const RATE: &str = "20";
/// What a transaction that is waited for pays: many times the price, so that the weight does not keep it out.
const FEE: &str = "50000uago";
/// The code of the SDK for an account that cannot pay.
const INSUFFICIENT_FUNDS: u32 = 5;

pub(crate) struct Load {
    weight: Running,
    over: Arc<AtomicBool>,
    sender: JoinHandle<Vec<Hash>>,
}

impl Load {
    /// Sends to a node until it is stopped.
    pub(crate) fn start(rpc: String, faucet: String) -> Self {
        let mut weight = Command::new(program());
        weight.args(["--node", &rpc, "--yes", "load", "--rate", RATE, "--count", "1000000"]);
        weight.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let weight = Running::spawn(&mut weight);
        let over = Arc::new(AtomicBool::new(false));
        let stop = over.clone();
        let sender = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(send(&rpc, &faucet, &stop))
        });
        Self { weight, over, sender }
    }

    /// Ends it; the hashes of the transactions that were answered as committed.
    pub(crate) fn stop(self) -> Vec<Hash> {
        let Self { weight, over, sender } = self;
        over.store(true, Ordering::SeqCst);
        drop(weight);
        sender.join().unwrap()
    }
}

async fn send(rpc: &str, faucet: &str, over: &AtomicBool) -> Vec<Hash> {
    let client = HttpClient::builder(rpc.parse().unwrap()).compat_mode(CompatMode::V0_38).build().unwrap();
    let runtime = Runtime::standard().unwrap();
    let chain_id = client.status().await.unwrap().node_info.network.to_string();
    let (sender, receiver) = (Account::new("acknowledged"), Account::new("receiver"));
    credit(faucet, &sender);
    let mut committed = Vec::new();
    while !over.load(Ordering::SeqCst) {
        let sequence = sequence(&client, &sender).await;
        let draft = Draft::new(runtime.registry().pool(), &chain_id, &sender, sequence);
        // One that was not answered may be committed still, so the next of its sequence must not be the same.
        let memo = format!("{}", committed.len());
        let bytes = draft.send(&receiver, "1uago").fee(FEE).memo(memo).bytes();
        // Without a block in time there is no answer; it is asked again.
        let Ok(answer) = client.broadcast_tx_commit(bytes).await else { continue };
        if answer.check_tx.code.is_ok() && answer.tx_result.code.is_ok() {
            committed.push(answer.hash);
        } else if answer.check_tx.code.value() == INSUFFICIENT_FUNDS {
            credit(faucet, &sender);
        }
    }
    committed
}

/// Has the faucet pay an account; it may be out of reach for a while.
fn credit(faucet: &str, account: &Account) {
    let body = serde_json::json!({ "address": account.address.to_string(), "denom": "uago" });
    let _ = ureq::post(format!("{faucet}/credit")).send_json(body);
}

async fn sequence(client: &HttpClient, account: &Account) -> u64 {
    let request = QueryAccountInfoRequest { address: account.address.to_string() };
    let path = "/cosmos.auth.v1beta1.Query/AccountInfo".to_owned();
    let answer = client.abci_query(Some(path), request.encode_to_vec(), None, false).await.unwrap();
    QueryAccountInfoResponse::decode(answer.value.as_slice()).unwrap().info.map_or(0, |info| info.sequence)
}
