//! What the application answers.
//!
//! CometBFT writes these types in two ways: some through its protobuf JSON encoder, which shows every field, and
//! some field by field, which leaves out what is empty. Which one is used where is part of the format.

use serde_json::{Map, Value, json};
use tendermint_proto::v0_38::abci::{
    Event, ExecTxResult, ResponseCheckTx, ResponseFinalizeBlock, ResponseInfo, ResponseQuery, ValidatorUpdate,
};
use tendermint_proto::v0_38::crypto::ProofOps;

use super::validator::abci_public_key;
use super::{base64, int, nullable_base64, param_updates};

/// The result of a transaction, every field shown.
pub(crate) fn exec_tx_result(r: &ExecTxResult) -> Value {
    result_fields(r.code, &r.data, &r.log, &r.info, (r.gas_wanted, r.gas_used), &r.events, &r.codespace)
}

/// The answer to a check, every field shown.
pub(crate) fn check_tx(r: &ResponseCheckTx) -> Value {
    result_fields(r.code, &r.data, &r.log, &r.info, (r.gas_wanted, r.gas_used), &r.events, &r.codespace)
}

fn result_fields(
    code: u32,
    data: &[u8],
    log: &str,
    info: &str,
    (gas_wanted, gas_used): (i64, i64),
    events: &[Event],
    codespace: &str,
) -> Value {
    json!({
        "code": code,
        "data": nullable_base64(data),
        "log": log,
        "info": info,
        "gas_wanted": int(gas_wanted),
        "gas_used": int(gas_used),
        "events": events.iter().map(full_event).collect::<Vec<_>>(),
        "codespace": codespace,
    })
}

fn full_event(event: &Event) -> Value {
    json!({"type": event.r#type, "attributes": attributes(event)})
}

fn attributes(event: &Event) -> Vec<Value> {
    event.attributes.iter().map(|a| json!({"key": a.key, "value": a.value, "index": a.index})).collect()
}

/// Events of a block; `null` when there are none.
pub(crate) fn event_list(events: &[Event]) -> Value {
    if events.is_empty() { Value::Null } else { Value::Array(events.iter().map(event).collect()) }
}

fn event(event: &Event) -> Value {
    let mut fields = Fields::default();
    fields.put("type", !event.r#type.is_empty(), || event.r#type.clone().into());
    fields.put("attributes", !event.attributes.is_empty(), || attributes(event).into());
    fields.value()
}

/// The result of a transaction inside a `Tx` event: empty fields are left out.
pub(crate) fn tx_result_of_event(r: &ExecTxResult) -> Value {
    let mut fields = Fields::default();
    fields.put("code", r.code != 0, || r.code.into());
    fields.put("data", !r.data.is_empty(), || base64(&r.data));
    fields.put("log", !r.log.is_empty(), || r.log.clone().into());
    fields.put("info", !r.info.is_empty(), || r.info.clone().into());
    fields.put("gas_wanted", r.gas_wanted != 0, || int(r.gas_wanted));
    fields.put("gas_used", r.gas_used != 0, || int(r.gas_used));
    fields.put("events", !r.events.is_empty(), || event_list(&r.events));
    fields.put("codespace", !r.codespace.is_empty(), || r.codespace.clone().into());
    fields.value()
}

/// The answer to a block inside a `NewBlock` event.
pub(crate) fn finalize_block(r: &ResponseFinalizeBlock) -> Value {
    let mut fields = Fields::default();
    fields.put("events", !r.events.is_empty(), || event_list(&r.events));
    fields.put("tx_results", !r.tx_results.is_empty(), || r.tx_results.iter().map(exec_tx_result).collect());
    fields.put("validator_updates", true, || r.validator_updates.iter().map(validator_update).collect());
    let updates = r.consensus_param_updates.as_ref();
    fields.put("consensus_param_updates", updates.is_some(), || param_updates(updates));
    fields.put("app_hash", !r.app_hash.is_empty(), || base64(&r.app_hash));
    fields.value()
}

/// Validator updates of a block; `null` when there are none.
pub(crate) fn validator_updates(updates: &[ValidatorUpdate]) -> Value {
    if updates.is_empty() { Value::Null } else { updates.iter().map(validator_update).collect() }
}

fn validator_update(update: &ValidatorUpdate) -> Value {
    let mut fields = Fields::default();
    fields.put("pub_key", true, || abci_public_key(update.pub_key.as_ref()));
    fields.put("power", update.power != 0, || int(update.power));
    fields.value()
}

/// What the application says of itself; empty fields are left out.
pub(crate) fn info(r: &ResponseInfo) -> Value {
    let mut fields = Fields::default();
    fields.put("data", !r.data.is_empty(), || r.data.clone().into());
    fields.put("version", !r.version.is_empty(), || r.version.clone().into());
    fields.put("app_version", r.app_version != 0, || int(r.app_version));
    fields.put("last_block_height", r.last_block_height != 0, || int(r.last_block_height));
    fields.put("last_block_app_hash", !r.last_block_app_hash.is_empty(), || base64(&r.last_block_app_hash));
    fields.value()
}

/// The answer to a query.
pub(crate) fn query(r: &ResponseQuery) -> Value {
    json!({
        "code": r.code,
        "log": r.log,
        "info": r.info,
        "index": int(r.index),
        "key": nullable_base64(&r.key),
        "value": nullable_base64(&r.value),
        "proofOps": r.proof_ops.as_ref().map_or(Value::Null, proof_ops),
        "height": int(r.height),
        "codespace": r.codespace,
    })
}

fn proof_ops(proof: &ProofOps) -> Value {
    let ops = proof.ops.iter().map(
        |op| json!({"type": op.r#type, "key": nullable_base64(&op.key), "data": nullable_base64(&op.data)}),
    );
    json!({"ops": ops.collect::<Vec<_>>()})
}

/// An object under construction, whose fields may be left out.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, name: &str, present: bool, value: impl FnOnce() -> Value) {
        if present {
            self.0.insert(name.to_owned(), value());
        }
    }

    fn value(self) -> Value {
        Value::Object(self.0)
    }
}
