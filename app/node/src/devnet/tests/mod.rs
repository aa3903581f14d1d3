//! The producer is real here, the application a double: a key-value store with a disk of its own.

mod chain;
mod light_client;
mod pool;
mod recorded;
mod restart;
mod search;
mod store;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tendermint_proto::v0_38::abci::{
    Event, EventAttribute, ExecTxResult, RequestCheckTx, RequestFinalizeBlock, RequestInfo, RequestInitChain,
    RequestPrepareProposal, RequestProcessProposal, RequestQuery, ResponseCheckTx, ResponseCommit,
    ResponseInfo, ResponseInitChain, ResponsePrepareProposal, ResponseProcessProposal, ResponseQuery,
    ValidatorUpdate,
};

use super::*;
pub(super) use crate::chain::{Chain, ChainError, Order};

const GENESIS: &str =
    r#"{"genesis_time":"2024-01-01T00:00:00Z","chain_id":"test-1","app_state":{"greeting":"hi"}}"#;

#[derive(Clone, Debug, Default, PartialEq)]
struct Data {
    height: u64,
    pairs: BTreeMap<String, String>,
    /// The devnet's key, learnt at InitChain.
    key: Vec<u8>,
}

impl Data {
    fn hash(&self) -> Vec<u8> {
        hashes::sha256(format!("{:?}", self.pairs).as_bytes()).to_vec()
    }
}

/// Transactions are `key=value`; some keys do more: see [`App::execute`].
#[derive(Clone, Default)]
pub(super) struct App {
    /// Survives the process.
    disk: Arc<Mutex<Data>>,
    work: Arc<Mutex<Data>>,
    finalized: Arc<AtomicUsize>,
    rechecked: Arc<AtomicUsize>,
    /// New transactions in the order of their checks.
    checked: Arc<Mutex<Vec<Vec<u8>>>>,
    /// While held, FinalizeBlock waits.
    gate: Arc<Mutex<()>>,
}

impl App {
    /// The same application after a crash: only its disk is left.
    fn restarted(&self) -> Self {
        let work = Arc::new(Mutex::new(self.disk.lock().clone()));
        Self { disk: Arc::clone(&self.disk), work, ..Self::default() }
    }

    fn execute(work: &mut Data, updates: &mut Vec<ValidatorUpdate>, tx: &[u8]) -> ExecTxResult {
        let text = String::from_utf8_lossy(tx).into_owned();
        let (key, value) = text.split_once('=').unwrap_or((&text, ""));
        match key {
            "panic" => panic!("told to panic"),
            "fail" => return ExecTxResult { code: 7, log: "told to fail".into(), ..Default::default() },
            "power" => {
                let key = <[u8; 32]>::try_from(work.key.as_slice()).expect("32 bytes");
                updates.push(validators::update(&key, value.parse().expect("a power")));
            }
            "other" => updates.push(validators::update(&[9; 32], value.parse().expect("a power"))),
            _ => {}
        }
        work.pairs.insert(key.to_owned(), value.to_owned());
        let event = |kind: &str, pairs: &[(&str, &str)]| Event {
            r#type: kind.to_owned(),
            attributes: pairs
                .iter()
                .map(|(key, value)| EventAttribute {
                    key: (*key).into(),
                    value: (*value).into(),
                    index: !key.starts_with("hidden"),
                })
                .collect(),
        };
        let amount = format!("{}stake", value.len());
        let events = vec![
            event("kv", &[("key", key), ("value", value), ("hidden", key)]),
            event("message", &[("action", "/kv.Set"), ("sender", key)]),
            event("transfer", &[("amount", &amount), ("sender", key)]),
        ];
        ExecTxResult { data: tx.to_vec().into(), gas_wanted: 10, gas_used: 5, events, ..Default::default() }
    }
}

impl Application for App {
    fn info(&self, _: RequestInfo) -> ResponseInfo {
        let disk = self.disk.lock();
        ResponseInfo {
            last_block_height: disk.height as i64,
            last_block_app_hash: if disk.height == 0 { Vec::new() } else { disk.hash() }.into(),
            app_version: 3,
            ..Default::default()
        }
    }

