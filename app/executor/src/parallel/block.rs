//! A block on its way: chunk after chunk, side by side where that pays, else in order.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use agora_framework::AppError;
use agora_state::{Overlay, StateRead, key_hash};
use parking_lot::Mutex;
use rayon::prelude::*;

use super::check::{self, Verdict};
use super::declared::{Chunk, Runner};
use super::merge::{self, Checked, Merged};
use super::model::Stopwatch;
use super::plan::Plan;
use super::planted::planted;
use super::strays;
use super::touched::Touched;
use super::worker::{Record, Shared, Worker, holds};
use super::{HOPELESS, Parallel};
use crate::{Executed, Program};

/// Whether what was run counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(super) enum Ran {
    /// It does.
    Whole,
    /// Sums so large that the order of additions may matter: the block has to be run in order from its beginning.
    Ambiguous,
}

pub(super) struct Block<'b, B, P: Program> {
    executor: &'b Parallel,
    program: &'b P,
    state: &'b mut Overlay<B>,
    /// Of the transactions so far, in block order.
    outputs: Vec<P::Output>,
}

impl<'b, B: StateRead + Send + Sync, P: Program> Block<'b, B, P> {
    pub(super) fn new(executor: &'b Parallel, program: &'b P, state: &'b mut Overlay<B>) -> Self {
        Self { executor, program, state, outputs: Vec::with_capacity(program.len()) }
    }

    pub(super) fn into_outputs(self) -> Vec<P::Output> {
        self.outputs
    }

    /// Runs all chunks.
    pub(super) fn run(&mut self) -> Result<Ran, AppError> {
        let (executor, program) = (self.executor, self.program);
        // Chunks of one size, so that the last is not the smallest.
        let chunks = program.len().div_ceil(executor.chunk).max(1);
        let chunk = program.len().div_ceil(chunks).max(1);
        let known = executor.known.lock().clone();
        // Planning needs no state, so all chunks are planned at once.
        let plans: Vec<(Range<usize>, Plan)> = (0..program.len())
            .into_par_iter()
            .step_by(chunk)
            .map(|first| {
                let txs = first..first.saturating_add(chunk).min(program.len());
                let plan = Plan::new(program, first, txs.len(), &known);
                (txs, plan)
            })
            .collect();
        for (txs, plan) in plans {
            let hopeless = plan.heaviest > HOPELESS || executor.known.lock().rests();
            if hopeless && !executor.always {
                self.run_in_order(txs)?;
                continue;
            }
            let ran = match self.run_as_said(&txs, &plan)? {
                Some(ran) => ran,
                None => self.run_side_by_side(txs, &plan)?,
            };
            if ran == Ran::Ambiguous {
                return Ok(Ran::Ambiguous);
            }
        }
        Ok(Ran::Whole)
    }

    /// Runs a chunk side by side and takes its transactions at their word; nothing has happened if they cannot be.
    fn run_as_said(&mut self, txs: &Range<usize>, plan: &Plan) -> Result<Option<Ran>, AppError> {
        let program = self.program;
        let classes = txs.clone().map(|tx| program.class(tx));
        if !self.executor.known.lock().takes_at_their_word(classes, self.executor.always) {
            return Ok(None);
        }
        let mut takers = self.executor.takers.lock();
        takers.clear();
        let chunk = Chunk {
            program,
            state: self.state,
            plan,
            takers: &takers,
            pause: &self.executor.pause,
            over: AtomicBool::new(false),
        };
        let mut runners = self.spread(plan, |runner: &mut Runner<P::Output>, group| {
            runner.run_group(&chunk, plan.group(group));
        });
        let over = chunk.over.into_inner();
        let met = || takers.any_shared() || strays::met(runners.iter().map(|runner| &runner.strays), plan);
        if over || met() && !planted("parallel:word_not_checked") {
            let unreliable = runners.iter().find_map(|runner| runner.unreliable);
            self.executor.known.lock().was_deceived(unreliable);
            return Ok(None);
        }
        runners.iter_mut().for_each(|runner| runner.nets.finish());
        let nets = runners.iter_mut().map(|runner| &mut runner.nets);
        if merge::merge(self.state, nets, None)? == Merged::Ambiguous {
            return Ok(Some(Ran::Ambiguous));
        }
        let mut known = self.executor.known.lock();
        runners.iter().for_each(|runner| known.learn_costs(&runner.watch));
        known.kept_their_word();
        drop(known);
        self.executor.count(|stats| &mut stats.side_by_side, txs.len());
        self.executor.count(|stats| &mut stats.as_said, txs.len());
        let outputs = runners.into_iter().flat_map(|runner| runner.outputs);
        self.outputs.extend(in_order(txs, outputs).into_iter().flatten());
        Ok(Some(Ran::Whole))
    }

