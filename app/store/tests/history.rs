//! Values at every height, against a model: after commits, reopening, pruning and rollback.

mod common;

use agora_state::{Space, StateError, StateRead};
use agora_store::{Options, Pruning, Store, StoreError};
use common::*;
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng};

/// Commits `count` random blocks after those of `models`; returns their hashes.
fn grow(store: &Store, models: &mut Vec<Model>, first: u64, count: u64, rng: &mut StdRng) -> Vec<[u8; 32]> {
    (0..count)
        .map(|_| {
            let block = random_block(rng);
            let mut model = models.last().cloned().unwrap_or_default();
            apply(&mut model, &block);
            models.push(model);
            commit(store, first + models.len() as u64 - 1, block)
        })
        .collect()
}

fn check_all(store: &Store, models: &[Model], first: u64, rng: &mut StdRng) {
    let earliest = store.earliest_height().unwrap();
    for (height, model) in (first..).zip(models) {
        if height < earliest {
            assert!(matches!(store.snapshot(Some(height)), Err(StateError::UnknownHeight { .. })));
        } else {
            let snapshot = store.snapshot(Some(height)).unwrap();
            assert_eq!(snapshot.height(), height);
            assert_equals_model(&snapshot, model, rng);
        }
    }
    assert_equals_model(&store.snapshot(None).unwrap(), models.last().unwrap(), rng);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_height_reads_as_the_model_says(seed in any::<u64>(), first in 1_u64..1000) {
        for place in places() {
            let mut rng = StdRng::seed_from_u64(seed);
            let store = place.open();
            let mut models = Vec::new();
            grow(&store, &mut models, first, 14, &mut rng);
            check_all(&store, &models, first, &mut rng);
            let latest = store.latest();
            drop(store);
            let store = place.open();
            prop_assert_eq!(store.latest(), latest);
            check_all(&store, &models, first, &mut rng);
        }
    }

    #[test]
    fn a_rollback_is_as_if_the_later_blocks_had_never_been(seed in any::<u64>(), kept in 1_u64..12) {
        for place in places() {
            let mut rng = StdRng::seed_from_u64(seed);
            let store = place.open();
            let mut models = Vec::new();
            let hashes = grow(&store, &mut models, 1, 12, &mut rng);
            let old = store.snapshot(Some(kept)).unwrap();
            let back = store.rollback(kept).unwrap();
            prop_assert_eq!((back.height, back.app_hash), (kept, hashes[kept as usize - 1]));
            prop_assert!(kept == 12 || old.get(&random_key(&mut rng)).is_err());
            drop(old);
            models.truncate(kept as usize);
            check_all(&store, &models, 1, &mut rng);
            let beyond = store.snapshot(Some(kept + 1)).unwrap_err();
            prop_assert_eq!(beyond, StateError::UnknownHeight { height: kept + 1, earliest: 1, latest: kept });

            // The same further blocks on a store that never went astray.
            let straight = common::Place::Memory(agora_store::MemoryBackend::new()).open();
            let mut again = Vec::new();
            grow(&straight, &mut again, 1, kept, &mut StdRng::seed_from_u64(seed));
            prop_assert_eq!(straight.latest(), store.latest());
            let mut other = StdRng::seed_from_u64(!seed);
            let here = grow(&store, &mut models, 1, 5, &mut other.clone());
            let there = grow(&straight, &mut again, 1, 5, &mut other);
            prop_assert_eq!(here, there);
            drop(store);
            check_all(&place.open(), &models, 1, &mut rng);
        }
    }

    #[test]
    fn pruning_keeps_the_window_and_nothing_below_it(seed in any::<u64>(), keep in 2_u64..9) {
        for place in places() {
            let mut rng = StdRng::seed_from_u64(seed);
            let store = Store::open(place.options().pruning(Pruning::Custom(keep))).unwrap();
            let mut models = Vec::new();
            for height in 1..=20_u64 {
                grow(&store, &mut models, 1, 1, &mut rng);
                prop_assert_eq!(store.earliest_height().unwrap(), 1.max((height + 1).saturating_sub(keep)));
                if rng_bool(seed, height) {
                    while store.prune_step(3).unwrap() {}
                }
            }
            check_all(&store, &models, 1, &mut rng);
            while store.prune_step(3).unwrap() {}
            check_all(&store, &models, 1, &mut rng);
            drop(store);
            let store = Store::open(place.options().pruning(Pruning::Custom(keep))).unwrap();
            check_all(&store, &models, 1, &mut rng);
            let refused = store.rollback(20 - keep).unwrap_err();
            let earliest = 21 - keep;
            prop_assert_eq!(refused, StoreError::RollbackRange { height: 20 - keep, earliest, latest: 20 });
            store.rollback(earliest).unwrap();
            models.truncate(earliest as usize);
            check_all(&store, &models, 1, &mut rng);
        }
    }
}

fn rng_bool(seed: u64, height: u64) -> bool {
    (seed >> (height % 64)) & 1 == 1
}

