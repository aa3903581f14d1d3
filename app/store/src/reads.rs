//! What the execution of a block has read.
//!
//! Most values a block overwrites were read by its execution, and staging needs what they were. Both read one height, which never
//! changes, so a value found once is the value.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use agora_state::{KeyTable, ReadValues, SHARDS, StateKey, Value, key_hash, shard_of};
use parking_lot::RwLock;

use crate::cache::ENTRY_OVERHEAD;

/// Bytes of values and keys that are remembered for one block; beyond it staging reads again.
const LIMIT: usize = 64 << 20;

/// Values of one height: those that came from the disk, bounded, where what does not fit is forgotten, and those that whoever read
/// them has handed over.
#[derive(Default)]
pub(crate) struct Reads {
    shards: [RwLock<KeyTable<Option<Value>>>; SHARDS],
    bytes: AtomicUsize,
    handed_over: OnceLock<ReadValues>,
}

impl Reads {
    /// The value, if it came from the disk; the inner `None` is known absence. The hash is that of the key.
    pub(crate) fn get(&self, hash: u64, key: &StateKey) -> Option<Option<Value>> {
        self.shards.get(shard_of(hash))?.read().get(hash, key).cloned()
    }

    /// The value, if it was handed over.
    pub(crate) fn handed_over(&self, hash: u64, key: &StateKey) -> Option<Option<Value>> {
        self.handed_over.get()?.get(hash, key).cloned()
    }

    /// Takes what was read of the height; of several only what came first.
    pub(crate) fn take(&self, values: ReadValues) {
        drop(self.handed_over.set(values));
    }

    /// Notes what was read.
    pub(crate) fn put(&self, key: &StateKey, value: Option<Value>) {
        let hash = key_hash(key);
        let Some(shard) = self.shards.get(shard_of(hash)) else { return };
        let size = value.as_ref().map_or(0, |value| value.len());
        let added = size.saturating_add(key.key.len()).saturating_add(ENTRY_OVERHEAD);
        // Approximate when several threads read, which is enough for a bound.
        if self.bytes.fetch_add(added, Ordering::Relaxed) > LIMIT {
            self.bytes.fetch_sub(added, Ordering::Relaxed);
            return;
        }
        shard.write().insert(hash, key.clone(), value);
    }
}

#[cfg(test)]
mod tests {
    use agora_state::{Space, StateRead, StoreId, WriteSet};
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::*;
    use crate::backend::{Backend, Column};
    use crate::{MemoryBackend, Options, Store, StoreError};

    const BANK: StoreId = StoreId::new("bank");

    fn key(i: u32) -> StateKey {
        StateKey { store: BANK, space: Space::Tree, key: i.to_be_bytes().as_slice().into() }
    }

    fn open(backend: &MemoryBackend, cache_bytes: usize) -> Store {
        let options = Options::memory_on(backend.clone(), vec![BANK]);
        Store::open(Options { cache_bytes, background_pruning: false, ..options }).unwrap()
    }

    fn block(rng: &mut StdRng) -> WriteSet {
        let value = |rng: &mut StdRng| Value::from([rng.gen_range(0..3_u8) + 1].as_slice());
        (0..rng.gen_range(0..60))
            .map(|_| (key(rng.gen_range(0..200)), rng.gen_bool(0.7).then(|| value(rng))))
            .collect()
    }

    /// Everything stored, history included.
    fn bytes(backend: &MemoryBackend) -> Vec<(Column, Vec<u8>, Vec<u8>)> {
        let mut entries = Vec::new();
        for column in Column::ALL {
            let mut cursor = backend.cursor(column);
            cursor.seek(&[]).unwrap();
            while let Some((key, value)) = cursor.entry() {
                entries.push((column, key.to_vec(), value.to_vec()));
                cursor.next().unwrap();
            }
        }
        entries
    }

