//! `agora tx show`: a transaction explained, from a hash, a file or its bytes.

use std::path::Path;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::session::Session;
use super::file::Document;
use crate::client::types::TxAnswer;
use crate::context::Context;
use crate::error::{CliError, Result};
use crate::render::tx::{TxFacts, table};

pub(super) fn commands() -> Vec<Command> {
    vec![
        Command::new("show")
            .about("Explain a transaction: what it does, who signs, what it costs, what came of it")
            .arg(
                Arg::new("tx")
                    .value_name("HASH|FILE")
                    .required(true)
                    .help("A hash, a file with a transaction (- for standard input), or its bytes as base64"),
            )
            .arg(
                Arg::new("events").long("events").action(ArgAction::SetTrue).help("List its events as well"),
            ),
    ]
}

pub(super) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let session = Session::new(context);
    let text = matches.get_one::<String>("tx").map(String::as_str).unwrap_or_default();
    let events = matches.get_flag("events");
    if parse_hash(text).is_some() {
        return from_chain(&session, text, events);
    }
    let document = if text == "-" || Path::new(text).exists() {
        Document::read(session.definitions(), text)?
    } else {
        Document::parse(session.definitions(), text).map_err(|error| {
            CliError::usage(format!("`{text}` is no hash, no file and no transaction"))
                .because(&error)
                .hint("a hash has 64 hex digits; check the path of a file")
        })?
    };
    let terminal = session.terminal();
    if terminal.is_json() {
        return terminal.json(&document.to_json(session.definitions())?);
    }
    let signers = document.signers(session.definitions())?;
    let facts = TxFacts {
        hash: document.is_signed(signers.len()).then(|| hash_of(&document.bytes())),
        signers,
        ..TxFacts::default()
    };
    terminal.table(&table(session.definitions(), &session, &document.tx(), &facts))
}

/// Explains the transaction of a hash.
pub(crate) fn hash(session: &Session<'_>, text: &str) -> Result<()> {
    from_chain(session, text, false)
}

fn from_chain(session: &Session<'_>, text: &str, events: bool) -> Result<()> {
    let hash = parse_hash(text).ok_or_else(|| {
        CliError::usage(format!("`{text}` is not the hash of a transaction")).hint("a hash has 64 hex digits")
    })?;
    let client = session.client()?;
    let answer = client.tx(&hash)?.ok_or_else(|| {
        CliError::usage(format!("no block holds a transaction {}", hex::encode_upper(&hash)))
            .hint("it may still wait for a block, or the node may not index it; check the hash and --node")
    })?;
    // The time is a nicety: a node that pruned the block still knows the transaction.
    let time = client.block(Some(answer.height)).ok().map(|block| block.block.header.time);
    let terminal = session.terminal();
    if terminal.is_json() {
        return terminal.json(&response_json(session, &answer, time)?);
    }
    let document = Document::decode(&answer.tx.0)?;
    let signers = document.signers(session.definitions())?;
    let facts = TxFacts { hash: Some(answer.hash.clone()), answer: Some(&answer), time, signers };
    let mut table = table(session.definitions(), session, &document.tx(), &facts);
    if events {
        for event in &answer.tx_result.events {
            let attributes: Vec<String> =
                event.attributes.iter().map(|one| format!("{}={}", one.key, one.value)).collect();
            table.row([format!("event {}", event.kind), attributes.join(" ")]);
        }
    }
    terminal.table(&table)
}

/// The 32 bytes of a hash in hex, with or without `0x`.
fn parse_hash(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    hex::decode(digits).ok().filter(|bytes| bytes.len() == 32)
}

/// The hash of a transaction's bytes, upper-case hex.
pub(crate) fn hash_of(bytes: &[u8]) -> String {
    hex::encode_upper(Sha256::digest(bytes))
}

/// What a transaction does in one line, and who signs it.
pub(crate) fn digest(session: &Session<'_>, bytes: &[u8]) -> (String, Vec<String>) {
    let Ok(document) = Document::decode(bytes) else { return ("cannot be read".to_owned(), Vec::new()) };
    let name = |url: &str| url.rsplit('.').next().unwrap_or(url).to_owned();
    let names: Vec<String> = document.body.messages.iter().map(|any| name(&any.type_url)).collect();
    let shown = match names.as_slice() {
        [first, _, ..] => format!("{first} and {} more", names.len().saturating_sub(1)),
        _ => names.concat(),
    };
    (shown, document.signers(session.definitions()).unwrap_or_default())
}

/// A transaction in a block as the JSON of `cosmos.base.abci.v1beta1.TxResponse`, as REST answers it.
pub(crate) fn response_json(session: &Session<'_>, answer: &TxAnswer, time: Option<String>) -> Result<Value> {
    let result = &answer.tx_result;
    let tx = match Document::decode(&answer.tx.0).and_then(|document| document.to_json(session.definitions()))
    {
        Ok(Value::Object(fields)) => {
            let mut tx =
                serde_json::Map::from_iter([("@type".to_owned(), Value::from("/cosmos.tx.v1beta1.Tx"))]);
            tx.extend(fields);
            Value::Object(tx)
        }
        // A transaction that cannot be read is shown as what is known of it.
        _ => Value::Null,
    };
    let event = |event: &crate::client::types::Event| {
        let attribute = |one: &crate::client::types::EventAttribute| json!({ "key": one.key, "value": one.value, "index": one.index });
        json!({ "type": event.kind, "attributes": event.attributes.iter().map(attribute).collect::<Vec<_>>() })
    };
    Ok(json!({
        "height": answer.height.to_string(),
        "txhash": answer.hash,
        "codespace": result.codespace,
        "code": result.code,
        "data": hex::encode_upper(&result.data.0),
        "raw_log": result.log,
        "logs": [],
        "info": result.info,
        "gas_wanted": result.gas_wanted.to_string(),
        "gas_used": result.gas_used.to_string(),
        "tx": tx,
        "timestamp": time.map(whole_seconds).unwrap_or_default(),
        "events": result.events.iter().map(event).collect::<Vec<_>>(),
    }))
}

/// A time as REST shows it: without the fraction of its second.
fn whole_seconds(time: String) -> String {
    match time.split_once('.') {
        Some((whole, _)) => format!("{whole}Z"),
        None => time,
    }
}
