//! A node whose blocks a real CometBFT makes: as a supervised child, or one that somebody else runs.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use agora_primitives::{Address, NATIVE_DENOM};
use agora_runtime::{PoolLimits, Runtime};
use anyhow::{Context, bail};
use tokio::sync::mpsc;

use super::faucet::RunningFaucet;
use super::genesis::{self, Source, Wanted};
use super::pool;
use super::servers::{self, Listen};
use super::state::{self, StateOptions};
use crate::abci::{self, AbciHandle, AbciMetrics, AbciOptions, AbciServer, Fatal};
use crate::api::{ApiServers, Cors, NodeConfig, Services};
use crate::app::{App, Halt};
use crate::chain::Chain;
use crate::comet::home::CometHome;
use crate::comet::supervisor::{CometBinary, CometExit, CometHandle, CometNode, CometOptions, ProgressHook};
use crate::comet::{CometChain, CometConfig};
use crate::metrics::{Health, Metrics, MetricsServer};

/// How long CometBFT may take to end when asked.
const COMET_GRACE: Duration = Duration::from_secs(20);
/// How long calls under way may take to end after that.
const ABCI_GRACE: Duration = Duration::from_secs(10);
/// How long the other half of a failure is waited for: one of the two ends first.
const AFTERMATH: Duration = Duration::from_secs(3);
/// The peer-to-peer address of a development chain, which has no peers.
const DEV_P2P: &str = "tcp://127.0.0.1:26656";

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
            abci_only: None,
            on_progress: None,
        }
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted { chain_id: self.chain_id.as_deref(), funded: &self.funded }
    }
}

/// Why a node does not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeEnd {
    /// It has committed this height, where it was set to stop.
    Halted(u64),
    /// CometBFT ended without being asked.
    Comet(CometExit),
    /// The application cannot go on, and CometBFT with it.
    Application(Fatal, Option<CometExit>),
}

impl std::fmt::Display for NodeEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Halted(height) => {
                write!(f, "height {height} is committed, where this node was set to stop")
            }
            Self::Comet(exit) => exit.fmt(f),
            Self::Application(fatal, None) => f.write_str(&fatal.reason),
            Self::Application(fatal, Some(exit)) => write!(f, "{}\n{exit}", fatal.reason),
        }
    }
}

/// One of the two halves has ended, or the node is to stop.
enum Ended {
    Halted(u64),
    Comet(CometExit),
    Application(Fatal),
}

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

