//! The life of a block.

use std::sync::Arc;

use agora_executor::{BlockExecutor, Executed, Program};
use agora_framework::{
    AccessHint, AppError, BlockCtx, BlockInfo, Decided, Events, Module, Text, ValidatorUpdate,
};
use agora_proto::tendermint::types::ConsensusParams;
use agora_state::{KeyBytes, Overlay, Space, StateKey, StateRead, TrackedView, WriteSet};
use agora_upgrade::api as upgrade;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::ahead::Ahead;
use crate::ante::Purpose;
use crate::known::Found;
use crate::runtime::Runtime;
use crate::tx::{Decode, Tx};
use crate::tx_exec::{Depth, Job, TxResult};

/// What a block comes to.
#[derive(Clone, Debug, Default)]
pub struct BlockOutcome {
    /// The net changes of the state.
    pub writes: WriteSet,
    /// One result for each transaction, in order.
    pub results: Vec<TxResult>,
    /// The hooks' events, those before the transactions first.
    pub events: Events,
    /// Changes of the validator set.
    pub validator_updates: Vec<ValidatorUpdate>,
    /// Whether an upgrade was done before the block: its stores and its version count from now on.
    pub upgraded: bool,
    /// The parameters of consensus from the next block on, if they change.
    pub consensus_params: Option<ConsensusParams>,
}

/// What the hooks of one side of a block see.
#[derive(Clone, Copy)]
struct Hooks<'a> {
    block: &'a BlockInfo,
    decided: &'a Decided,
    gas_wanted: u64,
    mode: &'static str,
}

/// A transaction made ready: decoded, its signatures checked where that needs no state.
pub(crate) struct Prepared {
    pub(crate) tx: Result<Arc<Tx>, AppError>,
    pub(crate) verified: bool,
}

/// The transactions of a block as a program.
pub(crate) struct BlockProgram<'a> {
    runtime: &'a Runtime,
    block: &'a BlockInfo,
    txs: &'a [Prepared],
}

impl BlockProgram<'_> {
    fn tx(&self, index: usize) -> Option<&Tx> {
        self.txs.get(index).and_then(|prepared| prepared.tx.as_deref().ok())
    }
}

impl Program for BlockProgram<'_> {
    type Output = TxResult;

    fn len(&self) -> usize {
        self.txs.len()
    }

    fn access(&self, index: usize) -> &AccessHint {
        const NOTHING: &AccessHint = &AccessHint::new();
        self.tx(index).map_or(NOTHING, |tx| &tx.access)
    }

    fn class(&self, index: usize) -> u32 {
        self.tx(index).map_or(0, |tx| tx.class)
    }

    fn run(&self, index: usize, state: &dyn StateRead) -> Result<Executed<TxResult>, AppError> {
        let nothing = |output| Executed {
            changes: agora_state::Changes::default(),
            log: agora_state::AccessLog::default(),
            output,
        };
        let Some(prepared) = self.txs.get(index) else { return Ok(nothing(TxResult::default())) };
        match &prepared.tx {
            Ok(tx) => {
                let job = Job {
                    runtime: self.runtime,
                    block: self.block,
                    purpose: Purpose::Deliver,
                    depth: Depth::Messages,
                };
                job.run(tx, prepared.verified, state)
            }
            Err(error) => Ok(nothing(TxResult::failed(error, 0, 0))),
        }
    }
}

impl Runtime {
    /// Decodes a transaction and checks its signatures where that needs no state. A pure function of bytes and chain id,
    /// remembered by hash.
    pub(crate) fn prepare(&self, chain_id: &str, bytes: &[u8]) -> Prepared {
        let Prepared { tx, verified } = self.recall(chain_id, bytes);
        let verified = verified || tx.as_ref().is_ok_and(|tx| self.verify_ahead(chain_id, tx));
        Prepared { tx, verified }
    }

    /// The same without checking signatures: they are good if they were found good before.
    pub(crate) fn recall(&self, chain_id: &str, bytes: &[u8]) -> Prepared {
        let hash = Sha256::digest(bytes).into();
        match self.known().find(chain_id, &hash) {
            Found::Decoded(tx) => Prepared { tx: Ok(tx), verified: true },
            found => {
                let tx = self.decode_as(bytes, hash, Decode::Signed).map(Arc::new);
                let verified = tx.is_ok() && matches!(found, Found::Good);
                Prepared { tx, verified }
            }
        }
    }

    /// Whether all keys are shown and all signatures good. A refusal is found again, with its reason, by the ante.
    pub(crate) fn verify_ahead(&self, chain_id: &str, tx: &Arc<Tx>) -> bool {
        let verifier = self.verifier(chain_id);
        let good = tx.signers.iter().all(|signer| {
            signer.pub_key.as_ref().is_some_and(|key| verifier.verify(tx, signer, key).is_ok())
        });
        if good {
            self.known().remember(chain_id, tx);
        }
        good
    }

