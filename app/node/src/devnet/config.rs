//! What a devnet is started with, and how it can fail.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::guard::Fault;
use super::mempool::MempoolConfig;

/// When blocks are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockMode {
    /// One block per interval.
    Interval {
        /// From the beginning of one block to that of the next.
        every: Duration,
        /// Whether also without transactions. If not, one empty block still follows each block with
        /// transactions: it carries the app hash they led to.
        empty_blocks: bool,
    },
    /// A block as soon as a transaction waits.
    Instant {
        /// An empty block after this time without one; `None` for never.
        idle: Option<Duration>,
    },
    /// Blocks only when [`super::Devnet::mine`] asks for them.
    Manual,
}

impl Default for BlockMode {
    fn default() -> Self {
        Self::Interval { every: Duration::from_secs(1), empty_blocks: true }
    }
}

/// How a devnet is run.
#[derive(Clone, Debug)]
pub struct DevnetConfig {
    /// The home folder; made if it is not there.
    pub home: PathBuf,
    /// The node's name.
    pub moniker: String,
    /// When blocks are made.
    pub mode: BlockMode,
    /// Limits of the mempool.
    pub mempool: MempoolConfig,
    /// Bytes of new index entries held in memory before they are written out.
    pub index_memory: usize,
    /// What `/status` says about where peers connect; a devnet has none.
    pub listen_addr: String,
    /// What `/status` says about where RPC answers.
    pub rpc_address: String,
}

impl DevnetConfig {
    /// The defaults, in `home`.
    pub fn new(home: impl Into<PathBuf>) -> Self {
        Self {
            home: home.into(),
            moniker: "devnet".to_owned(),
            mode: BlockMode::default(),
            mempool: MempoolConfig::default(),
            index_memory: super::index::MEMORY_BYTES,
            listen_addr: "tcp://127.0.0.1:26656".to_owned(),
            rpc_address: "tcp://127.0.0.1:26657".to_owned(),
        }
    }
}

/// Why a devnet does not start or has stopped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DevnetError {
    /// The home folder cannot be used.
    #[error("{0}")]
    Home(String),
    /// The genesis is missing or wrong.
    #[error("the genesis cannot be used: {0}")]
    Genesis(String),
    /// The block store cannot be read or written.
    #[error("{0}")]
    Store(String),
    /// The application failed or answered what no chain can go on with.
    #[error("{0}")]
    Application(String),
    /// The application has committed blocks that the store does not have.
    #[error(
        "application is ahead: it has committed height {app}, the block store ends at {store}; reset the devnet or \
         restore the matching blocks"
    )]
    Ahead {
        /// The application's height.
        app: u64,
        /// The height of the last stored block.
        store: u64,
    },
    /// The request makes no sense.
    #[error("{0}")]
    Refused(String),
    /// The devnet was stopped.
    #[error("the devnet has stopped; start it again")]
    Stopped,
}

impl DevnetError {
    pub(super) fn io(action: &str, path: &Path, error: &std::io::Error) -> Self {
        Self::Home(format!("cannot {action} {}: {error}; check space and permissions", path.display()))
    }
}

impl From<Fault> for DevnetError {
    fn from(fault: Fault) -> Self {
        Self::Application(fault.to_string())
    }
}
