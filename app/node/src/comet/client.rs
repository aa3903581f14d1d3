//! The chain as CometBFT's RPC shows it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tendermint_abci::Application;
use tendermint_proto::v0_38::abci::{
    RequestQuery, ResponseCheckTx, ResponseFinalizeBlock, ResponseInfo, ResponseQuery,
};
use tendermint_proto::v0_38::types::{ConsensusParams, Validator};
use tokio::sync::broadcast;

use super::follow;
use super::parse::{self, Malformed};
use super::rpc::{CallError, Rpc};
use crate::chain::{
    BlockEvent, BlockInfo, Chain, ChainError, CommitInfo, IndexedTx, Order, SearchPage, Status,
};

/// Blocks a slow subscriber may be behind.
const EVENT_BUFFER: usize = 64;
/// Items CometBFT gives on a page at most.
const PAGE: usize = 100;
/// The most pages of validators and chunks of a genesis document that are read.
const MAX_PAGES: usize = 1_000;

/// Where CometBFT answers and how it is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CometConfig {
    /// CometBFT's RPC: `http://host:port` or `tcp://host:port`.
    pub url: String,
    /// How long one call may take. `check_tx` and broadcasting wait for the application.
    pub timeout: Duration,
    /// How often new blocks are looked for, once there is a subscriber.
    pub poll_interval: Duration,
}

impl Default for CometConfig {
    fn default() -> Self {
        Self {
            url: "http://127.0.0.1:26657".to_owned(),
            timeout: Duration::from_secs(30),
            poll_interval: Duration::from_millis(200),
        }
    }
}

/// A chain whose blocks a CometBFT process makes. Cheap to clone; calls block.
#[derive(Clone, Debug)]
pub struct CometChain(Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    rpc: Rpc,
    poll_interval: Duration,
    genesis: OnceLock<Arc<str>>,
    /// Blocks that `status` showed last: they rarely change between two calls.
    earliest: Mutex<Option<Arc<BlockInfo>>>,
    latest: Mutex<Option<Arc<BlockInfo>>>,
    events: broadcast::Sender<BlockEvent>,
    following: AtomicBool,
    queries: Option<Queries>,
}

/// The application in this process, which answers its queries without the detour.
struct Queries(Box<dyn Fn(RequestQuery) -> ResponseQuery + Send + Sync>);

impl std::fmt::Debug for Queries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Queries")
    }
}

impl CometChain {
    /// A client of the CometBFT at `config.url`; does not connect yet.
    pub fn new(config: &CometConfig) -> Self {
        Self::make(config, None)
    }

    /// Like [`new`](Self::new), with the application of this process for `abci_query`. CometBFT has one connection for
    /// queries: a query that is being answered on it and asks the chain another one would wait for itself.
    pub fn with_application<A: Application + Sync>(config: &CometConfig, app: A) -> Self {
        Self::make(config, Some(Queries(Box::new(move |request| app.query(request)))))
    }

    fn make(config: &CometConfig, queries: Option<Queries>) -> Self {
        Self(Arc::new(Inner {
            rpc: Rpc::new(&config.url, config.timeout),
            poll_interval: config.poll_interval,
            genesis: OnceLock::new(),
            earliest: Mutex::new(None),
            latest: Mutex::new(None),
            events: broadcast::channel(EVENT_BUFFER).0,
            following: AtomicBool::new(false),
            queries,
        }))
    }
}

impl Inner {
    fn get(&self, method: &str, params: Value) -> Result<Value, CallError> {
        self.rpc.call(method, params)
    }

    fn at(&self, method: &str, height: Option<u64>) -> Result<Value, CallError> {
        self.get(method, height.map_or_else(|| json!({}), |h| json!({"height": h.to_string()})))
    }

    fn block(&self, height: Option<u64>) -> Result<Arc<BlockInfo>, CallError> {
        Ok(Arc::new(parse::block_info(&self.at("block", height)?)?))
    }

    fn results(&self, height: Option<u64>) -> Result<(u64, Arc<ResponseFinalizeBlock>), CallError> {
        let (height, results) = parse::block_results(&self.at("block_results", height)?)?;
        Ok((height, Arc::new(results)))
    }

    /// The height of the head.
    pub(super) fn head(&self) -> Result<u64, ChainError> {
        let status = self.get("status", json!({}))?;
        Ok(parse::status(&status).map_err(CallError::from)?.latest_height)
    }

