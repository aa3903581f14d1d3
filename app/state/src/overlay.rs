//! A state under construction: a block, the first state, what the mempool expects.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::accumulator::{decode_sum, encode_sum};
use crate::key::{Entries, KeyBytes, KeyRange, Space, StateKey, StoreId, Value};
use crate::key_map::KeyMap;
use crate::layer::Net;
use crate::sharded::ShardedTable;
use crate::table::{KeyTable, key_hash};
use crate::traits::{StateError, StateRead, WriteSet};
use crate::view::{Changes, merge_range};

/// A base state, owned or borrowed, and the changes made to it since, in order.
pub struct Overlay<B> {
    base: B,
    changes: ShardedTable<Option<Value>>,
    /// Where changed keys lie, once a scan has asked: most scans of hooks are of stores of which a block has changed nothing.
    stores: OnceLock<BTreeMap<(StoreId, Space), Ordered>>,
}

/// The changed keys of one store and space.
#[derive(Default)]
struct Ordered {
    /// In order, once enough scans have asked for them.
    keys: OnceLock<BTreeSet<StateKey>>,
    /// The scans that looked through all changed keys instead.
    scans: AtomicU32,
}

/// So many scans of a store look through all changed keys before it is worth putting those of the store in order: a block whose
/// hooks scan a few times, and whose transactions never do, is spared that.
const WORTH_ORDERING: u32 = 8;

impl<B: StateRead> Overlay<B> {
    /// No changes yet.
    #[must_use]
    pub fn new(base: B) -> Self {
        Self { base, changes: ShardedTable::default(), stores: OnceLock::new() }
    }

    /// Takes the changes of a transaction or hook; deltas are folded into the sums they belong to.
    ///
    /// # Errors
    /// Reading a sum fails, or a sum leaves `i128`.
    pub fn apply(&mut self, changes: Changes) -> Result<(), StateError> {
        for (key, net) in changes.into_nets() {
            let hash = key_hash(&key);
            let value = match net {
                Net::Value(value) => value,
                Net::Add(delta) => {
                    let before = decode_sum(&key, self.get_hashed(hash, &key)?.as_deref())?;
                    encode_sum(checked_sum(before, delta)?)
                }
            };
            self.put(hash, key, value);
        }
        Ok(())
    }

    /// Sets one value; the hash is that of the key.
    fn put(&mut self, hash: u64, key: StateKey, value: Option<Value>) {
        if let Some(stores) = self.stores.get_mut() {
            let ordered = stores.entry((key.store, key.space)).or_default();
            if let Some(keys) = ordered.keys.get_mut() {
                keys.insert(key.clone());
            }
        }
        self.changes.insert(hash, key, value);
    }