    fn init_chain(&self, request: RequestInitChain) -> ResponseInitChain {
        assert_eq!(request.app_state_bytes, r#"{"greeting":"hi"}"#);
        let Some(key) = request.validators[0].pub_key.clone().and_then(|k| k.sum) else { panic!("no key") };
        let tendermint_proto::v0_38::crypto::public_key::Sum::Ed25519(key) = key else { panic!("no key") };
        let mut work = self.work.lock();
        *work = Data { height: 0, pairs: BTreeMap::from([("greeting".into(), "hi".into())]), key };
        ResponseInitChain { app_hash: work.hash().into(), ..Default::default() }
    }

    fn check_tx(&self, request: RequestCheckTx) -> ResponseCheckTx {
        if request.r#type == 1 {
            self.rechecked.fetch_add(1, Ordering::SeqCst);
        } else {
            self.checked.lock().push(request.tx.to_vec());
            std::thread::sleep(Duration::from_micros(
                u64::from(request.tx.last().copied().unwrap_or(0) % 7) * 30,
            ));
        }
        let text = String::from_utf8_lossy(&request.tx).into_owned();
        let taken = text.strip_prefix("once-").is_some_and(|_| {
            let key = text.split('=').next().unwrap_or_default();
            self.disk.lock().pairs.contains_key(key)
        });
        let code = u32::from(taken || text.starts_with("bad")) * 5;
        ResponseCheckTx { code, gas_wanted: 10, ..Default::default() }
    }

    fn prepare_proposal(&self, request: RequestPrepareProposal) -> ResponsePrepareProposal {
        let keep = |tx: &bytes::Bytes| !tx.starts_with(b"later");
        ResponsePrepareProposal { txs: request.txs.into_iter().filter(keep).collect() }
    }

    fn process_proposal(&self, _: RequestProcessProposal) -> ResponseProcessProposal {
        ResponseProcessProposal { status: 1 }
    }

    fn finalize_block(&self, request: RequestFinalizeBlock) -> ResponseFinalizeBlock {
        let _gate = self.gate.lock();
        self.finalized.fetch_add(1, Ordering::SeqCst);
        let mut work = self.work.lock();
        // What an earlier FinalizeBlock without Commit left is forgotten.
        let mut next = if self.disk.lock().height == 0 { work.clone() } else { self.disk.lock().clone() };
        if next.height == 0 {
            next.pairs.retain(|key, _| key == "greeting");
        }
        let mut validator_updates = Vec::new();
        let tx_results =
            request.txs.iter().map(|tx| Self::execute(&mut next, &mut validator_updates, tx)).collect();
        next.height = request.height as u64;
        let hash = next.hash();
        *work = next;
        let attribute =
            EventAttribute { key: "parity".into(), value: (request.height % 2).to_string(), index: true };
        ResponseFinalizeBlock {
            events: vec![Event { r#type: "block".into(), attributes: vec![attribute] }],
            tx_results,
            validator_updates,
            app_hash: hash.into(),
            ..Default::default()
        }
    }

    fn commit(&self) -> ResponseCommit {
        *self.disk.lock() = self.work.lock().clone();
        ResponseCommit::default()
    }

    fn query(&self, request: RequestQuery) -> ResponseQuery {
        let key = String::from_utf8_lossy(&request.data).into_owned();
        assert_ne!(key, "panic", "told to panic");
        let value = self.disk.lock().pairs.get(&key).cloned().unwrap_or_default();
        ResponseQuery { value: value.into_bytes().into(), ..Default::default() }
    }
}

pub(super) fn manual(home: &Path) -> DevnetConfig {
    DevnetConfig { mode: BlockMode::Manual, ..DevnetConfig::new(home) }
}

pub(super) fn start(home: &Path, app: &App) -> Arc<Devnet<App>> {
    Devnet::start(manual(home), app.clone(), Some(GENESIS)).expect("starts")
}

/// Sends a transaction and makes a block with it; returns the height.
pub(super) fn include(devnet: &Devnet<App>, tx: &str) -> u64 {
    assert_eq!(devnet.broadcast(tx.as_bytes().to_vec()).expect("taken").code, 0);
    devnet.mine(1).expect("mined")
}

pub(super) fn wait_for(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("timed out: {what}");
}