    /// Executes a block on the state before it, without consensus: nobody voted, nobody misbehaved.
    ///
    /// # Errors
    /// Only what must stop the node.
    pub fn finalize<E: BlockExecutor>(
        &self,
        executor: &E,
        state: &(dyn StateRead + Sync),
        block: &BlockInfo,
        txs: &[impl AsRef<[u8]> + Sync],
    ) -> Result<BlockOutcome, AppError> {
        self.finalize_decided(executor, state, block, &Decided::default(), txs)
    }

    /// Executes a block on the state before it; the hooks see what it was decided with.
    ///
    /// # Errors
    /// Only what must stop the node.
    pub fn finalize_decided<E: BlockExecutor>(
        &self,
        executor: &E,
        state: &(dyn StateRead + Sync),
        block: &BlockInfo,
        decided: &Decided,
        txs: &[impl AsRef<[u8]> + Sync],
    ) -> Result<BlockOutcome, AppError> {
        executor.within(|| {
            let prepared =
                txs.par_iter().map(|bytes| self.prepare(&block.chain_id, bytes.as_ref())).collect::<Vec<_>>();
            let ahead = Ahead::read(state, self.items(), &prepared)?;
            let program = BlockProgram { runtime: self, block, txs: &prepared };
            let mut overlay = Overlay::new(&ahead);
            let mut outcome = BlockOutcome::default();

            let pre = Hooks { block, decided, gas_wanted: 0, mode: "PreBlock" };
            self.run_hooks(&mut overlay, pre, &mut outcome, |module, ctx| module.pre_block(ctx))?;
            outcome.upgraded = upgrade::last_applied(&overlay)? == Some(block.height);
            let begin = Hooks { block, decided, gas_wanted: 0, mode: "BeginBlock" };
            self.run_hooks(&mut overlay, begin, &mut outcome, |module, ctx| module.begin_block(ctx))?;
            outcome.results = executor.execute(&mut overlay, &program)?;
            let gas_wanted = outcome
                .results
                .iter()
                .filter(|r| r.charged)
                .fold(0u64, |sum, r| sum.saturating_add(r.gas_wanted));
            let end = Hooks { block, decided, gas_wanted, mode: "EndBlock" };
            self.run_hooks(&mut overlay, end, &mut outcome, |module, ctx| module.end_block(ctx))?;

            outcome.writes = overlay.into_writes();
            outcome.consensus_params = agora_consensus::api::changed_params(&outcome.writes)?;
            self.derive(&mut outcome.writes, |key| ahead.known(key).is_some_and(Option::is_some));
            // Staging asks what the values written were before.
            state.remember(ahead.into_values());
            Ok(outcome)
        })
    }

    /// Runs one hook of every module in list order, as one transaction that must not fail.
    fn run_hooks(
        &self,
        overlay: &mut Overlay<impl StateRead>,
        Hooks { block, decided, gas_wanted, mode }: Hooks<'_>,
        outcome: &mut BlockOutcome,
        hook: impl Fn(&dyn Module, &mut BlockCtx<'_>) -> Result<(), AppError>,
    ) -> Result<(), AppError> {
        for module in self.registry().modules() {
            let mut view = TrackedView::new(overlay);
            let mut ctx = BlockCtx::new(&mut view, block, self.registry(), gas_wanted).with_decided(decided);
            hook(module.as_ref(), &mut ctx).map_err(|error| AppError {
                fatal: true,
                ..error.context(format_args!("{mode} of module {} at height {}", module.name(), block.height))
            })?;
            for event in ctx.take_events() {
                outcome.events.push(&event.with("mode", Text::Fixed(mode)));
            }
            outcome.validator_updates.append(&mut ctx.validator_updates);
            let (changes, _) = view.finish();
            overlay.apply(changes)?;
        }
        Ok(())
    }

    /// Adds what follows from the authenticated changes to the derived collections. `was_there` knows some entries that were
    /// there before.
    pub(crate) fn derive(&self, writes: &mut WriteSet, was_there: impl Fn(&StateKey) -> bool) {
        let mut derived = WriteSet::new();
        for module in self.registry().modules() {
            let Some(store) = module.store() else { continue };
            // A store's changes lie side by side, so each change is looked at once, however many modules there are.
            let first = StateKey { store, space: Space::Tree, key: KeyBytes::new() };
            let own = |key: &StateKey| key.store == store && key.space == Space::Tree;
            for (key, value) in writes.range(first..).take_while(|(key, _)| own(key)) {
                match value {
                    Some(value) if was_there(key) => module.derive_changed(key, value, &mut derived),
                    value => module.derive(key, value.as_ref(), &mut derived),
                }
            }
        }
        writes.extend(derived);
    }
}