#[test]
fn history_on_disk_stays_bounded_when_it_is_pruned() {
    let place = Place::Memory(agora_store::MemoryBackend::new());
    let store = Store::open(place.options().pruning(Pruning::Everything)).unwrap();
    let block = |height: u64| {
        (0..200_u32)
            .map(move |i| (key(BANK, Space::Tree, &i.to_be_bytes()), Some(value(&height.to_be_bytes()))))
    };
    let mut sizes = Vec::new();
    for height in 1..=60 {
        commit(&store, height, block(height).collect());
        while store.prune_step(1000).unwrap() {}
        sizes.push(store.size().unwrap());
    }
    assert!(sizes[10..].iter().all(|size| *size <= sizes[5] + 64), "{sizes:?}");
}

#[cfg(feature = "rocksdb")]
#[test]
fn compacting_gives_back_the_room_of_what_was_pruned() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::Disk(folder);
    let mut rng = StdRng::seed_from_u64(1);
    let store = place.open();
    for height in 1..=40_u64 {
        // What cannot be compressed.
        let block = (0..100_u32).map(|i| {
            let bytes: [u8; 1024] = std::array::from_fn(|_| rng.r#gen());
            (key(BANK, Space::Tree, &i.to_be_bytes()), Some(value(&bytes)))
        });
        commit(&store, height, block.collect());
    }
    let latest = store.latest();
    drop(store);
    let store = Store::open(place.options().pruning(Pruning::Everything)).unwrap();
    store.narrow().unwrap();
    while store.prune_step(1000).unwrap() {}
    let pruned = store.size().unwrap();
    store.compact().unwrap();
    let compacted = store.size().unwrap();
    assert!(compacted * 4 < pruned, "{pruned} bytes before, {compacted} after");
    drop(store);
    assert_eq!(place.open().latest(), latest);
}

#[test]
fn the_thread_of_the_store_prunes_by_itself() {
    let place = Place::Memory(agora_store::MemoryBackend::new());
    let options = Options { background_pruning: true, ..place.options() }.pruning(Pruning::Custom(3));
    let store = Store::open(options).unwrap();
    for height in 1..=30_u64 {
        commit(&store, height, [(key(BANK, Space::Tree, b"k"), Some(value(&height.to_be_bytes())))].into());
    }
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while store.app_hash_at(27).unwrap().is_some() {
        assert!(std::time::Instant::now() < deadline, "the history was not pruned");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert_eq!(store.earliest_height(), Some(28));
    store.close().unwrap();
}

#[test]
fn a_snapshot_holds_its_height_against_pruning() {
    for place in places() {
        let store = Store::open(place.options().pruning(Pruning::Everything)).unwrap();
        let k = key(BANK, Space::Tree, b"k");
        commit(&store, 1, [(k.clone(), Some(value(b"1")))].into());
        let held = store.snapshot(None).unwrap();
        for height in 2..10_u64 {
            commit(&store, height, [(k.clone(), Some(value(&height.to_be_bytes())))].into());
            while store.prune_step(10).unwrap() {}
            assert_eq!(held.get(&k).unwrap(), Some(value(b"1")));
            assert_eq!(store.earliest_height(), Some(1));
        }
        drop(held);
        commit(&store, 10, [(k.clone(), None)].into());
        assert_eq!(store.earliest_height(), Some(9));
    }
}

#[test]
fn clearing_leaves_the_state_before_genesis() {
    for place in places() {
        let store = place.open();
        let mut rng = StdRng::seed_from_u64(8);
        let mut models = Vec::new();
        let hashes = grow(&store, &mut models, 1, 5, &mut rng);
        store.clear().unwrap();
        assert_eq!((store.latest(), store.earliest_height()), (None, None));
        assert_equals_model(&store.snapshot(None).unwrap(), &Model::new(), &mut rng);
        drop(store);
        let store = place.open();
        assert_eq!(store.latest(), None);
        let again = grow(&store, &mut Vec::new(), 1, 5, &mut StdRng::seed_from_u64(8));
        assert_eq!(again, hashes);
    }
}

#[test]
fn an_export_is_the_head_without_derived_values_and_gives_the_same_hash_elsewhere() {
    for place in places() {
        let store = place.open();
        let mut rng = StdRng::seed_from_u64(9);
        let mut models = Vec::new();
        let hashes = grow(&store, &mut models, 1, 9, &mut rng);
        let export = store.export().unwrap();
        assert_eq!(export.committed().app_hash, hashes[8]);
        commit(&store, 10, random_block(&mut rng));
        let exported: Model = export.map(Result::unwrap).collect();
        let expected: Model = models[8].clone().into_iter().filter(|(k, _)| k.space == Space::Tree).collect();
        assert_eq!(exported, expected);
        let other = Place::Memory(agora_store::MemoryBackend::new()).open();
        let hash = commit(&other, 1, exported.into_iter().map(|(k, v)| (k, Some(v))).collect());
        assert_eq!(hash, hashes[8]);
    }
}
