//! The answers of CometBFT's RPC, as far as the wallet reads them: 64-bit integers are strings, bytes base64 or hex.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Deserializer, de::Error as _};

/// Bytes that travel as base64.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Base64Bytes(pub Vec<u8>);

impl<'de> Deserialize<'de> for Base64Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
        BASE64.decode(&text).map(Self).map_err(|_| D::Error::custom("not base64"))
    }
}

/// A number that travels as text, or as a number from older nodes.
fn number<'de, D: Deserializer<'de>, T: TryFrom<i128>>(deserializer: D) -> Result<T, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Text(String),
        Number(i64),
    }
    let value: i128 = match Form::deserialize(deserializer)? {
        Form::Number(number) => number.into(),
        Form::Text(text) if text.is_empty() => 0,
        Form::Text(text) => {
            text.parse().map_err(|_| D::Error::custom(format!("`{text}` is not a number")))?
        }
    };
    T::try_from(value).map_err(|_| D::Error::custom(format!("{value} is out of range")))
}

/// The answer to `status`.
#[derive(Clone, Debug, Deserialize)]
pub struct NodeStatus {
    /// Who the node is.
    pub node_info: NodeInfo,
    /// Where the chain stands.
    pub sync_info: SyncInfo,
}

/// Who a node is.
#[derive(Clone, Debug, Deserialize)]
pub struct NodeInfo {
    /// The node id, hex.
    #[serde(default)]
    pub id: String,
    /// The chain id.
    pub network: String,
    /// The version of CometBFT, or of what stands in for it.
    #[serde(default)]
    pub version: String,
    /// The name its operator gave it.
    #[serde(default)]
    pub moniker: String,
}

/// The head of the chain.
#[derive(Clone, Debug, Deserialize)]
pub struct SyncInfo {
    /// The newest height the node has.
    #[serde(deserialize_with = "number")]
    pub latest_block_height: u64,
    /// Its time, RFC 3339.
    pub latest_block_time: String,
    /// Its hash, hex.
    #[serde(default)]
    pub latest_block_hash: String,
    /// The application's root after the block before it, hex.
    #[serde(default)]
    pub latest_app_hash: String,
    /// The oldest height it still has.
    #[serde(default, deserialize_with = "number")]
    pub earliest_block_height: u64,
    /// Whether it is still behind the network.
    #[serde(default)]
    pub catching_up: bool,
}

/// The answer to `abci_query`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct AbciQueryAnswer {
    pub(crate) response: AbciQueryResponse,
}

/// What the application answered.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct AbciQueryResponse {
    #[serde(default)]
    pub(crate) code: u32,
    #[serde(default)]
    pub(crate) codespace: String,
    #[serde(default)]
    pub(crate) log: String,
    #[serde(default)]
    pub(crate) value: Option<Base64Bytes>,
}

/// The answer to `abci_info`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct AbciInfoAnswer {
    pub(crate) response: AbciInfo,
}

/// What the application says about itself.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct AbciInfo {
    /// Absent before the first block.
    #[serde(default, deserialize_with = "number")]
    pub(crate) last_block_height: u64,
}

/// The answer to `block_results`, in part.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct BlockResultsAnswer {
    /// `null` for an empty block of some nodes.
    #[serde(default)]
    pub(crate) txs_results: Option<Vec<Outcome>>,
}

/// What came of a transaction, in short.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Outcome {
    /// 0 if it succeeded.
    #[serde(default)]
    pub code: u32,
    /// Whose code it is.
    #[serde(default)]
    pub codespace: String,
    /// Why it failed.
    #[serde(default)]
    pub log: String,
}

/// The node's first verdict on a transaction.
#[derive(Clone, Debug, Deserialize)]
pub struct CheckResult {
    /// 0 if it was taken into the pool.
    #[serde(default)]
    pub code: u32,
    /// Whose code it is.
    #[serde(default)]
    pub codespace: String,
    /// Why it was refused.
    #[serde(default)]
    pub log: String,
    /// Its hash, upper-case hex.
    #[serde(default)]
    pub hash: String,
}

/// A transaction in a block.
#[derive(Clone, Debug, Deserialize)]
pub struct TxAnswer {
    /// The hash, upper-case hex.
    pub hash: String,
    /// The block that holds it.
    #[serde(deserialize_with = "number")]
    pub height: u64,
    /// Its place in the block.
    #[serde(default)]
    pub index: u32,
    /// What came of it.
    pub tx_result: ExecResult,
    /// The transaction's bytes.
    pub tx: Base64Bytes,
}

/// What came of a transaction.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ExecResult {
    /// 0 if it succeeded.
    #[serde(default)]
    pub code: u32,
    /// Whose code it is.
    #[serde(default)]
    pub codespace: String,
    /// The encoded `TxMsgData`.
    #[serde(default)]
    pub data: Base64Bytes,
    /// Why it failed.
    #[serde(default)]
    pub log: String,
    /// Remarks.
    #[serde(default)]
    pub info: String,
    /// The gas it offered to pay for.
    #[serde(default, deserialize_with = "number")]
    pub gas_wanted: i64,
    /// The gas it took.
    #[serde(default, deserialize_with = "number")]
    pub gas_used: i64,
    /// What happened.
    #[serde(default)]
    pub events: Vec<Event>,
}

/// Something that happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Event {
    /// What kind of thing.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its particulars.
    #[serde(default)]
    pub attributes: Vec<EventAttribute>,
}

impl Event {
    /// The first attribute of this key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.attributes.iter().find(|one| one.key == key).map(|one| one.value.as_str())
    }
}

/// One particular of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct EventAttribute {
    /// Its name.
    pub key: String,
    /// Its value; absent means empty.
    #[serde(default, deserialize_with = "text_or_null")]
    pub value: String,
    /// Whether the node indexes it.
    #[serde(default)]
    pub index: bool,
}

fn text_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.unwrap_or_default())
}

/// The answer to `tx_search`.
#[derive(Clone, Debug, Deserialize)]
pub struct TxSearchAnswer {
    /// One page.
    #[serde(default)]
    pub txs: Vec<TxAnswer>,
    /// How many match in all.
    #[serde(deserialize_with = "number")]
    pub total_count: u64,
}

/// The answer to `block`.
#[derive(Clone, Debug, Deserialize)]
pub struct BlockAnswer {
    /// Names the block.
    pub block_id: BlockId,
    /// The block.
    pub block: Block,
}

/// The name of a block.
#[derive(Clone, Debug, Deserialize)]
pub struct BlockId {
    /// The hash of its header, upper-case hex.
    #[serde(default)]
    pub hash: String,
}

/// A block.
#[derive(Clone, Debug, Deserialize)]
pub struct Block {
    /// Its header.
    pub header: Header,
    /// Its transactions.
    pub data: BlockData,
}

/// The header of a block, in part.
#[derive(Clone, Debug, Deserialize)]
pub struct Header {
    /// The chain id.
    pub chain_id: String,
    /// The height.
    #[serde(deserialize_with = "number")]
    pub height: u64,
    /// RFC 3339.
    pub time: String,
    /// The application's root after the block before, hex.
    #[serde(default)]
    pub app_hash: String,
    /// Who proposed it, hex.
    #[serde(default)]
    pub proposer_address: String,
}

/// The transactions of a block.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct BlockData {
    /// Their bytes; `null` in an empty block of some nodes.
    #[serde(default)]
    pub txs: Option<Vec<Base64Bytes>>,
}
