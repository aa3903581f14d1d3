//! Talking to a node: CometBFT's JSON-RPC over HTTP, blocking, one request at a time.
//!
//! [`Client`] speaks the protocol, [`chain`] asks the questions every transaction needs, [`types`] are the answers and
//! [`status`] turns what a query was refused with into an error a person can act on.

pub mod chain;
mod rpc;
pub mod status;
pub mod types;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use prost::Message;
use serde_json::{Value, json};

use crate::error::{CliError, Result};
use rpc::Rpc;
use status::Refusal;
use types::{
    AbciInfoAnswer, AbciQueryAnswer, BlockAnswer, BlockResultsAnswer, CheckResult, NodeStatus, Outcome,
    TxAnswer, TxSearchAnswer,
};

/// The most requests of one message: CometBFT's own limit.
pub const MAX_BATCH: usize = 10;

/// A node, reached through its RPC.
#[derive(Debug)]
pub struct Client {
    rpc: Rpc,
}

impl Client {
    /// A client of the node at `url`. Nothing is sent before the first request.
    pub fn new(url: &str) -> Self {
        Self { rpc: Rpc::new(url) }
    }

    /// The URL requests go to.
    pub fn url(&self) -> &str {
        self.rpc.url()
    }

    /// The node's view of itself and of the chain's head.
    pub fn status(&self) -> Result<NodeStatus> {
        self.rpc.call("status", json!({}))
    }

    /// Asks the query `path` with an encoded request; `height` 0 is the newest state.
    ///
    /// The outer error is the connection's, the inner one the application's.
    pub fn query_raw(
        &self,
        path: &str,
        request: &[u8],
        height: u64,
    ) -> Result<std::result::Result<Vec<u8>, Refusal>> {
        let params = json!({ "path": path, "data": hex::encode(request), "height": height.to_string(), "prove": false });
        let answer: AbciQueryAnswer = self.rpc.call("abci_query", params)?;
        let response = answer.response;
        if response.code != 0 {
            return Ok(Err(Refusal::parse(path, &response.codespace, response.code, &response.log)));
        }
        Ok(Ok(response.value.unwrap_or_default().0))
    }

    /// Asks the query `path` with a typed request and reads a typed answer.
    pub fn query<R: Message + Default>(&self, path: &str, request: &impl Message, height: u64) -> Result<R> {
        let bytes = self.query_raw(path, &request.encode_to_vec(), height)?.map_err(CliError::from)?;
        R::decode(bytes.as_slice()).map_err(|error| {
            CliError::unreachable(format!("the answer to {path} is not what was asked for")).because(error)
        })
    }

    /// Hands a transaction in and waits for the node's first check, not for a block.
    pub fn broadcast(&self, tx: &[u8]) -> Result<CheckResult> {
        self.rpc.call("broadcast_tx_sync", json!({ "tx": BASE64.encode(tx) }))
    }

    /// Hands several transactions in at once, at most [`MAX_BATCH`]: one verdict for each, in order. An inner error is a
    /// refusal of the node itself, which has not asked the application: a full pool, a transaction it knows.
    pub fn broadcast_all(&self, txs: &[&[u8]]) -> Result<Vec<std::result::Result<CheckResult, String>>> {
        self.rpc.call_many("broadcast_tx_sync", txs.iter().map(|tx| json!({ "tx": BASE64.encode(tx) })))
    }

    /// The height of the last block that the node's application has committed. Blocks of CometBFT are shown before that.
    pub fn committed_height(&self) -> Result<u64> {
        let info: AbciInfoAnswer = self.rpc.call("abci_info", json!({}))?;
        Ok(info.response.last_block_height)
    }

    /// What came of each transaction of a block, without its events.
    pub fn block_outcomes(&self, height: u64) -> Result<Vec<Outcome>> {
        let results: BlockResultsAnswer = self.rpc.call("block_results", at_height(Some(height)))?;
        Ok(results.txs_results.unwrap_or_default())
    }

    /// The transaction of this hash, or `None` while no block holds it.
    pub fn tx(&self, hash: &[u8]) -> Result<Option<TxAnswer>> {
        self.rpc.call_optional("tx", json!({ "hash": BASE64.encode(hash), "prove": false }), |text| {
            text.contains("not found")
        })
    }

    /// Transactions that match an event query, one page of them; pages count from 1.
    pub fn tx_search(
        &self,
        query: &str,
        page: u32,
        per_page: u32,
        newest_first: bool,
    ) -> Result<TxSearchAnswer> {
        let order = if newest_first { "desc" } else { "asc" };
        let params = json!({
            "query": query, "prove": false, "page": page.to_string(), "per_page": per_page.to_string(),
            "order_by": order,
        });
        self.rpc.call("tx_search", params)
    }

    /// A block; the newest where no height is given.
    pub fn block(&self, height: Option<u64>) -> Result<BlockAnswer> {
        self.rpc.call("block", at_height(height))
    }

    /// A block, or `None` while there is none of that height.
    pub fn block_if_made(&self, height: u64) -> Result<Option<BlockAnswer>> {
        self.rpc.call_optional("block", at_height(Some(height)), |text| {
            text.contains("must be less than or equal to the current blockchain height")
        })
    }

    /// A block as the node's own JSON.
    pub fn block_json(&self, height: Option<u64>) -> Result<Value> {
        self.rpc.call("block", at_height(height))
    }
}

fn at_height(height: Option<u64>) -> Value {
    match height {
        Some(height) => json!({ "height": height.to_string() }),
        None => json!({}),
    }
}
