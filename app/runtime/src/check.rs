//! The mempool's view: the ante alone, on the last state plus what waits already.

use std::sync::Arc;

use agora_framework::{AppError, BlockInfo};
use agora_state::{Changes, Entries, KeyRange, Overlay, StateError, StateKey, StateRead, Value, WriteSet};

use crate::ante::Purpose;
use crate::runtime::Runtime;
use crate::tx_exec::{Depth, Job, TxResult};

/// The state the mempool checks against: a committed state and the antes of the transactions that wait.
pub struct CheckState {
    state: Arc<dyn StateRead + Send + Sync>,
    block: BlockInfo,
    waiting: WriteSet,
}

impl CheckState {
    /// Starts anew on a committed state, described by its head.
    #[must_use]
    pub fn new(state: Arc<dyn StateRead + Send + Sync>, block: BlockInfo) -> Self {
        Self { state, block, waiting: WriteSet::new() }
    }

    /// The head.
    #[must_use]
    pub const fn block(&self) -> &BlockInfo {
        &self.block
    }

    fn apply(&mut self, changes: Changes) -> Result<(), AppError> {
        let mut overlay = Overlay::new(&*self.state);
        overlay.resume(std::mem::take(&mut self.waiting));
        let applied = overlay.apply(changes);
        self.waiting = overlay.into_writes();
        Ok(applied?)
    }
}

impl StateRead for CheckState {
    fn get(&self, key: &StateKey) -> Result<Option<Value>, StateError> {
        match self.waiting.get(key) {
            Some(value) => Ok(value.clone()),
            None => self.state.get(key),
        }
    }

    fn range(&self, range: &KeyRange) -> Result<Entries, StateError> {
        agora_state::overlay_range(&*self.state, &self.waiting, range)
    }
}

impl Runtime {
    /// Checks a transaction for the mempool; a good one is remembered in `state`, so that the next of its sender is
    /// checked behind it.
    ///
    /// `state` is locked by `lock` only after decoding and signature checks, which need no state.
    ///
    /// # Errors
    /// Only what must stop the node.
    pub fn check<G: std::ops::DerefMut<Target = CheckState>>(
        &self,
        chain_id: &str,
        bytes: &[u8],
        lock: impl FnOnce() -> G,
    ) -> Result<TxResult, AppError> {
        let prepared = self.prepare(chain_id, bytes);
        let tx = match prepared.tx {
            Ok(tx) => tx,
            Err(error) => return Ok(TxResult::failed(&error, 0, 0)),
        };
        let mut state = lock();
        let executed = {
            let job = Job { runtime: self, block: &state.block, purpose: Purpose::Check, depth: Depth::Ante };
            job.run(&tx, prepared.verified, &*state)?
        };
        state.apply(executed.changes)?;
        Ok(TxResult { events: Vec::new(), ..executed.output })
    }
}
