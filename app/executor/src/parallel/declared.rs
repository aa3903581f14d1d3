//! Transactions that are taken at their word: each touches what its hint says, and what it touches beside is written down.
//!
//! The plan has put whoever says conflicting things into one group. So a group whose transactions touched only what they said met
//! nobody, and that is seen at once, by the worker, while all of it is in the processor's caches: no key is noted for others, no log
//! is kept, nothing has to be walked through afterwards. What was not said, such as parameters that everybody reads, is a short
//! list; in the end it is held against what all others said. If anybody met, all of it is forgotten, and the chunk runs as if nobody
//! had said anything.

use std::sync::atomic::{AtomicBool, Ordering};

use agora_framework::{Access, AccessHint};
use agora_state::{AccessLog, Changes, Layer, Layered, Overlay, StateRead, key_hash};

use super::Pause;
use super::model::Stopwatch;
use super::net::Nets;
use super::plan::Plan;
use super::planted::planted;
use super::strays::Strays;
use super::touched::{Touch, Touched};
use super::worker::attempt;
use crate::{Executed, Program};

/// What all runners of a chunk look at.
pub(crate) struct Chunk<'c, B, P> {
    pub(crate) program: &'c P,
    pub(crate) state: &'c Overlay<B>,
    pub(crate) plan: &'c Plan,
    /// Who takes from which sum: of all that is said, only that may meet, because additions are not put into one group.
    pub(crate) takers: &'c Touched,
    pub(crate) pause: &'c Pause,
    /// Somebody cannot be taken at its word.
    pub(crate) over: AtomicBool,
}

/// What a runner has to hand over when its share is done.
pub(crate) struct Runner<T> {
    pub(crate) outputs: Vec<(usize, T)>,
    pub(crate) nets: Nets,
    pub(crate) strays: Strays,
    pub(crate) watch: Stopwatch,
    /// The class of a transaction that cannot be taken at its word.
    pub(crate) unreliable: Option<u32>,
    /// The hashes of the last transaction's writes and additions.
    hashes: Vec<u64>,
    /// What the group under way has left so far.
    layer: Layer,
}

impl<T> Default for Runner<T> {
    fn default() -> Self {
        Self {
            outputs: Vec::new(),
            nets: Nets::default(),
            strays: Strays::default(),
            watch: Stopwatch::default(),
            unreliable: None,
            hashes: Vec::new(),
            layer: Layer::default(),
        }
    }
}

impl<T> Runner<T> {
    /// Runs the transactions of a group one after the other, each on the state of the chunk's beginning and what the ones
    /// before it in the group left.
    pub(crate) fn run_group<B, P>(&mut self, chunk: &Chunk<'_, B, P>, txs: &[usize])
    where
        B: StateRead + Sync,
        P: Program<Output = T>,
    {
        if chunk.over.load(Ordering::Relaxed) {
            return;
        }
        let group = chunk.plan.name_of(txs.first().copied().unwrap_or_default());
        if let [tx] = txs {
            if let Some(changes) = self.run(chunk, chunk.state, group, *tx) {
                let hashed = self.hashes.iter().zip(changes.into_nets());
                hashed.for_each(|(hash, (key, net))| self.nets.take(*hash, key, net));
            }
            return;
        }
        let mut layer = std::mem::take(&mut self.layer);
        for tx in txs {
            let layered = Layered { base: chunk.state, layer: &layer };
            let view: &dyn StateRead = if planted("parallel:stale_group") { chunk.state } else { &layered };
            let Some(changes) = self.run(chunk, view, group, *tx) else { return };
            let mut hashed = self.hashes.iter().zip(changes.into_nets());
            if hashed.any(|(hash, (key, net))| layer.take(*hash, key, net).is_err()) {
                chunk.over.store(true, Ordering::Relaxed);
                return;
            }
        }
        layer.drain().for_each(|(hash, key, net)| self.nets.take(hash, key, net));
        self.layer = layer;
    }

    /// Runs one transaction; gives its changes if it can be taken at its word.
    fn run<B, P>(
        &mut self,
        chunk: &Chunk<'_, B, P>,
        state: &dyn StateRead,
        group: u32,
        tx: usize,
    ) -> Option<Changes>
    where
        B: StateRead,
        P: Program<Output = T>,
    {
        let ran = attempt(chunk.program, chunk.pause, &mut self.watch, state, tx);
        let Some(Executed { changes, log, output }) = ran else {
            chunk.over.store(true, Ordering::Relaxed);
            return None;
        };
        if !self.compare(chunk.program.access(tx), chunk.takers, group, &log, &changes) {
            self.unreliable = Some(chunk.program.class(tx));
            chunk.over.store(true, Ordering::Relaxed);
            return None;
        }
        self.outputs.push((tx, output));
        Some(changes)
    }

    /// Compares what was touched with what was said. Scans are never said.
    fn compare(
        &mut self,
        hint: &AccessHint,
        takers: &Touched,
        group: u32,
        log: &AccessLog,
        changes: &Changes,
    ) -> bool {
        self.hashes.clear();
        let keys = hint.keys();
        let said = |key| {
            let place = keys.iter().position(|(said, _)| said == key)?;
            Some((keys.get(place)?.1, hint.hashes().get(place).copied()?))
        };
        for key in log.reads.keys() {
            match said(key) {
                Some((Access::Read | Access::Write, _)) => {}
                Some((Access::Delta, hash)) => self.strays.note(hash, Touch::Read, group),
                None => self.strays.note(key_hash(key), Touch::Read, group),
            }
        }
        for check in &log.bounds {
            // There was enough: payments of others leave it so. That there was too little, they may change.
            let stands = check.held && check.bounds.hi == i128::MAX;
            match said(&check.key) {
                Some((Access::Write, _)) => {}
                Some((Access::Delta, hash)) if stands => takers.touch(hash, Touch::Change, group),
                Some((_, hash)) => self.strays.note(hash, Touch::Change, group),
                None => self.strays.note(key_hash(&check.key), Touch::Change, group),
            }
        }
        for key in changes.writes.keys() {
            let hash = match said(key) {
                Some((Access::Write, hash)) => hash,
                other => {
                    let hash = other.map_or_else(|| key_hash(key), |(_, hash)| hash);
                    self.strays.note(hash, Touch::Change, group);
                    hash
                }
            };
            self.hashes.push(hash);
        }
        for (key, delta) in &changes.deltas {
            self.nets.moves(*delta);
            let touch = if *delta < 0 { Touch::Change } else { Touch::Add };
            let hash = match said(key) {
                Some((Access::Write, hash)) => hash,
                Some((Access::Delta, hash)) => {
                    if touch == Touch::Change {
                        takers.touch(hash, touch, group);
                    }
                    hash
                }
                other => {
                    let hash = other.map_or_else(|| key_hash(key), |(_, hash)| hash);
                    self.strays.note(hash, touch, group);
                    hash
                }
            };
            self.hashes.push(hash);
        }
        log.ranges.is_empty() || planted("parallel:range_not_logged")
    }
}
