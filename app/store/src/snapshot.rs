//! Reading the state of one height.

use std::sync::Arc;

use agora_state::{KeyRange, ReadValues, StateError, StateKey, StateRead, Value, key_hash};
use rayon::prelude::*;

use crate::backend::Column;
use crate::history::{self, Merge};
use crate::inner::Inner;
use crate::keys;
use crate::reads::Reads;

/// From this many keys on, looking them up is worth more than one thread.
const PARALLEL_FROM: usize = 1024;

/// Keys a thread then takes at a time.
const TOGETHER: usize = 256;

/// The state of one height, whatever is committed meanwhile. Cheap to clone; readers never wait for a commit.
///
/// A snapshot holds its height against pruning while it lives: do not keep one longer than a query takes.
#[derive(Clone)]
pub struct Snapshot {
    pin: Arc<Pin>,
}

/// Holds a height against pruning.
struct Pin {
    inner: Arc<Inner>,
    height: u64,
    epoch: u64,
    /// Before genesis there is nothing to read, also after the first block.
    empty: bool,
    /// What was read from the disk, where that is remembered.
    reads: Option<Reads>,
}

impl Drop for Pin {
    fn drop(&mut self) {
        self.inner.unpin(self.height);
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").field("height", &self.pin.height).finish_non_exhaustive()
    }
}

impl Snapshot {
    /// The caller has pinned `height` already.
    pub(crate) fn pinned(
        inner: Arc<Inner>,
        height: u64,
        epoch: u64,
        (empty, reads): (bool, Option<Reads>),
    ) -> Self {
        Self { pin: Arc::new(Pin { inner, height, epoch, empty, reads }) }
    }

    /// Whether it is a view of this height of this store that no rollback has made invalid.
    pub(crate) fn is_of(&self, inner: &Arc<Inner>, height: u64) -> bool {
        Arc::ptr_eq(&self.pin.inner, inner) && self.pin.height == height && self.still_valid().is_ok()
    }

    /// Whether the value was read from the disk and is remembered.
    #[cfg(test)]
    pub(crate) fn remembers(&self, key: &StateKey) -> bool {
        self.pin.reads.as_ref().is_some_and(|reads| reads.get(key_hash(key), key).is_some())
    }

    /// The value, if it is in memory.
    fn known(&self, key: &StateKey) -> Option<Option<Value>> {
        let (hash, reads) = (key_hash(key), self.pin.reads.as_ref());
        reads
            .and_then(|reads| reads.handed_over(hash, key))
            .or_else(|| self.pin.inner.cache.get(hash, key, self.pin.height))
            .or_else(|| reads?.get(hash, key))
    }

    /// The height read; 0 before genesis.
    #[must_use]
    pub fn height(&self) -> u64 {
        self.pin.height
    }

    /// The values of `keys`, in their order: cheaper than one by one when they are sorted and many are not in memory.
    ///
    /// # Errors
    /// As [`StateRead::get`].
    pub fn get_many(&self, keys: &[&StateKey]) -> Result<Vec<Option<Value>>, StateError> {
        let (inner, height) = (&self.pin.inner, self.pin.height);
        if self.pin.empty {
            return Ok(vec![None; keys.len()]);
        }
        let known: Vec<Option<Option<Value>>> = if keys.len() >= PARALLEL_FROM {
            keys.par_iter().with_min_len(TOGETHER).map(|key| self.known(key)).collect()
        } else {
            keys.iter().map(|key| self.known(key)).collect()
        };
        let missed = keys.iter().zip(&known).enumerate().filter(|(_, (_, value))| value.is_none());
        let (indices, wanted): (Vec<usize>, Vec<Vec<u8>>) =
            missed.map(|(index, (key, _))| (index, keys::latest(key.store, key.space, &key.key))).unzip();
        let mut values: Vec<Option<Value>> = known.into_iter().map(Option::flatten).collect();
        let read = |keys| inner.backend.get_many(Column::Latest, keys);
        let found: Vec<Vec<Option<Value>>> = if wanted.len() >= PARALLEL_FROM {
            wanted.par_chunks(TOGETHER).map(read).collect::<Result<_, _>>()?
        } else {
            vec![read(&wanted)?]
        };
        let changed = inner.written_beyond(height);
        for ((index, key), latest) in indices.into_iter().zip(wanted).zip(found.into_iter().flatten()) {
            let value = if changed { history::value_at(inner, &key, height, latest)? } else { latest };
            if let (Some(reads), Some(key)) = (&self.pin.reads, keys.get(index)) {
                reads.put(key, value.clone());
            }
            if let Some(slot) = values.get_mut(index) {
                *slot = value;
            }
        }
        self.still_valid()?;
        Ok(values)
    }

    /// After a rollback the heights it removed, and what was read across it, mean nothing.
    fn still_valid(&self) -> Result<(), StateError> {
        if self.pin.inner.epoch() == self.pin.epoch {
            return Ok(());
        }
        Err(StateError::Backend("the state was rolled back while it was read; ask again".to_owned()))
    }
}

impl StateRead for Snapshot {
    fn remember(&self, read: ReadValues) {
        if let Some(reads) = &self.pin.reads {
            reads.take(read);
        }
    }

    fn get_many(&self, keys: &[&StateKey]) -> Result<Vec<Option<Value>>, StateError> {
        Self::get_many(self, keys)
    }

    fn get(&self, key: &StateKey) -> Result<Option<Value>, StateError> {
        let (inner, height) = (&self.pin.inner, self.pin.height);
        if self.pin.empty {
            return Ok(None);
        }
        let value = match self.known(key) {
            Some(value) => value,
            None => {
                let bytes = keys::latest(key.store, key.space, &key.key);
                let latest = inner.backend.get(Column::Latest, &bytes)?;
                // The order matters: `latest` first, then whether anything was written since.
                let value = if inner.written_beyond(height) {
                    history::value_at(inner, &bytes, height, latest)?
                } else {
                    latest
                };
                if let Some(reads) = &self.pin.reads {
                    reads.put(key, value.clone());
                }
                value
            }
        };
        self.still_valid()?;
        Ok(value)
    }

    fn range(&self, range: &KeyRange) -> Result<Vec<(Vec<u8>, Value)>, StateError> {
        let (inner, height) = (&self.pin.inner, self.pin.height);
        if self.pin.empty || range.limit == 0 {
            return Ok(Vec::new());
        }
        if !range.reverse {
            // The cursor sees the database of the moment it was made, and that is asked about afterwards.
            let mut cursor = inner.backend.cursor(Column::Latest);
            if !inner.written_beyond(height) {
                let found = history::scan_latest(cursor.as_mut(), range)?;
                self.still_valid()?;
                return Ok(found);
            }
        }
        let (start, end) = keys::latest_range(range);
        let prefix = keys::latest(range.store, range.space, &[]).len();
        let mut entries = Vec::new();
        if start < end {
            let mut merge = Merge::new(inner, start, end, range.reverse, height)?;
            while entries.len() < range.limit
                && let Some((key, value)) = merge.next()?
            {
                entries.push((key.get(prefix..).unwrap_or_default().to_vec(), value));
            }
        }
        self.still_valid()?;
        Ok(entries)
    }
}
