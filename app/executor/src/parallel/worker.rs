//! What one worker does: runs groups of transactions and keeps what they saw and left.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use agora_framework::AppError;
use agora_state::{
    AccessLog, Changes, Layer, Layered, Net, Overlay, StateError, StateKey, StateRead, Value, key_hash,
};

use super::model::Stopwatch;
use super::net::Nets;
use super::planted::planted;
use super::touched::{Touch, Touched};
use super::{Pause, Point};
use crate::{Executed, Program};

/// The longest list that is searched for a key.
const SHORT: usize = 16;

/// A speculative run of one transaction.
pub(crate) struct Record<T> {
    /// Its place in the block.
    pub(crate) tx: usize,
    /// The group it ran in.
    pub(crate) group: u32,
    /// What it came to.
    pub(crate) executed: Executed<T>,
    /// The hashes of its keys in the worker's list: reads, bounds, writes, deltas, each in order.
    pub(crate) hashes: Range<usize>,
}

/// What a worker has to hand over when its share is done.
pub(crate) struct Worker<T> {
    pub(crate) records: Vec<Record<T>>,
    pub(crate) hashes: Vec<u64>,
    /// The net changes of whole groups.
    pub(crate) nets: Nets,
    /// A scan was logged.
    pub(crate) scanned: bool,
    /// A run came to nothing: it has to be repeated in its turn.
    pub(crate) spoiled: bool,
    /// What transactions of each class take.
    pub(crate) watch: Stopwatch,
}

impl<T> Default for Worker<T> {
    fn default() -> Self {
        Self {
            records: Vec::new(),
            hashes: Vec::new(),
            nets: Nets::default(),
            scanned: false,
            spoiled: false,
            watch: Stopwatch::default(),
        }
    }
}

/// What all workers of a chunk look at.
pub(crate) struct Shared<'c, B, P> {
    pub(crate) program: &'c P,
    pub(crate) state: &'c Overlay<B>,
    pub(crate) touched: &'c Touched,
    pub(crate) pause: &'c Pause,
}

