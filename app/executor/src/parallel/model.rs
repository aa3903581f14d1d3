//! What blocks have taught: what transactions cost, and where additions met with more than additions.
//!
//! It steers where transactions run, never what they come to; a poisoned memory costs time only.

use std::collections::BTreeMap;

/// The most keys and classes remembered.
const MOST: usize = 1024;

/// Chunks after which a contended key is forgotten when it gives no trouble.
const MEMORY: u64 = 2_000;

/// One transaction of this many is timed.
const SAMPLED: usize = 16;

/// What is known before a block, and is read while it is planned.
#[derive(Clone, Debug, Default)]
pub(crate) struct Knowledge {
    /// Nanoseconds by class, smoothed.
    costs: BTreeMap<u32, u64>,
    /// Until which chunk a key, by its hash, is taken to be contended.
    contended: BTreeMap<u64, u64>,
    /// Chunks so far.
    chunk: u64,
    /// Until which chunk transactions of a class are not taken at their word.
    unreliable: BTreeMap<u32, u64>,
    /// Chunks that are not taken at their word, and how many it will be the next time.
    wary: u32,
    caution: u32,
    /// Chunks still to be run in sequence, and how many it will be the next time.
    resting: u32,
    penalty: u32,
}

impl Knowledge {
    /// Nanoseconds a transaction of this class is likely to take; 20,000 for one never seen.
    pub(crate) fn cost(&self, class: u32) -> u64 {
        self.costs.get(&class).copied().unwrap_or(20_000).max(1)
    }

    /// Whether additions to this key met with more than additions of late.
    pub(crate) fn is_contended(&self, hash: u64) -> bool {
        !self.contended.is_empty() && self.contended.contains_key(&hash)
    }

    /// Takes what workers measured.
    pub(crate) fn learn_costs(&mut self, watch: &Stopwatch) {
        for (class, (nanos, count)) in &watch.spent {
            self.learn_cost(*class, nanos.checked_div(*count).unwrap_or_default());
        }
    }

    /// Takes that transactions of a class took so many nanoseconds each.
    pub(crate) fn learn_cost(&mut self, class: u32, nanos: u64) {
        if let Some(cost) = self.costs.get_mut(&class) {
            *cost = cost.saturating_mul(7).saturating_add(nanos) / 8;
        } else if self.costs.len() < MOST {
            self.costs.insert(class, nanos);
        }
    }

    /// A chunk went through.
    pub(crate) fn went_through(&mut self) {
        self.chunk = self.chunk.saturating_add(1);
        self.penalty /= 2;
        if self.chunk.is_multiple_of(64) {
            let now = self.chunk;
            self.contended.retain(|_, until| *until > now);
        }
    }

    /// A chunk did not hold, because of this key if it is known; `again` of its `len` transactions had to run again.
    pub(crate) fn collided(&mut self, key: Option<u64>, again: usize, len: usize) {
        self.chunk = self.chunk.saturating_add(1);
        if let Some(hash) = key
            && self.contended.len() < MOST
        {
            self.contended.insert(hash, self.chunk.saturating_add(MEMORY));
        }
        // When more than a fifth ran in vain, running side by side has cost more than it gained.
        if again.saturating_mul(5) > len {
            self.penalty = self.penalty.saturating_mul(2).clamp(2, 64);
            self.resting = self.penalty;
        }
    }

    /// Whether to take the next chunk, with transactions of these classes, at its word; every other one where both ways are `tried`.
    pub(crate) fn takes_at_their_word(&mut self, classes: impl Iterator<Item = u32>, tried: bool) -> bool {
        if tried {
            self.wary = self.wary.wrapping_add(1);
            return !self.wary.is_multiple_of(2);
        }
        if self.wary > 0 {
            self.wary = self.wary.saturating_sub(1);
            return false;
        }
        let now = self.chunk;
        self.unreliable.is_empty() || {
            self.unreliable.retain(|_, until| *until > now);
            let mut last = None;
            !classes.into_iter().any(|class| {
                let same = last == Some(class);
                last = Some(class);
                !same && self.unreliable.contains_key(&class)
            })
        }
    }

    /// A chunk was taken at its word, and rightly.
    pub(crate) fn kept_their_word(&mut self) {
        self.caution /= 2;
        self.went_through();
    }

    /// A chunk could not be taken at its word: because of a transaction of this class, or because transactions met.
    pub(crate) fn was_deceived(&mut self, class: Option<u32>) {
        match class {
            Some(class) if self.unreliable.len() < MOST => {
                self.unreliable.insert(class, self.chunk.saturating_add(MEMORY));
            }
            _ => {
                self.caution = self.caution.saturating_mul(2).clamp(4, 1_024);
                self.wary = self.caution;
            }
        }
    }

    /// Whether the next chunk should run in sequence, because those before it collided.
    pub(crate) fn rests(&mut self) -> bool {
        let rests = self.resting > 0;
        self.resting = self.resting.saturating_sub(1);
        rests
    }
}

/// A worker's clock: times some transactions.
#[derive(Debug, Default)]
pub(crate) struct Stopwatch {
    spent: BTreeMap<u32, (u64, u64)>,
}

#[expect(
    clippy::disallowed_types,
    reason = "measured times decide where transactions run, never what they come to"
)]
mod clock {
    pub(super) type Start = std::time::Instant;
}

impl Stopwatch {
    /// Starts, for some transactions.
    pub(crate) fn start(&self, tx: usize) -> Option<clock::Start> {
        tx.is_multiple_of(SAMPLED).then(clock::Start::now)
    }

    /// Stops.
    pub(crate) fn stop(&mut self, start: Option<clock::Start>, class: impl FnOnce() -> u32) {
        let Some(start) = start else { return };
        let nanos = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let (sum, count) = self.spent.entry(class()).or_default();
        *sum = sum.saturating_add(nanos);
        *count = count.saturating_add(1);
    }
}
