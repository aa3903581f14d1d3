//! Filling and checking proposals.

mod order;

use agora_executor::{BlockExecutor, Executed, Program};
use agora_feemarket::api as feemarket;
use agora_framework::{AccessHint, AppError, BlockInfo};
use agora_state::{Overlay, StateRead};
use rayon::prelude::*;

use self::order::{Candidate, Line, Own, is_ordered};
use crate::ahead::Ahead;
use crate::ante::Purpose;
use crate::block::Prepared;
use crate::runtime::Runtime;
use crate::tx::Tx;
use crate::tx_exec::{Depth, Job, TxResult};
use crate::upgrades;

/// The most bytes of one transaction.
pub const MAX_TX_BYTES: usize = 1 << 20;

/// The most bytes of the transactions of a block: CometBFT is told of no limit, so that a proposer sees the whole mempool.
pub const MAX_BLOCK_BYTES: usize = 8 << 20;

/// Times a proposal is filled up again after transactions turned out not to pass; then what is left has to do.
const REFILLS: usize = 4;

/// The room a transaction takes in a block: its bytes, a tag and its length.
const fn room(len: usize) -> usize {
    // A length below 2^28 takes at most four bytes.
    len.saturating_add(5)
}

/// A transaction that could be in a block.
struct Waiting<'a> {
    index: usize,
    bytes: usize,
    prepared: &'a Prepared,
    tx: &'a Tx,
}

impl Runtime {
    /// Chooses transactions for a block: by what they pay for gas, everybody's own in sequence, as far as bytes and gas go,
    /// and only those whose ante passes in this order. None for the block of an upgrade.
    ///
    /// # Errors
    /// Only what must stop the node.
    pub fn propose<E: BlockExecutor>(
        &self,
        executor: &E,
        state: &(dyn StateRead + Sync),
        block: &BlockInfo,
        mut waiting: Vec<Vec<u8>>,
        max_bytes: usize,
    ) -> Result<Vec<Vec<u8>>, AppError> {
        if upgrades::is_due(state, block.height)? {
            return Ok(Vec::new());
        }
        let prepared: Vec<Prepared> =
            waiting.par_iter().map(|bytes| self.prepare(&block.chain_id, bytes)).collect();
        let ahead = Ahead::read(state, self.items(), &prepared)?;
        let price = feemarket::gas_price(&ahead)?;
        let limits = Limits { gas: price.max_block_gas, bytes: max_bytes.min(MAX_BLOCK_BYTES) };
        let mut left: Vec<Waiting<'_>> = prepared
            .iter()
            .zip(&waiting)
            .enumerate()
            .filter_map(|(index, (prepared, bytes))| {
                let tx = prepared.tx.as_deref().ok()?;
                Some(Waiting { index, bytes: bytes.len(), prepared, tx })
            })
            .collect();
        let mut refills = 0usize;
        let chosen = loop {
            let candidates: Vec<Candidate> =
                left.iter().map(|waiting| Candidate::new(waiting.tx, &price.denom)).collect();
            let chosen = fill(&left, &candidates, limits);
            let program =
                Antes { runtime: self, block, txs: chosen.iter().filter_map(|at| left.get(*at)).collect() };
            let passed = executor.execute(&mut Overlay::new(&ahead), &program)?;
            if passed.iter().all(|passed| *passed) {
                break program.txs.iter().map(|waiting| waiting.index).collect::<Vec<_>>();
            }
            refills = refills.saturating_add(1);
            left = without_failed(left, &chosen, &passed, refills > REFILLS);
        };
        Ok(chosen.into_iter().filter_map(|index| waiting.get_mut(index).map(std::mem::take)).collect())
    }