    /// What subscribers are told of the block at `height`.
    pub(super) fn block_event(&self, height: u64) -> Result<BlockEvent, ChainError> {
        Ok(BlockEvent { block: self.block(Some(height))?, results: self.results(Some(height))?.1 })
    }

    /// Tells the subscribers; nobody may be listening.
    pub(super) fn publish(&self, event: BlockEvent) {
        let _ = self.events.send(event);
    }

    /// The block at `height`, from the last look if it is the same block.
    fn remembered(
        &self,
        memory: &Mutex<Option<Arc<BlockInfo>>>,
        height: u64,
        hash: &[u8],
    ) -> Result<Option<Arc<BlockInfo>>, CallError> {
        if height == 0 {
            return Ok(None);
        }
        if let Some(known) = memory.lock().as_ref().filter(|b| b.block_id.hash == hash) {
            return Ok(Some(known.clone()));
        }
        let block = self.block(Some(height))?;
        *memory.lock() = Some(block.clone());
        Ok(Some(block))
    }

    fn genesis(&self) -> Result<Arc<str>, CallError> {
        let mut document = Vec::new();
        for chunk in 0..MAX_PAGES {
            let answer = self.get("genesis_chunked", json!({"chunk": chunk.to_string()}))?;
            let (total, data) = parse::genesis_chunk(&answer)?;
            document.extend_from_slice(&data);
            if chunk.saturating_add(1) >= total {
                let text =
                    String::from_utf8(document).map_err(|_| Malformed::wrong("genesis", "utf-8 text"))?;
                return Ok(text.into());
            }
        }
        Err(Malformed::wrong("genesis", "a document of at most 16 GB").into())
    }

    fn validators(&self, height: Option<u64>) -> Result<(u64, Vec<Validator>), CallError> {
        let mut all = Vec::new();
        let mut pinned = height;
        for page in 1..=MAX_PAGES {
            let mut params = json!({"page": page.to_string(), "per_page": PAGE.to_string()});
            if let (Some(height), Value::Object(fields)) = (pinned, &mut params) {
                fields.insert("height".to_owned(), height.to_string().into());
            }
            let set = parse::validators(&self.get("validators", params)?)?;
            let got = set.validators.len();
            all.extend(set.validators);
            pinned = Some(set.height);
            if all.len() >= set.total || got == 0 {
                return Ok((set.height, all));
            }
        }
        Err(Malformed::wrong("total", "at most 100000 validators").into())
    }

    /// A page of search results; an empty one, with the total, beyond the last.
    fn search(
        &self,
        method: &str,
        query: &str,
        page: usize,
        per_page: usize,
        order: Order,
    ) -> Result<Value, CallError> {
        let ask = |page: usize| {
            let order = match order {
                Order::Ascending => "asc",
                Order::Descending => "desc",
            };
            let (page, per_page) = (page.to_string(), per_page.to_string());
            self.get(method, json!({"query": query, "page": page, "per_page": per_page, "order_by": order}))
        };
        match ask(page) {
            Err(CallError::Refused(text)) if text.starts_with("page should be within") => {
                let mut first = ask(1)?;
                if let Value::Object(fields) = &mut first {
                    fields.retain(|name, _| name == "total_count");
                }
                Ok(first)
            }
            other => other,
        }
    }
}

impl Chain for CometChain {
    fn status(&self) -> Result<Status, ChainError> {
        let seen = parse::status(&self.0.get("status", json!({}))?).map_err(CallError::from)?;
        let latest = self.0.remembered(&self.0.latest, seen.latest_height, &seen.latest_hash)?;
        let earliest = self.0.remembered(&self.0.earliest, seen.earliest_height, &seen.earliest_hash)?;
        Ok(Status { latest, earliest, ..seen.status })
    }

    fn block(&self, height: Option<u64>) -> Result<Arc<BlockInfo>, ChainError> {
        Ok(self.0.block(height)?)
    }

    fn height_by_hash(&self, hash: &[u8]) -> Result<Option<u64>, ChainError> {
        let found = self.0.get("block_by_hash", json!({"hash": STANDARD.encode(hash)}))?;
        if found.get("block").is_none_or(Value::is_null) {
            return Ok(None);
        }
        let info = parse::block_info(&found).map_err(CallError::from)?;
        Ok(info.block.header.and_then(|h| u64::try_from(h.height).ok()))
    }

