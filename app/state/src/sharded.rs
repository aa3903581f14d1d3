//! A table by state key in parts, which several threads can change side by side.

use crate::key::{StateKey, Value};
use crate::table::{KeyTable, into_sorted};

/// How many parts there are.
pub const SHARDS: usize = 16;

/// The part that has a key with this hash.
#[must_use]
pub const fn shard_of(hash: u64) -> usize {
    // Bits that the tables do not look at.
    ((hash >> 48) & 0xf) as usize
}

/// A [`KeyTable`] in parts. Callers bring the hash of a key, which is that of [`key_hash`](crate::key_hash).
#[derive(Clone)]
pub struct ShardedTable<V> {
    shards: [KeyTable<V>; SHARDS],
}

/// Values that were read of a state; `None` is known absence.
pub type ReadValues = ShardedTable<Option<Value>>;

impl<V> Default for ShardedTable<V> {
    fn default() -> Self {
        Self { shards: Default::default() }
    }
}

impl<V> ShardedTable<V> {
    /// The value of `key`, whose hash is `hash`.
    #[must_use]
    pub fn get(&self, hash: u64, key: &StateKey) -> Option<&V> {
        self.shards.get(shard_of(hash))?.get(hash, key)
    }

    /// Sets the value of `key`, whose hash is `hash`.
    pub fn insert(&mut self, hash: u64, key: StateKey, value: V) {
        if let Some(shard) = self.shards.get_mut(shard_of(hash)) {
            shard.insert(hash, key, value);
        }
    }

    /// The parts: part `i` takes the keys for which [`shard_of`] says `i`.
    pub const fn shards_mut(&mut self) -> &mut [KeyTable<V>; SHARDS] {
        &mut self.shards
    }

    /// Every key, in no order: for building what has one.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &StateKey> {
        self.shards.iter().flat_map(KeyTable::keys)
    }

    /// All entries, in key order.
    pub(crate) fn into_sorted(self) -> Vec<(StateKey, V)> {
        into_sorted(self.shards)
    }
}
