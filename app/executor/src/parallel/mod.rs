//! Independent transactions side by side.
//!
//! A block is cut into chunks. In each chunk the transactions are put into groups by what their messages say they touch
//! ([`plan`]). At first they are taken at their word ([`declared`], [`strays`]). If that was broken, workers run whole groups, each
//! transaction on the state of the chunk's beginning and what its group has left so far, noting every key ([`worker`], [`touched`]). When all are done, what several groups touched is walked through in block order
//! ([`check`], [`scans`]). If everybody saw what they would have seen in sequence, the changes are folded in ([`merge`]); if not, the
//! chunk goes through one transaction after the other, and those that saw something else run again.
//!
//! So what comes out never depends on hints, threads or timing: a transaction counts only if its access log holds on the state
//! that those before it in the block leave.

mod block;
mod check;
mod declared;
mod merge;
mod model;
mod net;
mod plan;
mod planted;
mod scans;
mod strays;
#[cfg(test)]
mod tests;
mod touched;
mod worker;

use std::sync::Arc;

use agora_framework::AppError;
use agora_state::{Overlay, StateRead};
use parking_lot::Mutex;

use self::block::{Block, Ran};
use self::model::Knowledge;
use self::touched::Touched;
use crate::{BlockExecutor, Program, Sequential};

/// Fewer transactions than this are not worth a second thread.
const FEW: usize = 200;

/// Transactions cheaper than this on average, in nanoseconds, are run in sequence: planning, checking and handing over cost
/// about what two threads win back from that.
const CHEAP: u64 = 2_000;

/// The most transactions of a chunk for each worker. Larger chunks cost less to join and lose more when they collide.
const CHUNK: usize = 2_048;

/// A group with more than this share of a chunk's cost, in percent, leaves nothing to gain.
const HOPELESS: u64 = 85;

/// Keys a transaction touches, about: the size of the table that notes them.
const KEYS: usize = 8;

/// Places where a test may hold a worker up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// Before a transaction is run.
    BeforeRun,
    /// After it has run, before its keys are noted.
    BeforeTouch,
}

/// What a test does at a scheduling point of a transaction.
type Hold = dyn Fn(Point, usize) + Send + Sync;

#[derive(Clone, Default)]
struct Pause(Option<Arc<Hold>>);

impl Pause {
    fn at(&self, point: Point, tx: usize) {
        if let Some(hold) = &self.0 {
            hold(point, tx);
        }
    }
}

/// What became of the blocks so far: for metrics, tests and benchmarks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ParallelStats {
    /// Transactions run side by side that counted as they were.
    pub side_by_side: u64,
    /// Of these, transactions of chunks that were taken at their word.
    pub as_said: u64,
    /// Transactions run in sequence: in small or hopeless blocks and chunks.
    pub in_sequence: u64,
    /// Transactions that had to run again in their turn.
    pub again: u64,
    /// Chunks that did not hold.
    pub collided: u64,
}

/// Runs independent transactions side by side; the result is that of [`Sequential`].
pub struct Parallel {
    pool: rayon::ThreadPool,
    /// Held from outside the pool while it works on a block.
    turn: Mutex<()>,
    threads: usize,
    always: bool,
    chunk: usize,
    pause: Pause,
    known: Mutex<Knowledge>,
    table: Mutex<Touched>,
    takers: Mutex<Touched>,
    stats: Mutex<ParallelStats>,
}

impl Parallel {
    /// An executor with so many threads of its own.
    ///
    /// # Errors
    /// The system refuses the threads.
    pub fn new(threads: usize) -> Result<Self, String> {
        let threads = threads.clamp(1, 256);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|index| format!("agora-execute-{index}"))
            .build()
            .map_err(|e| format!("{threads} threads for execution cannot be started: {e}"))?;
        let chunk = CHUNK.saturating_mul(threads).min(touched::MAX_GROUPS);
        Ok(Self {
            pool,
            turn: Mutex::default(),
            threads,
            always: false,
            chunk,
            pause: Pause::default(),
            known: Mutex::default(),
            table: Mutex::new(Touched::new(chunk.saturating_mul(KEYS))),
            takers: Mutex::new(Touched::new(chunk)),
            stats: Mutex::default(),
        })
    }

    /// Runs every block side by side, the small and the hopeless as well, in chunks of `chunk`: for tests.
    #[must_use]
    pub fn always(mut self, chunk: usize) -> Self {
        self.always = true;
        self.chunk = chunk.clamp(1, touched::MAX_GROUPS);
        self
    }

    /// Calls `hold` at every scheduling point: for tests.
    #[must_use]
    pub fn holding(mut self, hold: impl Fn(Point, usize) + Send + Sync + 'static) -> Self {
        self.pause = Pause(Some(Arc::new(hold)));
        self
    }

    /// What became of the blocks so far.
    #[must_use]
    pub fn stats(&self) -> ParallelStats {
        *self.stats.lock()
    }

    /// Whether a block may be worth a second thread.
    fn pays<P: Program>(&self, program: &P) -> bool {
        if self.always {
            return true;
        }
        if self.threads < 2 || program.len() < FEW {
            return false;
        }
        let known = self.known.lock();
        let costs = (0..program.len()).map(|tx| known.cost(program.class(tx)));
        let work = costs.fold(0u64, u64::saturating_add);
        work.checked_div(program.len() as u64).is_some_and(|mean| mean >= CHEAP)
    }

    fn count(&self, counter: impl FnOnce(&mut ParallelStats) -> &mut u64, by: usize) {
        let mut stats = self.stats.lock();
        let counter = counter(&mut stats);
        *counter = counter.saturating_add(by as u64);
    }
}

impl BlockExecutor for Parallel {
    fn within<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        // One block at a time: a thread that waits for the others of its pool would begin the next block, and meet locks that it
        // holds itself.
        let _turn = self.pool.current_thread_index().is_none().then(|| self.turn.lock());
        self.pool.install(work)
    }

    fn execute<B, P>(&self, state: &mut Overlay<B>, program: &P) -> Result<Vec<P::Output>, AppError>
    where
        B: StateRead + Send + Sync,
        P: Program,
    {
        if !self.pays(program) {
            let mut block = Block::new(self, program, state);
            block.run_in_order(0..program.len())?;
            return Ok(block.into_outputs());
        }
        // What hooks have changed before the block: little.
        let before = state.changes();
        let outputs = self.within(|| {
            let mut block = Block::new(self, program, state);
            let ran = block.run()?;
            Ok::<_, AppError>((ran == Ran::Whole).then(|| block.into_outputs()))
        })?;
        match outputs {
            Some(outputs) if outputs.len() == program.len() => Ok(outputs),
            _ => {
                state.replace(before);
                Sequential.execute(state, program)
            }
        }
    }
}
