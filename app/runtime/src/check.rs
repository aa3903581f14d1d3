//! The mempool's view: the ante alone, on the last state plus what waits already.
//!
//! Cheap refusals come first: a fee below the floor and a sequence that is gone cost no signature check.

use std::ops::DerefMut;
use std::sync::Arc;

use agora_auth::api as auth;
use agora_feemarket::api as feemarket;
use agora_framework::errors::sdk;
use agora_framework::{AppError, BlockInfo};
use agora_state::{Overlay, StateRead};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::admission::{Admitted, PoolLimits, Size};
use crate::ante::Purpose;
use crate::runtime::Runtime;
use crate::tx::Tx;
use crate::tx_exec::{Depth, Job, TxResult};
use crate::upgrades;

/// Why a transaction is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckKind {
    /// It wants to get in.
    New,
    /// It is in, and a block was committed meanwhile.
    Recheck,
}

/// The state the mempool checks against: a committed state and the antes of the transactions that wait.
pub struct CheckState {
    state: Overlay<Arc<dyn StateRead + Send + Sync>>,
    block: BlockInfo,
    admitted: Admitted,
}

impl CheckState {
    /// Starts with an empty pool on a committed state, described by its head.
    #[must_use]
    pub fn new(state: Arc<dyn StateRead + Send + Sync>, block: BlockInfo) -> Self {
        Self::with_limits(state, block, PoolLimits::default())
    }

    /// As [`CheckState::new`], for a pool of another size.
    #[must_use]
    pub fn with_limits(
        state: Arc<dyn StateRead + Send + Sync>,
        block: BlockInfo,
        limits: PoolLimits,
    ) -> Self {
        Self { state: Overlay::new(state), block, admitted: Admitted::new(limits) }
    }

    /// Goes on from the next committed state; `txs` are the transactions of its block. What waits is checked again, one by
    /// one, by the mempool.
    pub fn next_block(
        &mut self,
        state: Arc<dyn StateRead + Send + Sync>,
        block: BlockInfo,
        txs: &[impl AsRef<[u8]> + Sync],
    ) {
        self.state = Overlay::new(state);
        self.block = block;
        // With an empty pool, as in a replay, nobody needs to know what the block held.
        let included: Vec<[u8; 32]> = match self.admitted.len() {
            0 => Vec::new(),
            _ => txs.par_iter().map(|tx| Sha256::digest(tx).into()).collect(),
        };
        self.admitted.next_block(&included);
    }

    /// The head.
    #[must_use]
    pub const fn block(&self) -> &BlockInfo {
        &self.block
    }

    /// How many transactions were admitted and are in no block yet.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.admitted.len()
    }

    /// Refuses a transaction that offers less than the pool asks for at present. The base fee itself is the ante's business.
    fn require_floor(&self, tx: &Tx) -> Result<(), AppError> {
        let price = feemarket::gas_price(&self.state)?;
        let base = price.fee(tx.gas_wanted()).unwrap_or(u128::MAX);
        let floor = self.admitted.floor(&tx.hash, base, price.max_block_gas)?;
        let offered = tx.fee().amount_of(&price.denom);
        if floor > base && offered >= base && offered < floor {
            return Err(sdk::INSUFFICIENT_FEE.wrap(format_args!(
                "insufficient fees; got: {} required: {floor}{} while {} transactions wait",
                tx.fee(),
                price.denom,
                self.admitted.len()
            )));
        }
        Ok(())
    }

    /// Whether the ante will find every sequence as it was signed. If not it refuses before it looks at a signature.
    fn expects(&self, tx: &Tx) -> Result<bool, AppError> {
        if tx.is_unordered() {
            return Ok(true);
        }
        for (signer, sequence) in tx.sequences() {
            if auth::account(&self.state, &signer)?.sequence != sequence {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A transaction that is checked again and fails leaves the pool. One that comes a second time is still in it.
    fn forget(&mut self, tx: &Tx, kind: CheckKind) {
        if kind == CheckKind::Recheck {
            self.admitted.remove(&tx.hash);
        }
    }
}

impl Runtime {
    /// Refuses a transaction that offers too little, whose messages may not run at present, or that no block could take now.
    fn require_admission(&self, state: &CheckState, tx: &Tx) -> Result<(), AppError> {
        if upgrades::is_due(&state.state, state.block.height.saturating_add(1))? {
            return Err(sdk::MEMPOOL_IS_FULL.wrap(
                "the chain upgrades in the next block, which takes no transactions; try again after it",
            ));
        }
        state.require_floor(tx)?;
        tx.messages
            .iter()
            .try_for_each(|message| self.registry().admit(&state.state, message.message.as_ref()))
    }

    /// Checks a transaction for the mempool; a good one is remembered in the state, so that the next of its sender is
    /// checked behind it.
    ///
    /// The state is locked by `lock` twice, briefly: for what can be refused at once, and for the ante. Decoding and signature
    /// checks, which need no state, hold nobody up.
    ///
    /// # Errors
    /// Only what must stop the node.
    pub fn check<G: DerefMut<Target = CheckState>>(
        &self,
        chain_id: &str,
        bytes: &[u8],
        kind: CheckKind,
        lock: impl Fn() -> G,
    ) -> Result<TxResult, AppError> {
        let known = self.recall(chain_id, bytes);
        let tx = match known.tx {
            Ok(tx) => tx,
            Err(error) => return Ok(TxResult::failed(&error, 0, 0)),
        };
        let refused = |error: AppError| match error.fatal {
            true => Err(error),
            false => Ok(TxResult::failed(&error, tx.gas_wanted(), 0)),
        };
        let expected = {
            let mut state = lock();
            if let Err(error) = self.require_admission(&state, &tx) {
                state.forget(&tx, kind);
                return refused(error);
            }
            state.expects(&tx)?
        };
        let verified = known.verified || expected && self.verify_ahead(chain_id, &tx);
        let mut state = lock();
        // Others may have come in between.
        if let Err(error) = self.require_admission(&state, &tx) {
            state.forget(&tx, kind);
            return refused(error);
        }
        let executed = {
            let job = Job { runtime: self, block: &state.block, purpose: Purpose::Check, depth: Depth::Ante };
            job.run(&tx, verified, &state.state)?
        };
        if executed.output.is_ok() {
            state.admitted.admit(tx.hash, Size { bytes: tx.len, gas: tx.gas_wanted() });
        } else {
            state.forget(&tx, kind);
        }
        state.state.apply(executed.changes)?;
        Ok(executed.output)
    }
}
