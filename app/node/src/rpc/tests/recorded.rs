//! A chain that knows exactly what the recordings show.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tendermint_proto::v0_38::abci::{
    RequestQuery, ResponseCheckTx, ResponseFinalizeBlock, ResponseInfo, ResponseQuery,
};
use tendermint_proto::v0_38::types::{Block, ConsensusParams, Data, EvidenceList, Validator};
use tokio::sync::broadcast;

use super::recordings::{Exchange, exchanges, socket_entries};
use crate::chain::{
    BlockEvent, BlockInfo, Chain, ChainError, CommitInfo, IndexedTx, Order, SearchPage, Status,
};
use crate::comet::testing as parse;
use crate::event_query::Query;
use crate::rpc::params::Args;
use crate::rpc::routes::Method;

/// A chain made of recorded answers; anything else it does not know.
#[derive(Debug)]
pub(crate) struct RecordedChain {
    status: Status,
    blocks: BTreeMap<u64, Arc<BlockInfo>>,
    results: BTreeMap<u64, Arc<ResponseFinalizeBlock>>,
    commits: BTreeMap<u64, CommitInfo>,
    validators: BTreeMap<u64, Vec<Validator>>,
    params: BTreeMap<u64, ConsensusParams>,
    txs: BTreeMap<[u8; 32], IndexedTx>,
    /// Search pages by everything that was asked.
    searches: Vec<(SearchKey, SearchPage<IndexedTx>)>,
    queries: Vec<(RequestQuery, ResponseQuery)>,
    info: ResponseInfo,
    checks: BTreeMap<Vec<u8>, ResponseCheckTx>,
    seen: Mutex<BTreeSet<Vec<u8>>>,
    events: broadcast::Sender<BlockEvent>,
    /// Blocks made since.
    grown: Mutex<Vec<BlockEvent>>,
}

type SearchKey = (String, usize, usize, bool);

/// The head while the recordings were made.
pub(crate) const HEAD: u64 = 205;

impl RecordedChain {
    pub(crate) fn new() -> Self {
        let info = exchanges("info");
        let named = |name: &str| {
            info.iter().find(|e| e.name == name).unwrap().body.clone().unwrap()["result"].clone()
        };
        let mut chain = Self {
            status: parse::status(&named("status")).unwrap().status,
            blocks: BTreeMap::new(),
            results: BTreeMap::new(),
            commits: BTreeMap::new(),
            validators: BTreeMap::new(),
            params: BTreeMap::new(),
            txs: BTreeMap::new(),
            searches: Vec::new(),
            queries: Vec::new(),
            info: parse::info(&named("abci_info")).unwrap(),
            checks: BTreeMap::new(),
            seen: Mutex::default(),
            events: broadcast::channel(64).0,
            grown: Mutex::default(),
        };
        // The reported version is the recorded node's; ours is a 0.38.
        for recording in ["info", "blocks", "tx", "abci_query", "broadcast"] {
            for exchange in exchanges(recording) {
                chain.learn(&exchange);
            }
        }
        chain.add_headers();
        chain.status.latest = chain.blocks.get(&HEAD).cloned();
        chain.status.earliest = chain.blocks.get(&1).cloned();
        chain
    }

    /// The same chain without its blocks below 142.
    pub(crate) fn pruned() -> Self {
        let mut chain = Self::new();
        let mut lowest = (*chain.blocks[&193]).clone();
        lowest.block.header.as_mut().unwrap().height = 142;
        chain.status.earliest = Some(Arc::new(lowest));
        chain
    }

    fn learn(&mut self, exchange: &Exchange) {
        let Some(result) = exchange.body.as_ref().and_then(|b| b.get("result")) else { return };
        let Some((method, args)) = asked(exchange) else { return };
        match method {
            "block" => self.add_block(parse::block_info(result).unwrap()),
            "block_results" => {
                let (height, results) = parse::block_results(result).unwrap();
                self.results.insert(height, Arc::new(results));
            }
            "commit" => {
                let commit = parse::commit_info(result).unwrap();
                self.commits.insert(commit.header.height as u64, commit);
            }
            "validators" => {
                let set = parse::validators(result).unwrap();
                if set.total == set.validators.len() {
                    self.validators.insert(set.height, set.validators);
                }
            }
            "consensus_params" => {
                let (height, params) = parse::consensus_params_at(result).unwrap();
                self.params.insert(height, params);
            }
            "tx" => self.add_tx(parse::indexed_tx(result).unwrap()),
            "tx_search" => {
                let items: Vec<IndexedTx> = result["txs"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|tx| parse::indexed_tx(tx).unwrap())
                    .collect();
                items.iter().for_each(|tx| self.add_tx(tx.clone()));
                let total = result["total_count"].as_str().unwrap().parse().unwrap();
                let key = (
                    args.text("query").to_owned(),
                    args.int("page").unwrap_or(1) as usize,
                    args.int("per_page").unwrap_or(30) as usize,
                    args.text("order_by") == "desc",
                );
                self.searches.push((key, SearchPage { items, total }));
            }
            "abci_query" => {
                let request = RequestQuery {
                    data: args.bytes("data").to_vec().into(),
                    path: args.text("path").to_owned(),
                    height: args.int("height").unwrap_or_default(),
                    prove: args.flag("prove"),
                };
                self.queries.push((request, parse::query(result).unwrap()));
            }
            "check_tx" => {
                self.checks.insert(args.bytes("tx").to_vec(), parse::check_tx(result).unwrap());
            }
            "broadcast_tx_sync" => {
                let checked = parse::check_tx(result).unwrap();
                self.checks.entry(args.bytes("tx").to_vec()).or_insert(checked);
            }
            "broadcast_tx_commit" => {
                self.checks.insert(args.bytes("tx").to_vec(), parse::check_tx(&result["check_tx"]).unwrap());
            }
            _ => {}
        }
    }

