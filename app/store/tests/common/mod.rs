//! Shared by the tests of the store: backends, random blocks, a model.
#![allow(dead_code, clippy::unwrap_used, missing_docs, unreachable_pub)]

use std::collections::BTreeMap;

use agora_state::{KeyRange, Space, StateKey, StateRead, StoreId, Value, WriteSet};
use agora_store::{MemoryBackend, Options, Snapshot, Store};
use rand::Rng;
use rand::rngs::StdRng;

pub const AUTH: StoreId = StoreId::new("auth");
pub const BANK: StoreId = StoreId::new("bank");
pub const EMPTY: StoreId = StoreId::new("empty");

pub type Model = BTreeMap<StateKey, Value>;

pub fn stores() -> Vec<StoreId> {
    vec![BANK, AUTH, EMPTY]
}

/// A place that can be opened again and again.
pub enum Place {
    Memory(MemoryBackend),
    #[cfg(feature = "rocksdb")]
    Disk(tempfile::TempDir),
}

impl Place {
    pub fn options(&self) -> Options {
        let options = match self {
            Self::Memory(backend) => Options::memory_on(backend.clone(), stores()),
            #[cfg(feature = "rocksdb")]
            Self::Disk(folder) => Options::disk(folder.path(), stores()),
        };
        Options { background_pruning: false, cache_bytes: 16 << 10, ..options }
    }

    pub fn open(&self) -> Store {
        Store::open(self.options()).unwrap()
    }
}

/// One place per backend.
pub fn places() -> Vec<Place> {
    vec![
        Place::Memory(MemoryBackend::new()),
        #[cfg(feature = "rocksdb")]
        Place::Disk(tempfile::tempdir().unwrap()),
    ]
}

pub fn key(store: StoreId, space: Space, key: &[u8]) -> StateKey {
    StateKey { store, space, key: key.into() }
}

pub fn value(bytes: &[u8]) -> Value {
    Value::from(bytes)
}

/// Keys with zero bytes, and keys that are prefixes of others.
pub fn random_key(rng: &mut StdRng) -> StateKey {
    let store = if rng.gen_bool(0.3) { AUTH } else { BANK };
    let space = if rng.gen_bool(0.2) { Space::Derived } else { Space::Tree };
    let bytes: Vec<u8> = (0..rng.gen_range(1..5)).map(|_| [0, 1, 7, 255][rng.gen_range(0..4)]).collect();
    key(store, space, &bytes)
}

pub fn random_block(rng: &mut StdRng) -> WriteSet {
    let deletions = rng.gen_range(0.0..1.0);
    (0..rng.gen_range(0..25))
        .map(|_| {
            let new = (!rng.gen_bool(deletions)).then(|| value(&[rng.gen_range(0..5)]));
            (random_key(rng), new)
        })
        .collect()
}

pub fn apply(model: &mut Model, block: &WriteSet) {
    for (key, value) in block {
        match value {
            Some(value) => model.insert(key.clone(), value.clone()),
            None => model.remove(key),
        };
    }
}

pub fn commit(store: &Store, height: u64, block: WriteSet) -> [u8; 32] {
    store.commit(store.stage(height, block).unwrap()).unwrap().app_hash
}

/// Every key and random ranges of a snapshot equal the model.
pub fn assert_equals_model(snapshot: &Snapshot, model: &Model, rng: &mut StdRng) {
    for (store, space) in
        [BANK, AUTH, EMPTY].into_iter().flat_map(|s| [(s, Space::Tree), (s, Space::Derived)])
    {
        let all = KeyRange { store, space, start: vec![], end: None, reverse: false, limit: usize::MAX };
        assert_eq!(snapshot.range(&all).unwrap(), model_range(model, &all), "height {}", snapshot.height());
        for _ in 0..3 {
            let range = random_range(rng, store, space);
            assert_eq!(
                snapshot.range(&range).unwrap(),
                model_range(model, &range),
                "height {} {range:?}",
                snapshot.height()
            );
        }
    }
    let keys: Vec<StateKey> = model.keys().cloned().chain((0..30).map(|_| random_key(rng))).collect();
    let many = snapshot.get_many(&keys.iter().collect::<Vec<_>>()).unwrap();
    for (key, found) in keys.iter().zip(many) {
        assert_eq!(found.as_ref(), model.get(key), "height {} {key:?}", snapshot.height());
        assert_eq!(snapshot.get(key).unwrap(), found);
    }
}

fn random_range(rng: &mut StdRng, store: StoreId, space: Space) -> KeyRange {
    let end = rng.gen_bool(0.7).then(|| random_key(rng).key.to_vec());
    let (reverse, limit) = (rng.gen_bool(0.5), [0, 1, 3, 1000][rng.gen_range(0..4)]);
    KeyRange { store, space, start: random_key(rng).key.to_vec(), end, reverse, limit }
}

fn model_range(model: &Model, range: &KeyRange) -> Vec<(Vec<u8>, Value)> {
    let mut entries: Vec<_> = model
        .iter()
        .filter(|(key, _)| key.store == range.store && key.space == range.space && range.contains(&key.key))
        .map(|(key, value)| (key.key.to_vec(), value.clone()))
        .collect();
    if range.reverse {
        entries.reverse();
    }
    entries.truncate(range.limit);
    entries
}
