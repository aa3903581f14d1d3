//! Independent transactions side by side.
//!
//! A block is cut into chunks. In each chunk the transactions are put into groups by what their messages say they touch
//! ([`plan`]); workers run whole groups, each transaction on the state of the chunk's beginning and what its group has left so far,
//! noting every key ([`worker`], [`touched`]). When all are done, what several groups touched is walked through in block order
//! ([`check`], [`scans`]). If everybody saw what they would have seen in sequence, the changes are folded in ([`merge`]); if not, the
//! chunk goes through one transaction after the other, and those that saw something else run again.
//!
//! So what comes out never depends on hints, threads or timing: a transaction counts only if its access log holds on the state
//! that those before it in the block leave.

mod check;
mod merge;
mod model;
mod plan;
mod planted;
mod scans;
#[cfg(test)]
mod tests;
mod touched;
mod worker;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use agora_framework::AppError;
use agora_state::{Overlay, StateRead, key_hash};
use parking_lot::Mutex;
use rayon::prelude::*;

use self::check::Verdict;
use self::merge::Merged;
use self::model::{Knowledge, Stopwatch};
use self::plan::Plan;
use self::touched::Touched;
use self::worker::{Record, Shared, Worker, holds};
use crate::{BlockExecutor, Executed, Program, Sequential};

/// Fewer transactions than this are not worth a second thread.
const FEW: usize = 200;

/// Less work than this, in nanoseconds as far as costs are known, neither.
const LITTLE: u64 = 500_000;

/// Transactions cheaper than this on average, in nanoseconds, are run in sequence: planning, checking and handing over cost a
/// few microseconds each, which two threads do not win back from less.
const CHEAP: u64 = 6_000;

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
    threads: usize,
    always: bool,
    chunk: usize,
    pause: Pause,
    known: Mutex<Knowledge>,
    table: Mutex<Touched>,
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
            threads,
            always: false,
            chunk,
            pause: Pause::default(),
            known: Mutex::default(),
            table: Mutex::new(Touched::new(chunk.saturating_mul(KEYS))),
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

    fn is_small<P: Program>(&self, program: &P) -> bool {
        if self.always {
            return false;
        }
        if self.threads < 2 || program.len() < FEW {
            return true;
        }
        let known = self.known.lock();
        let costs = (0..program.len()).map(|tx| known.cost(program.class(tx)));
        let work = costs.fold(0u64, u64::saturating_add);
        let cheap = work.checked_div(program.len() as u64).is_some_and(|mean| mean < CHEAP);
        cheap || work < LITTLE
    }

    /// Runs a block in sequence, and learns what its transactions cost.
    fn in_sequence<B, P>(&self, state: &mut Overlay<B>, program: &P) -> Result<Vec<P::Output>, AppError>
    where
        B: StateRead,
        P: Program,
    {
        self.count(|stats| &mut stats.in_sequence, program.len());
        let mut outputs = Vec::with_capacity(program.len());
        let mut watch = Stopwatch::default();
        for tx in 0..program.len() {
            let start = watch.start(tx);
            let executed = program.run(tx, state)?;
            watch.stop(start, || program.class(tx));
            state.apply(executed.changes)?;
            outputs.push(executed.output);
        }
        self.known.lock().learn_costs(&watch);
        Ok(outputs)
    }
}

impl BlockExecutor for Parallel {
    fn execute<B, P>(&self, state: &mut Overlay<B>, program: &P) -> Result<Vec<P::Output>, AppError>
    where
        B: StateRead + Send + Sync,
        P: Program,
    {
        if self.is_small(program) {
            return self.in_sequence(state, program);
        }
        // What hooks have changed before the block: little.
        let before = state.changes();
        let outputs = self.pool.install(|| {
            let mut block = Block { executor: self, program, state, outputs: Vec::new() };
            block.outputs.resize_with(program.len(), || None);
            Ok::<_, AppError>(block.run()?.then_some(block.outputs))
        })?;
        match outputs.and_then(|outputs| outputs.into_iter().collect::<Option<Vec<_>>>()) {
            Some(outputs) => Ok(outputs),
            // Sums so large that the order of additions may matter, which side by side there is none of.
            None => {
                state.replace(before);
                Sequential.execute(state, program)
            }
        }
    }
}

impl Parallel {
    fn count(&self, counter: impl FnOnce(&mut ParallelStats) -> &mut u64, by: usize) {
        let mut stats = self.stats.lock();
        let counter = counter(&mut stats);
        *counter = counter.saturating_add(by as u64);
    }
}

/// A block on its way.
struct Block<'b, B, P: Program> {
    executor: &'b Parallel,
    program: &'b P,
    state: &'b mut Overlay<B>,
    outputs: Vec<Option<P::Output>>,
}

