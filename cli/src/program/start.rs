//! `agora start`: a node whose blocks CometBFT makes.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::commands::{Group, typed};
use crate::context::Context;
use crate::error::{CliError, Result};
use agora_node::abci;
use agora_node::comet::supervisor::{INSTALL_LINE, Progress};
use agora_node::run::{AbciOnly, Listen, NodeEnd, RunningNode, StartOptions};
use clap::{ArgMatches, Args, Command};

use crate::program::devnet::seconds;
use crate::program::interrupts::Interrupts;
use crate::program::settings::{self, Settings};
use crate::program::state::StateArgs;

pub(crate) const GROUP: Group = Group { name: "start", command, run };

#[derive(Args, Debug)]
struct StartArgs {
    /// Folder of this node, in CometBFT's layout [default: <home>/node]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Name of this node among its peers
    #[arg(long, value_name = "NAME")]
    moniker: Option<String>,
    /// The cometbft program [env: AGORA_COMETBFT] [default: looked for in PATH and in Go's folders]
    #[arg(long, value_name = "FILE")]
    cometbft: Option<PathBuf>,
    /// Seconds between blocks, kept in config/config.toml
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    block_interval: Option<Duration>,
    /// Address the servers listen on, in place of those in the files
    #[arg(long, value_name = "IP")]
    host: Option<IpAddr>,
    /// Port of CometBFT's RPC, kept in config/config.toml; 0 for any free one [default: 26657]
    #[arg(long, value_name = "PORT")]
    rpc_port: Option<u16>,
    /// Port for CometBFT's peers, kept in config/config.toml; 0 for any free one [default: 26656]
    #[arg(long, value_name = "PORT")]
    p2p_port: Option<u16>,
    /// Port of gRPC; 0 for any free one [default: 9090]
    #[arg(long, value_name = "PORT")]
    grpc_port: Option<u16>,
    /// Port of REST; 0 for any free one [default: 1317]
    #[arg(long, value_name = "PORT")]
    rest_port: Option<u16>,
    /// Port of the faucet, which only development chains have; 0 for any free one [default: 4500]
    #[arg(long, value_name = "PORT")]
    faucet_port: Option<u16>,
    /// Port of metrics and health; 0 for any free one [default: 26661]
    #[arg(long, value_name = "PORT")]
    metrics_port: Option<u16>,
    /// Stop when this height is committed
    #[arg(long, value_name = "HEIGHT", value_parser = clap::value_parser!(u64).range(1..))]
    halt_height: Option<u64>,
    /// Stop when a block of this time (RFC 3339) or later is committed
    #[arg(long, value_name = "TIME", value_parser = halt_time)]
    halt_time: Option<SystemTime>,
    /// Pass by the upgrades planned for these heights, and execute their blocks with this release. Every validator must do the same
    #[arg(long, value_name = "HEIGHT", value_delimiter = ',', value_parser = clap::value_parser!(u64).range(1..))]
    unsafe_skip_upgrades: Vec<u64>,
    #[command(flatten)]
    state: StateArgs,
    /// Serve the application only, for a CometBFT that you run yourself
    #[arg(long, conflicts_with_all = ["cometbft", "moniker", "block_interval", "rpc_port", "p2p_port"])]
    abci_only: bool,
    /// Where the application is served: unix:///path or tcp://ip:port [default: unix://<data>/data/abci.sock]
    #[arg(long, value_name = "ADDRESS", requires = "abci_only", value_parser = abci_address)]
    abci_listen: Option<abci::Listen>,
    /// RPC of the CometBFT that you run, so that gRPC and REST are served, too
    #[arg(long, value_name = "URL", requires = "abci_only")]
    cometbft_rpc: Option<String>,
}

fn command() -> Command {
    let command = Command::new("start")
        .about("Run a node under CometBFT, which is started, watched and stopped with it")
        .after_help(format!(
            "A first start in an empty folder makes keys and a development chain with this node as its validator. For \
             another network put its genesis.json into <data>/config first; peers and all else of CometBFT are set in \
             <data>/config/config.toml, what the application does in <data>/config/app.toml, and CometBFT's log is \
             <data>/data/cometbft.log.\n\n\
             CometBFT v0.38 is needed:\n  {INSTALL_LINE}"
        ));
    StartArgs::augment_args(command)
}

/// RFC 3339.
fn halt_time(text: &str) -> std::result::Result<SystemTime, String> {
    settings::time(text)?.ok_or_else(|| "expected RFC 3339, such as 2027-01-01T00:00:00Z".to_owned())
}

/// `unix:///path` or `tcp://ip:port`.
fn abci_address(text: &str) -> std::result::Result<abci::Listen, String> {
    if let Some(path) = text.strip_prefix("unix://").filter(|path| !path.is_empty()) {
        return Ok(abci::Listen::Unix(PathBuf::from(path)));
    }
    text.strip_prefix("tcp://")
        .and_then(|address| address.parse().ok())
        .map(abci::Listen::Tcp)
        .ok_or_else(|| "expected unix:///path or tcp://ip:port, such as tcp://127.0.0.1:26658".to_owned())
}

fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let args: StartArgs = typed(matches)?;
    let home = args.data.clone().unwrap_or_else(|| context.home().join("node"));
    let mut settings = Settings::load(&home)?;
    settings.halt_height = args.halt_height.or(settings.halt_height);
    settings.halt_time = args.halt_time.or(settings.halt_time);
    crate::program::logging::init(settings.log_format, &settings.log_level);
    let mut options = StartOptions::new(&home);
    options.state = args.state.options(context, &settings);
    options.chain_id = matches.try_get_one::<String>("chain_id").ok().flatten().cloned();
    options.skip_upgrades = args.unsafe_skip_upgrades.into_iter().collect();
    options.moniker = args.moniker;
    options.comet = args.cometbft;
    options.block_interval = args.block_interval;
    let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
    // A flag goes before the file; a port alone keeps the file's address.
    let place = |file: Option<SocketAddr>, port: Option<u16>| match (file, port) {
        (None, None) => None,
        (file, port) => {
            let ip = args.host.or(file.map(|address| address.ip())).unwrap_or(local);
            Some(SocketAddr::new(ip, port.or(file.map(|address| address.port())).unwrap_or_default()))
        }
    };
    options.rpc = place(None, args.rpc_port);
    options.p2p = place(None, args.p2p_port);
    options.listen = Listen {
        grpc: place(settings.grpc, args.grpc_port),
        rest: place(settings.rest, args.rest_port),
        faucet: place(settings.faucet, args.faucet_port),
        ..Listen::default()
    };
    options.metrics = place(settings.metrics, args.metrics_port);
    if args.abci_only {
        options.abci_only = Some(AbciOnly { listen: args.abci_listen, rpc: args.cometbft_rpc });
    }
    let terminal = *context.terminal();
    options.on_progress = Some(Arc::new(move |progress: &Progress| {
        if matches!(progress, Progress::Waiting { .. }) {
            terminal.note(progress.to_string());
        }
    }));
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|e| CliError::usage("no threads can be started").because(e))?;
    runtime.block_on(serve(context, &home, options))
}

async fn serve(context: &Context, home: &Path, options: StartOptions) -> Result<()> {
    let mut interrupts = Interrupts::new()?;
    let failed = |what: &str, error: &anyhow::Error| CliError::usage(format!("{what}: {error:#}"));
    // A request to terminate that comes before is kept until then, so that CometBFT is stopped in order.
    let mut node =
        RunningNode::start(options).await.map_err(|error| failed("the node cannot be started", &error))?;
    settings::make(home)?;
    greet(context, home, &node)?;
    let reason = tokio::select! {
        () = interrupts.next() => None,
        end = node.ended() => Some(end),
    };
    if reason.is_none() {
        context.terminal().note("stopping after the block under way");
    }
    let stopped = node.stop().await;
    match reason {
        Some(end @ NodeEnd::Halted(_)) => {
            context.terminal().note(end.to_string());
            stopped.map_err(|error| failed("the node did not stop in order", &error))
        }
        Some(end) => Err(CliError::usage(format!("the node has stopped: {end}"))
            .hint("the state is safe; when the cause is gone, the next start goes on from the last block")),
        None => stopped.map_err(|error| failed("the node did not stop in order", &error)),
    }
}

/// What a person needs next: endpoints, and where things are.
fn greet(context: &Context, home: &Path, node: &RunningNode) -> Result<()> {
    let terminal = context.terminal();
    let show =
        |address: Option<SocketAddr>| address.map_or_else(|| "off".to_owned(), |a| format!("http://{a}"));
    let grpc = node.grpc().map_or_else(|| "off".to_owned(), |a| a.to_string());
    if terminal.is_json() {
        return terminal.json(&serde_json::json!({
            "chain_id": node.chain_id(),
            "height": node.height().to_string(),
            "home": home.display().to_string(),
            "rpc": node.comet().map(|(url, _)| url),
            "cometbft_pid": node.comet().map(|(_, pid)| pid),
            "abci": node.abci().to_string(),
            "grpc": node.grpc().map(|a| a.to_string()),
            "rest": node.rest().map(|a| format!("http://{a}")),
            "metrics": node.metrics().map(|a| format!("http://{a}/metrics")),
            "faucet": node.faucet().map(|a| format!("http://{a}"))
        }));
    }
    let title = match node.chain_id() {
        Some(id) => format!("Agora node of {id}"),
        None => "Agora application".to_owned(),
    };
    terminal.line(format!("{}  at height {}", terminal.bold(&title), node.height()))?;
    terminal.line("")?;
    if let Some((url, pid)) = node.comet() {
        terminal.line(format!("  RPC     {url}  (CometBFT, process {pid})"))?;
    } else {
        terminal.line(format!("  ABCI    {}", node.abci()))?;
    }
    terminal.line(format!("  gRPC    {grpc}"))?;
    terminal.line(format!("  REST    {}", show(node.rest())))?;
    terminal.line(format!("  Faucet  {}", show(node.faucet())))?;
    terminal.line(format!(
        "  Metrics {}",
        node.metrics().map_or("off".to_owned(), |a| format!("http://{a}/metrics"))
    ))?;
    terminal.line(format!("  Home    {}", home.display()))?;
    terminal.line("")?;
    if node.comet().is_none() {
        let proxy_app = node.abci().proxy_app();
        terminal.line("Start your CometBFT with this application, here or in its config.toml:")?;
        terminal.line(format!("  cometbft start --proxy_app {proxy_app}"))?;
        terminal.line("")?;
    }
    terminal.line(terminal.dim("Ctrl-C stops; the next start goes on from there."))
}
