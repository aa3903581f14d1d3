//! A node whose blocks a real CometBFT makes: as a supervised child, or one that somebody else runs.

mod halves;
mod options;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use agora_primitives::NATIVE_DENOM;
use anyhow::{Context, bail};
use tokio::sync::mpsc;

pub use self::halves::NodeEnd;
use self::halves::{Ended, Halves, Home, serve, supervise};
pub use self::options::{AbciOnly, StartOptions};
use super::faucet::RunningFaucet;
use super::genesis;
use super::servers::{self, Listen};
use crate::abci::{self, AbciHandle};
use crate::api::{ApiServers, Cors, NodeConfig, Services};
use crate::app::App;
use crate::chain::Chain;
use crate::comet::supervisor::CometHandle;
use crate::comet::{CometChain, CometConfig};
use crate::metrics::{Health, Metrics, MetricsServer};

/// How long CometBFT may take to end when asked.
const COMET_GRACE: Duration = Duration::from_secs(20);
/// How long calls under way may take to end after that.
const ABCI_GRACE: Duration = Duration::from_secs(10);
/// How long the other half of a failure is waited for: one of the two ends first.
const AFTERMATH: Duration = Duration::from_secs(3);

/// A running node.
pub struct RunningNode {
    app: App,
    chain: CometChain,
    chain_id: Option<String>,
    comet: Option<CometHandle>,
    abci: AbciHandle,
    api: Option<ApiServers>,
    faucet: Option<RunningFaucet>,
    metrics: Option<MetricsServer>,
    ended: mpsc::UnboundedReceiver<Ended>,
    // Last, so that the home is free only when everything has ended.
    _home: Home,
}

impl RunningNode {
    /// Starts the node: a new home gets its keys and, for a development chain, a genesis with this node as the only
    /// validator; an old one goes on. Returns when CometBFT answers, and a chain with no other validator has a block.
    ///
    /// # Errors
    /// There is no CometBFT, the home cannot be used or is another chain's, a port is taken, or CometBFT or the
    /// application fails while starting.
    pub async fn start(options: StartOptions) -> anyhow::Result<Self> {
        let listen = options.listen.clone();
        let metrics = options.metrics;
        let abci_only = options.abci_only.clone();
        let halves = tokio::task::spawn_blocking(move || match &options.abci_only {
            None => supervise(&options),
            Some(only) => serve(&options, only),
        });
        let Halves { app, chain_id, comet, abci, ended, home } =
            halves.await.context("starting the node")??;
        let url = match (&comet, &abci_only) {
            (Some(comet), _) => Some(comet.rpc_url().to_owned()),
            (None, only) => only.as_ref().and_then(|only| only.rpc.clone()),
        };
        let is_served = url.is_some();
        let mut config = CometConfig::default();
        if let Some(url) = url {
            config.url = url;
        }
        let chain = CometChain::with_application(&config, app.clone());
        let is_dev = chain_id.as_deref().is_some_and(genesis::is_dev);
        let node_config =
            NodeConfig { minimum_gas_price: format!("0.0025{NATIVE_DENOM}"), ..NodeConfig::default() };
        let services = servers::services(&app, Arc::new(chain.clone()), node_config);
        let mut node = Self {
            app,
            chain,
            chain_id,
            comet,
            abci,
            api: None,
            faucet: None,
            metrics: None,
            ended,
            _home: home,
        };
        // Whatever fails from here on must end the child first: dropping the node would take the server away before.
        match node.open(services, (&listen, metrics), is_dev, is_served).await {
            Ok(()) => Ok(node),
            Err(error) => {
                let _ = node.stop().await;
                Err(error)
            }
        }
    }

    async fn open(
        &mut self,
        services: Arc<dyn crate::query::QueryService>,
        (listen, metrics): (&Listen, Option<SocketAddr>),
        is_dev: bool,
        is_served: bool,
    ) -> anyhow::Result<()> {
        if let Some(address) = metrics {
            let chain: Option<Arc<dyn Chain>> = is_served.then(|| Arc::new(self.chain.clone()) as _);
            let numbers = Metrics::new(&self.app, self.abci.metrics())?;
            self.metrics = Some(MetricsServer::open(address, numbers, Health::new(&self.app, chain)).await?);
        }
        if !is_served {
            return Ok(());
        }
        let cors = if is_dev { Cors::Any } else { Cors::Off };
        self.api = Some(servers::open_api(&self.app, services, listen, cors).await?);
        if let (Some(address), Some(chain_id), true) = (listen.faucet, &self.chain_id, is_dev) {
            let chain = Arc::new(self.chain.clone());
            self.faucet = Some(RunningFaucet::open(&self.app, chain, chain_id.clone(), address).await?);
        }
        Ok(())
    }

