//! A state under construction: a block, the first state, what the mempool expects.

use std::collections::BTreeMap;

use crate::accumulator::{decode_sum, encode_sum};
use crate::key::{Entries, KeyRange, StateKey, Value};
use crate::traits::{StateError, StateRead, WriteSet};
use crate::view::{Changes, merge_range};

/// A base state, owned or borrowed, and the changes made to it since, in order.
pub struct Overlay<B> {
    base: B,
    writes: WriteSet,
}

impl<B: StateRead> Overlay<B> {
    /// No changes yet.
    #[must_use]
    pub fn new(base: B) -> Self {
        Self { base, writes: BTreeMap::new() }
    }

    /// Takes the changes of a transaction or hook; deltas are folded into the sums they belong to.
    ///
    /// # Errors
    /// Reading a sum fails, or a sum leaves `i128`.
    pub fn apply(&mut self, changes: Changes) -> Result<(), StateError> {
        for (key, value) in changes.writes {
            self.writes.insert(key, value);
        }
        for (key, delta) in changes.deltas {
            let before = decode_sum(&key, self.get(&key)?.as_deref())?;
            let sum = before.checked_add(delta).ok_or(StateError::OutOfBounds {
                sum: before.saturating_add(delta),
                lo: i128::MIN,
                hi: i128::MAX,
            })?;
            self.writes.insert(key, encode_sum(sum));
        }
        Ok(())
    }

    /// The net changes.
    #[must_use]
    pub fn into_writes(self) -> WriteSet {
        self.writes
    }
}

impl<B: StateRead> StateRead for Overlay<B> {
    fn get(&self, key: &StateKey) -> Result<Option<Value>, StateError> {
        match self.writes.get(key) {
            Some(value) => Ok(value.clone()),
            None => self.base.get(key),
        }
    }

    fn range(&self, range: &KeyRange) -> Result<Entries, StateError> {
        overlay_range(&self.base, &self.writes, range)
    }
}

/// The entries of `base` in `range` with `writes` laid over them.
///
/// # Errors
/// As [`StateRead::range`].
pub fn overlay_range(
    base: &dyn StateRead,
    writes: &WriteSet,
    range: &KeyRange,
) -> Result<Entries, StateError> {
    let own = entries_in(writes, range).map(|(k, v)| (k.key.clone(), v.clone())).collect();
    merge_range(base, range, own)
}

/// The entries of `map` whose keys lie in `range`, ascending.
pub(crate) fn entries_in<'m, T>(
    map: &'m BTreeMap<StateKey, T>,
    range: &KeyRange,
) -> impl Iterator<Item = (&'m StateKey, &'m T)> {
    let start = StateKey { store: range.store, space: range.space, key: range.start.clone() };
    let range = range.clone();
    map.range(start..).take_while(move |(k, _)| {
        k.store == range.store && k.space == range.space && range.end.as_ref().is_none_or(|end| k.key < *end)
    })
}
