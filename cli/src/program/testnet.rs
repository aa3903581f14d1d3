//! `agora testnet`: a network of several validators on this machine, each a process of its own under the real CometBFT.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use crate::commands::{Group, typed};
use crate::context::Context;
use crate::error::{CliError, Result};
use crate::terminal::Table;
use agora_node::run::{LaidOut, MOST_VALIDATORS, TestnetOptions, is_laid_out, lay_out};
use clap::{ArgMatches, Args, Command};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tokio::io::AsyncReadExt as _;
use tokio::process::Child;

use crate::program::devnet::seconds;
use crate::program::interrupts::Interrupts;
use crate::program::settings;

pub(crate) const GROUP: Group = Group { name: "testnet", command, run };

/// How long a node may take to end when asked.
const GRACE: Duration = Duration::from_secs(40);

#[derive(Args, Debug)]
struct TestnetArgs {
    /// How many validators the network has
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = validators)]
    validators: usize,
    /// Folder of all nodes, which are node0, node1 and so on below it [default: <home>/testnet]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Start over: forget keys and blocks
    #[arg(long)]
    reset: bool,
    /// Make the folders and say how each node is started, start none
    #[arg(long)]
    layout_only: bool,
    /// Seconds between blocks
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    block_interval: Duration,
    /// Take any free ports, not the usual ones 10 apart
    #[arg(long)]
    any_ports: bool,
    /// The cometbft program [env: AGORA_COMETBFT] [default: looked for in PATH and in Go's folders]
    #[arg(long, value_name = "FILE")]
    cometbft: Option<PathBuf>,
}

fn validators(text: &str) -> std::result::Result<usize, String> {
    let count = text.parse().ok().filter(|count| (1..=MOST_VALIDATORS).contains(count));
    count.ok_or_else(|| format!("expected 1 to {MOST_VALIDATORS}"))
}

fn command() -> Command {
    let command = Command::new("testnet")
        .about("Run a network of several validators on this machine, each under its own CometBFT")
        .after_help(
            "All validators have equal power; the accounts are those of the devnet. Ctrl-C stops all nodes; the next start \
             goes on from there; --reset starts over. Each node is an ordinary one: stop it, and start it again with \
             `agora start --data <DIR>/node1`.",
        );
    TestnetArgs::augment_args(command)
}

fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let args: TestnetArgs = typed(matches)?;
    let root = args.data.clone().unwrap_or_else(|| context.home().join("testnet"));
    if args.reset {
        reset(&root)?;
    }
    if !is_laid_out(&root) {
        let chain_id = matches.try_get_one::<String>("chain_id").ok().flatten().cloned();
        let options = TestnetOptions {
            root: root.clone(),
            validators: args.validators,
            chain_id: chain_id.unwrap_or_else(|| agora_genesis::DEV_CHAIN_ID.to_owned()),
            funded: Vec::new(),
            comet: args.cometbft.clone(),
            block_interval: Some(args.block_interval),
            any_ports: args.any_ports,
        };
        let nodes = lay_out(&options).map_err(|error| failed("the network cannot be laid out", &error))?;
        nodes.iter().try_for_each(write_settings)?;
    }
    let homes = homes(&root)?;
    if args.layout_only {
        return show_layout(context, &homes);
    }
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|e| CliError::usage("no threads can be started").because(e))?;
    runtime.block_on(serve(context, &homes, args.cometbft.as_deref()))
}

fn failed(what: &str, error: &anyhow::Error) -> CliError {
    CliError::usage(format!("{what}: {error:#}"))
}

/// Removes the nodes' folders and nothing else.
fn reset(root: &Path) -> Result<()> {
    for home in homes(root)? {
        std::fs::remove_dir_all(&home)
            .map_err(|e| CliError::usage(format!("{} cannot be removed", home.display())).because(e))?;
    }
    Ok(())
}

/// The nodes' folders, in order.
fn homes(root: &Path) -> Result<Vec<PathBuf>> {
    let all = (0..MOST_VALIDATORS).map(|index| root.join(format!("node{index}")));
    Ok(all.take_while(|home| home.is_dir()).collect())
}

/// Where the application's own servers listen.
fn write_settings(node: &LaidOut) -> Result<()> {
    let ports = &node.ports;
    let address = |section, address: std::net::SocketAddr| (section, "address", format!("\"{address}\""));
    let servers = [
        address("grpc", ports.grpc),
        address("rest", ports.rest),
        address("faucet", ports.faucet),
        address("metrics", ports.metrics),
    ];
    settings::write_with(&node.home, &servers)
}

fn show_layout(context: &Context, homes: &[PathBuf]) -> Result<()> {
    let terminal = context.terminal();
    if terminal.is_json() {
        let homes: Vec<String> = homes.iter().map(|home| home.display().to_string()).collect();
        return terminal.json(&serde_json::json!({ "homes": homes }));
    }
    terminal.line(format!("{} nodes are laid out. Start each of them:", homes.len()))?;
    homes.iter().try_for_each(|home| terminal.line(format!("  agora start --data {}", home.display())))
}

/// A node in a process of its own.
struct Node {
    name: String,
    child: Child,
    greeting: Value,
}

