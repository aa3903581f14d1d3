//! After a chunk has run: did every transaction see what those before it in the block leave?
//!
//! Only keys that several groups touched are looked at, in block order; all others were seen by one group alone, which ran in
//! order, or by transactions that commute.

use agora_framework::AppError;
use agora_state::{
    KeyTable, Overlay, StateKey, StateRead, Value, decode_sum, encode_sum, into_sorted, key_hash,
};

use super::planted::planted;
use super::scans::Scans;
use super::touched::Touched;
use super::worker::{Record, Worker, same};

/// What the check says.
pub(crate) enum Verdict {
    /// Everything was seen as in sequence; these are the final values of the keys that were looked at.
    Holds(Vec<(u64, StateKey, Option<Value>)>),
    /// Some transaction saw something else, here.
    Fails(StateKey),
}

/// Walks through the transactions that touch shared keys.
///
/// # Errors
/// The state cannot be read.
pub(crate) fn check<B: StateRead, T>(
    workers: &[Worker<T>],
    touched: &Touched,
    state: &Overlay<B>,
) -> Result<Verdict, AppError> {
    if workers.iter().any(|worker| worker.scanned)
        && let Some(key) = Scans::of(workers).first_disturbed(workers)
    {
        return Ok(Verdict::Fails(key));
    }
    if !touched.any_shared() || planted("parallel:not_validated") {
        return Ok(Verdict::Holds(Vec::new()));
    }
    let mut concerned: Vec<(&Record<T>, &[u64])> = Vec::new();
    for worker in workers {
        for record in &worker.records {
            let hashes = worker.hashes.get(record.hashes.clone()).unwrap_or_default();
            if hashes.iter().any(|hash| touched.is_shared(*hash)) {
                concerned.push((record, hashes));
            }
        }
    }
    concerned.sort_unstable_by_key(|(record, _)| record.tx);
    if planted("parallel:order_relaxed") {
        concerned.reverse();
    }
    let mut walk = Walk { state, touched, now: KeyTable::default() };
    for (record, hashes) in concerned {
        if let Some(key) = walk.step(record, hashes)? {
            return Ok(Verdict::Fails(key));
        }
    }
    let changed = into_sorted([walk.now]).into_iter();
    Ok(Verdict::Holds(
        changed.filter_map(|(key, seen)| seen.changed.then(|| (key_hash(&key), key, seen.value))).collect(),
    ))
}

struct Seen {
    value: Option<Value>,
    changed: bool,
}

struct Walk<'c, B> {
    state: &'c Overlay<B>,
    touched: &'c Touched,
    /// The shared keys as the transactions walked through leave them.
    now: KeyTable<Seen>,
}

impl<B: StateRead> Walk<'_, B> {
    /// Checks what one transaction saw, then takes what it leaves. Gives the key where it saw something else.
    fn step<T>(&mut self, record: &Record<T>, hashes: &[u64]) -> Result<Option<StateKey>, AppError> {
        let mut hashes = hashes.iter().copied();
        let (log, changes) = (&record.executed.log, &record.executed.changes);
        for ((key, seen), hash) in log.reads.iter().zip(&mut hashes) {
            if self.touched.is_shared(hash) && !same(seen, &self.value(hash, key)?) {
                return Ok(Some(key.clone()));
            }
        }
        for (check, hash) in log.bounds.iter().zip(&mut hashes) {
            if self.touched.is_shared(hash) {
                let sum = decode_sum(&check.key, self.value(hash, &check.key)?.as_deref())?;
                if check.bounds.hold(sum.checked_add(check.delta)) != check.held {
                    return Ok(Some(check.key.clone()));
                }
            }
        }
        for ((key, value), hash) in changes.writes.iter().zip(&mut hashes) {
            if self.touched.is_shared(hash) {
                self.now.insert(hash, key.clone(), Seen { value: value.clone(), changed: true });
            }
        }
        for ((key, delta), hash) in changes.deltas.iter().zip(&mut hashes) {
            if self.touched.is_shared(hash) {
                let before = decode_sum(key, self.value(hash, key)?.as_deref())?;
                // A sum that leaves its type is an error in sequence: let it show there.
                let Some(sum) = before.checked_add(*delta) else { return Ok(Some(key.clone())) };
                self.now.insert(hash, key.clone(), Seen { value: encode_sum(sum), changed: true });
            }
        }
        Ok(None)
    }

    fn value(&mut self, hash: u64, key: &StateKey) -> Result<Option<Value>, AppError> {
        if let Some(seen) = self.now.get(hash, key) {
            return Ok(seen.value.clone());
        }
        let value = self.state.get_hashed(hash, key)?;
        self.now.insert(hash, key.clone(), Seen { value: value.clone(), changed: false });
        Ok(value)
    }
}
