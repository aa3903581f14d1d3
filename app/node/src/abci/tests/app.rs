//! A key-value chain in memory: `key=value` transactions, state committed by height, the root a hash of all pairs.
//! Some transactions ask it to misbehave.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::{Condvar, Mutex};
use sha2::{Digest as _, Sha256};
use tendermint_abci::Application;
use tendermint_proto::v0_38::abci::{
    ExecTxResult, RequestCheckTx, RequestFinalizeBlock, RequestInfo, RequestInitChain, RequestQuery,
    ResponseCheckTx, ResponseCommit, ResponseFinalizeBlock, ResponseInfo, ResponseInitChain, ResponseQuery,
};

use crate::abci::Fault;

/// The state at a height.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pairs {
    pub(crate) height: i64,
    pub(crate) pairs: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Pairs {
    pub(crate) fn root(&self) -> Vec<u8> {
        let mut hasher = Sha256::new();
        for (key, value) in &self.pairs {
            for part in [key, value] {
                hasher.update((part.len() as u64).to_be_bytes());
                hasher.update(part);
            }
        }
        hasher.finalize().to_vec()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Inner {
    pub(crate) committed: Mutex<Pairs>,
    pub(crate) roots: Mutex<BTreeMap<i64, Vec<u8>>>,
    working: Mutex<Option<Pairs>>,
    pub(crate) fault: Arc<Fault>,
    /// FinalizeBlock waits while this is closed; how many are waiting.
    gate: Mutex<(bool, usize)>,
    moved: Condvar,
}

/// The application; clones share everything.
#[derive(Clone, Debug, Default)]
pub(crate) struct KvApp(pub(crate) Arc<Inner>);

impl KvApp {
    pub(crate) fn fault(&self) -> Arc<Fault> {
        Arc::clone(&self.0.fault)
    }

    pub(crate) fn close_gate(&self) {
        self.0.gate.lock().0 = true;
    }

    pub(crate) fn open_gate(&self) {
        self.0.gate.lock().0 = false;
        self.0.moved.notify_all();
    }

    /// Waits until FinalizeBlock stands at the gate.
    pub(crate) fn wait_at_gate(&self) {
        let mut gate = self.0.gate.lock();
        while gate.1 == 0 {
            assert!(!self.0.moved.wait_for(&mut gate, Duration::from_secs(20)).timed_out(), "nobody came");
        }
    }

    fn pass_gate(&self) {
        let mut gate = self.0.gate.lock();
        gate.1 += 1;
        self.0.moved.notify_all();
        while gate.0 {
            self.0.moved.wait(&mut gate);
        }
        gate.1 -= 1;
    }
}

fn pair(tx: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let at = tx.iter().position(|byte| *byte == b'=')?;
    Some((tx[..at].to_vec(), tx[at + 1..].to_vec()))
}

impl Application for KvApp {
    fn info(&self, _: RequestInfo) -> ResponseInfo {
        let committed = self.0.committed.lock();
        ResponseInfo {
            last_block_height: committed.height,
            last_block_app_hash: if committed.height == 0 { Bytes::new() } else { committed.root().into() },
            ..ResponseInfo::default()
        }
    }

    fn init_chain(&self, _: RequestInitChain) -> ResponseInitChain {
        ResponseInitChain { app_hash: self.0.committed.lock().root().into(), ..ResponseInitChain::default() }
    }

    fn check_tx(&self, request: RequestCheckTx) -> ResponseCheckTx {
        match request.tx.as_ref() {
            b"check-panic" => panic!("told to by {:?}", "a transaction"),
            b"check-fault" => self.0.fault.set("the disk is full; make room"),
            tx if pair(tx).is_none() => {
                return ResponseCheckTx {
                    code: 1,
                    log: "not key=value".to_owned(),
                    ..ResponseCheckTx::default()
                };
            }
            _ => {}
        }
        // The answers of a pipeline are told apart by this.
        let number =
            std::str::from_utf8(&request.tx).ok().and_then(|t| t.split('=').next_back()?.parse().ok());
        ResponseCheckTx { gas_wanted: number.unwrap_or(0), ..ResponseCheckTx::default() }
    }

    fn finalize_block(&self, request: RequestFinalizeBlock) -> ResponseFinalizeBlock {
        self.pass_gate();
        let mut next = self.0.committed.lock().clone();
        next.height = request.height;
        for tx in &request.txs {
            if tx.starts_with(b"panic=") {
                panic!("a block panicked");
            }
            if tx.starts_with(b"fault=") {
                self.0.fault.set("the tree is damaged; restore a snapshot");
            }
            next.pairs.extend(pair(tx));
        }
        let app_hash = next.root().into();
        *self.0.working.lock() = Some(next);
        ResponseFinalizeBlock {
            tx_results: request
                .txs
                .iter()
                .map(|tx| ExecTxResult { gas_used: tx.len() as i64, ..ExecTxResult::default() })
                .collect(),
            app_hash,
            ..ResponseFinalizeBlock::default()
        }
    }

    fn commit(&self) -> ResponseCommit {
        if let Some(next) = self.0.working.lock().take() {
            self.0.roots.lock().insert(next.height, next.root());
            *self.0.committed.lock() = next;
        }
        ResponseCommit::default()
    }

    fn query(&self, request: RequestQuery) -> ResponseQuery {
        if request.path == "/huge" {
            return ResponseQuery { value: vec![7; 105_000_000].into(), ..ResponseQuery::default() };
        }
        let committed = self.0.committed.lock();
        let value = committed.pairs.get(request.data.as_ref()).cloned().unwrap_or_default();
        ResponseQuery { value: value.into(), height: committed.height, ..ResponseQuery::default() }
    }
}
