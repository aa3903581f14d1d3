//! What consensus asked of a chain and what it was answered, to be asked again elsewhere.

use tendermint_proto::v0_38::abci::{
    RequestFinalizeBlock, RequestInitChain, ResponseFinalizeBlock, ResponseInitChain,
};

/// A chain from genesis to its head.
#[derive(Clone, Debug)]
pub struct Recording {
    /// What it began with.
    pub init: RequestInitChain,
    /// What genesis was answered with.
    pub started: ResponseInitChain,
    /// The blocks with their results, from the first height on.
    pub blocks: Vec<(RequestFinalizeBlock, ResponseFinalizeBlock)>,
}

impl Recording {
    pub(super) const fn begin(init: RequestInitChain, started: ResponseInitChain) -> Self {
        Self { init, started, blocks: Vec::new() }
    }
}
