//! `agora devnet`: a whole development network in this process.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::commands::{Group, typed};
use crate::context::Context;
use crate::error::{CliError, Result};
use crate::sign::{HdPath, parse_mnemonic, secret_from_mnemonic};
use agora_genesis::dev_accounts::{DEV_ACCOUNTS, DevAccount};
use agora_node::chain::{BlockEvent, Chain};
use agora_node::devnet::BlockMode;
use agora_node::run::{DevnetOptions, Listen, RunningDevnet};
use agora_primitives::Address;
use clap::{ArgMatches, Args, Command};
use tokio::sync::broadcast::error::RecvError;

use crate::program::interrupts::Interrupts;
use crate::program::settings::Settings;
use crate::program::state::StateArgs;

pub(crate) const GROUP: Group = Group { name: "devnet", command, run };

#[derive(Args, Debug)]
struct DevnetArgs {
    /// Folder of this network [default: <home>/devnet]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Start over: forget all blocks and balances, keep the keys
    #[arg(long)]
    reset: bool,
    /// Seconds between blocks
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    block_interval: Duration,
    /// Make a block as soon as a transaction arrives
    #[arg(long, conflicts_with_all = ["block_interval", "no_empty_blocks"])]
    instant: bool,
    /// Make no blocks without transactions
    #[arg(long)]
    no_empty_blocks: bool,
    /// Go this far into the future before the first block, e.g. 36h, 90m, 7d
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    advance: Option<Duration>,
    /// Fund the first account of this mnemonic, too (new networks only)
    #[arg(long, value_name = "WORDS")]
    mnemonic: Option<String>,
    /// Address the servers listen on
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// Port of the CometBFT RPC; 0 for any free one
    #[arg(long, value_name = "PORT", default_value_t = 26657)]
    rpc_port: u16,
    /// Port of gRPC
    #[arg(long, value_name = "PORT", default_value_t = 9090)]
    grpc_port: u16,
    /// Port of REST
    #[arg(long, value_name = "PORT", default_value_t = 1317)]
    rest_port: u16,
    /// Port of the faucet
    #[arg(long, value_name = "PORT", default_value_t = 4500)]
    faucet_port: u16,
    #[command(flatten)]
    state: StateArgs,
}

fn command() -> Command {
    let command = Command::new("devnet")
        .about("Run a development network: one validator, funded accounts, all servers, no setup")
        .after_help(
            "The accounts' mnemonics are published. Ctrl-C stops; the next start goes on from there; --reset starts over.",
        );
    DevnetArgs::augment_args(command)
}

/// Whole or fractional seconds, at least 10 ms.
pub(crate) fn seconds(text: &str) -> std::result::Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "expected seconds, such as 1 or 0.5".to_owned())?;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|d| *d >= Duration::from_millis(10) && *d <= Duration::from_secs(3600))
        .ok_or_else(|| "must be 0.01 to 3600 seconds".to_owned())
}

/// A number with s, m, h or d.
pub(crate) fn duration(text: &str) -> std::result::Result<Duration, String> {
    let wrong = || format!("expected a number with s, m, h or d, such as 36h, got {text:?}");
    let at = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(at);
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86400,
        _ => return Err(wrong()),
    };
    let seconds = number.parse::<u64>().ok().and_then(|n| n.checked_mul(unit)).ok_or_else(wrong)?;
    Ok(Duration::from_secs(seconds))
}

fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let args: DevnetArgs = typed(matches)?;
    let settings = Settings::built_in()?;
    crate::program::logging::init(settings.log_format, &settings.log_level);
    let home = args.data.clone().unwrap_or_else(|| context.home().join("devnet"));
    if args.reset {
        RunningDevnet::reset(&home).map_err(failed("the network cannot be reset"))?;
    }
    let mut options = DevnetOptions::new(&home);
    options.state = args.state.options(context, &settings);
    options.mode = match (args.instant, args.no_empty_blocks) {
        (true, _) => BlockMode::Instant { idle: Some(Duration::from_secs(30)) },
        (false, no_empty) => BlockMode::Interval { every: args.block_interval, empty_blocks: !no_empty },
    };
    let at = |port| SocketAddr::new(args.host, port);
    options.listen = Listen {
        rpc: at(args.rpc_port),
        grpc: Some(at(args.grpc_port)),
        rest: Some(at(args.rest_port)),
        faucet: Some(at(args.faucet_port)),
    };
    if let Some(chain_id) = matches.try_get_one::<String>("chain_id").ok().flatten() {
        options.chain_id.clone_from(chain_id);
    }
    if let Some(words) = &args.mnemonic {
        options.funded.push(first_account(words)?);
    }
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|e| CliError::usage("no threads can be started").because(e))?;
    runtime.block_on(serve(context, &home, args.advance, options))
}

/// The first account of a mnemonic, as every Cosmos wallet derives it.
fn first_account(words: &str) -> Result<Address> {
    let mnemonic = parse_mnemonic(words)?;
    let key = secret_from_mnemonic(&mnemonic, "", &HdPath::cosmos(0, 0)?)?;
    Address::from_slice(key.public_key().address().as_bytes())
        .map_err(|e| CliError::usage("the mnemonic's account cannot be used").because(e))
}