    /// Runs transactions one after the other, and learns what they cost.
    pub(super) fn run_in_order(&mut self, txs: Range<usize>) -> Result<(), AppError> {
        self.executor.count(|stats| &mut stats.in_sequence, txs.len());
        let mut watch = Stopwatch::default();
        for tx in txs {
            let start = watch.start(tx);
            let executed = self.program.run(tx, self.state)?;
            watch.stop(start, || self.program.class(tx));
            self.take(executed)?;
        }
        self.executor.known.lock().learn_costs(&watch);
        Ok(())
    }

    /// Runs a chunk side by side.
    fn run_side_by_side(&mut self, txs: Range<usize>, plan: &Plan) -> Result<Ran, AppError> {
        let mut touched = self.executor.table.lock();
        touched.clear();
        let mut workers = self.run_groups(&touched, plan);
        {
            let mut known = self.executor.known.lock();
            workers.iter().for_each(|worker| known.learn_costs(&worker.watch));
        }
        if workers.iter().any(|worker| worker.spoiled) {
            return self.run_in_turn(txs, workers, None).map(|()| Ran::Whole);
        }
        let shared = match check::check(&workers, &touched, self.state)? {
            Verdict::Holds(shared) => shared,
            Verdict::Fails(key) => {
                return self.run_in_turn(txs, workers, Some(key_hash(&key))).map(|()| Ran::Whole);
            }
        };
        let nets = workers.iter_mut().map(|worker| &mut worker.nets);
        let checked = Checked { touched: &touched, values: shared };
        if merge::merge(self.state, nets, Some(checked))? == Merged::Ambiguous {
            return Ok(Ran::Ambiguous);
        }
        // What was logged is let go by all threads: there is as much of it as there was work.
        let outputs: Vec<Vec<(usize, P::Output)>> = workers
            .into_par_iter()
            .map(|worker| {
                worker.records.into_iter().map(|record| (record.tx, record.executed.output)).collect()
            })
            .collect();
        self.executor.count(|stats| &mut stats.side_by_side, txs.len());
        self.outputs.extend(in_order(&txs, outputs.into_iter().flatten()).into_iter().flatten());
        self.executor.known.lock().went_through();
        Ok(Ran::Whole)
    }

    /// Runs the groups of a chunk.
    fn run_groups(&self, touched: &Touched, plan: &Plan) -> Vec<Worker<P::Output>> {
        let shared =
            Shared { program: self.program, state: self.state, touched, pause: &self.executor.pause };
        let mut workers = self.spread(plan, |worker: &mut Worker<P::Output>, group| {
            worker.run_group(&shared, u32::try_from(group).unwrap_or(u32::MAX), plan.group(group));
        });
        workers.iter_mut().for_each(|worker| worker.nets.finish());
        workers
    }

    /// Lets as many workers as there are threads take groups until none is left.
    fn spread<W: Default + Send>(&self, plan: &Plan, run: impl Fn(&mut W, usize) + Sync) -> Vec<W> {
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::with_capacity(self.executor.threads));
        let work = || {
            let mut worker = W::default();
            // Dear groups come first and are taken one by one; of many cheap ones, several at once.
            let step =
                plan.groups().checked_div(self.executor.threads.saturating_mul(16)).unwrap_or(0).clamp(1, 16);
            loop {
                let start = next.fetch_add(step, Ordering::Relaxed);
                if start >= plan.groups() {
                    break;
                }
                for group in start..start.saturating_add(step).min(plan.groups()) {
                    run(&mut worker, group);
                }
            }
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
        txs: Range<usize>,
        workers: Vec<Worker<P::Output>>,
        collided: Option<u64>,
    ) -> Result<(), AppError> {
        let len = txs.len();
        let records = workers.into_iter().flat_map(|worker| worker.records);
        let records: Vec<Option<Record<P::Output>>> =
            in_order(&txs, records.map(|record| (record.tx, record)));
        let mut again = 0usize;
        for (tx, record) in txs.zip(records) {
            let executed = match record {
                Some(record) if holds(&record.executed.log, self.state)? => record.executed,
                _ => {
                    again = again.saturating_add(1);
                    self.program.run(tx, self.state)?
                }
            };
            self.take(executed)?;
        }
        self.executor.count(|stats| &mut stats.again, again);
        self.executor.count(|stats| &mut stats.side_by_side, len.saturating_sub(again));
        self.executor.count(|stats| &mut stats.collided, 1);
        self.executor.known.lock().collided(collided, again, len);
        Ok(())
    }

    fn take(&mut self, executed: Executed<P::Output>) -> Result<(), AppError> {
        self.state.apply(executed.changes)?;
        self.outputs.push(executed.output);
        Ok(())
    }
}

/// What belongs to each of `txs`, in block order.
fn in_order<T>(txs: &Range<usize>, what: impl Iterator<Item = (usize, T)>) -> Vec<Option<T>> {
    let mut places: Vec<Option<T>> = Vec::new();
    places.resize_with(txs.len(), || None);
    for (tx, what) in what {
        if let Some(place) = tx.checked_sub(txs.start).and_then(|place| places.get_mut(place)) {
            *place = Some(what);
        }
    }
    places
}