    /// The shards, to be changed by several threads at once: shard `i` takes the keys for which
    /// [`shard_of`](crate::shard_of) says `i`.
    pub fn shards(&mut self) -> Vec<OverlayShard<'_, B>> {
        self.stores = OnceLock::new();
        let shards = self.changes.shards_mut().iter_mut();
        shards.map(|table| OverlayShard { base: &self.base, table }).collect()
    }

    /// The same changes on the same base, to go on from here in another way.
    #[must_use]
    pub fn fork(&self) -> Overlay<&B> {
        Overlay { base: &self.base, changes: self.changes.clone(), stores: OnceLock::new() }
    }

    /// The changes, without the base.
    #[must_use]
    pub fn into_changes(self) -> OverlayChanges {
        OverlayChanges(self.changes)
    }

    /// A copy of the changes, without the base.
    #[must_use]
    pub fn changes(&self) -> OverlayChanges {
        OverlayChanges(self.changes.clone())
    }

    /// Puts other changes in place of the own ones.
    pub fn replace(&mut self, changes: OverlayChanges) {
        self.changes = changes.0;
        self.stores = OnceLock::new();
    }

    /// The first key, in order, that the two leave different.
    #[must_use]
    pub fn difference<C: StateRead>(&self, other: &Overlay<C>) -> Option<StateKey> {
        let keys = |changes: &ShardedTable<_>| changes.keys().cloned().collect::<BTreeSet<_>>();
        let all = &keys(&self.changes) | &keys(&other.changes);
        all.into_iter().find(|key| {
            let hash = key_hash(key);
            self.changes.get(hash, key) != other.changes.get(hash, key)
        })
    }

    /// The net changes.
    #[must_use]
    pub fn into_writes(self) -> WriteSet {
        self.changes.into_sorted().into_iter().collect()
    }

    /// The changes in a range.
    fn changed_in(&self, range: &KeyRange) -> BTreeMap<Vec<u8>, Option<Value>> {
        let entry = |key: &StateKey| {
            let value = self.changes.get(key_hash(key), key)?;
            Some((key.key.to_vec(), value.clone()))
        };
        let all = || self.changes.keys();
        let stores = self.stores.get_or_init(|| {
            let mut stores: BTreeMap<(StoreId, Space), Ordered> = BTreeMap::new();
            for key in all() {
                stores.entry((key.store, key.space)).or_default();
            }
            stores
        });
        let Some(ordered) = stores.get(&(range.store, range.space)) else { return BTreeMap::new() };
        if ordered.keys.get().is_none() && ordered.scans.fetch_add(1, Ordering::Relaxed) < WORTH_ORDERING {
            let start = range.start.as_slice();
            return all()
                .filter(|key| in_range(range, key) && &*key.key >= start)
                .filter_map(entry)
                .collect();
        }
        let own = |key: &&StateKey| key.store == range.store && key.space == range.space;
        let keys = ordered.keys.get_or_init(|| all().filter(own).cloned().collect());
        keys.range(start_of(range)..).take_while(|key| in_range(range, key)).filter_map(entry).collect()
    }
}

/// The changes of an overlay.
pub struct OverlayChanges(ShardedTable<Option<Value>>);

impl<B: StateRead> StateRead for Overlay<B> {
    fn get(&self, key: &StateKey) -> Result<Option<Value>, StateError> {
        self.get_hashed(key_hash(key), key)
    }

    fn get_hashed(&self, hash: u64, key: &StateKey) -> Result<Option<Value>, StateError> {
        match self.changes.get(hash, key) {
            Some(value) => Ok(value.clone()),
            None => self.base.get_hashed(hash, key),
        }
    }

    fn range(&self, range: &KeyRange) -> Result<Entries, StateError> {
        merge_range(&self.base, range, self.changed_in(range))
    }
}

/// A part of an overlay.
pub struct OverlayShard<'o, B> {
    base: &'o B,
    table: &'o mut KeyTable<Option<Value>>,
}

impl<B: StateRead> OverlayShard<'_, B> {
    /// Makes room for so many keys more.
    pub fn reserve(&mut self, keys: usize) {
        self.table.reserve(keys);
    }

    /// Sets one value; the hash is that of the key.
    pub fn put(&mut self, hash: u64, key: StateKey, value: Option<Value>) {
        self.table.insert(hash, key, value);
    }

    /// Adds to a sum and gives the new one; the hash is that of the key.
    ///
    /// # Errors
    /// Reading the sum fails, or it leaves `i128`; nothing is changed then.
    pub fn add(&mut self, hash: u64, key: StateKey, delta: i128) -> Result<i128, StateError> {
        let known = self.table.get_mut(hash, &key);
        let before = match &known {
            Some(value) => decode_sum(&key, value.as_deref())?,
            None => decode_sum(&key, self.base.get_hashed(hash, &key)?.as_deref())?,
        };
        let sum = checked_sum(before, delta)?;
        match known {
            Some(value) => *value = encode_sum(sum),
            None => self.table.insert(hash, key, encode_sum(sum)),
        }
        Ok(sum)
    }
}

