//! `agora init`: the folder of a new node.

use std::path::{Path, PathBuf};

use crate::commands::{Group, typed};
use crate::context::Context;
use crate::error::{CliError, Result};
use agora_node::comet::supervisor::CometBinary;
use agora_node::run::{NewNode, init_node};
use clap::{ArgMatches, Args, Command};

use crate::program::genesis::read_document;
use crate::program::settings;

pub(crate) const GROUP: Group = Group { name: "init", command, run };

#[derive(Args, Debug)]
struct InitArgs {
    /// Name of the node among its peers
    #[arg(value_name = "MONIKER")]
    moniker: String,
    /// Folder of the node [default: <home>/node]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The network's genesis document
    #[arg(long, value_name = "FILE")]
    genesis: PathBuf,
    /// Peers to stay connected with, id@host:port, with commas between
    #[arg(long, value_name = "PEERS", value_delimiter = ',')]
    peers: Vec<String>,
    /// The cometbft program [env: AGORA_COMETBFT] [default: looked for in PATH and in Go's folders]
    #[arg(long, value_name = "FILE")]
    cometbft: Option<PathBuf>,
}

fn command() -> Command {
    InitArgs::augment_args(
        Command::new("init").about("Make the folder of a node that joins a network: keys, settings, genesis").after_help(
            "Then `agora start`. The key in config/priv_validator_key.json is what a validator signs with: back it up, and \
             never have two nodes use it. Networks for trying things out need no init: agora devnet, agora testnet.",
        ),
    )
}

fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let args: InitArgs = typed(matches)?;
    let home = args.data.clone().unwrap_or_else(|| context.home().join("node"));
    let failed = |error: anyhow::Error| CliError::usage(format!("the node cannot be made: {error:#}"));
    let document = read_document(&args.genesis)?;
    let binary = CometBinary::find(args.cometbft.as_deref()).map_err(|error| failed(error.into()))?;
    let node = init_node(&home, &binary, &args.moniker, &document, &args.peers).map_err(failed)?;
    settings::make(&home)?;
    show(context, &home, &node)
}

fn show(context: &Context, home: &Path, node: &NewNode) -> Result<()> {
    let terminal = context.terminal();
    if terminal.is_json() {
        return terminal.json(&serde_json::json!({
            "home": home.display().to_string(),
            "chain_id": node.chain_id,
            "node_id": node.node_id,
            "validator_key": { "@type": "/cosmos.crypto.ed25519.PubKey", "key": node.validator_key },
        }));
    }
    terminal.line(format!(
        "{} in {}",
        terminal.bold(&format!("A node of {}", node.chain_id)),
        home.display()
    ))?;
    terminal.line("")?;
    terminal.line(format!("  Node id        {}", node.node_id))?;
    terminal.line(format!("  Validator key  {}", node.validator_key))?;
    terminal.line("")?;
    terminal.line(terminal.dim("agora start runs it; config/config.toml and config/app.toml say how."))
}
