//! What the application answered.

use serde_json::Value;
use tendermint_proto::v0_38::abci::{
    Event, EventAttribute, ExecTxResult, ResponseCheckTx, ResponseFinalizeBlock, ResponseInfo, ResponseQuery,
    ValidatorUpdate,
};
use tendermint_proto::v0_38::crypto::public_key::Sum;
use tendermint_proto::v0_38::crypto::{ProofOp, ProofOps, PublicKey};
use tendermint_proto::v0_38::types::{
    AbciParams, BlockParams, ConsensusParams, EvidenceParams, ValidatorParams, VersionParams,
};

use super::read::{
    Malformed, Read, base64, base64_list, field, flag, hex, list, nanoseconds, number, optional, text,
};
use crate::chain::{IndexedTx, SearchPage};

/// The answer of `block_results`.
pub(crate) fn block_results(value: &Value) -> Read<(u64, ResponseFinalizeBlock)> {
    let results = ResponseFinalizeBlock {
        events: list(value, "finalize_block_events", event)?,
        tx_results: list(value, "txs_results", exec_tx_result)?,
        validator_updates: list(value, "validator_updates", validator_update)?,
        consensus_param_updates: optional(value, "consensus_param_updates").map(params).transpose()?,
        app_hash: base64(value, "app_hash")?.into(),
    };
    Ok((number(value, "height")?, results))
}

/// An item of `tx_search`, the answer of `tx`.
pub(crate) fn indexed_tx(value: &Value) -> Read<IndexedTx> {
    let hash = hex(value, "hash")?;
    Ok(IndexedTx {
        hash: hash.try_into().map_err(|_| Malformed::wrong("hash", "32 bytes"))?,
        height: number(value, "height")?,
        index: number(value, "index")?,
        tx: base64(value, "tx")?,
        result: exec_tx_result(field(value, "tx_result")?)?,
    })
}

/// A page of search results, whose items are in the field `name`.
pub(crate) fn search_page<T>(
    value: &Value,
    name: &str,
    item: impl Fn(&Value) -> Read<T>,
) -> Read<SearchPage<T>> {
    Ok(SearchPage { items: list(value, name, item)?, total: number(value, "total_count")? })
}

fn exec_tx_result(value: &Value) -> Read<ExecTxResult> {
    Ok(ExecTxResult {
        code: number(value, "code")?,
        data: base64(value, "data")?.into(),
        log: text(value, "log")?,
        info: text(value, "info")?,
        gas_wanted: number(value, "gas_wanted")?,
        gas_used: number(value, "gas_used")?,
        events: list(value, "events", event)?,
        codespace: text(value, "codespace")?,
    })
}

/// The answer of `check_tx`.
pub(crate) fn check_tx(value: &Value) -> Read<ResponseCheckTx> {
    let r = exec_tx_result(value)?;
    Ok(ResponseCheckTx {
        code: r.code,
        data: r.data,
        log: r.log,
        info: r.info,
        gas_wanted: r.gas_wanted,
        gas_used: r.gas_used,
        events: r.events,
        codespace: r.codespace,
    })
}

/// The answer of `broadcast_tx_sync`: the part of a check that CometBFT passes on, its data in hex.
pub(crate) fn broadcast(value: &Value) -> Read<ResponseCheckTx> {
    Ok(ResponseCheckTx {
        code: number(value, "code")?,
        data: hex(value, "data")?.into(),
        log: text(value, "log")?,
        codespace: text(value, "codespace")?,
        ..ResponseCheckTx::default()
    })
}

fn event(value: &Value) -> Read<Event> {
    let attribute = |a: &Value| {
        Ok(EventAttribute { key: text(a, "key")?, value: text(a, "value")?, index: flag(a, "index") })
    };
    Ok(Event { r#type: text(value, "type")?, attributes: list(value, "attributes", attribute)? })
}

fn validator_update(value: &Value) -> Read<ValidatorUpdate> {
    let key = field(field(field(value, "pub_key")?, "Sum")?, "value")?;
    let sum = if optional(key, "ed25519").is_some() {
        Sum::Ed25519(base64(key, "ed25519")?)
    } else if optional(key, "secp256k1").is_some() {
        Sum::Secp256k1(base64(key, "secp256k1")?)
    } else {
        return Err(Malformed::wrong("pub_key", "an ed25519 or secp256k1 key"));
    };
    Ok(ValidatorUpdate { pub_key: Some(PublicKey { sum: Some(sum) }), power: number(value, "power")? })
}

/// The answer of `consensus_params`.
pub(crate) fn consensus_params_at(value: &Value) -> Read<(u64, ConsensusParams)> {
    Ok((number(value, "block_height")?, params(field(value, "consensus_params")?)?))
}

fn params(value: &Value) -> Read<ConsensusParams> {
    let group = |name: &str| optional(value, name);
    Ok(ConsensusParams {
        block: group("block")
            .map(|g| Ok(BlockParams { max_bytes: number(g, "max_bytes")?, max_gas: number(g, "max_gas")? }))
            .transpose()?,
        evidence: group("evidence")
            .map(|g| {
                Ok(EvidenceParams {
                    max_age_num_blocks: number(g, "max_age_num_blocks")?,
                    max_age_duration: nanoseconds(g, "max_age_duration")?,
                    max_bytes: number(g, "max_bytes")?,
                })
            })
            .transpose()?,
        validator: group("validator")
            .map(|g| {
                let name = |v: &Value| match v {
                    Value::String(name) => Ok(name.clone()),
                    _ => Err(Malformed::wrong("pub_key_types", "a list of texts")),
                };
                Ok(ValidatorParams { pub_key_types: list(g, "pub_key_types", name)? })
            })
            .transpose()?,
        version: group("version").map(|g| Ok(VersionParams { app: number(g, "app")? })).transpose()?,
        abci: group("abci")
            .map(|g| {
                let height = number(g, "vote_extensions_enable_height")?;
                Ok(AbciParams { vote_extensions_enable_height: height })
            })
            .transpose()?,
    })
}

/// The answer of `abci_info`.
pub(crate) fn info(value: &Value) -> Read<ResponseInfo> {
    let r = field(value, "response")?;
    Ok(ResponseInfo {
        data: text(r, "data")?,
        version: text(r, "version")?,
        app_version: number(r, "app_version")?,
        last_block_height: number(r, "last_block_height")?,
        last_block_app_hash: base64(r, "last_block_app_hash")?.into(),
    })
}

/// The answer of `abci_query`.
pub(crate) fn query(value: &Value) -> Read<ResponseQuery> {
    let r = field(value, "response")?;
    let op = |op: &Value| {
        Ok(ProofOp { r#type: text(op, "type")?, key: base64(op, "key")?, data: base64(op, "data")? })
    };
    let proof = optional(r, "proofOps").map(|proof| Ok(ProofOps { ops: list(proof, "ops", op)? }));
    Ok(ResponseQuery {
        code: number(r, "code")?,
        log: text(r, "log")?,
        info: text(r, "info")?,
        index: number(r, "index")?,
        key: base64(r, "key")?.into(),
        value: base64(r, "value")?.into(),
        proof_ops: proof.transpose()?,
        height: number(r, "height")?,
        codespace: text(r, "codespace")?,
    })
}

/// The answer of `unconfirmed_txs` or `num_unconfirmed_txs`: transactions, how many wait, and their bytes.
pub(crate) fn unconfirmed(value: &Value) -> Read<(Vec<Vec<u8>>, usize, usize)> {
    Ok((base64_list(value, "txs")?, number(value, "total")?, number(value, "total_bytes")?))
}