impl<T> Worker<T> {
    /// Runs the transactions of a group one after the other, each on the state of the chunk's beginning and what the ones
    /// before it in the group left.
    pub(crate) fn run_group<B, P>(&mut self, shared: &Shared<'_, B, P>, group: u32, txs: &[usize])
    where
        B: StateRead + Sync,
        P: Program<Output = T>,
    {
        if let [tx] = txs {
            if self.run(shared, shared.state, group, *tx) {
                let Self { records, hashes, nets, .. } = self;
                last_changes(records, hashes).for_each(|(hash, key, net)| nets.take(hash, key, net));
            }
            return;
        }
        let mut layer = Layer::default();
        for tx in txs {
            let layered = Layered { base: shared.state, layer: &layer };
            let view: &dyn StateRead = if planted("parallel:stale_group") { shared.state } else { &layered };
            if !self.run(shared, view, group, *tx) {
                return;
            }
            let mut changes = last_changes(&self.records, &self.hashes);
            if changes.any(|(hash, key, net)| layer.take(hash, key, net).is_err()) {
                self.spoiled = true;
                return;
            }
        }
        layer.drain().for_each(|(hash, key, net)| self.nets.take(hash, key, net));
    }

    /// Runs one transaction and says whether that came to anything.
    fn run<B, P>(&mut self, shared: &Shared<'_, B, P>, state: &dyn StateRead, group: u32, tx: usize) -> bool
    where
        B: StateRead,
        P: Program<Output = T>,
    {
        let Some(mut executed) = attempt(shared.program, shared.pause, &mut self.watch, state, tx) else {
            self.spoiled = true;
            return false;
        };
        if planted("parallel:range_not_logged") {
            executed.log.ranges.clear();
        }
        let hashes = self.note(shared.touched, group, &executed.log, &executed.changes);
        self.records.push(Record { tx, group, executed, hashes });
        true
    }

    /// Notes every key of a run, before anybody may rely on it.
    fn note(&mut self, touched: &Touched, group: u32, log: &AccessLog, changes: &Changes) -> Range<usize> {
        let start = self.hashes.len();
        // What is written was read as a rule, and what is taken was looked at: one key, hashed and noted once.
        let Self { hashes, nets, .. } = self;
        for (key, _) in &log.reads {
            let hash = key_hash(key);
            let touch = if changes.writes.get(key).is_some() { Touch::Change } else { Touch::Read };
            touched.touch(hash, touch, group);
            hashes.push(hash);
        }
        for check in &log.bounds {
            let hash = key_hash(&check.key);
            touched.touch(hash, Touch::Change, group);
            hashes.push(hash);
        }
        let bounds = start.saturating_add(log.reads.len());
        // Looked for in short lists only: whoever touches thousands of keys has them hashed twice.
        let among = |count: usize, at: Option<usize>, first: usize| {
            at.filter(|_| count <= SHORT).map(|index| first.saturating_add(index))
        };
        for key in changes.writes.keys() {
            let read =
                among(log.reads.len(), log.reads.keys().take(SHORT).position(|read| read == key), start);
            let hash = read.and_then(|place| hashes.get(place).copied()).unwrap_or_else(|| {
                let hash = key_hash(key);
                touched.touch(hash, Touch::Change, group);
                hash
            });
            hashes.push(hash);
        }
        for (key, delta) in &changes.deltas {
            nets.moves(*delta);
            let checks = log.bounds.iter().take(SHORT);
            let bound =
                among(log.bounds.len(), checks.map(|check| &check.key).position(|k| k == key), bounds);
            let hash = bound.and_then(|place| hashes.get(place).copied()).unwrap_or_else(|| {
                let hash = key_hash(key);
                touched.touch(hash, Touch::Add, group);
                hash
            });
            hashes.push(hash);
        }
        self.scanned |= !log.ranges.is_empty();
        start..self.hashes.len()
    }
}

/// The changes of the last run, with the hashes of their keys.
fn last_changes<T>(records: &[Record<T>], hashes: &[u64]) -> impl Iterator<Item = (u64, StateKey, Net)> {
    let (changes, hashes) = records.last().map_or_else(Default::default, |record| {
        let Executed { changes, log, .. } = &record.executed;
        let seen = log.reads.len().saturating_add(log.bounds.len());
        let hashes = hashes.get(record.hashes.clone()).and_then(|hashes| hashes.get(seen..));
        (changes.clone(), hashes.unwrap_or_default())
    });
    hashes.iter().copied().zip(changes.into_nets()).map(|(hash, (key, net))| (hash, key, net))
}

/// Runs one transaction; `None` if it came to nothing. A fatal error, a panic, or a sum that cannot be read because it leaves
/// `i128`, may come of what it was not meant to see; in its turn it will show.
pub(crate) fn attempt<P: Program>(
    program: &P,
    pause: &Pause,
    watch: &mut Stopwatch,
    state: &dyn StateRead,
    tx: usize,
) -> Option<Executed<P::Output>> {
    pause.at(Point::BeforeRun, tx);
    let start = watch.start(tx);
    let outcome = catch_unwind(AssertUnwindSafe(|| program.run(tx, state)));
    watch.stop(start, || program.class(tx));
    pause.at(Point::BeforeTouch, tx);
    outcome.ok()?.ok().filter(|executed| !executed.log.failed)
}

/// Whether what a run saw is what it would see on `state`.
///
/// # Errors
/// The state cannot be read.
pub(crate) fn holds(log: &AccessLog, state: &impl StateRead) -> Result<bool, AppError> {
    for (key, seen) in &log.reads {
        if !same(seen, &state.get(key)?) {
            return Ok(false);
        }
    }
    for check in &log.bounds {
        let sum = agora_state::decode_sum(&check.key, state.get(&check.key)?.as_deref())?;
        if check.bounds.hold(sum.checked_add(check.delta)) != check.held {
            return Ok(false);
        }
    }
    for (range, found) in &log.ranges {
        let now = state.range(range)?;
        let equal = now.len() == found.len()
            && now.iter().zip(found).all(|((k, v), (key, value))| k == key && v == value);
        if !equal {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether two values are the same; those that nobody wrote in between are one allocation.
pub(crate) fn same(a: &Option<Value>, b: &Option<Value>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => std::sync::Arc::ptr_eq(a, b) || a == b,
        (None, None) => true,
        _ => false,
    }
}

/// Out of bounds of `i128` is the only way in which folding fails without the state being broken.
pub(crate) const fn is_overflow(error: &StateError) -> bool {
    matches!(error, StateError::OutOfBounds { .. })
}