impl<B: StateRead + Send + Sync, P: Program> Block<'_, B, P> {
    /// Runs all chunks; false if the block has to be run in sequence from its beginning.
    fn run(&mut self) -> Result<bool, AppError> {
        let (executor, program) = (self.executor, self.program);
        // Chunks of one size, so that the last is not the smallest.
        let chunks = program.len().div_ceil(executor.chunk).max(1);
        let chunk = program.len().div_ceil(chunks).max(1);
        let known = executor.known.lock().clone();
        // Planning needs no state, so all chunks are planned at once.
        let plans: Vec<(usize, Plan)> = (0..program.len())
            .into_par_iter()
            .step_by(chunk)
            .map(|first| {
                let len = chunk.min(program.len().saturating_sub(first));
                (first, Plan::new(program, first, len, &known))
            })
            .collect();
        for (first, plan) in plans {
            let last = first.saturating_add(chunk).min(program.len());
            let hopeless = plan.heaviest > HOPELESS || executor.known.lock().rests();
            if hopeless && !executor.always {
                executor.count(|stats| &mut stats.in_sequence, last.saturating_sub(first));
                let mut watch = Stopwatch::default();
                for tx in first..last {
                    let start = watch.start(tx);
                    let executed = program.run(tx, self.state)?;
                    watch.stop(start, || program.class(tx));
                    self.take(tx, executed)?;
                }
                executor.known.lock().learn_costs(&watch);
            } else if !self.run_chunk(first, last, &plan)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Runs a chunk side by side; false if the block has to be run in sequence from its beginning.
    fn run_chunk(&mut self, first: usize, last: usize, plan: &Plan) -> Result<bool, AppError> {
        let mut touched = self.executor.table.lock();
        touched.clear();
        let mut workers = self.run_groups(&touched, plan);
        {
            let mut known = self.executor.known.lock();
            workers.iter().for_each(|worker| known.learn_costs(&worker.watch));
        }
        let spoiled = workers.iter().any(|worker| worker.spoiled);
        let verdict = if spoiled { None } else { Some(check::check(&workers, &touched, self.state)?) };
        let shared = match verdict {
            Some(Verdict::Holds(shared)) => shared,
            Some(Verdict::Fails(key)) => {
                return self.run_in_turn(first, last, workers, Some(key_hash(&key))).map(|()| true);
            }
            None => return self.run_in_turn(first, last, workers, None).map(|()| true),
        };
        if merge::merge(self.state, &mut workers, &touched, shared)? == Merged::Ambiguous {
            return Ok(false);
        }
        // What was logged is let go by all threads: there is as much of it as there was work.
        let outputs: Vec<Vec<(usize, P::Output)>> = workers
            .into_par_iter()
            .map(|worker| {
                worker.records.into_iter().map(|record| (record.tx, record.executed.output)).collect()
            })
            .collect();
        for (tx, output) in outputs.into_iter().flatten() {
            if let Some(place) = self.outputs.get_mut(tx) {
                *place = Some(output);
            }
        }
        self.executor.count(|stats| &mut stats.side_by_side, last.saturating_sub(first));
        self.executor.known.lock().went_through();
        Ok(true)
    }

    /// Lets the workers take groups until none is left.
    fn run_groups(&self, touched: &Touched, plan: &Plan) -> Vec<Worker<P::Output>> {
        let next = AtomicUsize::new(0);
        let shared =
            Shared { program: self.program, state: self.state, touched, pause: &self.executor.pause };
        let done = Mutex::new(Vec::with_capacity(self.executor.threads));
        let work = || {
            let mut worker = Worker::default();
            // Dear groups come first and are taken one by one; of many cheap ones, several at once.
            let step =
                plan.groups().checked_div(self.executor.threads.saturating_mul(16)).unwrap_or(0).clamp(1, 16);
            loop {
                let start = next.fetch_add(step, Ordering::Relaxed);
                if start >= plan.groups() {
                    break;
                }
                for group in start..start.saturating_add(step).min(plan.groups()) {
                    worker.run_group(&shared, u32::try_from(group).unwrap_or(u32::MAX), plan.group(group));
                }
            }
            worker.finish();
            done.lock().push(worker);
        };
        rayon::scope(|scope| {
            for _ in 1..self.executor.threads {
                scope.spawn(|_| work());
            }
            work();
        });
        done.into_inner()
    }

    /// Goes through a chunk that did not hold, one transaction after the other: what holds counts, the rest runs again.
    fn run_in_turn(
        &mut self,
        first: usize,
        last: usize,
        workers: Vec<Worker<P::Output>>,
        collided: Option<u64>,
    ) -> Result<(), AppError> {
        let mut records: Vec<Option<Record<P::Output>>> = Vec::new();
        records.resize_with(last.saturating_sub(first), || None);
        for record in workers.into_iter().flat_map(|worker| worker.records) {
            if let Some(place) = records.get_mut(record.tx.saturating_sub(first)) {
                *place = Some(record);
            }
        }
        let mut again = 0usize;
        for (tx, record) in (first..last).zip(records) {
            let executed = match record {
                Some(record) if holds(&record.executed.log, self.state)? => record.executed,
                _ => {
                    again = again.saturating_add(1);
                    self.program.run(tx, self.state)?
                }
            };
            self.take(tx, executed)?;
        }
        let len = last.saturating_sub(first);
        self.executor.count(|stats| &mut stats.again, again);
        self.executor.count(|stats| &mut stats.side_by_side, len.saturating_sub(again));
        self.executor.count(|stats| &mut stats.collided, 1);
        self.executor.known.lock().collided(collided, again, len);
        Ok(())
    }

    fn take(&mut self, tx: usize, executed: Executed<P::Output>) -> Result<(), AppError> {
        self.state.apply(executed.changes)?;
        if let Some(place) = self.outputs.get_mut(tx) {
            *place = Some(executed.output);
        }
        Ok(())
    }
}
