//! The node: its status, its genesis, its validators, its errors.

use serde_json::Value;
use tendermint_proto::v0_38::types::Validator;

use super::block::validator;
use super::read::{Read, base64, field, flag, hex, list, number, text};
use crate::chain::Status;

/// The answer of `status`. The blocks it names still have to be fetched.
pub(crate) struct StatusSeen {
    /// Everything else.
    pub(crate) status: Status,
    pub(crate) latest_height: u64,
    pub(crate) latest_hash: Vec<u8>,
    pub(crate) earliest_height: u64,
    pub(crate) earliest_hash: Vec<u8>,
}

/// Reads `status`.
pub(crate) fn status(value: &Value) -> Read<StatusSeen> {
    let (node, sync) = (field(value, "node_info")?, field(value, "sync_info")?);
    let rpc_address =
        node.get("other").map_or_else(|| Ok(String::new()), |other| text(other, "rpc_address"))?;
    Ok(StatusSeen {
        status: Status {
            network: text(node, "network")?,
            moniker: text(node, "moniker")?,
            node_id: text(node, "id")?,
            comet_version: text(node, "version")?,
            listen_addr: text(node, "listen_addr")?,
            rpc_address,
            app_version: number(field(node, "protocol_version")?, "app")?,
            latest: None,
            earliest: None,
            catching_up: flag(sync, "catching_up"),
            validator: validator(field(value, "validator_info")?)?,
        },
        latest_height: number(sync, "latest_block_height")?,
        latest_hash: hex(sync, "latest_block_hash")?,
        earliest_height: number(sync, "earliest_block_height")?,
        earliest_hash: hex(sync, "earliest_block_hash")?,
    })
}

/// A page of a validator set.
pub(crate) struct Validators {
    pub(crate) height: u64,
    pub(crate) validators: Vec<Validator>,
    pub(crate) total: usize,
}

/// Reads `validators`.
pub(crate) fn validators(value: &Value) -> Read<Validators> {
    Ok(Validators {
        height: number(value, "block_height")?,
        validators: list(value, "validators", validator)?,
        total: number(value, "total")?,
    })
}

/// Reads `genesis_chunked`: the number of chunks, and this one.
pub(crate) fn genesis_chunk(value: &Value) -> Read<(usize, Vec<u8>)> {
    Ok((number(value, "total")?, base64(value, "data")?))
}

/// What an error says: its data, or its message if it has none.
pub(crate) fn error_text(error: &Value) -> String {
    let part = |name| error.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    part("data").or_else(|| part("message")).unwrap_or("no reason given").to_owned()
}
