//! Transactions and blocks as the node indexes them.

use clap::{Arg, ArgMatches, Command};
use serde_json::json;

use super::super::session::Session;
use super::super::tx::show;
use crate::error::{CliError, Result};
use crate::render::Labels;
use crate::terminal::Table;

/// The word shared with the commands of the tx service.
pub(super) const TX: &str = "tx";

pub(super) fn commands() -> Vec<Command> {
    let hash = Arg::new("hash").value_name("HASH").required(true).help("The transaction's hash, hex");
    let height = Arg::new("height").value_name("HEIGHT").value_parser(clap::value_parser!(u64).range(1..));
    let number = |id: &'static str, value: &'static str, help: &'static str| {
        Arg::new(id)
            .long(id)
            .value_name("N")
            .default_value(value)
            .value_parser(clap::value_parser!(u32).range(1..))
            .help(help)
    };
    vec![
        Command::new(TX).about("Show a transaction by its hash").arg(hash),
        Command::new("block")
            .about("Show a block; the newest where no height is given")
            .arg(height.help("Its height")),
        Command::new("txs")
            .about("List transactions that match an event query, newest first")
            .arg(
                Arg::new("query")
                    .value_name("QUERY")
                    .required(true)
                    .help("Conditions such as \"message.sender='agora1...' AND tx.height>5\""),
            )
            .arg(number("page", "1", "Which page, from 1"))
            .arg(number("per-page", "30", "How many on a page, at most 100"))
            .after_help("Example:\n  agora query txs \"transfer.recipient='agora1...'\""),
    ]
}

pub(super) fn run(session: &Session<'_>, word: &str, matches: &ArgMatches) -> Result<()> {
    match word {
        TX => show::hash(session, matches.get_one::<String>("hash").map(String::as_str).unwrap_or_default()),
        "block" => block(session, matches.get_one::<u64>("height").copied()),
        "txs" => txs(session, matches),
        other => Err(CliError::usage(format!("there is no query `{other}`"))),
    }
}

fn block(session: &Session<'_>, height: Option<u64>) -> Result<()> {
    let (client, terminal) = (session.client()?, session.terminal());
    if terminal.is_json() {
        return terminal.json(&client.block_json(height)?);
    }
    let answer = client.block(height)?;
    let header = &answer.block.header;
    let txs = answer.block.data.txs.clone().unwrap_or_default();
    let mut table = Table::fields();
    table.row(["height", &header.height.to_string()]);
    table.row(["hash", &answer.block_id.hash]);
    table.row(["chain id", &header.chain_id]);
    table.row(["time", &header.time]);
    table.row(["proposer", &header.proposer_address]);
    table.row(["app hash", &header.app_hash]);
    table.row(["transactions", &txs.len().to_string()]);
    for tx in &txs {
        table.row(["  hash", &show::hash_of(&tx.0)]);
    }
    terminal.table(&table)
}

fn txs(session: &Session<'_>, matches: &ArgMatches) -> Result<()> {
    let number = |id: &str| matches.get_one::<u32>(id).copied().unwrap_or(1);
    let query = matches.get_one::<String>("query").map(String::as_str).unwrap_or_default();
    let (page, per_page) = (number("page"), number("per-page").min(100));
    let answer = session.client()?.tx_search(query, page, per_page, true)?;
    let terminal = session.terminal();
    if terminal.is_json() {
        let list =
            answer.txs.iter().map(|tx| show::response_json(session, tx, None)).collect::<Result<Vec<_>>>()?;
        return terminal.json(&json!({ "total": answer.total_count.to_string(), "tx_responses": list }));
    }
    if answer.txs.is_empty() {
        terminal.note("no transaction matches");
        return Ok(());
    }
    let mut table = Table::new(["height", "hash", "result", "messages", "signer"]).align_right(0);
    for tx in &answer.txs {
        let result = match tx.tx_result.code {
            0 => "success".to_owned(),
            code => format!("failed ({code})"),
        };
        let (messages, signers) = show::digest(session, &tx.tx.0);
        let signers: Vec<String> = signers.iter().map(|signer| session.short(signer)).collect();
        table.row([tx.height.to_string(), tx.hash.clone(), result, messages, signers.join(", ")]);
    }
    terminal.table(&table)?;
    if answer.total_count > u64::from(page).saturating_mul(u64::from(per_page)) {
        terminal.note(format!("{} match; go on with --page {}", answer.total_count, page.saturating_add(1)));
    }
    Ok(())
}