impl Node {
    /// Starts the node in `home`; its log goes into `agora.log` there.
    fn start(home: &Path, comet: Option<&Path>) -> Result<Self> {
        let name = home.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let cannot =
            |what: &str, error: std::io::Error| CliError::usage(format!("{name}: {what}")).because(error);
        let log = home.join("agora.log");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log);
        let program = std::env::current_exe().map_err(|e| cannot("this program is not found", e))?;
        let mut command = tokio::process::Command::new(program);
        command.args(["--output", "json", "start", "--data"]).arg(home);
        if let Some(comet) = comet {
            command.arg("--cometbft").arg(comet);
        }
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log.map_err(|e| cannot("its log cannot be written", e))?)
            // Ctrl-C is for this process, which then stops the nodes in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|e| cannot("it cannot be started", e))?;
        Ok(Self { name, child, greeting: Value::Null })
    }

    /// Waits until it greets.
    async fn greet(&mut self) -> Result<()> {
        let mut text = Vec::new();
        let Some(mut stdout) = self.child.stdout.take() else { return Ok(()) };
        let mut buffer = [0; 4096];
        loop {
            let read = stdout.read(&mut buffer).await.unwrap_or(0);
            text.extend_from_slice(buffer.get(..read).unwrap_or_default());
            if let Ok(greeting) = serde_json::from_slice(&text) {
                self.greeting = greeting;
                return Ok(());
            }
            if read == 0 {
                let error = CliError::usage(format!("{} has ended while starting", self.name));
                return Err(error.hint(format!("its reason is in agora.log in the folder of {}", self.name)));
            }
        }
    }

    fn says(&self, field: &str) -> String {
        self.greeting.get(field).and_then(Value::as_str).unwrap_or("off").to_owned()
    }

    fn terminate(&self) {
        if let Some(pid) = self.child.id().and_then(|pid| i32::try_from(pid).ok()) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
    }
}

async fn serve(context: &Context, homes: &[PathBuf], comet: Option<&Path>) -> Result<()> {
    let mut interrupts = Interrupts::new()?;
    let terminal = context.terminal();
    let mut nodes = homes.iter().map(|home| Node::start(home, comet)).collect::<Result<Vec<_>>>()?;
    let started = async {
        for node in &mut nodes {
            terminal.note(format!("starting {}", node.name));
            node.greet().await?;
        }
        Ok::<_, CliError>(())
    };
    let started = tokio::select! {
        () = interrupts.next() => None,
        started = started => Some(started),
    };
    if let Some(Ok(())) = started {
        greet(context, &nodes)?;
        watch(context, &mut nodes, &mut interrupts).await;
    }
    terminal.note("stopping all nodes");
    let stopped = stop(&mut nodes).await;
    started.unwrap_or(Ok(())).and(stopped)
}

fn greet(context: &Context, nodes: &[Node]) -> Result<()> {
    let terminal = context.terminal();
    if terminal.is_json() {
        let nodes: Vec<&Value> = nodes.iter().map(|node| &node.greeting).collect();
        return terminal.json(&serde_json::json!({ "nodes": nodes }));
    }
    let chain_id = nodes.first().map_or_else(String::new, |node| node.says("chain_id"));
    terminal.line(terminal.bold(&format!("Agora network {chain_id} with {} validators", nodes.len())))?;
    terminal.line("")?;
    let mut table = Table::new(["node", "process", "RPC", "gRPC", "REST", "faucet", "metrics"]);
    for node in nodes {
        let pid = node.child.id().map_or_else(String::new, |pid| pid.to_string());
        let mut row = vec![node.name.clone(), pid];
        row.extend(["rpc", "grpc", "rest", "faucet", "metrics"].map(|field| node.says(field)));
        table.row(row);
    }
    terminal.table(&table)?;
    terminal.line(terminal.dim("Ctrl-C stops all; the next start goes on from there."))
}

/// Until somebody wants an end, or no node is left. A node may be killed on purpose: the others go on.
async fn watch(context: &Context, nodes: &mut [Node], interrupts: &mut Interrupts) {
    let terminal = *context.terminal();
    let mut pulse = tokio::time::interval(Duration::from_millis(500));
    let mut gone = vec![false; nodes.len()];
    while gone.iter().any(|gone| !gone) {
        tokio::select! {
            () = interrupts.next() => return,
            _ = pulse.tick() => {
                for (node, gone) in nodes.iter_mut().zip(&mut gone) {
                    if !*gone && let Ok(Some(status)) = node.child.try_wait() {
                        *gone = true;
                        terminal.warn(format!("{} has ended ({status}); its reason is in its agora.log", node.name));
                    }
                }
            }
        }
    }
}

/// Ends all nodes side by side.
async fn stop(nodes: &mut [Node]) -> Result<()> {
    nodes.iter().for_each(Node::terminate);
    let mut late = Vec::new();
    for node in nodes {
        if tokio::time::timeout(GRACE, node.child.wait()).await.is_err() {
            let _ = node.child.start_kill();
            late.push(node.name.clone());
        }
    }
    if late.is_empty() {
        return Ok(());
    }
    Err(CliError::usage(format!("{} did not end within {GRACE:?} and were killed", late.join(", ")))
        .hint("the next start repairs what they left open"))
}