pub(crate) fn checked_sum(a: i128, b: i128) -> Result<i128, StateError> {
    a.checked_add(b).ok_or(StateError::OutOfBounds { sum: a.saturating_add(b), lo: i128::MIN, hi: i128::MAX })
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
    let own = writes.range(start_of(range)..).take_while(|(k, _)| in_range(range, k));
    merge_range(base, range, own.map(|(k, v)| (k.key.to_vec(), v.clone())).collect())
}

pub(crate) fn in_range(range: &KeyRange, key: &StateKey) -> bool {
    key.store == range.store
        && key.space == range.space
        && range.end.as_ref().is_none_or(|end| *key.key < **end)
}

/// The entries of `map` whose keys lie in `range`, ascending.
pub(crate) fn entries_in<'m, T>(
    map: &'m KeyMap<T>,
    range: &KeyRange,
) -> impl Iterator<Item = (&'m StateKey, &'m T)> {
    let range = range.clone();
    map.from(&start_of(&range)).take_while(move |(k, _)| in_range(&range, k))
}

fn start_of(range: &KeyRange) -> StateKey {
    StateKey { store: range.store, space: range.space, key: KeyBytes::from_slice(&range.start) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traits::EmptyState;

    const ONE: StoreId = StoreId::new("one");
    const OTHER: StoreId = StoreId::new("other");

    fn key(store: StoreId, key: &[u8]) -> StateKey {
        StateKey { store, space: Space::Tree, key: KeyBytes::from_slice(key) }
    }

    #[test]
    fn a_scan_finds_the_same_before_and_after_the_changes_are_put_in_order() {
        let mut below = Overlay::new(EmptyState);
        let value = Value::from([7u8].as_slice());
        let mut changes = Changes::default();
        for n in 0..40u8 {
            changes.writes.insert(key(ONE, &[n, 1]), Some(value.clone()));
            changes.writes.insert(key(OTHER, &[n]), Some(value.clone()));
        }
        below.apply(changes).unwrap();
        let mut state = Overlay::new(below);
        let mut changes = Changes::default();
        changes.writes.insert(key(ONE, &[12, 1]), None);
        changes.writes.insert(key(ONE, &[13]), Some(value.clone()));
        changes.writes.insert(key(ONE, &[9]), Some(value.clone()));
        changes.writes.insert(key(ONE, &[20]), Some(value));
        state.apply(changes).unwrap();
        let scan = |state: &Overlay<_>, reverse| {
            let (start, end) = (vec![10], Some(vec![20]));
            let range = KeyRange { store: ONE, space: Space::Tree, start, end, reverse, limit: 5 };
            state.range(&range).unwrap().into_iter().map(|(key, _)| key).collect::<Vec<_>>()
        };
        let up = vec![vec![10, 1], vec![11, 1], vec![13], vec![13, 1], vec![14, 1]];
        let down = vec![vec![19, 1], vec![18, 1], vec![17, 1], vec![16, 1], vec![15, 1]];
        for _ in 0..=WORTH_ORDERING {
            assert_eq!((scan(&state, false), scan(&state, true)), (up.clone(), down.clone()));
        }
        let ordered = state.stores.get().unwrap().values().filter(|ordered| ordered.keys.get().is_some());
        assert_eq!(ordered.count(), 1, "so many scans have put them in order");
        // What changes afterwards is seen in either state.
        let mut changes = Changes::default();
        changes.writes.insert(key(ONE, &[10, 0]), Some(Value::from([8u8].as_slice())));
        state.apply(changes).unwrap();
        assert_eq!(scan(&state, false).first(), Some(&vec![10, 0]));
        // In a store of which nothing was changed as well.
        let mut changes = Changes::default();
        changes.writes.insert(key(OTHER, &[11]), Some(Value::from([9u8].as_slice())));
        state.apply(changes).unwrap();
        let range = KeyRange {
            store: OTHER,
            space: Space::Tree,
            start: vec![11],
            end: None,
            reverse: false,
            limit: 1,
        };
        assert_eq!(state.range(&range).unwrap(), [(vec![11], Value::from([9u8].as_slice()))]);
    }
}