    fn add_block(&mut self, info: BlockInfo) {
        let height = info.block.header.as_ref().unwrap().height as u64;
        self.blocks.insert(height, Arc::new(info));
    }

    fn add_tx(&mut self, tx: IndexedTx) {
        self.txs.insert(tx.hash, tx);
    }

    /// Makes blocks of what is known only in part: headers from commits, transactions from the index.
    fn add_headers(&mut self) {
        for commit in self.commits.values() {
            let height = commit.header.height as u64;
            let block = Block {
                header: Some(commit.header.clone()),
                data: Some(Data::default()),
                evidence: Some(EvidenceList::default()),
                last_commit: None,
            };
            let block_id = commit.commit.block_id.clone().unwrap();
            self.blocks.entry(height).or_insert_with(|| Arc::new(BlockInfo { block_id, block, size: 0 }));
        }
        let by_height: BTreeMap<u64, Vec<&IndexedTx>> =
            self.txs.values().fold(BTreeMap::new(), |mut map, tx| {
                map.entry(tx.height).or_default().push(tx);
                map
            });
        for (height, mut txs) in by_height {
            txs.sort_by_key(|tx| tx.index);
            let txs = txs.iter().map(|tx| tx.tx.clone()).collect();
            let block = Block { data: Some(Data { txs }), ..Block::default() };
            let info = BlockInfo { block_id: Default::default(), block, size: 0 };
            self.blocks.entry(height).or_insert_with(|| Arc::new(info));
        }
    }

    /// Tells subscribers of a block.
    pub(crate) fn publish(&self, event: BlockEvent) -> bool {
        self.events.send(event).is_ok()
    }

    /// Makes `event` the head.
    pub(crate) fn grow(&self, event: BlockEvent) {
        self.grown.lock().push(event);
    }

    fn grown(&self, height: u64) -> Option<BlockEvent> {
        let at = |e: &BlockEvent| e.block.block.header.as_ref().map(|h| h.height as u64);
        self.grown.lock().iter().find(|e| at(e) == Some(height)).cloned()
    }

    fn known<T: Clone>(map: &BTreeMap<u64, T>, height: u64) -> Result<T, ChainError> {
        map.get(&height)
            .cloned()
            .ok_or_else(|| ChainError::Internal(format!("height {height} was not recorded")))
    }
}

/// The method and the parameters of an exchange, if they are well-formed.
fn asked(exchange: &Exchange) -> Option<(&'static str, Args)> {
    if exchange.path == "/" {
        let request: Value = serde_json::from_str(&exchange.request).ok()?;
        let method = Method::find(request["method"].as_str()?)?;
        return Some((method.name, Args::from_json(request.get("params"), method.params).ok()?));
    }
    let (name, query) =
        exchange.path.trim_start_matches('/').split_once('?').unwrap_or((&exchange.path[1..], ""));
    let method = Method::find(name)?;
    Some((method.name, Args::from_uri(query, method.params).ok()?))
}

impl Chain for RecordedChain {
    fn status(&self) -> Result<Status, ChainError> {
        let mut status = self.status.clone();
        if let Some(head) = self.grown.lock().last() {
            status.latest = Some(head.block.clone());
        }
        Ok(status)
    }

    fn block(&self, height: Option<u64>) -> Result<Arc<BlockInfo>, ChainError> {
        let height = height.unwrap_or(HEAD);
        self.grown(height).map_or_else(|| Self::known(&self.blocks, height), |e| Ok(e.block))
    }

    fn height_by_hash(&self, hash: &[u8]) -> Result<Option<u64>, ChainError> {
        Ok(self.blocks.iter().find(|(_, b)| b.block_id.hash == hash).map(|(height, _)| *height))
    }

    fn block_results(&self, height: Option<u64>) -> Result<(u64, Arc<ResponseFinalizeBlock>), ChainError> {
        let height = height.unwrap_or(HEAD);
        if let Some(event) = self.grown(height) {
            return Ok((height, event.results));
        }
        Ok((height, Self::known(&self.results, height)?))
    }

    fn commit(&self, height: Option<u64>) -> Result<CommitInfo, ChainError> {
        Self::known(&self.commits, height.unwrap_or(HEAD))
    }

