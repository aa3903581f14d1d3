//! What subscribers are told about a block: one message for each event of CometBFT's event bus, with the tags
//! their queries are matched against.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tendermint_proto::v0_38::abci::{Event, ValidatorUpdate};
use tendermint_proto::v0_38::crypto::public_key::Sum;
use tendermint_proto::v0_38::types::Validator;

use super::json::{self, base64, int, render};
use crate::chain::BlockEvent;

/// The tags of an event: `type.key` and its values, in order.
pub(crate) type Tags = BTreeMap<String, Vec<String>>;

/// One event of a block; its text is made when the first subscriber wants it, once for all of them.
#[derive(Debug)]
pub(crate) struct Published {
    kind: Kind,
    source: BlockEvent,
    pub(crate) tags: Tags,
    text: OnceLock<String>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    NewBlock,
    NewBlockHeader,
    NewBlockEvents,
    /// The evidence at this place of the block.
    NewEvidence(usize),
    /// The transaction at this place of the block.
    Tx(usize),
    ValidatorSetUpdates,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::NewBlock => "NewBlock",
            Self::NewBlockHeader => "NewBlockHeader",
            Self::NewBlockEvents => "NewBlockEvents",
            Self::NewEvidence(_) => "NewEvidence",
            Self::Tx(_) => "Tx",
            Self::ValidatorSetUpdates => "ValidatorSetUpdates",
        }
    }
}

/// The events of a block, in the order CometBFT publishes them.
pub(crate) fn published(block: &BlockEvent) -> Vec<Published> {
    let publish = |kind: Kind, mut tags: Tags| {
        tags.entry("tm.event".to_owned()).or_default().push(kind.name().to_owned());
        Published { kind, source: block.clone(), tags, text: OnceLock::new() }
    };
    let mut all = vec![
        publish(Kind::NewBlock, tags_of(&block.results.events)),
        publish(Kind::NewBlockHeader, Tags::new()),
        publish(Kind::NewBlockEvents, tags_of(&block.results.events)),
    ];
    let evidence = block.block.block.evidence.as_ref().map_or(0, |e| e.evidence.len());
    all.extend((0..evidence).map(|at| publish(Kind::NewEvidence(at), Tags::new())));
    for (at, (tx, result)) in txs(block).iter().zip(&block.results.tx_results).enumerate() {
        let mut tags = tags_of(&result.events);
        tags.entry("tx.hash".to_owned()).or_default().push(hex::encode_upper(Sha256::digest(tx)));
        tags.entry("tx.height".to_owned()).or_default().push(height(block).to_string());
        all.push(publish(Kind::Tx(at), tags));
    }
    if !block.results.validator_updates.is_empty() {
        all.push(publish(Kind::ValidatorSetUpdates, Tags::new()));
    }
    all
}

fn txs(block: &BlockEvent) -> &[Vec<u8>] {
    block.block.block.data.as_ref().map_or(&[], |d| &d.txs)
}

fn height(block: &BlockEvent) -> i64 {
    block.block.block.header.as_ref().map_or(0, |h| h.height)
}

fn tags_of(events: &[Event]) -> Tags {
    let mut tags = Tags::new();
    for event in events.iter().filter(|e| !e.r#type.is_empty()) {
        for attribute in event.attributes.iter().filter(|a| !a.key.is_empty()) {
            let name = format!("{}.{}", event.r#type, attribute.key);
            tags.entry(name).or_default().push(attribute.value.clone());
        }
    }
    tags
}

impl Published {
    /// The result that a subscriber with this query is sent.
    pub(crate) fn result(&self, query: &str) -> String {
        let query = render(&Value::String(query.to_owned()));
        let rest = self.text.get_or_init(|| {
            let value =
                json!({"type": format!("tendermint/event/{}", self.kind.name()), "value": self.value()});
            format!("\"data\":{},\"events\":{}", render(&value), render(&json!(self.tags)))
        });
        format!("{{\"query\":{query},{rest}}}")
    }

    fn value(&self) -> Value {
        let (info, results) = (&self.source.block, &self.source.results);
        let block = &info.block;
        match self.kind {
            Kind::NewBlock => json!({
                "block": json::block(block),
                "block_id": json::block_id(Some(&info.block_id)),
                "result_finalize_block": json::finalize_block(results),
            }),
            Kind::NewBlockHeader => json!({"header": json::header(block.header.as_ref())}),
            Kind::NewBlockEvents => json!({
                "height": int(height(&self.source)),
                "events": json::event_list(&results.events),
                "num_txs": int(txs(&self.source).len()),
            }),
            Kind::NewEvidence(at) => {
                let evidence = block.evidence.as_ref().and_then(|e| e.evidence.get(at));
                json!({
                    "height": int(height(&self.source)),
                    "evidence": evidence.map_or(Value::Null, json::evidence),
                })
            }
            Kind::Tx(at) => json!({"TxResult": self.tx_result(at)}),
            Kind::ValidatorSetUpdates => {
                let all: Vec<Value> =
                    results.validator_updates.iter().map(|u| json::validator(&as_validator(u))).collect();
                json!({"validator_updates": all})
            }
        }
    }

    fn tx_result(&self, at: usize) -> Value {
        let mut value = json!({"height": int(height(&self.source))});
        if let Value::Object(fields) = &mut value {
            // The first place is left out, like every zero in this form.
            if at > 0 {
                fields.insert("index".into(), at.into());
            }
            fields.insert("tx".into(), base64(txs(&self.source).get(at).map_or(&[], Vec::as_slice)));
            let result = self.source.results.tx_results.get(at);
            fields.insert("result".into(), result.map_or(Value::Null, json::tx_result_of_event));
        }
        value
    }
}

fn as_validator(update: &ValidatorUpdate) -> Validator {
    let address = match update.pub_key.as_ref().and_then(|k| k.sum.as_ref()) {
        Some(Sum::Ed25519(key)) => Sha256::digest(key).iter().copied().take(20).collect(),
        _ => Vec::new(),
    };
    Validator { address, pub_key: update.pub_key.clone(), voting_power: update.power, proposer_priority: 0 }
}
