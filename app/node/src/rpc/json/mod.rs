//! CometBFT's JSON, from its protobuf types: field order, `null` against `[]`, integers as strings, hex against
//! base64, all as CometBFT v0.38 writes them.
//!
//! Everything here builds a [`serde_json::Value`] (whose objects keep their order); [`render`] turns one into
//! text with the escapes of CometBFT's own encoder.

mod abci;
mod block;
mod evidence;
mod params;
mod scalar;
mod text;
mod validator;

pub(crate) use abci::{
    check_tx, event_list, exec_tx_result, finalize_block, info, query, tx_result_of_event, validator_updates,
};
pub(crate) use block::{block, block_id, block_info, block_meta, commit, empty_block_id, header};
pub(crate) use evidence::evidence;
pub(crate) use params::{consensus_params, param_updates};
pub(crate) use scalar::{base64, hex_upper, int, nullable_base64, time};
pub(crate) use text::{compact, render};
pub(crate) use validator::{public_key, validator};
