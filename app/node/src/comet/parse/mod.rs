//! CometBFT's JSON, back into its protobuf types: the inverse of the RPC server's rendering.

mod abci;
mod block;
mod node;
mod read;

pub(super) use abci::{
    block_results, broadcast, check_tx, consensus_params_at, indexed_tx, info, query, search_page,
    unconfirmed,
};
pub(super) use block::{block_info, commit_info};
pub(super) use node::{error_text, genesis_chunk, status, validators};
pub(super) use read::Malformed;

/// The readers that the tests of the RPC server build their chain with.
#[cfg(test)]
pub(crate) mod testing {
    pub(crate) use super::abci::{block_results, check_tx, consensus_params_at, indexed_tx, info, query};
    pub(crate) use super::block::{block_info, commit_info};
    pub(crate) use super::node::{status, validators};
}