    /// The chain, as CometBFT's RPC shows it. Its calls block.
    #[must_use]
    pub fn chain(&self) -> Arc<dyn Chain> {
        Arc::new(self.chain.clone())
    }

    /// The chain id of the home's genesis; unknown where somebody else runs CometBFT.
    #[must_use]
    pub fn chain_id(&self) -> Option<&str> {
        self.chain_id.as_deref()
    }

    /// The height of the application's state, 0 before the first block.
    #[must_use]
    pub fn height(&self) -> u64 {
        self.app.store().latest().map_or(0, |commit| commit.height)
    }

    /// Where CometBFT's RPC answers, `http://host:port`, and its process id, if this node runs it.
    #[must_use]
    pub fn comet(&self) -> Option<(&str, i32)> {
        self.comet.as_ref().map(|comet| (comet.rpc_url(), comet.pid()))
    }

    /// Where the application is served.
    #[must_use]
    pub fn abci(&self) -> &abci::Listen {
        self.abci.address()
    }

    /// Where gRPC listens.
    #[must_use]
    pub fn grpc(&self) -> Option<SocketAddr> {
        self.api.as_ref()?.grpc_address()
    }

    /// Where REST listens.
    #[must_use]
    pub fn rest(&self) -> Option<SocketAddr> {
        self.api.as_ref()?.rest_address()
    }

    /// Where the faucet listens.
    #[must_use]
    pub fn faucet(&self) -> Option<SocketAddr> {
        self.faucet.as_ref().map(RunningFaucet::address)
    }

    /// Where metrics and health are served.
    #[must_use]
    pub fn metrics(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().map(MetricsServer::address)
    }

    /// Waits until the node does not go on; says why. [`stop`](Self::stop) is still to be called.
    pub async fn ended(&mut self) -> NodeEnd {
        let Some(first) = self.ended.recv().await else {
            // The senders live as long as the two halves: this is not reached while the node runs.
            return std::future::pending().await;
        };
        if let Ended::Halted(height) = first {
            return NodeEnd::Halted(height);
        }
        let second = match self.comet {
            Some(_) => tokio::time::timeout(AFTERMATH, self.ended.recv()).await.ok().flatten(),
            None => None,
        };
        match (first, second) {
            (Ended::Application(fatal), Some(Ended::Comet(exit)))
            | (Ended::Comet(exit), Some(Ended::Application(fatal))) => {
                NodeEnd::Application(fatal, Some(exit))
            }
            (_, Some(Ended::Halted(height))) | (Ended::Halted(height), _) => NodeEnd::Halted(height),
            (Ended::Application(fatal), _) => NodeEnd::Application(fatal, None),
            (Ended::Comet(exit), _) => NodeEnd::Comet(exit),
        }
    }

    /// Stops the servers, then CometBFT, then the application's server, after the call under way.
    ///
    /// # Errors
    /// CometBFT had to be killed, calls did not end in time, or the state cannot be flushed.
    pub async fn stop(self) -> anyhow::Result<()> {
        let Self { app, comet, abci, api, faucet, metrics, .. } = self;
        if let Some(metrics) = metrics {
            metrics.stop().await;
        }
        if let Some(faucet) = faucet {
            faucet.stop().await;
        }
        if let Some(api) = api {
            api.stop().await;
        }
        let stopped = tokio::task::spawn_blocking(move || {
            let exit = comet.and_then(|comet| comet.stop(COMET_GRACE));
            let served = abci.stop(ABCI_GRACE);
            if let Some(exit) = exit.filter(|exit| exit.signal == Some(9) && exit.requested) {
                bail!(
                    "{exit} because it did not stop within {COMET_GRACE:?}; its next start repairs what is open"
                );
            }
            Ok(served?)
        });
        let stopped = stopped.await.context("stopping the node")?;
        // The services hold the chain, and the chain the application.
        app.set_services(Arc::new(Services(Vec::new())));
        app.store().flush()?;
        stopped
    }
}
