//! `agora genesis`: documents that chains begin with.

use std::path::{Path, PathBuf};

use crate::commands::{Group, typed};
use crate::context::Context;
use crate::error::{CliError, Result};
use agora_primitives::Coin;
use agora_runtime::Runtime;
use clap::{ArgMatches, Args, Command};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

pub(crate) const GROUP: Group = Group { name: "genesis", command, run };

#[derive(Args, Debug)]
struct NewArgs {
    /// Time the chain begins, RFC 3339 [default: now]
    #[arg(long, value_name = "TIME")]
    time: Option<String>,
}

#[derive(Args, Debug)]
struct FundArgs {
    /// The document
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Who gets the coins: a name of this wallet or an address
    #[arg(value_name = "ACCOUNT")]
    account: String,
    /// The coins in base units, such as 1000000uago, with commas between
    #[arg(value_name = "COINS", value_delimiter = ',', required = true)]
    coins: Vec<String>,
}

#[derive(Args, Debug)]
struct FileArgs {
    /// The document
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

fn command() -> Command {
    Command::new("genesis")
        .about("Make, fund and check the document a chain begins with")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(NewArgs::augment_args(
            Command::new("new")
                .about("Write a document with the defaults of every module; --chain-id names the chain"),
        ))
        .subcommand(FundArgs::augment_args(
            Command::new("fund").about("Give a new account coins in a document; the file is changed"),
        ))
        .subcommand(FileArgs::augment_args(
            Command::new("validate").about("Run a document through the application, as the first start does"),
        ))
        .subcommand(FileArgs::augment_args(
            Command::new("hash").about("Show the hash by which validators compare their documents"),
        ))
}

fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    match matches.subcommand() {
        Some(("new", matches)) => new(context, matches),
        Some(("fund", matches)) => fund(context, &typed(matches)?),
        Some(("validate", matches)) => validate(context, &typed(matches)?),
        Some(("hash", matches)) => hash(context, &typed(matches)?),
        _ => Err(CliError::usage("no command was given").hint("`agora help genesis` shows all")),
    }
}

/// The document in a file.
///
/// # Errors
/// It cannot be read, or is not JSON.
pub(crate) fn read_document(file: &Path) -> Result<Value> {
    let text = read(file)?;
    serde_json::from_str(&text).map_err(|e| {
        CliError::usage(format!("{} is not a genesis document", file.display()))
            .because(e)
            .hint("it must be JSON")
    })
}

fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file)
        .map_err(|e| CliError::usage(format!("{} cannot be read", file.display())).because(e))
}

fn runtime() -> Result<Runtime> {
    Runtime::standard().map_err(|e| CliError::usage("the modules do not fit together").because(e))
}

fn unusable(error: &impl std::fmt::Display) -> CliError {
    CliError::usage(error.to_string())
}

fn new(context: &Context, matches: &ArgMatches) -> Result<()> {
    let args: NewArgs = typed(matches)?;
    let chain_id = matches.try_get_one::<String>("chain_id").ok().flatten();
    let chain_id = chain_id.ok_or_else(|| {
        CliError::usage("a chain needs an id").hint("add --chain-id, such as --chain-id agora-1")
    })?;
    let now = || prost_types::Timestamp::from(std::time::SystemTime::now()).to_string();
    let time = args.time.unwrap_or_else(now);
    let document =
        agora_genesis::GenesisDocument::new(&runtime()?, chain_id, &time).map_err(|e| unusable(&e))?;
    context.terminal().json(&document.to_json())
}

fn fund(context: &Context, args: &FundArgs) -> Result<()> {
    let mut document = read_document(&args.file)?;
    let holder = context.resolve_address(&args.account)?.to_string();
    let holder = holder.parse().map_err(|e: agora_primitives::AddressError| unusable(&e))?;
    let coins = args.coins.iter().map(|text| coin(text.trim())).collect::<Result<Vec<_>>>()?;
    agora_genesis::fund(&mut document, &holder, &coins).map_err(|e| unusable(&e))?;
    let text = serde_json::to_string_pretty(&document).map_err(|e| unusable(&e))?;
    std::fs::write(&args.file, text)
        .map_err(|e| CliError::usage(format!("{} cannot be written", args.file.display())).because(e))?;
    context.terminal().line(format!("{holder} has {} in {}", args.coins.join(", "), args.file.display()))
}

/// An amount in base units, such as 1000000uago.
fn coin(text: &str) -> Result<Coin> {
    let (amount, denom) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    Coin::parse(denom, amount).map_err(|e| {
        let error = CliError::usage(format!("{text:?} is no amount of a coin")).because(e);
        error.hint("write base units, such as 1000000uago,5uusdc")
    })
}

fn validate(context: &Context, args: &FileArgs) -> Result<()> {
    let document = read_document(&args.file)?;
    let init = agora_genesis::from_json(&document).map_err(|e| unusable(&e))?;
    let refused = |error: agora_framework::AppError| {
        CliError::usage("the application refuses this genesis").because(error)
    };
    runtime()?.init_chain(&init).map_err(refused)?;
    let validators = document.get("validators").and_then(Value::as_array).map_or(0, Vec::len);
    let terminal = context.terminal();
    if terminal.is_json() {
        return terminal.json(&serde_json::json!({ "chain_id": init.chain_id, "validators": validators }));
    }
    if validators == 0 {
        terminal.warn("it names no validator: nobody can make the first block");
    }
    terminal.line(format!("a good genesis of {} with {validators} validators", init.chain_id))
}

fn hash(context: &Context, args: &FileArgs) -> Result<()> {
    let hash = hex::encode(Sha256::digest(read(&args.file)?));
    let terminal = context.terminal();
    if terminal.is_json() {
        return terminal.json(&serde_json::json!({ "sha256": hash }));
    }
    terminal.line(hash)
}
