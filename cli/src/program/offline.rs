//! `agora export`, `agora rollback`, `agora prune`: work on the folder of a node that does not run.

use std::path::PathBuf;

use crate::commands::{Group, typed};
use crate::context::Context;
use crate::error::{CliError, Result};
use agora_node::comet::supervisor::CometBinary;
use agora_node::run::{Offline, Pruning, StateOptions, progress_line};
use clap::{ArgMatches, Args, Command};

use crate::program::settings::Settings;
use crate::program::state::pruning;

pub(crate) const EXPORT: Group = Group { name: "export", command: export_command, run: export };
pub(crate) const ROLLBACK: Group = Group { name: "rollback", command: rollback_command, run: rollback };
pub(crate) const PRUNE: Group = Group { name: "prune", command: prune_command, run: prune };

#[derive(Args, Debug)]
struct NodeArgs {
    /// Folder of the node, which must not run [default: <home>/node]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl NodeArgs {
    fn home(&self, context: &Context) -> PathBuf {
        self.data.clone().unwrap_or_else(|| context.home().join("node"))
    }

    /// Opens the node's state, kept as `pruning` or else its settings say.
    fn open(&self, context: &Context, pruning: Option<Pruning>) -> Result<Offline> {
        let home = self.home(context);
        let settings = Settings::load(&home)?;
        let terminal = *context.terminal();
        let options = StateOptions {
            pruning: pruning.unwrap_or(settings.pruning),
            tree_memory: settings.state_memory.map(|gib| gib << 30),
            on_progress: Some(std::sync::Arc::new(move |progress| {
                if let Some(line) = progress_line(progress) {
                    terminal.note(line);
                }
            })),
            ..StateOptions::default()
        };
        Offline::open(&home, &options).map_err(|error| failed("the state cannot be opened", &error))
    }
}

fn failed(what: &str, error: &anyhow::Error) -> CliError {
    CliError::usage(format!("{what}: {error:#}"))
}

#[derive(Args, Debug)]
struct ExportArgs {
    #[command(flatten)]
    node: NodeArgs,
    /// Export this height in place of the last one
    #[arg(long, value_name = "HEIGHT")]
    height: Option<u64>,
}

fn export_command() -> Command {
    ExportArgs::augment_args(
        Command::new("export")
            .about("Write a node's state as the genesis of a chain that goes on from there")
            .after_help("The document goes to standard output: agora export > genesis.json"),
    )
}

fn export(context: &Context, matches: &ArgMatches) -> Result<()> {
    let args: ExportArgs = typed(matches)?;
    let node = args.node.open(context, None)?;
    let document =
        node.export(args.height).map_err(|error| failed("the state cannot be exported", &error))?;
    context.terminal().json(&document)
}

#[derive(Args, Debug)]
struct RollbackArgs {
    #[command(flatten)]
    node: NodeArgs,
    /// How many blocks to go back
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    blocks: u64,
    /// Remove the blocks as well; without it the last block is kept and executed again
    #[arg(long)]
    hard: bool,
    /// The cometbft program [env: AGORA_COMETBFT] [default: looked for in PATH and in Go's folders]
    #[arg(long, value_name = "FILE")]
    cometbft: Option<PathBuf>,
}

fn rollback_command() -> Command {
    RollbackArgs::augment_args(
        Command::new("rollback").about("Take a node back by some blocks: CometBFT and application together").after_help(
            "For a node whose application hash differs from the network's: stop it, install the right program, roll back one \
             block, start it. What a validator has signed is remembered: it signs no other block at those heights.",
        ),
    )
}

fn rollback(context: &Context, matches: &ArgMatches) -> Result<()> {
    let args: RollbackArgs = typed(matches)?;
    let binary =
        CometBinary::find(args.cometbft.as_deref()).map_err(|error| failed("rollback", &error.into()))?;
    let node = args.node.open(context, None)?;
    let before = node.height();
    let height = node
        .rollback(&binary, args.blocks, args.hard)
        .map_err(|error| failed("the node cannot be rolled back", &error))?;
    let terminal = context.terminal();
    if terminal.is_json() {
        return terminal
            .json(&serde_json::json!({ "from": before.to_string(), "height": height.to_string() }));
    }
    terminal.line(format!("rolled back from height {before} to {height}"))
}

#[derive(Args, Debug)]
struct PruneArgs {
    #[command(flatten)]
    node: NodeArgs,
    /// Past heights to keep: default (362880), everything (keep two), or a number [default: as app.toml says]
    #[arg(long, value_name = "HEIGHTS", value_parser = pruning)]
    keep: Option<Pruning>,
}

fn prune_command() -> Command {
    PruneArgs::augment_args(
        Command::new("prune").about("Remove the history of a node that is not to be kept"),
    )
}

fn prune(context: &Context, matches: &ArgMatches) -> Result<()> {
    let args: PruneArgs = typed(matches)?;
    let node = args.node.open(context, args.keep)?;
    let terminal = context.terminal();
    let mib = |bytes: u64| format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20));
    let pruned = node
        .prune(|bytes| terminal.note(format!("pruning: {} on disk", mib(bytes))))
        .map_err(|error| failed("the history cannot be pruned", &error))?;
    if terminal.is_json() {
        return terminal.json(&serde_json::json!({
            "bytes_before": pruned.before.to_string(),
            "bytes_after": pruned.after.to_string(),
            "earliest_height": pruned.earliest.to_string()
        }));
    }
    let (before, after) = (mib(pruned.before), mib(pruned.after));
    terminal.line(format!("{before} before, {after} now; heights from {} on can be read", pruned.earliest))
}
