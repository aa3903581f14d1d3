//! A development network in one process.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use agora_primitives::{Address, NATIVE_DENOM};
use agora_runtime::{PoolLimits, Runtime};
use agora_store::StoreError;
use anyhow::Context;

use super::faucet::RunningFaucet;
use super::pool;
use super::servers::{self, Listen};
use super::state::{self, StateOptions};
use crate::api::{ApiServers, Cors, NodeConfig};
use crate::app::App;
use crate::devnet::{BlockMode, Devnet, DevnetConfig, Home};
use crate::rpc::{RpcConfig, RpcServer};

/// What a devnet is started with.
#[derive(Clone, Debug)]
pub struct DevnetOptions {
    /// The home folder.
    pub home: PathBuf,
    /// The chain id of a new chain.
    pub chain_id: String,
    /// When blocks are made.
    pub mode: BlockMode,
    /// Where the servers listen.
    pub listen: Listen,
    /// Accounts funded beside the published ones, in a new chain.
    pub funded: Vec<Address>,
    /// How the state is kept.
    pub state: StateOptions,
}

impl DevnetOptions {
    /// The defaults, in `home`.
    pub fn new(home: impl Into<PathBuf>) -> Self {
        Self {
            home: home.into(),
            chain_id: agora_genesis::DEV_CHAIN_ID.to_owned(),
            mode: BlockMode::default(),
            listen: Listen::default(),
            funded: Vec::new(),
            state: StateOptions::default(),
        }
    }
}

/// A running devnet.
pub struct RunningDevnet {
    app: App,
    chain: Arc<Devnet<App>>,
    rpc: RpcServer,
    api: ApiServers,
    faucet: Option<RunningFaucet>,
}

impl RunningDevnet {
    /// Forgets the chain in `home`, blocks and state; the keys stay.
    ///
    /// # Errors
    /// The home is in use or cannot be written.
    pub fn reset(home: &Path) -> anyhow::Result<()> {
        // Blocks first: a state without blocks would be ahead, blocks without a state are executed again.
        let state = state::path(home);
        if state.exists() {
            // Any other error is passed by: a damaged state is what a reset is for.
            let opened = state::open(home, &Runtime::standard()?, &StateOptions::default());
            if let Err(error @ StoreError::Locked { .. }) = opened {
                return Err(error.into());
            }
            std::fs::remove_dir_all(&state).with_context(|| format!("cannot remove {}", state.display()))?;
        }
        Ok(Home::reset(home)?)
    }

    /// Starts the chain in the home, from genesis if it is new, and the servers around it.
    ///
    /// # Errors
    /// The home cannot be used, a port is taken, or the chain does not start.
    pub async fn start(options: DevnetOptions) -> anyhow::Result<Self> {
        let listen = options.listen.clone();
        let (app, chain) = tokio::task::spawn_blocking(move || start_chain(&options))
            .await
            .context("starting the chain")??;
        let config =
            NodeConfig { minimum_gas_price: format!("0.0025{NATIVE_DENOM}"), ..NodeConfig::default() };
        let services = servers::services(&app, chain.clone(), config);
        let rpc_config = RpcConfig {
            listen: listen.rpc,
            cors_allowed_origins: vec!["*".to_owned()],
            ..RpcConfig::default()
        };
        let rpc = RpcServer::start(chain.clone(), rpc_config).await?;
        let api = servers::open_api(&app, services, &listen, Cors::Any).await?;
        let faucet = match listen.faucet {
            Some(address) => {
                let chain_id = crate::chain::Chain::status(&*chain)?.network;
                Some(RunningFaucet::open(&app, chain.clone(), chain_id, address).await?)
            }
            None => None,
        };
        Ok(Self { app, chain, rpc, api, faucet })
    }

    /// The chain, for blocks on demand and time travel.
    #[must_use]
    pub fn chain(&self) -> &Arc<Devnet<App>> {
        &self.chain
    }

    /// The application.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Where RPC listens.
    #[must_use]
    pub fn rpc(&self) -> SocketAddr {
        self.rpc.local_addr()
    }

    /// Where gRPC listens.
    #[must_use]
    pub fn grpc(&self) -> Option<SocketAddr> {
        self.api.grpc_address()
    }

    /// Where REST listens.
    #[must_use]
    pub fn rest(&self) -> Option<SocketAddr> {
        self.api.rest_address()
    }

    /// Where the faucet listens.
    #[must_use]
    pub fn faucet(&self) -> Option<SocketAddr> {
        self.faucet.as_ref().map(RunningFaucet::address)
    }

    /// Stops the servers, then the chain, after the block under way.
    ///
    /// # Errors
    /// The chain had failed before; says why.
    pub async fn stop(self) -> anyhow::Result<()> {
        if let Some(faucet) = self.faucet {
            faucet.stop().await;
        }
        self.rpc.stop().await;
        self.api.stop().await;
        let chain = self.chain;
        tokio::task::spawn_blocking(move || chain.stop()).await.context("stopping the chain")??;
        self.app.store().flush()?;
        Ok(())
    }
}

fn start_chain(options: &DevnetOptions) -> anyhow::Result<(App, Arc<Devnet<App>>)> {
    let runtime = Arc::new(Runtime::standard()?);
    let mut config = DevnetConfig::new(&options.home);
    config.mode = options.mode;
    config.mempool = pool::devnet();
    config.rpc_address = format!("tcp://{}", options.listen.rpc);
    // The home is made, and with it `data`, before the store is opened below it.
    drop(Home::open(&options.home)?);
    let app = state::open_app(&options.home, &runtime, &options.state, PoolLimits::LARGE)?;
    let now = prost_types::Timestamp::from(SystemTime::now()).to_string();
    let genesis = agora_genesis::devnet(&runtime, &options.chain_id, &now, &options.funded)?;
    let chain = Devnet::start(config, app.clone(), Some(&genesis.to_json().to_string()))?;
    Ok((app, chain))
}