fn failed(what: &'static str) -> impl Fn(anyhow::Error) -> CliError {
    move |error| CliError::usage(format!("{what}: {error:#}"))
}

async fn serve(
    context: &Context,
    home: &std::path::Path,
    advance: Option<Duration>,
    options: DevnetOptions,
) -> Result<()> {
    let mut interrupts = Interrupts::new()?;
    let network = RunningDevnet::start(options).await.map_err(failed("the network cannot be started"))?;
    if let Some(by) = advance {
        let chain = network.chain().clone();
        // A block at once, so that the mempool and wallets see the new time, too.
        let advance = move || chain.advance_time(by).and_then(|()| chain.mine(1));
        match tokio::task::spawn_blocking(advance).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(CliError::usage("the time cannot be advanced").because(error)),
            Err(error) => return Err(CliError::usage("the time cannot be advanced").because(error)),
        }
    }
    greet(context, home, &network)?;
    let mut blocks = network.chain().subscribe();
    let stopped = loop {
        tokio::select! {
            () = interrupts.next() => break Ok(()),
            event = blocks.recv() => match event {
                Ok(event) => report(context, &event)?,
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => break Err(()),
            },
            () = tokio::time::sleep(Duration::from_millis(500)), if network.chain().failure().is_some() => break Err(()),
        }
    };
    if stopped.is_ok() {
        context.terminal().note("stopping after the block under way");
    }
    network.stop().await.map_err(failed("the network has stopped"))
}

/// What a person needs next: endpoints, accounts, commands.
fn greet(context: &Context, home: &std::path::Path, network: &RunningDevnet) -> Result<()> {
    let terminal = context.terminal();
    let status =
        network.chain().status().map_err(|e| CliError::usage("the network has stopped").because(e))?;
    let height = status.latest.as_ref().and_then(|b| b.block.header.as_ref()).map_or(0, |h| h.height);
    let show =
        |address: Option<SocketAddr>| address.map_or_else(|| "off".to_owned(), |a| format!("http://{a}"));
    if terminal.is_json() {
        let accounts: Vec<_> = DEV_ACCOUNTS.iter().map(account_json).collect();
        return terminal.json(&serde_json::json!({
            "chain_id": status.network,
            "height": height.to_string(),
            "home": home.display().to_string(),
            "rpc": show(Some(network.rpc())),
            "grpc": network.grpc().map(|a| a.to_string()),
            "rest": show(network.rest()),
            "faucet": show(network.faucet()),
            "accounts": accounts
        }));
    }
    terminal.line(format!(
        "{}  at height {height}",
        terminal.bold(&format!("Agora devnet {}", status.network))
    ))?;
    terminal.line("")?;
    terminal.line(format!("  RPC     {}", show(Some(network.rpc()))))?;
    terminal
        .line(format!("  gRPC    {}", network.grpc().map_or_else(|| "off".to_owned(), |a| a.to_string())))?;
    terminal.line(format!("  REST    {}", show(network.rest())))?;
    terminal.line(format!("  Faucet  {}", show(network.faucet())))?;
    terminal.line(format!("  Home    {}", home.display()))?;
    terminal.line("")?;
    terminal.line(terminal.bold("Accounts (published keys: for development only)"))?;
    for account in &DEV_ACCOUNTS {
        terminal.line(format!("  {:<6} {}  1,000,000 AGO at genesis", account.name, account.address))?;
        terminal.line(terminal.dim(&format!("         {}", account.mnemonic)))?;
    }
    terminal.line("")?;
    terminal.line(terminal.bold("Try, in another terminal"))?;
    for try_this in
        ["agora tx bank send alice bob \"1.5 AGO\"", "agora query bank balances bob", "agora status"]
    {
        terminal.line(format!("  {try_this}"))?;
    }
    terminal.line("")?;
    terminal.line(terminal.dim("Blocks with transactions are listed below. Ctrl-C stops."))
}

fn account_json(account: &DevAccount) -> serde_json::Value {
    serde_json::json!({ "name": account.name, "address": account.address, "mnemonic": account.mnemonic })
}

/// One line for a block with transactions.
fn report(context: &Context, event: &BlockEvent) -> Result<()> {
    let results = &event.results.tx_results;
    if results.is_empty() || context.terminal().is_json() {
        return Ok(());
    }
    let height = event.block.block.header.as_ref().map_or(0, |h| h.height);
    let failed: Vec<&str> = results.iter().filter(|r| r.code != 0).map(|r| r.log.as_str()).collect();
    let gas: i64 = results.iter().map(|r| r.gas_used).sum();
    let count = results.len();
    let mut line =
        format!("block {height}: {count} transaction{}, {gas} gas", if count == 1 { "" } else { "s" });
    if let Some(first) = failed.first() {
        line.push_str(&format!("; {} failed: {}", failed.len(), first.chars().take(120).collect::<String>()));
    }
    context.terminal().line(line)
}
