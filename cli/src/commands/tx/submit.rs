//! Handing a transaction in and waiting for the block that holds it.

use std::time::{Duration, Instant};

use serde_json::json;
use sha2::{Digest, Sha256};

use super::super::session::Session;
use super::failure::{self, explain, is_sequence_mismatch};
use super::file::Document;
use super::flags::WaitFlags;
use super::show;
use crate::client::types::TxAnswer;
use crate::dynamic::values::seconds;
use crate::error::{CliError, Result};
use crate::render::changes::BalanceChanges;
use crate::terminal::Table;

/// Blocks come every second or so: the first look may be early, later ones need not hurry.
const FIRST_LOOK: Duration = Duration::from_millis(150);
const SLOWEST_LOOK: Duration = Duration::from_millis(1500);

/// What the node said when it was handed a transaction.
#[derive(Debug)]
pub(super) enum Submitted {
    /// It waits for a block.
    Taken,
    /// The node has this very transaction already.
    Known,
    /// Another sequence is needed; what the node expects, if it said.
    WrongSequence(Option<u64>, CliError),
}

/// Hands the transaction in. Everything but a wrong sequence that is refused is an error.
pub(super) fn submit(session: &Session<'_>, document: &Document) -> Result<Submitted> {
    let check = session.client()?.broadcast(&document.bytes());
    let check = match check {
        Err(error) if error.to_string().contains("tx already exists in cache") => {
            return Ok(Submitted::Known);
        }
        other => other?,
    };
    match (check.codespace.as_str(), check.code) {
        (_, 0) => return Ok(Submitted::Taken),
        ("sdk", 19) => return Ok(Submitted::Known),
        _ => {}
    }
    let error = explain("the node refused the transaction", &check.codespace, check.code, &check.log);
    if is_sequence_mismatch(&check.codespace, check.code) {
        return Ok(Submitted::WrongSequence(failure::expected_sequence(&check.log), error));
    }
    Err(error)
}

/// Waits for the block if asked to, and reports; the error of a failed transaction is that of its execution.
pub(super) fn conclude(session: &Session<'_>, document: &Document, flags: &WaitFlags) -> Result<()> {
    let terminal = session.terminal();
    let hash = hash_bytes(document);
    let hash_text = hex::encode_upper(hash);
    if flags.no_wait {
        if terminal.is_json() {
            return terminal.json(&json!({ "txhash": hash_text }));
        }
        terminal.note("the node took the transaction; see what becomes of it with `agora tx show`");
        return terminal.line(hash_text);
    }
    let answer = wait(session, &hash, &hash_text, seconds(&flags.wait)?)?;
    report(session, document, &answer)
}

/// The hash that names the transaction.
pub(super) fn hash_bytes(document: &Document) -> [u8; 32] {
    Sha256::digest(document.bytes()).into()
}

fn wait(session: &Session<'_>, hash: &[u8], hash_text: &str, limit: u64) -> Result<TxAnswer> {
    let spinner = session.terminal().spinner(format!("waiting for {hash_text} to be in a block"));
    let deadline = Instant::now().checked_add(Duration::from_secs(limit));
    let mut pause = FIRST_LOOK;
    loop {
        if let Some(answer) = session.client()?.tx(hash)? {
            spinner.finish();
            return Ok(answer);
        }
        if deadline.is_none_or(|deadline| Instant::now() >= deadline) {
            return Err(CliError::unreachable(format!("no block held {hash_text} within {limit} seconds"))
                .hint(format!(
                    "it may still be included: agora tx show {hash_text}; is the chain moving? agora status"
                )));
        }
        std::thread::sleep(pause);
        pause = pause.saturating_mul(3).checked_div(2).unwrap_or(SLOWEST_LOOK).min(SLOWEST_LOOK);
    }
}

fn report(session: &Session<'_>, document: &Document, answer: &TxAnswer) -> Result<()> {
    let (terminal, result) = (session.terminal(), &answer.tx_result);
    if terminal.is_json() {
        terminal.json(&show::response_json(session, answer, None)?)?;
    } else {
        let fee = crate::render::tx::coins(&document.fee().amount);
        let mut table = Table::fields();
        table.row(["hash", &answer.hash]);
        table.row(["height", &answer.height.to_string()]);
        table.row(["result", if result.code == 0 { "success" } else { "failed" }]);
        table.row(["gas", &format!("{} used of {}", result.gas_used, result.gas_wanted)]);
        table.row(["fee", &crate::render::Labels::amounts(session, &fee)]);
        for (who, change) in BalanceChanges::of_events(&result.events).lines(session) {
            table.row(["balance".to_owned(), format!("{who}  {change}")]);
        }
        terminal.table(&table)?;
    }
    match result.code {
        0 => Ok(()),
        code => Err(explain("the transaction failed", &result.codespace, code, &result.log)),
    }
}
