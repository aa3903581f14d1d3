//! Blocks, headers and commits.

use serde_json::{Map, Value, json};
use tendermint_proto::v0_38::types::{Block, BlockId, Commit, CommitSig, Header};

use super::{base64, evidence, hex_upper, int, nullable_base64, time};
use crate::chain::BlockInfo;

/// `{block_id, block}`, the answer of `block` and an item of `block_search`.
pub(crate) fn block_info(info: &BlockInfo) -> Value {
    json!({"block_id": block_id(Some(&info.block_id)), "block": block(&info.block)})
}

/// One line of `blockchain`.
pub(crate) fn block_meta(info: &BlockInfo) -> Value {
    let txs = info.block.data.as_ref().map_or(0, |d| d.txs.len());
    json!({
        "block_id": block_id(Some(&info.block_id)),
        "block_size": int(info.size),
        "header": header(info.block.header.as_ref()),
        "num_txs": int(txs),
    })
}

/// A block.
pub(crate) fn block(block: &Block) -> Value {
    let txs = block.data.iter().flat_map(|d| &d.txs).map(|tx| base64(tx)).collect();
    let list = block.evidence.iter().flat_map(|e| &e.evidence).map(evidence).collect();
    json!({
        "header": header(block.header.as_ref()),
        "data": {"txs": Value::Array(txs)},
        "evidence": {"evidence": Value::Array(list)},
        "last_commit": block.last_commit.as_ref().map_or(Value::Null, commit),
    })
}

/// A header.
pub(crate) fn header(header: Option<&Header>) -> Value {
    let Some(h) = header else { return Value::Null };
    let version = h.version.unwrap_or_default();
    let mut protocol = Map::new();
    protocol.insert("block".into(), int(version.block));
    if version.app != 0 {
        protocol.insert("app".into(), int(version.app));
    }
    json!({
        "version": Value::Object(protocol),
        "chain_id": h.chain_id,
        "height": int(h.height),
        "time": time(h.time.as_ref()),
        "last_block_id": block_id(h.last_block_id.as_ref()),
        "last_commit_hash": hex_upper(&h.last_commit_hash),
        "data_hash": hex_upper(&h.data_hash),
        "validators_hash": hex_upper(&h.validators_hash),
        "next_validators_hash": hex_upper(&h.next_validators_hash),
        "consensus_hash": hex_upper(&h.consensus_hash),
        "app_hash": hex_upper(&h.app_hash),
        "last_results_hash": hex_upper(&h.last_results_hash),
        "evidence_hash": hex_upper(&h.evidence_hash),
        "proposer_address": hex_upper(&h.proposer_address),
    })
}

/// A block id; an absent one shows empty hashes.
pub(crate) fn block_id(id: Option<&BlockId>) -> Value {
    let Some(id) = id else { return empty_block_id() };
    let parts = id.part_set_header.clone().unwrap_or_default();
    json!({
        "hash": hex_upper(&id.hash),
        "parts": {"total": parts.total, "hash": hex_upper(&parts.hash)},
    })
}

/// The id of no block.
pub(crate) fn empty_block_id() -> Value {
    json!({"hash": "", "parts": {"total": 0, "hash": ""}})
}

/// A commit.
pub(crate) fn commit(commit: &Commit) -> Value {
    json!({
        "height": int(commit.height),
        "round": commit.round,
        "block_id": block_id(commit.block_id.as_ref()),
        "signatures": commit.signatures.iter().map(signature).collect::<Vec<_>>(),
    })
}

fn signature(sig: &CommitSig) -> Value {
    json!({
        "block_id_flag": sig.block_id_flag,
        "validator_address": hex_upper(&sig.validator_address),
        "timestamp": time(sig.timestamp.as_ref()),
        "signature": nullable_base64(&sig.signature),
    })
}
