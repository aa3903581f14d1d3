//! The values that were committed last, in memory.
//!
//! Written by commit (and once at start) and by nothing else: a query can never put anything where execution reads it.
//! An entry says since which height its value holds, so it serves every view at or above that height.

use agora_state::{KeyTable, StateKey, Value, key_hash};
use parking_lot::RwLock;

const SHARDS: usize = 64;
/// Bytes of memory an entry takes beside its key and its value, about.
pub(crate) const ENTRY_OVERHEAD: usize = 104;

type Entries = KeyTable<(u64, Option<Value>)>;

/// A bounded cache of values by address. Old entries leave by generations: no reader ever writes.
pub(crate) struct Cache {
    shards: Vec<RwLock<Shard>>,
    /// Bytes a generation of one shard may hold.
    limit: usize,
}

#[derive(Default)]
struct Shard {
    young: Entries,
    old: Entries,
    bytes: usize,
}

impl Cache {
    /// A cache of about `bytes` in all.
    pub(crate) fn new(bytes: usize) -> Self {
        let shards = (0..SHARDS).map(|_| RwLock::default()).collect();
        Self { shards, limit: bytes / SHARDS / 2 }
    }

    /// The value at `height`, if it is known here; the inner `None` is known absence. The hash is that of the key.
    pub(crate) fn get(&self, hash: u64, key: &StateKey, height: u64) -> Option<Option<Value>> {
        let shard = self.shard(hash)?.read();
        let (since, value) = shard.young.get(hash, key).or_else(|| shard.old.get(hash, key))?;
        (*since <= height).then(|| value.clone())
    }

    /// Notes that `key` has `value` since `height`.
    ///
    /// The young generation is looked up first, so a stale entry of the old one is never seen again.
    pub(crate) fn put(&self, key: &StateKey, height: u64, value: Option<Value>) {
        let hash = key_hash(key);
        let Some(shard) = self.shard(hash) else { return };
        let mut shard = shard.write();
        let size = value.as_ref().map_or(0, |value| value.len());
        if let Some(entry) = shard.young.get_mut(hash, key) {
            let before = entry.1.as_ref().map_or(0, |value| value.len());
            *entry = (height, value);
            shard.bytes = shard.bytes.saturating_sub(before).saturating_add(size);
        } else {
            let added = size.saturating_add(key.key.len()).saturating_add(ENTRY_OVERHEAD);
            shard.bytes = shard.bytes.saturating_add(added);
            shard.young.insert(hash, key.clone(), (height, value));
        }
        if shard.bytes > self.limit {
            shard.old = std::mem::take(&mut shard.young);
            shard.bytes = 0;
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        for shard in &self.shards {
            *shard.write() = Shard::default();
        }
    }

    fn shard(&self, hash: u64) -> Option<&RwLock<Shard>> {
        // Bits that the tables do not look at.
        self.shards.get(usize::try_from(hash >> 40).ok()? % SHARDS)
    }
}

#[cfg(test)]
mod tests {
    use agora_state::{Space, StoreId};

    use super::*;

    fn key(i: u32) -> StateKey {
        StateKey { store: StoreId::new("bank"), space: Space::Tree, key: i.to_be_bytes().as_slice().into() }
    }

    fn get(cache: &Cache, i: u32, height: u64) -> Option<Option<Value>> {
        cache.get(key_hash(&key(i)), &key(i), height)
    }

    #[test]
    fn an_entry_serves_its_height_and_later_ones_only() {
        let cache = Cache::new(1 << 20);
        cache.put(&key(1), 5, Some(Value::from([1].as_slice())));
        assert_eq!(get(&cache, 1, 4), None);
        assert_eq!(get(&cache, 1, 5), Some(Some(Value::from([1].as_slice()))));
        cache.put(&key(1), 6, None);
        assert_eq!(get(&cache, 1, 5), None);
        assert_eq!(get(&cache, 1, 9), Some(None));
    }

    #[test]
    fn the_cache_stays_bounded_and_never_returns_a_replaced_value() {
        let cache = Cache::new(64 << 10);
        for height in 1..50_u64 {
            for i in 0..200 {
                cache.put(&key(i), height, Some(Value::from(height.to_be_bytes().as_slice())));
                let found = get(&cache, i, height);
                assert_eq!(found, Some(Some(Value::from(height.to_be_bytes().as_slice()))));
            }
        }
        let held: usize = cache.shards.iter().map(|s| s.read().young.len() + s.read().old.len()).sum();
        assert!(held <= 2 * (64 << 10) / ENTRY_OVERHEAD, "{held} entries");
    }
}
