//! Makes one block after the other, on a thread of its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tendermint_abci::Application;
use tendermint_proto::v0_38::abci::ResponseFinalizeBlock;
use tendermint_proto::v0_38::abci::response_process_proposal::ProposalStatus;
use tendermint_proto::v0_38::types::{Block, BlockId, Commit};

use super::guard::guarded;
use super::mempool::{Limits, encoded_size};
use super::state::State;
use super::store::StoredBlock;
use super::{BlockMode, Core, DevnetError, Head, blocks, clock, hashes, replay, validators};
use crate::abci::proposal_of;
use crate::chain::{BlockEvent, BlockInfo};

/// How long to wait before another block is tried for transactions that the application left out of the last
/// one.
const RETRY: Duration = Duration::from_secs(1);

/// Where a test lets the process die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    BlockBuilt,
    BlockStored,
    Executed,
    ResultsStored,
    Committed,
    StateStored,
}

/// What other threads ask of the producer.
#[derive(Debug, Default)]
pub(super) struct Orders {
    pub(super) stop: bool,
    /// Blocks asked for and not made yet.
    pub(super) to_mine: u64,
    /// Blocks made since the start.
    pub(super) mined: u64,
    /// Transactions taken since the start.
    pub(super) arrivals: u64,
    /// What time travel added to the clock, in nanoseconds.
    pub(super) clock_offset: i64,
    /// The thread has ended.
    pub(super) ended: bool,
}

/// The producer; lives on its thread.
pub(super) struct Producer<A: Application> {
    pub(super) core: Arc<Core<A>>,
    pub(super) app: A,
    last_made: Instant,
    /// Arrivals when the last block was begun.
    seen_arrivals: u64,
    /// The last block had transactions.
    had_txs: bool,
}

impl<A: Application> Producer<A> {
    pub(super) fn new(core: Arc<Core<A>>, app: A) -> Self {
        Self { core, app, last_made: Instant::now(), seen_arrivals: 0, had_txs: false }
    }

    /// Works until it is told to stop or something fails.
    pub(super) fn run(&mut self) -> Result<(), DevnetError> {
        while self.wait() {
            self.make_block()?;
        }
        self.core.store.sync()
    }

    /// Waits for the time of the next block; false to stop.
    fn wait(&mut self) -> bool {
        let core = Arc::clone(&self.core);
        let is_fresh = core.head.read().state.is_fresh();
        let mut orders = core.orders.lock();
        loop {
            if orders.stop {
                return false;
            }
            let has_txs = !core.mempool.is_empty();
            let delay = match core.config.mode {
                _ if orders.to_mine > 0 || is_fresh => Some(Duration::ZERO),
                BlockMode::Manual => None,
                BlockMode::Interval { every, empty_blocks } => {
                    // The block after one with transactions carries the app hash they led to.
                    (empty_blocks || has_txs || self.had_txs).then_some(every)
                }
                BlockMode::Instant { idle } => match has_txs {
                    true if self.had_txs || orders.arrivals != self.seen_arrivals => Some(Duration::ZERO),
                    true => Some(idle.map_or(RETRY, |idle| idle.min(RETRY))),
                    false => idle,
                },
            };
            match delay.map(|delay| delay.saturating_sub(self.last_made.elapsed())) {
                Some(Duration::ZERO) => {
                    self.seen_arrivals = orders.arrivals;
                    return true;
                }
                Some(rest) => {
                    core.work.wait_for(&mut orders, rest);
                }
                None => core.work.wait(&mut orders),
            }
        }
    }

    /// Proposes, stores, executes and commits one block.
    fn make_block(&mut self) -> Result<(), DevnetError> {
        self.last_made = Instant::now();
        let core = Arc::clone(&self.core);
        let state = Arc::clone(&core.head.read().state);
        let offset = core.orders.lock().clock_offset;
        let (block, id, size) = self.propose(&state, offset)?;
        let height = state.height + 1;
        let stored = self.sign(&state, block, id, size, offset)?;
        self.step(height, Step::BlockBuilt)?;
        core.store.put_block(height, &stored)?;
        self.step(height, Step::BlockStored)?;
        let request =
            blocks::finalize_request(&state, &stored.block, &stored.id).map_err(DevnetError::Store)?;
        let txs = request.txs.len();
        let results = guarded("FinalizeBlock", || self.app.finalize_block(request))?;
        replay::check_results(txs, &results)?;
        self.step(height, Step::Executed)?;
        core.store.put_results(height, &results)?;
        let next =
            state.after(&stored.block, &stored.id, &results, offset).map_err(DevnetError::Application)?;
        // The application's commit is durable: the block and its results must be so before it.
        core.store.sync()?;
        self.step(height, Step::ResultsStored)?;
        let quiet = core.mempool.pause();
        guarded("Commit", || self.app.commit())?;
        self.step(height, Step::Committed)?;
        core.store.put_state(&next)?;
        self.step(height, Step::StateStored)?;
        let txs = stored.block.data.as_ref().map_or(&[][..], |data| data.txs.as_slice());
        core.mempool.update(&self.app, txs, &results.tx_results, limits(&next))?;
        drop(quiet);
        self.had_txs = !txs.is_empty();
        publish(&core, next, stored, results)
    }

