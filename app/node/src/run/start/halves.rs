//! The two halves of a node: the application, and CometBFT.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, OnceLock};

use agora_runtime::{PoolLimits, Runtime};
use anyhow::{Context, bail};
use tokio::sync::mpsc;

use super::options::{AbciOnly, StartOptions};
use crate::abci::{self, AbciHandle, AbciMetrics, AbciOptions, AbciServer, Fatal};
use crate::app::{App, Halt};
use crate::comet::home::CometHome;
use crate::comet::supervisor::{CometBinary, CometExit, CometHandle, CometNode, CometOptions};
use crate::run::genesis::{self, Source};
use crate::run::{pool, state, upgrade};

/// The peer-to-peer address of a development chain, which has no peers.
const DEV_P2P: &str = "tcp://127.0.0.1:26656";

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
pub(super) enum Ended {
    Halted(u64),
    Comet(CometExit),
    Application(Fatal),
}

/// What keeps the home locked.
pub(super) enum Home {
    Supervised(#[expect(dead_code, reason = "held for its lock")] Box<CometNode>),
    Served(#[expect(dead_code, reason = "held for its lock")] CometHome),
}

/// The two halves of a node, started.
pub(super) struct Halves {
    pub(super) app: App,
    pub(super) chain_id: Option<String>,
    pub(super) comet: Option<CometHandle>,
    pub(super) abci: AbciHandle,
    pub(super) ended: mpsc::UnboundedReceiver<Ended>,
    pub(super) home: Home,
}

/// The application on the home's store.
fn open_app(home: &CometHome, runtime: &Arc<Runtime>, options: &StartOptions) -> anyhow::Result<App> {
    // A mempool that somebody else has set up may be no larger than CometBFT's own defaults.
    let limits = if options.abci_only.is_some() { PoolLimits::default() } else { PoolLimits::LARGE };
    let app = state::open_app(home.root(), runtime, &options.state, limits)?;
    app.on_upgrade(upgrade::recorder(home.root()));
    Ok(app)
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
pub(super) fn serve(options: &StartOptions, only: &AbciOnly) -> anyhow::Result<Halves> {
    let runtime = Arc::new(Runtime::skipping(options.skip_upgrades.clone())?);
    let home = CometHome::open(&options.home)?;
    let app = open_app(&home, &runtime, options)?;
    let listen = only.listen.clone().unwrap_or_else(|| abci::Listen::Unix(home.socket_path()));
    let (send, ended) = mpsc::unbounded_channel();
    let abci = serve_app(&listen, &app, send)?;
    Ok(Halves { app, chain_id: None, comet: None, abci, ended, home: Home::Served(home) })
}

/// The application, and CometBFT as its child.
pub(super) fn supervise(options: &StartOptions) -> anyhow::Result<Halves> {
    // Before the home is touched: without the program nothing is left behind.
    let binary = CometBinary::find(options.comet.as_deref())?;
    let runtime = Arc::new(Runtime::skipping(options.skip_upgrades.clone())?);
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
