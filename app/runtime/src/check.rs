//! The mempool's view: the ante alone, on the last state plus what waits already.

use std::sync::Arc;

use agora_framework::{AppError, BlockInfo};
use agora_state::{Overlay, StateRead};

use crate::ante::Purpose;
use crate::runtime::Runtime;
use crate::tx_exec::{Depth, Job, TxResult};

/// The state the mempool checks against: a committed state and the antes of the transactions that wait.
pub struct CheckState {
    state: Overlay<Arc<dyn StateRead + Send + Sync>>,
    block: BlockInfo,
}

impl CheckState {
    /// Starts anew on a committed state, described by its head.
    #[must_use]
    pub fn new(state: Arc<dyn StateRead + Send + Sync>, block: BlockInfo) -> Self {
        Self { state: Overlay::new(state), block }
    }

    /// The head.
    #[must_use]
    pub const fn block(&self) -> &BlockInfo {
        &self.block
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
            job.run(&tx, prepared.verified, &state.state)?
        };
        state.state.apply(executed.changes)?;
        Ok(TxResult { events: Vec::new(), ..executed.output })
    }
}