    fn propose(&self, state: &State, offset: i64) -> Result<(Block, BlockId, usize), DevnetError> {
        let core = &self.core;
        let height = i64::try_from(state.height + 1)
            .map_err(|_| DevnetError::Store("the chain has reached the last height".into()))?;
        let us = core.home.validator_address();
        let last = clock::nanos(state.last_block_time);
        let (time, last_commit) = if state.is_fresh() {
            (state.last_block_time, blocks::empty_commit())
        } else {
            // The time of a block is the median of the times in its last commit: our own vote's. The vote for
            // the last block is signed again at this time, so that time travel shows in the very next block.
            let at = clock::timestamp((clock::now() + i128::from(offset)).max(last + clock::TICK));
            let seen = core.head.read().seen_commit.as_ref().map_or(0, |commit| commit.round);
            let (id, set) = (&state.last_block_id, &state.last_validators);
            let chain_id = &core.genesis.chain_id;
            (at, blocks::sign_commit(core.home.validator_key(), chain_id, height - 1, seen, id, at, set))
        };
        let block_params = state.params.block.unwrap_or_default();
        let max_bytes = if block_params.max_bytes == -1 { -1 } else { state.max_data_bytes() };
        let waiting = core.mempool.reap(max_bytes, block_params.max_gas);
        let request = blocks::prepare_request(state, height, time, &last_commit, waiting, &us);
        let txs = guarded("PrepareProposal", || self.app.prepare_proposal(request))?.txs;
        let bytes = txs.iter().fold(0_i64, |sum, tx| sum.saturating_add(encoded_size(tx.len())));
        if bytes > state.max_data_bytes() {
            return Err(DevnetError::Application(format!(
                "the application proposed {bytes} bytes of transactions where {} were allowed",
                state.max_data_bytes()
            )));
        }
        let txs = txs.iter().map(|tx| tx.to_vec()).collect();
        let block = blocks::build(state, &core.genesis.chain_id, height, time, last_commit, txs, &us);
        let (id, size) = hashes::block_id(&block).map_err(DevnetError::Store)?;
        let request = blocks::finalize_request(state, &block, &id).map_err(DevnetError::Store)?;
        let request = proposal_of(&request);
        let verdict = guarded("ProcessProposal", || self.app.process_proposal(request))?;
        if verdict.status != i32::from(ProposalStatus::Accept) {
            return Err(DevnetError::Application(format!(
                "the application refused its own proposal for height {height}"
            )));
        }
        Ok((block, id, size))
    }

    fn sign(
        &self,
        state: &State,
        block: Block,
        id: BlockId,
        size: usize,
        offset: i64,
    ) -> Result<StoredBlock, DevnetError> {
        let us = self.core.home.validator_address();
        let set = &state.validators;
        let ours = set.validators.iter().find(|v| v.address == us).map_or(0, |v| v.voting_power);
        let total = validators::total(&set.validators);
        let round = validators::round_of(set, &us).filter(|_| i128::from(ours) * 3 > i128::from(total) * 2);
        let Some(round) = round else {
            return Err(DevnetError::Application(format!(
                "the devnet's validator holds {ours} of {total} voting power, and more than two thirds are needed to \
                 make a block; reset the devnet, or run CometBFT with the other validators"
            )));
        };
        let time = block.header.as_ref().and_then(|h| h.time).unwrap_or_default();
        let at = (clock::now() + i128::from(offset)).max(clock::nanos(time) + clock::TICK);
        let height = i64::try_from(state.height + 1).unwrap_or(i64::MAX);
        let (key, chain_id) = (self.core.home.validator_key(), &self.core.genesis.chain_id);
        let seen_commit = blocks::sign_commit(key, chain_id, height, round, &id, clock::timestamp(at), set);
        Ok(StoredBlock { block, id, seen_commit, size: size as u64 })
    }

    /// Dies here if a test wants it.
    fn step(&self, height: u64, step: Step) -> Result<(), DevnetError> {
        match self.core.crash_at {
            Some(at) if at == (height, step) => Err(DevnetError::Store(format!("crash after {step:?}"))),
            _ => Ok(()),
        }
    }
}

/// What a transaction may be in the block after `state`.
pub(super) fn limits(state: &State) -> Limits {
    Limits { max_data_bytes: state.max_data_bytes(), max_gas: state.params.block.unwrap_or_default().max_gas }
}

/// A stored block as the servers know it.
pub(super) fn block_info(stored: StoredBlock) -> (BlockInfo, Commit) {
    let size = usize::try_from(stored.size).unwrap_or(usize::MAX);
    (BlockInfo { block_id: stored.id, block: stored.block, size }, stored.seen_commit)
}

/// Makes the new head visible, and tells everyone.
fn publish<A: Application>(
    core: &Core<A>,
    state: State,
    stored: StoredBlock,
    results: ResponseFinalizeBlock,
) -> Result<(), DevnetError> {
    let (block, seen_commit) = block_info(stored);
    let (block, results) = (Arc::new(block), Arc::new(results));
    {
        // Together: who finds a transaction in the index must not be told that its block is not there yet.
        let mut head = core.head.write();
        core.index.write().add(&block, &results)?;
        *head = Head {
            state: Arc::new(state),
            block: Some(Arc::clone(&block)),
            results: Some(Arc::clone(&results)),
            seen_commit: Some(seen_commit),
        };
    }
    // Nobody listening is no error.
    let _ = core.events.send(BlockEvent { block, results });
    let mut orders = core.orders.lock();
    orders.mined += 1;
    orders.to_mine = orders.to_mine.saturating_sub(1);
    core.done.notify_all();
    Ok(())
}
