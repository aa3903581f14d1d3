//! Executing a block ahead of its decision.
//!
//! A proposal that this node accepts is nearly always the block that is decided, and until the votes are in the node has little to
//! do. So it is executed at once, in a thread of its own, and when it is decided what it came to is there. Nothing of it can be seen
//! before: a block is staged beside the head, and one that is not decided is dropped and leaves no trace. Whatever goes wrong ahead is
//! forgotten; if the block is decided, it is executed in its turn and goes wrong again.

use std::sync::Arc;
use std::thread::JoinHandle;

use agora_executor::Mode;
use agora_store::Committed;
use tendermint_proto::v0_38::abci::{RequestFinalizeBlock, RequestProcessProposal, ResponseFinalizeBlock};

use super::engine::{Engine, StagedBlock};
use crate::abci::decision_of;

/// What a block came to, and what is answered.
type Executed = (StagedBlock, ResponseFinalizeBlock);

/// A proposal that is being executed. Dropping it waits for the end and forgets it.
pub(super) struct ProposedBlock {
    request: RequestFinalizeBlock,
    /// What it builds on.
    head: Option<Committed>,
    /// `None` once it was waited for.
    run: Option<JoinHandle<Option<Executed>>>,
}

impl ProposedBlock {
    /// Begins to execute a proposal that was accepted, unless the node executes one transaction after the other: that is the way
    /// without anything that can be left out.
    pub(super) fn begin(
        engine: &Arc<Engine>,
        proposal: RequestProcessProposal,
        watched: bool,
    ) -> Option<Self> {
        if engine.executor.mode() == Mode::Sequential {
            return None;
        }
        let request = decision_of(proposal);
        let (engine, its, head) = (Arc::clone(engine), request.clone(), engine.store.latest());
        let run = move || {
            engine.execute(&its, watched).inspect_err(|error| {
                tracing::debug!(height = its.height, %error, "a proposal could not be executed ahead");
            })
        };
        let thread = std::thread::Builder::new().name("agora-ahead".to_owned());
        // Without a thread the block is executed when it is decided.
        let run = thread.spawn(move || run().ok()).ok()?;
        Some(Self { request, head, run: Some(run) })
    }

    /// What the block came to, if it is the one that was decided, on the same head, and nothing went wrong.
    pub(super) fn take(mut self, request: &RequestFinalizeBlock, engine: &Engine) -> Option<Executed> {
        let executed = self.wait();
        (self.request == *request && self.head == engine.store.latest()).then_some(executed).flatten()
    }

    fn wait(&mut self) -> Option<Executed> {
        self.run.take()?.join().ok().flatten()
    }
}

impl Drop for ProposedBlock {
    fn drop(&mut self) {
        self.wait();
    }
}