    #[test]
    fn what_is_stored_is_the_same_whether_reads_were_remembered_or_not() {
        let seed = rand::random();
        println!("seed {seed}");
        let mut rng = StdRng::seed_from_u64(seed);
        // With little cache nearly everything comes from the backend.
        for cache_bytes in [0, 64 << 10, 1 << 20] {
            let backends = [MemoryBackend::new(), MemoryBackend::new()];
            let [plain, remembering] = backends.each_ref().map(|backend| open(backend, cache_bytes));
            for height in 1..=60 {
                let changes = block(&mut rng);
                let view = remembering.execution_view().unwrap();
                let some: Vec<_> = (0..rng.gen_range(0..80)).map(|_| key(rng.gen_range(0..250))).collect();
                let (one_by_one, together) = some.split_at(some.len() / 2);
                let expected =
                    plain.snapshot(None).unwrap().get_many(&together.iter().collect::<Vec<_>>()).unwrap();
                let mut handed_over = ReadValues::default();
                for (key, value) in together.iter().zip(&expected).filter(|_| rng.gen_bool(0.5)) {
                    handed_over.insert(key_hash(key), key.clone(), value.clone());
                }
                view.remember(handed_over);
                for _ in 0..2 {
                    let found = view.get_many(&together.iter().collect::<Vec<_>>()).unwrap();
                    assert_eq!(found, expected, "seed {seed}, height {height}");
                }
                for key in one_by_one {
                    let value = plain.snapshot(None).unwrap().get(key).unwrap();
                    assert_eq!(view.get(key).unwrap(), value, "seed {seed}, height {height}");
                    assert_eq!(view.clone().get(key).unwrap(), value, "seed {seed}, height {height}");
                }
                let staged = remembering.stage_on(&view, height, changes.clone()).unwrap();
                let expected = plain.commit(plain.stage(height, changes).unwrap()).unwrap();
                assert_eq!(remembering.commit(staged).unwrap(), expected, "seed {seed}");
            }
            let [plain, remembering] = backends.each_ref().map(bytes);
            assert!(plain.len() > 1000);
            assert!(plain == remembering, "seed {seed}: what is stored differs");
        }
    }

    #[test]
    fn what_was_read_is_not_read_again_and_the_bound_holds() {
        let backend = MemoryBackend::new();
        let store = open(&backend, 0);
        let big = |byte: u8| Value::from(vec![byte; 1 << 20]);
        let many: WriteSet = (0..140).map(|i| (key(i), Some(big(1)))).collect();
        store.commit(store.stage(1, many).unwrap()).unwrap();
        let view = store.execution_view().unwrap();
        (0..140).for_each(|i| assert_eq!(view.get(&key(i)).unwrap(), Some(big(1))));
        // The cache of recent commits keeps one value in each of its parts.
        let again = (0..140).filter(|i| view.remembers(&key(*i))).count();
        assert!((60..=64).contains(&again), "{again} of 140 values of 1 MiB");
        let query = store.snapshot(None).unwrap();
        assert_eq!(query.get(&key(1)).unwrap(), Some(big(1)));
        assert!(!query.remembers(&key(1)), "a query remembers nothing");
        let together = store.execution_view().unwrap();
        let keys: Vec<StateKey> = (0..30).map(key).collect();
        together.get_many(&keys.iter().collect::<Vec<_>>()).unwrap();
        let cached = |key: &&StateKey| !together.remembers(key);
        assert!(keys.iter().filter(cached).count() < 20, "what was read together is remembered, too");
    }

    #[test]
    fn what_is_handed_over_is_not_looked_up_and_only_a_view_for_execution_takes_it() {
        let store = open(&MemoryBackend::new(), 1 << 20);
        let value = |byte: u8| Some(Value::from([byte].as_slice()));
        store.commit(store.stage(1, WriteSet::from([(key(1), value(1))])).unwrap()).unwrap();
        let false_value = || {
            let mut values = ReadValues::default();
            values.insert(key_hash(&key(1)), key(1), value(2));
            values
        };
        let (execution, query) = (store.execution_view().unwrap(), store.snapshot(None).unwrap());
        execution.remember(false_value());
        query.remember(false_value());
        assert_eq!((execution.get(&key(1)).unwrap(), query.get(&key(1)).unwrap()), (value(2), value(1)));
        // Only what came first counts.
        execution.remember(ReadValues::default());
        assert_eq!(execution.get(&key(1)).unwrap(), value(2));
    }

    #[test]
    fn a_block_cannot_be_staged_on_a_view_of_another_state() {
        let store = open(&MemoryBackend::new(), 0);
        let change = |byte: u8| WriteSet::from([(key(1), Some(Value::from([byte].as_slice())))]);
        let before_genesis = store.execution_view().unwrap();
        store.commit(store.stage_on(&before_genesis, 1, change(1)).unwrap()).unwrap();
        let stale = |height| StoreError::Stale { height };
        assert_eq!(store.stage_on(&before_genesis, 2, change(2)).unwrap_err(), stale(2));
        store.commit(store.stage(2, change(2)).unwrap()).unwrap();
        let rolled_back = store.execution_view().unwrap();
        store.rollback(1).unwrap();
        store.commit(store.stage(2, change(3)).unwrap()).unwrap();
        assert_eq!(store.stage_on(&rolled_back, 3, change(4)).unwrap_err(), stale(3));
        let other = open(&MemoryBackend::new(), 0);
        let view = store.execution_view().unwrap();
        assert_eq!(other.stage_on(&view, 1, change(1)).unwrap_err(), stale(1));
        assert!(store.stage_on(&view, 3, change(4)).is_ok());
    }
}
