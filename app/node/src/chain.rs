//! What the servers (RPC, gRPC, REST) need to know of a running chain, whoever makes its blocks: the embedded
//! producer of a devnet or a CometBFT process.
//!
//! The types are CometBFT's own protobuf types. Calls may block (disk, or HTTP to CometBFT): asynchronous servers
//! call them through `spawn_blocking`.

use std::sync::Arc;

use tendermint_proto::v0_38::abci::{
    Event, ExecTxResult, RequestQuery, ResponseCheckTx, ResponseFinalizeBlock, ResponseInfo, ResponseQuery,
};
use tendermint_proto::v0_38::types::{Block, BlockId, Commit, ConsensusParams, Header, Validator};

/// Why a chain could not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// The height is above the head or below what is kept.
    #[error("{0}")]
    Height(String),
    /// The transaction was seen before and is still remembered by the mempool.
    #[error("tx already exists in cache")]
    TxInCache,
    /// The mempool takes no more.
    #[error(
        "mempool is full: number of txs {txs} (max: {max_txs}), total txs bytes {bytes} (max: {max_bytes})"
    )]
    MempoolFull {
        /// Transactions waiting.
        txs: usize,
        /// The most that may wait.
        max_txs: usize,
        /// Their bytes.
        bytes: usize,
        /// The most bytes that may wait.
        max_bytes: usize,
    },
    /// The transaction is larger than the mempool takes.
    #[error("tx too large. Max size is {max}, but got {size}")]
    TxTooLarge {
        /// The limit in bytes.
        max: usize,
        /// The transaction's size in bytes.
        size: usize,
    },
    /// The search expression is not understood; names the place.
    #[error("{0}")]
    Query(String),
    /// Anything else (disk, connection to CometBFT); names cause and remedy.
    #[error("{0}")]
    Internal(String),
}

/// A stored block.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockInfo {
    /// Hash and part-set header.
    pub block_id: BlockId,
    /// The block.
    pub block: Block,
    /// Its protobuf size in bytes.
    pub size: usize,
}

/// A transaction in a block, with its result.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexedTx {
    /// SHA-256 of the bytes.
    pub hash: [u8; 32],
    /// The block's height.
    pub height: u64,
    /// The place in the block.
    pub index: u32,
    /// The bytes.
    pub tx: Vec<u8>,
    /// The result of its execution.
    pub result: ExecTxResult,
}

/// The commit of a height, with the header it signs.
#[derive(Clone, Debug, PartialEq)]
pub struct CommitInfo {
    /// The signed header.
    pub header: Header,
    /// The signatures.
    pub commit: Commit,
    /// False for the head, whose commit may still change under real consensus.
    pub canonical: bool,
}

/// The facts of `/status`.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// The chain id.
    pub network: String,
    /// The node's name.
    pub moniker: String,
    /// The node's id: 40 hex digits.
    pub node_id: String,
    /// CometBFT's version, `0.38.x`: clients choose their dialect by it.
    pub comet_version: String,
    /// Where peers connect.
    pub listen_addr: String,
    /// Where RPC answers.
    pub rpc_address: String,
    /// The application's protocol version.
    pub app_version: u64,
    /// The head.
    pub latest: Option<Arc<BlockInfo>>,
    /// The first block still stored.
    pub earliest: Option<Arc<BlockInfo>>,
    /// Whether the node is behind.
    pub catching_up: bool,
    /// The node's own validator, if it is one (power 0 if not in the set).
    pub validator: Validator,
}

/// One block just committed, for subscribers.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockEvent {
    /// The block.
    pub block: Arc<BlockInfo>,
    /// Its results.
    pub results: Arc<ResponseFinalizeBlock>,
}

/// The order of search results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Oldest first.
    Ascending,
    /// Newest first.
    Descending,
}

/// One page of search results.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchPage<T> {
    /// The items of the page.
    pub items: Vec<T>,
    /// How many match in all.
    pub total: usize,
}

/// A running chain.
pub trait Chain: Send + Sync + 'static {
    /// Node and head.
    fn status(&self) -> Result<Status, ChainError>;
    /// The block at `height`, the head for `None`.
    fn block(&self, height: Option<u64>) -> Result<Arc<BlockInfo>, ChainError>;
    /// The height of the block with this hash.
    fn height_by_hash(&self, hash: &[u8]) -> Result<Option<u64>, ChainError>;
    /// What the application answered to the block at `height` (head for `None`).
    fn block_results(&self, height: Option<u64>) -> Result<(u64, Arc<ResponseFinalizeBlock>), ChainError>;
    /// The commit for `height` (head for `None`).
    fn commit(&self, height: Option<u64>) -> Result<CommitInfo, ChainError>;
    /// The validator set at `height` (head for `None`), in CometBFT's order, with proposer priorities.
    fn validators(&self, height: Option<u64>) -> Result<(u64, Vec<Validator>), ChainError>;
    /// The consensus parameters at `height` (head for `None`).
    fn consensus_params(&self, height: Option<u64>) -> Result<(u64, ConsensusParams), ChainError>;
    /// The genesis document as JSON text.
    fn genesis(&self) -> Result<Arc<str>, ChainError>;
    /// The transaction with this SHA-256.
    fn tx(&self, hash: &[u8; 32]) -> Result<Option<IndexedTx>, ChainError>;
    /// Transactions matching CometBFT's query language, page from 1.
    fn tx_search(
        &self,
        query: &str,
        page: usize,
        per_page: usize,
        order: Order,
    ) -> Result<SearchPage<IndexedTx>, ChainError>;
    /// Blocks whose events match, page from 1.
    fn block_search(
        &self,
        query: &str,
        page: usize,
        per_page: usize,
        order: Order,
    ) -> Result<SearchPage<Arc<BlockInfo>>, ChainError>;
    /// Checks a transaction and, if it is good, keeps it for a block. A refused one is `Ok` with its code.
    fn broadcast(&self, tx: Vec<u8>) -> Result<ResponseCheckTx, ChainError>;
    /// Only checks a transaction.
    fn check_tx(&self, tx: Vec<u8>) -> Result<ResponseCheckTx, ChainError>;
    /// The transactions waiting, at most `limit`, with their number and bytes in all.
    fn unconfirmed(&self, limit: usize) -> Result<(Vec<Vec<u8>>, usize, usize), ChainError>;
    /// Asks the application.
    fn abci_query(&self, request: RequestQuery) -> Result<ResponseQuery, ChainError>;
    /// Asks the application what it is.
    fn abci_info(&self) -> Result<ResponseInfo, ChainError>;
    /// Every block committed from now on.
    fn subscribe(&self) -> tokio::sync::broadcast::Receiver<BlockEvent>;
}

/// The events of a transaction as CometBFT indexes them, `tx.hash` and `tx.height` included, as
/// (`type.key`, value) pairs.
pub fn indexed_pairs(events: &[Event]) -> impl Iterator<Item = (String, &str)> {
    events.iter().flat_map(|event| {
        event
            .attributes
            .iter()
            .filter(|a| a.index && !a.key.is_empty() && !event.r#type.is_empty())
            .map(|a| (format!("{}.{}", event.r#type, a.key), a.value.as_str()))
    })
}
