//! The table of methods: names, parameters, whether an answer may be cached, and who answers.

use super::jsonrpc::{Fault, Outcome};
use super::methods::{blocks, consensus, info, txs};
use super::params::{Args, Kind, Param};
use crate::chain::Chain;

/// Whether HTTP caches may keep an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cache {
    /// Never.
    No,
    /// Always; CometBFT says so even of answers that do change.
    Yes,
    /// If this parameter is given, without which the answer is about the head.
    With(&'static str),
}

/// Who answers.
#[derive(Clone, Copy)]
pub(crate) enum Run {
    /// A function that may block.
    Call(fn(&dyn Chain, &Args) -> Outcome),
    /// `broadcast_tx_commit`, which waits for a block.
    BroadcastCommit,
    /// The subscriptions of a WebSocket; unknown over HTTP.
    Socket(SocketCall),
}

/// What only a WebSocket can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SocketCall {
    Subscribe,
    Unsubscribe,
    UnsubscribeAll,
}

/// A method.
#[derive(Clone, Copy)]
pub(crate) struct Method {
    pub(crate) name: &'static str,
    pub(crate) params: &'static [Param],
    pub(crate) cache: Cache,
    pub(crate) run: Run,
}

impl Method {
    /// The method called `name`.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        METHODS.iter().find(|m| m.name == name)
    }

    /// Whether the answer to a call with `args` may be cached.
    pub(crate) fn cacheable(&self, args: &Args) -> bool {
        match self.cache {
            Cache::No => false,
            Cache::Yes => true,
            Cache::With(param) => !args.lacks(param),
        }
    }
}

const HEIGHT: &[Param] = &[("height", Kind::Int)];
const TX: &[Param] = &[("tx", Kind::Tx)];
const QUERY: &[Param] = &[("query", Kind::Text)];

const fn call(
    name: &'static str,
    params: &'static [Param],
    cache: Cache,
    run: fn(&dyn Chain, &Args) -> Outcome,
) -> Method {
    Method { name, params, cache, run: Run::Call(run) }
}

const fn socket(name: &'static str, params: &'static [Param], run: SocketCall) -> Method {
    Method { name, params, cache: Cache::No, run: Run::Socket(run) }
}

/// Every method, in the order of the alphabet.
pub(crate) const METHODS: &[Method] = &[
    call("abci_info", &[], Cache::Yes, info::abci_info),
    call(
        "abci_query",
        &[("path", Kind::Text), ("data", Kind::Hex), ("height", Kind::Int), ("prove", Kind::Flag)],
        Cache::No,
        info::abci_query,
    ),
    call("block", HEIGHT, Cache::With("height"), blocks::block),
    call("block_by_hash", &[("hash", Kind::Base64)], Cache::Yes, blocks::block_by_hash),
    call("block_results", HEIGHT, Cache::With("height"), blocks::block_results),
    call(
        "block_search",
        &[("query", Kind::Text), ("page", Kind::Int), ("per_page", Kind::Int), ("order_by", Kind::Text)],
        Cache::No,
        blocks::block_search,
    ),
    call("blockchain", &[("minHeight", Kind::Int), ("maxHeight", Kind::Int)], Cache::Yes, blocks::blockchain),
    call("broadcast_evidence", &[("evidence", Kind::Evidence)], Cache::No, broadcast_evidence),
    call("broadcast_tx_async", TX, Cache::No, txs::broadcast_tx_async),
    Method { name: "broadcast_tx_commit", params: TX, cache: Cache::No, run: Run::BroadcastCommit },
    call("broadcast_tx_sync", TX, Cache::No, txs::broadcast_tx_sync),
    call("check_tx", TX, Cache::No, txs::check_tx),
    call("commit", HEIGHT, Cache::With("height"), blocks::commit),
    call("consensus_params", HEIGHT, Cache::With("height"), info::consensus_params),
    call("consensus_state", &[], Cache::No, consensus::consensus_state),
    call("dump_consensus_state", &[], Cache::No, consensus::dump_consensus_state),
    call("genesis", &[], Cache::Yes, info::genesis),
    call("genesis_chunked", &[("chunk", Kind::Uint)], Cache::Yes, info::genesis_chunked),
    call("header", HEIGHT, Cache::With("height"), blocks::header),
    call("header_by_hash", &[("hash", Kind::Hex)], Cache::Yes, blocks::header_by_hash),
    call("health", &[], Cache::No, info::health),
    call("net_info", &[], Cache::No, info::net_info),
    call("num_unconfirmed_txs", &[], Cache::No, txs::num_unconfirmed_txs),
    call("status", &[], Cache::No, info::status),
    socket("subscribe", QUERY, SocketCall::Subscribe),
    call("tx", &[("hash", Kind::Base64), ("prove", Kind::Flag)], Cache::Yes, txs::tx),
    call(
        "tx_search",
        &[
            ("query", Kind::Text),
            ("prove", Kind::Flag),
            ("page", Kind::Int),
            ("per_page", Kind::Int),
            ("order_by", Kind::Text),
        ],
        Cache::No,
        txs::tx_search,
    ),
    call("unconfirmed_txs", &[("limit", Kind::Int)], Cache::No, txs::unconfirmed_txs),
    socket("unsubscribe", QUERY, SocketCall::Unsubscribe),
    socket("unsubscribe_all", &[], SocketCall::UnsubscribeAll),
    call(
        "validators",
        &[("height", Kind::Int), ("page", Kind::Int), ("per_page", Kind::Int)],
        Cache::With("height"),
        info::validators,
    ),
];

/// Blocks here come from one producer, or from CometBFT validators that gather evidence themselves.
fn broadcast_evidence(_: &dyn Chain, args: &Args) -> Outcome {
    if args.lacks("evidence") {
        return Err(Fault::internal("no evidence was provided"));
    }
    Err(Fault::internal("evidence is not accepted here: send it to the RPC of a CometBFT validator"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_sorted_and_unique() {
        assert!(METHODS.windows(2).all(|pair| matches!(pair, [a, b] if a.name < b.name)));
    }
}