/// What keeps the home locked.
enum Home {
    Supervised(#[expect(dead_code, reason = "held for its lock")] Box<CometNode>),
    Served(#[expect(dead_code, reason = "held for its lock")] CometHome),
}

/// The two halves of a node, started.
struct Halves {
    app: App,
    chain_id: Option<String>,
    comet: Option<CometHandle>,
    abci: AbciHandle,
    ended: mpsc::UnboundedReceiver<Ended>,
    home: Home,
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

/// The application on the home's store.
fn open_app(home: &CometHome, runtime: &Arc<Runtime>, options: &StartOptions) -> anyhow::Result<App> {
    // A mempool that somebody else has set up may be no larger than CometBFT's own defaults.
    let limits = if options.abci_only.is_some() { PoolLimits::default() } else { PoolLimits::LARGE };
    state::open_app(home.root(), runtime, &options.state, limits)
}

/// A server of the application that reports its end to `ended`, and that it has come to where the node stops.
fn serve_app(
    listen: &abci::Listen,
    app: &App,
    ended: mpsc::UnboundedSender<Ended>,
) -> anyhow::Result<AbciHandle> {
    let (halt, halted) = (app.halt(), ended.clone());
    if halt != Halt::default() {
        app.on_block(Box::new(move |report| {
            if halt.is_reached(&report.block) {
                let _ = halted.send(Ended::Halted(report.block.height));
            }
        }));
    }
    let on_fatal = move |fatal: &Fatal| drop(ended.send(Ended::Application(fatal.clone())));
    let options = AbciOptions { on_fatal: Some(Box::new(on_fatal)), ..AbciOptions::default() };
    Ok(AbciServer::bind(listen, app.clone(), options)?)
}

/// The application alone.
fn serve(options: &StartOptions, only: &AbciOnly) -> anyhow::Result<Halves> {
    let runtime = Arc::new(Runtime::standard()?);
    let home = CometHome::open(&options.home)?;
    let app = open_app(&home, &runtime, options)?;
    let listen = only.listen.clone().unwrap_or_else(|| abci::Listen::Unix(home.socket_path()));
    let (send, ended) = mpsc::unbounded_channel();
    let abci = serve_app(&listen, &app, send)?;
    Ok(Halves { app, chain_id: None, comet: None, abci, ended, home: Home::Served(home) })
}

/// The application, and CometBFT as its child.
fn supervise(options: &StartOptions) -> anyhow::Result<Halves> {
    // Before the home is touched: without the program nothing is left behind.
    let binary = CometBinary::find(options.comet.as_deref())?;
    let runtime = Arc::new(Runtime::standard()?);
    let home = CometHome::open(&options.home)?;
    let source = Source::find(&home, &options.wanted())?;
    let app = open_app(&home, &runtime, options)?;
    if let Some(head) = app.store().latest()
        && !home.has_chain()
    {
        bail!(
            "{} holds a state at height {} but none of cometbft's blocks: another program made it, such as the \
             devnet; choose another home",
            home.root().display(),
            head.height
        );
    }
    CometNode::init(&home, &binary)?;
    let is_new = matches!(source, Source::Make(_));
    let document = match source {
        Source::Home(document) => document,
        Source::Make(id) => {
            let moniker = options.moniker.as_deref().unwrap_or("agora");
            genesis::make(&home, &runtime, &id, moniker, &options.wanted())?
        }
    };
    let (send, ended) = mpsc::unbounded_channel();
    let metrics = Arc::new(OnceLock::<Arc<AbciMetrics>>::new());
    let mut comet = comet_options(options, is_new)?;
    comet.wait_first_block = genesis::is_alone(&home, &document);
    comet.sign_of_life = Some(Arc::new({
        let metrics = Arc::clone(&metrics);
        move || metrics.get().map_or(0, |metrics| metrics.calls())
    }));
    comet.on_exit = Some(Arc::new({
        let send = send.clone();
        move |exit: &CometExit| {
            if !exit.requested {
                let _ = send.send(Ended::Comet(exit.clone()));
            }
        }
    }));
    let node = CometNode::prepare(home, binary, None, comet)?;
    let abci = serve_app(&node.listen(), &app, send)?;
    let _ = metrics.set(abci.metrics());
    match node.start() {
        Ok(handle) => Ok(Halves {
            app,
            chain_id: Some(genesis::chain_id(&document).to_owned()),
            comet: Some(handle),
            abci,
            ended,
            home: Home::Supervised(Box::new(node)),
        }),
        Err(error) => {
            let error = anyhow::Error::new(error);
            // The application's reason is the cause, and CometBFT's end what followed.
            Err(match abci.fatal() {
                Some(fatal) => error.context(fatal.reason),
                None => error,
            })
        }
    }
}

/// How CometBFT is configured. Its `config.toml` belongs to the operator: only what was asked for is changed.
fn comet_options(options: &StartOptions, is_new: bool) -> anyhow::Result<CometOptions> {
    let laddr = |address: Option<SocketAddr>| {
        address.map(|address| free(address).map(|address| format!("tcp://{address}"))).transpose()
    };
    let mut comet = CometOptions {
        binary: options.comet.clone(),
        moniker: options.moniker.clone(),
        rpc_laddr: laddr(options.rpc)?,
        p2p_laddr: laddr(options.p2p)?,
        timeout_commit: options.block_interval,
        // CheckTx keeps it from filling, and after each block is asked again what may stay.
        mempool_size: Some(pool::MAX_TXS),
        mempool_cache_size: Some(pool::CACHE_SIZE),
        recheck: Some(true),
        on_progress: options.on_progress.clone(),
        ..CometOptions::default()
    };
    if is_new {
        // A development chain: web pages may use it, and nobody else on the network.
        comet.cors_allowed_origins = Some(vec!["*".to_owned()]);
        comet.p2p_laddr.get_or_insert_with(|| DEV_P2P.to_owned());
    }
    Ok(comet)
}

/// The address, with a free port for port 0: CometBFT does not say which one it took.
fn free(address: SocketAddr) -> anyhow::Result<SocketAddr> {
    if address.port() != 0 {
        return Ok(address);
    }
    let probe = TcpListener::bind(address).with_context(|| format!("cannot listen on {}", address.ip()))?;
    Ok(probe.local_addr()?)
}