    fn validators(&self, height: Option<u64>) -> Result<(u64, Vec<Validator>), ChainError> {
        let height = height.unwrap_or(HEAD + 1);
        Ok((height, Self::known(&self.validators, height)?))
    }

    fn consensus_params(&self, height: Option<u64>) -> Result<(u64, ConsensusParams), ChainError> {
        let height = height.unwrap_or(HEAD + 1);
        Ok((height, Self::known(&self.params, height)?))
    }

    fn genesis(&self) -> Result<Arc<str>, ChainError> {
        Ok("{\n  \"chain_id\": \"rec-1\",\n  \"app_state\": {\"a < b\": [1, 2]}\n}\n".into())
    }

    fn tx(&self, hash: &[u8; 32]) -> Result<Option<IndexedTx>, ChainError> {
        Ok(self.txs.get(hash).cloned())
    }

    fn tx_search(
        &self,
        query: &str,
        page: usize,
        per_page: usize,
        order: Order,
    ) -> Result<SearchPage<IndexedTx>, ChainError> {
        let parsed = Query::parse(query).map_err(|e| ChainError::Query(e.to_string()))?;
        // Clients write the same query with and without blanks.
        let same = |known: &SearchKey| Query::parse(&known.0).as_ref() == Ok(&parsed);
        let paging = (page, per_page, order == Order::Descending);
        if let Some((_, found)) = self.searches.iter().find(|(k, _)| same(k) && (k.1, k.2, k.3) == paging) {
            return Ok(found.clone());
        }
        // Another page of a recorded search: only its total is known.
        let total = self.searches.iter().find(|(k, _)| same(k)).map_or(0, |(_, found)| found.total);
        Ok(SearchPage { items: Vec::new(), total })
    }

    fn block_search(
        &self,
        query: &str,
        _: usize,
        _: usize,
        _: Order,
    ) -> Result<SearchPage<Arc<BlockInfo>>, ChainError> {
        Query::parse(query).map_err(|e| ChainError::Query(e.to_string()))?;
        Ok(SearchPage { items: Vec::new(), total: 0 })
    }

    fn broadcast(&self, tx: Vec<u8>) -> Result<ResponseCheckTx, ChainError> {
        let checked = self.check_tx(tx.clone())?;
        if checked.code == 0 && !self.seen.lock().insert(tx) {
            return Err(ChainError::TxInCache);
        }
        Ok(checked)
    }

    fn check_tx(&self, tx: Vec<u8>) -> Result<ResponseCheckTx, ChainError> {
        Ok(self.checks.get(&tx).cloned().unwrap_or_default())
    }

    fn unconfirmed(&self, _: usize) -> Result<(Vec<Vec<u8>>, usize, usize), ChainError> {
        Ok((Vec::new(), 0, 0))
    }

    fn abci_query(&self, request: RequestQuery) -> Result<ResponseQuery, ChainError> {
        let found = self.queries.iter().find(|(known, _)| *known == request);
        found.map(|(_, answer)| answer.clone()).ok_or_else(|| ChainError::Internal("not recorded".into()))
    }

    fn abci_info(&self) -> Result<ResponseInfo, ChainError> {
        Ok(self.info.clone())
    }

    fn subscribe(&self) -> broadcast::Receiver<BlockEvent> {
        self.events.subscribe()
    }
}

/// The block of the recorded `NewBlock` event, and that of the recorded `Tx` event.
pub(crate) fn recorded_events() -> (BlockEvent, BlockEvent) {
    let entries = socket_entries();
    let event = |name: &str| {
        let entry = entries.iter().find(|e| e["name"].as_str().unwrap().starts_with(name)).unwrap();
        entry["events"][0]["result"]["data"]["value"].clone()
    };
    let new_block = event("tm.event='NewBlock'");
    let finalize = &new_block["result_finalize_block"];
    let mut as_results = json!({
        "height": "209",
        "finalize_block_events": finalize["events"],
        "consensus_param_updates": finalize["consensus_param_updates"],
        "app_hash": finalize["app_hash"],
    });
    as_results["txs_results"] = Value::Null;
    let block = parse::block_info(&new_block).unwrap();
    let results = parse::block_results(&as_results).unwrap().1;
    let first = BlockEvent { block: Arc::new(block), results: Arc::new(results) };

    let tx = event("tm.event='Tx' with");
    let result = &tx["TxResult"];
    let item = json!({
        "hash": hex::encode(Sha256::digest(b"")),
        "height": result["height"],
        "index": 0,
        "tx": result["tx"],
        "tx_result": result["result"],
    });
    let indexed = parse::indexed_tx(&item).unwrap();
    let mut header = first.block.block.header.clone().unwrap();
    header.height = indexed.height as i64;
    let block = Block {
        header: Some(header),
        data: Some(Data { txs: vec![indexed.tx.clone()] }),
        ..first.block.block.clone()
    };
    let second = BlockEvent {
        block: Arc::new(BlockInfo { block, ..(*first.block).clone() }),
        results: Arc::new(ResponseFinalizeBlock {
            tx_results: vec![indexed.result],
            ..ResponseFinalizeBlock::default()
        }),
    };
    (first, second)
}
