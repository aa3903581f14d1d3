//! Hash tables by state key, for what is looked up often and put in order once.

use std::sync::LazyLock;

use hashbrown::{DefaultHashBuilder, HashTable, hash_table};
use std::hash::BuildHasher;

use crate::key::StateKey;

/// The hash of a key. It differs from process to process: it may decide where something is kept or run, never what comes out.
#[must_use]
pub fn key_hash(key: &StateKey) -> u64 {
    static STATE: LazyLock<DefaultHashBuilder> = LazyLock::new(DefaultHashBuilder::default);
    STATE.hash_one((key.store.name(), key.space as u8, key.key.as_slice()))
}

#[derive(Clone)]
struct Entry<V> {
    hash: u64,
    key: StateKey,
    value: V,
}

/// A table by state key. Callers bring the hash, which many of them have already.
///
/// It has no iterator: whoever wants all entries gets them in key order.
#[derive(Clone)]
pub struct KeyTable<V> {
    entries: HashTable<Entry<V>>,
}

impl<V> Default for KeyTable<V> {
    fn default() -> Self {
        Self { entries: HashTable::new() }
    }
}

impl<V> KeyTable<V> {
    /// The value of `key`, whose hash is `hash`.
    #[must_use]
    pub fn get(&self, hash: u64, key: &StateKey) -> Option<&V> {
        self.entries.find(hash, |e| e.hash == hash && e.key == *key).map(|e| &e.value)
    }

    /// The value of `key` for changing.
    #[must_use]
    pub fn get_mut(&mut self, hash: u64, key: &StateKey) -> Option<&mut V> {
        self.entries.find_mut(hash, |e| e.hash == hash && e.key == *key).map(|e| &mut e.value)
    }

    /// Sets the value of `key`.
    pub fn insert(&mut self, hash: u64, key: StateKey, value: V) {
        match self.entries.entry(hash, |e| e.hash == hash && e.key == key, |e| e.hash) {
            hash_table::Entry::Occupied(mut place) => place.get_mut().value = value,
            hash_table::Entry::Vacant(place) => {
                place.insert(Entry { hash, key, value });
            }
        }
    }

    /// Sets the value of a `key` that has none; says whether it had none.
    pub fn insert_new(&mut self, hash: u64, key: &StateKey, value: V) -> bool {
        match self.entries.entry(hash, |e| e.hash == hash && e.key == *key, |e| e.hash) {
            hash_table::Entry::Occupied(_) => false,
            hash_table::Entry::Vacant(place) => {
                place.insert(Entry { hash, key: key.clone(), value });
                true
            }
        }
    }

    /// Makes room for so many entries more.
    pub fn reserve(&mut self, entries: usize) {
        self.entries.reserve(entries, |e| e.hash);
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Every key, in no order: for building what has one.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &StateKey> {
        self.entries.iter().map(|e| &e.key)
    }

    /// Every entry with its hash, in no order: for filing it elsewhere. The room stays.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = (u64, StateKey, V)> + '_ {
        self.entries.drain().map(|e| (e.hash, e.key, e.value))
    }

    /// Every entry, in no order: for building what has one.
    pub(crate) fn into_entries(self) -> impl Iterator<Item = (StateKey, V)> {
        self.entries.into_iter().map(|e| (e.key, e.value))
    }
}

/// The entries of several tables without common keys, in key order.
#[must_use]
pub fn into_sorted<V>(tables: impl IntoIterator<Item = KeyTable<V>>) -> Vec<(StateKey, V)> {
    let mut entries: Vec<(u128, StateKey, V)> = Vec::new();
    for table in tables {
        entries.extend(table.into_entries().map(|(key, value)| (rank(&key), key, value)));
    }
    entries.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
    entries.into_iter().map(|(_, key, value)| (key, value)).collect()
}

/// The beginning of a key as a number that orders as keys do: most comparisons need no more.
fn rank(key: &StateKey) -> u128 {
    let mut bytes = [0u8; 16];
    let (store, rest) = bytes.split_at_mut(8);
    let name = key.store.name().as_bytes();
    store.iter_mut().zip(name).for_each(|(to, from)| *to = *from);
    // Of longer names the rest counts before anything else does, so their keys are compared in full.
    if name.len() < 8
        && let Some((space, start)) = rest.split_first_mut()
    {
        *space = key.space as u8;
        start.iter_mut().zip(&key.key).for_each(|(to, from)| *to = *from);
    }
    u128::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key::{Space, StoreId};

    fn any_key() -> impl Strategy<Value = StateKey> {
        let store =
            prop::sample::select(vec!["a", "bank", "bank_x", "banks", "stakingxy", "stakingx", "staking"]);
        let space = prop::sample::select(vec![Space::Tree, Space::Derived]);
        (store, space, prop::collection::vec(0u8..4, 0..16)).prop_map(|(store, space, key)| StateKey {
            store: StoreId::new(store),
            space,
            key: key.into(),
        })
    }

    proptest! {
        #[test]
        fn tables_give_what_a_map_gives(entries in prop::collection::vec((any_key(), any::<u8>()), 0..200)) {
            let mut tables = [KeyTable::default(), KeyTable::default(), KeyTable::default()];
            let mut map = std::collections::BTreeMap::new();
            for (key, value) in entries {
                let hash = key_hash(&key);
                let table = &mut tables[usize::try_from(hash % 3).unwrap()];
                prop_assert_eq!(table.get(hash, &key).copied(), map.get(&key).copied());
                if value % 3 == 0 {
                    prop_assert_eq!(table.insert_new(hash, &key, value), !map.contains_key(&key));
                    map.entry(key).or_insert(value);
                } else {
                    table.insert(hash, key.clone(), value);
                    map.insert(key, value);
                }
            }
            prop_assert_eq!(into_sorted(tables), map.into_iter().collect::<Vec<_>>());
        }
    }
}
