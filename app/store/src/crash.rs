//! Failing at every fail point, then opening again: no acknowledged height is lost and none is half there.
//!
//! The store is dropped without any clean-up after a point has fired, so what is opened is what had been written.

use std::collections::BTreeMap;

use agora_state::{KeyRange, Space, StateKey, StateRead, StoreId, Value, WriteSet};

use crate::{FAIL_POINTS, MemoryBackend, Options, Pruning, Store, StoreError, arm_fail_point};

const BANK: StoreId = StoreId::new("bank");

type Model = BTreeMap<Vec<u8>, Value>;

enum Place {
    Memory(MemoryBackend),
    #[cfg(feature = "rocksdb")]
    Disk(tempfile::TempDir),
}

impl Place {
    fn open(&self) -> Store {
        let options = match self {
            Self::Memory(backend) => Options::memory_on(backend.clone(), vec![BANK]),
            #[cfg(feature = "rocksdb")]
            Self::Disk(folder) => Options::disk(folder.path(), vec![BANK]),
        };
        let options = Options { background_pruning: false, cache_bytes: 1 << 20, ..options };
        Store::open(options.pruning(Pruning::Custom(6))).unwrap()
    }
}

fn places() -> Vec<Place> {
    vec![
        Place::Memory(MemoryBackend::new()),
        #[cfg(feature = "rocksdb")]
        Place::Disk(tempfile::tempdir().unwrap()),
    ]
}

/// A block that overwrites, adds and removes.
fn block(height: u64) -> WriteSet {
    (0..12_u64)
        .map(|i| {
            let key = StateKey {
                store: BANK,
                space: Space::Tree,
                key: ((height + i * i) % 40).to_be_bytes().as_slice().into(),
            };
            let value = (i % 3 != 0).then(|| Value::from((height * 100 + i).to_be_bytes().as_slice()));
            (key, value)
        })
        .collect()
}

/// The states and hashes of an undisturbed run; index is height.
fn undisturbed(heights: u64) -> (Vec<Model>, Vec<[u8; 32]>) {
    let store = Store::open(Options::memory(vec![BANK])).unwrap();
    let (mut models, mut hashes) = (vec![Model::new()], vec![[0; 32]]);
    for height in 1..=heights {
        let mut model = models.last().unwrap().clone();
        for (key, value) in block(height) {
            match value {
                Some(value) => model.insert(key.key.to_vec(), value),
                None => model.remove(key.key.as_slice()),
            };
        }
        models.push(model);
        hashes.push(store.commit(store.stage(height, block(height)).unwrap()).unwrap().app_hash);
    }
    (models, hashes)
}

fn check(store: &Store, models: &[Model], hashes: &[[u8; 32]]) {
    let Some(latest) = store.latest() else {
        let all =
            KeyRange { store: BANK, space: Space::Tree, start: vec![], end: None, reverse: false, limit: 99 };
        assert!(store.snapshot(None).unwrap().range(&all).unwrap().is_empty());
        return;
    };
    for height in store.earliest_height().unwrap()..=latest.height {
        let at = usize::try_from(height).unwrap();
        let all =
            KeyRange { store: BANK, space: Space::Tree, start: vec![], end: None, reverse: false, limit: 99 };
        let found: Model = store.snapshot(Some(height)).unwrap().range(&all).unwrap().into_iter().collect();
        assert_eq!(found, models[at], "height {height}");
        assert_eq!(store.app_hash_at(height).unwrap(), Some(hashes[at]));
    }
}

/// What a life of the store does; returns the last acknowledged height when it ends at a fail point.
fn live(store: &Store, until: u64) -> Result<(), (u64, StoreError)> {
    while store.latest().map_or(0, |latest| latest.height) < until {
        let height = store.latest().map_or(0, |latest| latest.height) + 1;
        let acknowledged = |error| (height - 1, error);
        let staged = store.stage(height, block(height)).map_err(acknowledged)?;
        store.commit(staged).map_err(acknowledged)?;
        while store.prune_step(5).map_err(|error| (height, error))? {}
    }
    Ok(())
}

#[test]
fn no_acknowledged_height_is_lost_at_any_point_of_commit_and_prune() {
    let (models, hashes) = undisturbed(24);
    for point in FAIL_POINTS.iter().filter(|point| point.starts_with("commit") || point.starts_with("prune"))
    {
        for place in places() {
            let mut crashes = 0;
            for nth in [1, 2, 3, 5, 1, 4] {
                let store = place.open();
                let Some(start) = store.latest().map_or(Some(0), |latest| Some(latest.height)) else {
                    continue;
                };
                arm_fail_point(Some((point, nth)));
                let outcome = live(&store, start + 4);
                arm_fail_point(None);
                if let Err((acknowledged, error)) = outcome {
                    assert_eq!(error, StoreError::FailPoint((*point).to_owned()));
                    crashes += 1;
                    // After a failed write nothing more is written.
                    let again = store.stage(acknowledged + 1, WriteSet::new());
                    assert!(matches!(again, Err(StoreError::Failed(_))), "{again:?}");
                    drop(store);
                    let store = place.open();
                    let reached = store.latest().map_or(0, |latest| latest.height);
                    let expected = acknowledged + u64::from(*point == "commit:after_batch");
                    assert_eq!(reached, expected, "{point}");
                    check(&store, &models, &hashes);
                } else {
                    check(&store, &models, &hashes);
                }
            }
            assert!(crashes >= 3, "{point} fired {crashes} times");
        }
    }
}

#[test]
fn a_rollback_that_is_cut_short_leaves_a_height_of_the_chain_and_can_go_on() {
    let (models, hashes) = undisturbed(12);
    for point in FAIL_POINTS.iter().filter(|point| point.starts_with("rollback")) {
        for nth in 1..=4_u64 {
            for place in places() {
                let store = place.open();
                live(&store, 12).unwrap();
                arm_fail_point(Some((point, nth)));
                let outcome = store.rollback(8);
                arm_fail_point(None);
                assert_eq!(outcome, Err(StoreError::FailPoint((*point).to_owned())));
                drop(store);
                let store = place.open();
                let steps = nth - u64::from(*point == "rollback:before_batch");
                assert_eq!(store.latest().unwrap().height, 12 - steps);
                check(&store, &models, &hashes);
                assert_eq!(store.rollback(8).unwrap().app_hash, hashes[8]);
                live(&store, 12).unwrap();
                check(&store, &models, &hashes);
            }
        }
    }
}

#[test]
fn clearing_that_is_cut_short_is_finished_when_the_store_is_opened() {
    for point in FAIL_POINTS.iter().filter(|point| point.starts_with("clear")) {
        for place in places() {
            let store = place.open();
            live(&store, 5).unwrap();
            arm_fail_point(Some((point, 1)));
            let outcome = store.clear();
            arm_fail_point(None);
            assert_eq!(outcome, Err(StoreError::FailPoint((*point).to_owned())));
            drop(store);
            let store = place.open();
            assert_eq!(store.latest(), None);
            check(&store, &[], &[]);
            let (models, hashes) = undisturbed(5);
            live(&store, 5).unwrap();
            check(&store, &models, &hashes);
        }
    }
}