    /// Whether a proposal is one an honest proposer could make: in order, within the limits, and every ante passes.
    ///
    /// # Errors
    /// Only what must stop the node.
    pub fn accept<E: BlockExecutor>(
        &self,
        executor: &E,
        state: &(dyn StateRead + Sync),
        block: &BlockInfo,
        txs: &[impl AsRef<[u8]> + Sync],
    ) -> Result<bool, AppError> {
        if upgrades::is_due(state, block.height)? {
            return Ok(txs.is_empty());
        }
        let price = feemarket::gas_price(state)?;
        let mut limits = Limits { gas: price.max_block_gas, bytes: MAX_BLOCK_BYTES };
        // Before any work is done for it.
        if !txs.iter().all(|bytes| limits.take(0, bytes.as_ref().len())) {
            return Ok(false);
        }
        let prepared: Vec<Prepared> =
            txs.par_iter().map(|bytes| self.prepare(&block.chain_id, bytes.as_ref())).collect();
        let mut listed = Vec::with_capacity(txs.len());
        let mut candidates = Vec::with_capacity(txs.len());
        for (index, prepared) in prepared.iter().enumerate() {
            let Ok(tx) = prepared.tx.as_deref() else { return Ok(false) };
            if !limits.take(tx.gas_wanted(), 0) {
                return Ok(false);
            }
            candidates.push(Candidate::new(tx, &price.denom));
            listed.push(Waiting { index, bytes: 0, prepared, tx });
        }
        if !is_ordered(&candidates) {
            return Ok(false);
        }
        let ahead = Ahead::read(state, self.items(), &prepared)?;
        let program = Antes { runtime: self, block, txs: listed.iter().collect() };
        Ok(executor.execute(&mut Overlay::new(&ahead), &program)?.into_iter().all(|passed| passed))
    }
}

/// The room left in a block.
#[derive(Clone, Copy)]
struct Limits {
    gas: u64,
    bytes: usize,
}

impl Limits {
    /// Takes room, if there is enough.
    fn take(&mut self, gas: u64, bytes: usize) -> bool {
        let bytes = if bytes == 0 { 0 } else { room(bytes) };
        match (self.gas.checked_sub(gas), self.bytes.checked_sub(bytes)) {
            (Some(gas), Some(bytes)) => {
                *self = Self { gas, bytes };
                true
            }
            _ => false,
        }
    }
}

/// Chooses in order what fits. Who does not fit is left out, with what its signers have after it.
fn fill(left: &[Waiting<'_>], candidates: &[Candidate], mut limits: Limits) -> Vec<usize> {
    let mut line = Line::new(candidates, Own::BySequence);
    let mut chosen = Vec::new();
    while let Some((at, _)) = line.next() {
        let Some(waiting) = left.get(at) else { continue };
        if limits.take(waiting.tx.gas_wanted(), waiting.bytes) {
            chosen.push(at);
            line.placed(at);
        }
    }
    chosen
}

/// What may still be chosen when some of the chosen did not pass: the rest, or, at the end, the others that were chosen.
fn without_failed<'a>(
    left: Vec<Waiting<'a>>,
    chosen: &[usize],
    passed: &[bool],
    at_the_end: bool,
) -> Vec<Waiting<'a>> {
    let mut keep = vec![!at_the_end; left.len()];
    for (at, passed) in chosen.iter().zip(passed) {
        if let Some(keep) = keep.get_mut(*at) {
            *keep = *passed;
        }
    }
    left.into_iter().zip(keep).filter_map(|(waiting, keep)| keep.then_some(waiting)).collect()
}

/// The antes of a proposal, one behind the other.
struct Antes<'a> {
    runtime: &'a Runtime,
    block: &'a BlockInfo,
    txs: Vec<&'a Waiting<'a>>,
}

impl Program for Antes<'_> {
    /// Whether it passed.
    type Output = bool;

    fn len(&self) -> usize {
        self.txs.len()
    }

    fn access(&self, index: usize) -> &AccessHint {
        const NOTHING: &AccessHint = &AccessHint::new();
        self.txs.get(index).map_or(NOTHING, |waiting| &waiting.tx.access)
    }

    /// A class of its own: the ante alone costs the same whatever the messages are.
    fn class(&self, _: usize) -> u32 {
        u32::MAX
    }

    fn run(&self, index: usize, state: &dyn StateRead) -> Result<Executed<bool>, AppError> {
        let Some(waiting) = self.txs.get(index) else {
            return Ok(Executed { changes: Default::default(), log: Default::default(), output: false });
        };
        let job =
            Job { runtime: self.runtime, block: self.block, purpose: Purpose::Deliver, depth: Depth::Ante };
        let Executed { changes, log, output } = job.run(waiting.tx, waiting.prepared.verified, state)?;
        let passed = TxResult::is_ok(&output);
        Ok(Executed { changes, log, output: passed })
    }
}
