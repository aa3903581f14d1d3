//! A transaction for people.

use agora_proto::cosmos::tx::v1beta1::Tx;
use serde_json::Value;

use super::Labels;
use super::changes::BalanceChanges;
use super::message::Renderer;
use crate::amount::Coin;
use crate::client::types::TxAnswer;
use crate::dynamic::Definitions;
use crate::terminal::Table;

/// What is known of a transaction beyond its bytes.
#[derive(Clone, Debug, Default)]
pub struct TxFacts<'a> {
    /// Its hash, hex.
    pub hash: Option<String>,
    /// Where it stands and what came of it.
    pub answer: Option<&'a TxAnswer>,
    /// The time of its block.
    pub time: Option<String>,
    /// Who must sign it.
    pub signers: Vec<String>,
}

/// All about a transaction as a table of fields.
pub fn table(definitions: &Definitions, labels: &dyn Labels, tx: &Tx, facts: &TxFacts<'_>) -> Table {
    let mut table = Table::fields();
    if let Some(hash) = &facts.hash {
        table.row(["hash", hash]);
    }
    if let Some(answer) = facts.answer {
        table.row(["height", &answer.height.to_string()]);
        if let Some(time) = &facts.time {
            table.row(["time", time]);
        }
        let result = &answer.tx_result;
        if result.code == 0 {
            table.row(["result", "success"]);
        } else {
            table.row(["result", &format!("failed with code {} in {}", result.code, result.codespace)]);
            table.row(["reason", &result.log]);
        }
        table.row(["gas", &format!("{} used of {}", result.gas_used, result.gas_wanted)]);
    }
    fee_rows(labels, tx, facts, &mut table);
    body_rows(definitions, labels, tx, &mut table);
    if let Some(answer) = facts.answer {
        for (who, change) in BalanceChanges::of_events(&answer.tx_result.events).lines(labels) {
            table.row(["balance".to_owned(), format!("{who}  {change}")]);
        }
    }
    table
}

fn fee_rows(labels: &dyn Labels, tx: &Tx, facts: &TxFacts<'_>, table: &mut Table) {
    let fee = tx.auth_info.as_ref().and_then(|info| info.fee.clone()).unwrap_or_default();
    let coins: Vec<Coin> = coins(&fee.amount);
    table.row(["fee".to_owned(), labels.amounts(&coins)]);
    if facts.answer.is_none() {
        table.row(["gas limit", &fee.gas_limit.to_string()]);
    }
    if !fee.payer.is_empty() {
        table.row(["fee payer".to_owned(), labels.named(&fee.payer)]);
    }
    if !fee.granter.is_empty() {
        table.row(["fee granter".to_owned(), labels.named(&fee.granter)]);
    }
    let infos = tx.auth_info.as_ref().map(|info| info.signer_infos.as_slice()).unwrap_or_default();
    for (at, signer) in facts.signers.iter().enumerate() {
        let signed = tx.signatures.get(at).is_some_and(|signature| !signature.is_empty());
        let state = match (signed, infos.get(at)) {
            (true, Some(info)) => format!("signed, sequence {}", info.sequence),
            (true, None) => "signed".to_owned(),
            (false, _) => "not signed".to_owned(),
        };
        table.row(["signer".to_owned(), format!("{}, {state}", labels.named(signer))]);
    }
}

fn body_rows(definitions: &Definitions, labels: &dyn Labels, tx: &Tx, table: &mut Table) {
    let Some(body) = &tx.body else { return };
    if !body.memo.is_empty() {
        table.row(["note", &body.memo]);
    }
    if body.timeout_height > 0 {
        table.row(["valid until block", &body.timeout_height.to_string()]);
    }
    if body.unordered {
        table.row(["unordered", "yes"]);
    }
    if let Some(time) = &body.timeout_timestamp
        && let Ok(Value::String(text)) =
            definitions.json().encode_value("google.protobuf.Timestamp", &prost::Message::encode_to_vec(time))
    {
        table.row(["valid until", &text]);
    }
    let renderer = Renderer::new(definitions, labels);
    for any in &body.messages {
        table.row(["message", any.type_url.trim_start_matches('/')]);
        let name = any.type_url.trim_start_matches('/');
        let decoded = definitions
            .message(name)
            .ok()
            .and_then(|message| Some((definitions.json().encode_value(name, &any.value).ok()?, message)));
        match decoded {
            Some((value, message)) => {
                for (key, text) in renderer.rows(&message, &value) {
                    table.row([format!("  {key}"), text]);
                }
            }
            None => {
                table.row(["  bytes".to_owned(), format!("0x{}", hex::encode(&any.value))]);
            }
        }
    }
}

/// Coins of the wire as coins of the wallet; amounts that are no numbers count as zero.
pub(crate) fn coins(list: &[agora_proto::cosmos::base::v1beta1::Coin]) -> Vec<Coin> {
    list.iter().map(|coin| Coin::new(coin.amount.parse().unwrap_or_default(), coin.denom.clone())).collect()
}
