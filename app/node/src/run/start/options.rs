//! What a node is started with.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use agora_primitives::Address;

use crate::abci;
use crate::comet::supervisor::ProgressHook;
use crate::run::genesis::Wanted;
use crate::run::servers::Listen;
use crate::run::state::StateOptions;

/// What a node is started with.
#[derive(Clone)]
pub struct StartOptions {
    /// The home folder, in CometBFT's layout.
    pub home: PathBuf,
    /// The chain id the home must have, or gets; `None` takes what the home's genesis says, and otherwise the
    /// development chain.
    pub chain_id: Option<String>,
    /// Accounts funded beside the published ones, in a new development chain.
    pub funded: Vec<Address>,
    /// The node's name among its peers; `None` keeps what `config.toml` says.
    pub moniker: Option<String>,
    /// The CometBFT program; `None` looks for it.
    pub comet: Option<PathBuf>,
    /// Where CometBFT's RPC listens; `None` keeps what `config.toml` says, port 0 takes a free one.
    pub rpc: Option<SocketAddr>,
    /// Where CometBFT's peers connect; as `rpc`.
    pub p2p: Option<SocketAddr>,
    /// The pause after a block; `None` keeps what `config.toml` says.
    pub block_interval: Option<Duration>,
    /// Where gRPC, REST and the faucet listen; the RPC address in it is not used. There is a faucet on development
    /// chains only.
    pub listen: Listen,
    /// Where metrics and health are served.
    pub metrics: Option<SocketAddr>,
    /// How the state is kept.
    pub state: StateOptions,
    /// Heights whose planned upgrades are passed by, as a last resort.
    pub skip_upgrades: BTreeSet<u64>,
    /// Serves the application only, for a CometBFT that somebody else runs.
    pub abci_only: Option<AbciOnly>,
    /// Told how CometBFT's start goes.
    pub on_progress: Option<ProgressHook>,
}

/// How the application is served to a CometBFT that this node does not run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AbciOnly {
    /// Where; `None` is the unix socket `data/abci.sock` in the home.
    pub listen: Option<abci::Listen>,
    /// The RPC of that CometBFT, `http://host:port`. With it gRPC and REST are served, too.
    pub rpc: Option<String>,
}

impl StartOptions {
    /// The defaults, in `home`.
    pub fn new(home: impl Into<PathBuf>) -> Self {
        Self {
            home: home.into(),
            chain_id: None,
            funded: Vec::new(),
            moniker: None,
            comet: None,
            rpc: None,
            p2p: None,
            block_interval: None,
            listen: Listen::default(),
            metrics: None,
            state: StateOptions::default(),
            skip_upgrades: BTreeSet::new(),
            abci_only: None,
            on_progress: None,
        }
    }

    pub(super) fn wanted(&self) -> Wanted<'_> {
        Wanted { chain_id: self.chain_id.as_deref(), funded: &self.funded }
    }
}
