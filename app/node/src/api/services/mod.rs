//! Services that are answered by the node and not by the application's modules: transactions, blocks, node facts.

mod blocks;
mod convert;
mod info;
mod transactions;

use std::cell::OnceCell;
use std::sync::Arc;

use agora_proto::strict::{StrictDecoder, StrictLimits, StrictSchema};
use prost::Message;
use prost_reflect::DescriptorPool;

use crate::chain::{BlockInfo, Chain, ChainError, Status};
use crate::query::{QueryAnswer, QueryService, QueryStatus};

pub use self::info::NodeConfig;

/// Several services as one; the first that has a path answers it.
pub struct Services(pub Vec<Arc<dyn QueryService>>);

impl QueryService for Services {
    fn has(&self, path: &str) -> bool {
        self.0.iter().any(|service| service.has(path))
    }

    fn query(&self, path: &str, request: &[u8], height: Option<u64>) -> Result<QueryAnswer, QueryStatus> {
        match self.0.iter().find(|service| service.has(path)) {
            Some(service) => service.query(path, request, height),
            None => Err(refuse(UNIMPLEMENTED, format!("unknown query path: {path}"))),
        }
    }
}

/// The services of the node itself: `cosmos.tx.v1beta1.Service` (all but `Simulate`, which the application answers,
/// and the two amino conversions), `cosmos.base.tendermint.v1beta1.Service`, `cosmos.base.node.v1beta1.Service` and
/// `cosmos.base.reflection.v1beta1.ReflectionService`. They answer from the head whatever height is asked for.
pub struct NodeServices {
    chain: Arc<dyn Chain>,
    config: NodeConfig,
    strict: StrictDecoder,
    interfaces: info::Interfaces,
}

impl NodeServices {
    /// Services over `chain`; `pool` are the definitions transactions may use.
    pub fn new(chain: Arc<dyn Chain>, pool: &DescriptorPool, config: NodeConfig) -> Self {
        let schema = Arc::new(StrictSchema::new(pool));
        let strict = StrictDecoder::with_schema(schema, StrictLimits::default());
        Self { chain, config, strict, interfaces: info::Interfaces::of(pool) }
    }
}

/// One query being answered. The chain's facts are asked at most once: they may cost a round trip.
struct Call<'a> {
    node: &'a NodeServices,
    status: OnceCell<Status>,
}

impl Call<'_> {
    fn status(&self) -> Result<&Status, QueryStatus> {
        if let Some(status) = self.status.get() {
            return Ok(status);
        }
        let status = self.node.chain.status().map_err(chain_error)?;
        Ok(self.status.get_or_init(|| status))
    }

    /// The height of the head; 0 before the first block.
    fn head(&self) -> Result<u64, QueryStatus> {
        Ok(self.status()?.latest.as_deref().map(height_of).unwrap_or_default())
    }
}

fn height_of(info: &BlockInfo) -> u64 {
    info.block.header.as_ref().and_then(|header| u64::try_from(header.height).ok()).unwrap_or_default()
}

/// A height or count as protobuf's signed kind.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

type Method = fn(&Call<'_>, &[u8]) -> Result<Vec<u8>, QueryStatus>;

/// Decodes the request, calls `handler` and encodes what it answers.
macro_rules! method {
    ($handler:expr) => {
        |call, request| {
            let handler = $handler;
            let request = decode(request)?;
            handler(call, request).map(|response| response.encode_to_vec())
        }
    };
}

/// The method at `path`.
fn find(path: &str) -> Option<Method> {
    let (service, name) = path.strip_prefix('/')?.split_once('/')?;
    let method: Method = match (service, name) {
        ("cosmos.tx.v1beta1.Service", "GetTx") => method!(Call::get_tx),
        ("cosmos.tx.v1beta1.Service", "GetTxsEvent") => method!(Call::get_txs_event),
        ("cosmos.tx.v1beta1.Service", "BroadcastTx") => method!(Call::broadcast_tx),
        ("cosmos.tx.v1beta1.Service", "GetBlockWithTxs") => method!(Call::get_block_with_txs),
        ("cosmos.tx.v1beta1.Service", "TxDecode") => method!(Call::tx_decode),
        ("cosmos.tx.v1beta1.Service", "TxEncode") => method!(Call::tx_encode),
        ("cosmos.base.tendermint.v1beta1.Service", "GetNodeInfo") => method!(Call::node_info),
        ("cosmos.base.tendermint.v1beta1.Service", "GetSyncing") => method!(Call::syncing),
        ("cosmos.base.tendermint.v1beta1.Service", "GetLatestBlock") => method!(Call::latest_block),
        ("cosmos.base.tendermint.v1beta1.Service", "GetBlockByHeight") => {
            method!(Call::block_by_height)
        }
        ("cosmos.base.tendermint.v1beta1.Service", "GetLatestBlockResults") => {
            method!(Call::latest_block_results)
        }
        ("cosmos.base.tendermint.v1beta1.Service", "GetBlockResults") => method!(Call::block_results),
        ("cosmos.base.tendermint.v1beta1.Service", "GetLatestValidatorSet") => {
            method!(Call::latest_validator_set)
        }
        ("cosmos.base.tendermint.v1beta1.Service", "GetValidatorSetByHeight") => {
            method!(Call::validator_set_by_height)
        }
        ("cosmos.base.tendermint.v1beta1.Service", "ABCIQuery") => method!(Call::abci_query),
        ("cosmos.base.node.v1beta1.Service", "Config") => method!(Call::node_config),
        ("cosmos.base.node.v1beta1.Service", "Status") => method!(Call::node_status),
        ("cosmos.base.reflection.v1beta1.ReflectionService", "ListAllInterfaces") => {
            method!(Call::list_interfaces)
        }
        ("cosmos.base.reflection.v1beta1.ReflectionService", "ListImplementations") => {
            method!(Call::list_implementations)
        }
        _ => return None,
    };
    Some(method)
}

impl QueryService for NodeServices {
    fn has(&self, path: &str) -> bool {
        find(path).is_some()
    }

    fn query(&self, path: &str, request: &[u8], _height: Option<u64>) -> Result<QueryAnswer, QueryStatus> {
        let method =
            find(path).ok_or_else(|| refuse(UNIMPLEMENTED, format!("unknown query path: {path}")))?;
        let call = Call { node: self, status: OnceCell::new() };
        let value = method(&call, request)?;
        Ok(QueryAnswer { value, height: call.head()? })
    }
}

const UNKNOWN: u32 = 2;
const INVALID_ARGUMENT: u32 = 3;
const NOT_FOUND: u32 = 5;
const UNIMPLEMENTED: u32 = 12;
const INTERNAL: u32 = 13;

fn refuse(code: u32, message: impl Into<String>) -> QueryStatus {
    QueryStatus { code, message: message.into() }
}

/// What the chain could not answer, as clients of the SDK see it: an error of no registered kind.
fn chain_error(error: ChainError) -> QueryStatus {
    refuse(UNKNOWN, error.to_string())
}

fn decode<M: Message + Default>(request: &[u8]) -> Result<M, QueryStatus> {
    M::decode(request)
        .map_err(|error| refuse(INTERNAL, format!("grpc: error unmarshalling request: {error}")))
}