    fn block_results(&self, height: Option<u64>) -> Result<(u64, Arc<ResponseFinalizeBlock>), ChainError> {
        Ok(self.0.results(height)?)
    }

    fn commit(&self, height: Option<u64>) -> Result<CommitInfo, ChainError> {
        Ok(parse::commit_info(&self.0.at("commit", height)?).map_err(CallError::from)?)
    }

    fn validators(&self, height: Option<u64>) -> Result<(u64, Vec<Validator>), ChainError> {
        Ok(self.0.validators(height)?)
    }

    fn consensus_params(&self, height: Option<u64>) -> Result<(u64, ConsensusParams), ChainError> {
        Ok(parse::consensus_params_at(&self.0.at("consensus_params", height)?).map_err(CallError::from)?)
    }

    fn genesis(&self) -> Result<Arc<str>, ChainError> {
        if let Some(known) = self.0.genesis.get() {
            return Ok(known.clone());
        }
        let read = self.0.genesis()?;
        Ok(self.0.genesis.get_or_init(|| read).clone())
    }

    fn tx(&self, hash: &[u8; 32]) -> Result<Option<IndexedTx>, ChainError> {
        match self.0.get("tx", json!({"hash": STANDARD.encode(hash)})) {
            Ok(found) => Ok(Some(parse::indexed_tx(&found).map_err(CallError::from)?)),
            Err(CallError::Refused(text)) if text.ends_with("not found") => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    fn tx_search(
        &self,
        query: &str,
        page: usize,
        per_page: usize,
        order: Order,
    ) -> Result<SearchPage<IndexedTx>, ChainError> {
        let found = self.0.search("tx_search", query, page, per_page, order)?;
        Ok(parse::search_page(&found, "txs", parse::indexed_tx).map_err(CallError::from)?)
    }

    fn block_search(
        &self,
        query: &str,
        page: usize,
        per_page: usize,
        order: Order,
    ) -> Result<SearchPage<Arc<BlockInfo>>, ChainError> {
        let found = self.0.search("block_search", query, page, per_page, order)?;
        let read = |item: &Value| parse::block_info(item).map(Arc::new);
        Ok(parse::search_page(&found, "blocks", read).map_err(CallError::from)?)
    }

    fn broadcast(&self, tx: Vec<u8>) -> Result<ResponseCheckTx, ChainError> {
        let answer = self.0.get("broadcast_tx_sync", json!({"tx": STANDARD.encode(&tx)}))?;
        Ok(parse::broadcast(&answer).map_err(CallError::from)?)
    }

    fn check_tx(&self, tx: Vec<u8>) -> Result<ResponseCheckTx, ChainError> {
        let answer = self.0.get("check_tx", json!({"tx": STANDARD.encode(&tx)}))?;
        Ok(parse::check_tx(&answer).map_err(CallError::from)?)
    }

    fn unconfirmed(&self, limit: usize) -> Result<(Vec<Vec<u8>>, usize, usize), ChainError> {
        let answer = match limit {
            0 => self.0.get("num_unconfirmed_txs", json!({}))?,
            limit => self.0.get("unconfirmed_txs", json!({"limit": limit.to_string()}))?,
        };
        Ok(parse::unconfirmed(&answer).map_err(CallError::from)?)
    }

    fn abci_query(&self, request: RequestQuery) -> Result<ResponseQuery, ChainError> {
        if let Some(Queries(answer)) = &self.0.queries {
            return Ok(answer(request));
        }
        let params = json!({
            "path": request.path,
            "data": hex::encode(&request.data),
            "height": request.height.to_string(),
            "prove": request.prove,
        });
        Ok(parse::query(&self.0.get("abci_query", params)?).map_err(CallError::from)?)
    }

    fn abci_info(&self) -> Result<ResponseInfo, ChainError> {
        Ok(parse::info(&self.0.get("abci_info", json!({}))?).map_err(CallError::from)?)
    }

    fn subscribe(&self) -> broadcast::Receiver<BlockEvent> {
        let events = self.0.events.subscribe();
        if !self.0.following.swap(true, Ordering::AcqRel) {
            // The head of now is where following starts, so that no block of later is missed.
            let head = self.0.head().ok();
            if let Err(e) = follow::start(Arc::downgrade(&self.0), head, self.0.poll_interval) {
                tracing::error!(error = %e, "cannot follow cometbft: no thread to be had");
                self.0.following.store(false, Ordering::Release);
            }
        }
        events
    }
}
