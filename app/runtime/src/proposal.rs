//! Filling and checking proposals.

use agora_feemarket::api as feemarket;
use agora_framework::{AppError, BlockInfo};
use agora_state::{Overlay, StateRead};
use rayon::prelude::*;

use crate::ante::Purpose;
use crate::block::Prepared;
use crate::runtime::Runtime;
use crate::tx_exec::{Depth, Job};

/// The most bytes of one transaction.
pub const MAX_TX_BYTES: usize = 1 << 20;

/// The room a transaction takes in a block: its bytes, a tag and its length.
const fn room(len: usize) -> usize {
    // A length below 2^28 takes at most four bytes.
    len.saturating_add(5)
}

impl Runtime {
    /// Chooses transactions for a block: those whose ante passes in this order, as far as bytes and gas go.
    ///
    /// # Errors
    /// Only what must stop the node.
    pub fn propose(
        &self,
        state: &dyn StateRead,
        block: &BlockInfo,
        waiting: Vec<Vec<u8>>,
        max_bytes: usize,
    ) -> Result<Vec<Vec<u8>>, AppError> {
        let prepared: Vec<Prepared> =
            waiting.par_iter().map(|bytes| self.prepare(&block.chain_id, bytes)).collect();
        let mut filling = Filling::new(self, state, block, max_bytes)?;
        let mut chosen = Vec::new();
        for (bytes, prepared) in waiting.into_iter().zip(&prepared) {
            if filling.take(bytes.len(), prepared)? {
                chosen.push(bytes);
            }
        }
        Ok(chosen)
    }

    /// Whether a proposal is one an honest proposer could make: every ante passes in order, within the block's gas.
    ///
    /// # Errors
    /// Only what must stop the node.
    pub fn accept(
        &self,
        state: &dyn StateRead,
        block: &BlockInfo,
        txs: &[impl AsRef<[u8]> + Sync],
    ) -> Result<bool, AppError> {
        let prepared: Vec<Prepared> =
            txs.par_iter().map(|bytes| self.prepare(&block.chain_id, bytes.as_ref())).collect();
        let mut filling = Filling::new(self, state, block, usize::MAX)?;
        for (bytes, prepared) in txs.iter().zip(&prepared) {
            if !filling.take(bytes.as_ref().len(), prepared)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// A block being filled.
struct Filling<'a> {
    job: Job<'a>,
    overlay: Overlay<&'a dyn StateRead>,
    gas_left: u64,
    bytes_left: usize,
}

impl<'a> Filling<'a> {
    fn new(
        runtime: &'a Runtime,
        state: &'a dyn StateRead,
        block: &'a BlockInfo,
        max_bytes: usize,
    ) -> Result<Self, AppError> {
        let gas_left = feemarket::gas_price(state)?.max_block_gas;
        let job = Job { runtime, block, purpose: Purpose::Deliver, depth: Depth::Ante };
        Ok(Self { job, overlay: Overlay::new(state), gas_left, bytes_left: max_bytes })
    }

    /// Takes a transaction if it fits and its ante passes behind those taken before.
    fn take(&mut self, len: usize, prepared: &Prepared) -> Result<bool, AppError> {
        let Ok(tx) = &prepared.tx else { return Ok(false) };
        let gas = self.gas_left.checked_sub(tx.gas_wanted());
        let bytes = self.bytes_left.checked_sub(room(len));
        let (Some(gas), Some(bytes)) = (gas, bytes) else { return Ok(false) };
        let executed = self.job.run(tx, prepared.verified, &self.overlay)?;
        if !executed.output.is_ok() {
            return Ok(false);
        }
        self.overlay.apply(executed.changes)?;
        (self.gas_left, self.bytes_left) = (gas, bytes);
        Ok(true)
    }
}
