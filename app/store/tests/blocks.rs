//! Staging and committing; opening with something wrong.

mod common;

use std::sync::atomic::{AtomicBool, Ordering};

use agora_state::{KeyRange, Space, StateError, StateRead, StoreId};
use agora_store::{Options, Store, StoreError};
use common::*;

#[test]
fn several_blocks_can_be_staged_and_only_the_one_committed_counts() {
    for place in places() {
        let store = place.open();
        let k = key(BANK, Space::Tree, b"k");
        let empty = store.stage(1, Default::default()).unwrap();
        let one = store.stage(1, [(k.clone(), Some(value(b"1")))].into()).unwrap();
        let two = store.stage(1, [(k.clone(), Some(value(b"2")))].into()).unwrap();
        assert_ne!(one.app_hash(), two.app_hash());
        assert_ne!(one.app_hash(), empty.app_hash());
        assert_eq!(store.latest(), None);
        assert_eq!(store.snapshot(None).unwrap().get(&k).unwrap(), None);
        let hash = two.app_hash();
        let before = store.snapshot(None).unwrap();
        assert_eq!(store.commit(two).unwrap().app_hash, hash);
        assert_eq!(store.commit(one), Err(StoreError::Stale { height: 1 }));
        assert_eq!(before.get(&k).unwrap(), None);
        assert_eq!(store.snapshot(None).unwrap().get(&k).unwrap(), Some(value(b"2")));
        // The same again in a later block changes nothing, so it is not written.
        let same = store.stage(2, [(k.clone(), Some(value(b"2")))].into()).unwrap();
        assert!(same.is_empty());
        assert_eq!(same.app_hash(), hash);
    }
}

#[test]
fn a_height_that_is_not_the_next_one_is_refused() {
    let store = places().remove(0).open();
    assert_eq!(
        store.stage(0, Default::default()).unwrap_err(),
        StoreError::WrongHeight { height: 0, expected: 1 }
    );
    commit(&store, 50, Default::default());
    for height in [0, 49, 50, 52] {
        let error = store.stage(height, Default::default()).unwrap_err();
        assert_eq!(error, StoreError::WrongHeight { height, expected: 51 });
    }
    assert_eq!(store.earliest_height(), Some(50));
    let unknown = |height| StateError::UnknownHeight { height, earliest: 50, latest: 50 };
    assert_eq!(store.snapshot(Some(49)).unwrap_err(), unknown(49));
    assert_eq!(store.snapshot(Some(51)).unwrap_err(), unknown(51));
}

#[test]
fn values_that_cannot_be_proven_or_stored_are_refused() {
    let store = places().remove(0).open();
    let refused = |k, v: Option<&[u8]>| store.stage(1, [(k, v.map(value))].into()).unwrap_err();
    let size = |error| matches!(error, StoreError::State(StateError::Size(_)));
    assert!(size(refused(key(BANK, Space::Tree, b"k"), Some(b""))));
    assert!(size(refused(key(BANK, Space::Tree, b""), Some(b"v"))));
    assert!(size(refused(key(BANK, Space::Tree, &[1; 1025]), None)));
    assert!(size(refused(key(BANK, Space::Tree, b"k"), Some(&vec![1; (1 << 20) + 1]))));
    let other = key(StoreId::new("other"), Space::Tree, b"k");
    assert_eq!(refused(other, Some(b"v")), StoreError::UnknownStore("other".to_owned()));
}

#[test]
fn opening_with_other_stores_names_the_difference() {
    for place in places() {
        commit(&place.open(), 1, Default::default());
        let options = Options { stores: vec![BANK, AUTH, StoreId::new("gov")], ..place.options() };
        let error = Store::open(options).unwrap_err();
        assert_eq!(error, StoreError::StoresDiffer { missing: "gov".into(), extra: "empty".into() });
        assert_eq!(place.open().latest().unwrap().height, 1);
    }
    let bad = Options::memory(vec![StoreId::new("Bank")]);
    assert!(matches!(Store::open(bad), Err(StoreError::UnknownStore(_))));
}

#[test]
fn a_database_of_a_newer_format_or_with_a_changed_value_is_refused() {
    use agora_store::{Backend, Batch, Column, Durability, MemoryBackend};
    let backend = MemoryBackend::new();
    let place = Place::Memory(backend.clone());
    commit(&place.open(), 1, [(key(BANK, Space::Tree, b"k"), Some(value(b"v")))].into());
    let change = |column, key: &[u8], value: &[u8]| {
        let fork = backend.fork();
        let mut batch = Batch::default();
        batch.put(column, key, value);
        fork.write(batch, Durability::Synced).unwrap();
        Store::open(Place::Memory(fork).options()).map(|_| ())
    };
    let newer = change(Column::Meta, b"format", &7_u32.to_be_bytes());
    assert_eq!(newer, Err(StoreError::NewerFormat { found: 7, supported: 1 }));
    let flipped = change(Column::Latest, b"bank\0\0k", b"w");
    assert!(matches!(flipped, Err(StoreError::RootMismatch { height: 1, .. })), "{flipped:?}");
    let alien = change(Column::Latest, b"nobody\0\0k", b"w");
    assert!(matches!(alien, Err(StoreError::Corrupt(_))), "{alien:?}");
    assert_eq!(change(Column::Meta, b"unrelated", b"w"), Ok(()));
}

#[test]
fn a_rebuild_reports_its_progress() {
    let place = places().remove(0);
    let block = (0..70_000_u32).map(|i| (key(BANK, Space::Tree, &i.to_be_bytes()), Some(value(b"v"))));
    let hash = commit(&place.open(), 1, block.collect());
    let reports = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = reports.clone();
    let progress: agora_store::ProgressFn = std::sync::Arc::new(move |p| seen.lock().unwrap().push(p));
    let store = Store::open(Options { progress: Some(progress), ..place.options() }).unwrap();
    assert_eq!(store.latest().unwrap().app_hash, hash);
    let reports = reports.lock().unwrap();
    assert_eq!(
        reports.iter().map(|p| (p.values, p.done)).collect::<Vec<_>>(),
        [(65_536, false), (70_000, true)]
    );
}

/// Every block sets all keys to its height (odd blocks remove half of them): a reader must never see two heights mixed.
#[test]
fn readers_see_one_height_while_blocks_are_committed() {
    const KEYS: u32 = 64;
    for place in places() {
        let store = place.open();
        let block = |height: u64| {
            (0..KEYS)
                .map(|i| {
                    let gone = height % 2 == 1 && i % 2 == 1;
                    (key(BANK, Space::Tree, &i.to_be_bytes()), (!gone).then(|| value(&height.to_be_bytes())))
                })
                .collect()
        };
        let check = |snapshot: &agora_store::Snapshot, round: u64| {
            let height = snapshot.height();
            let expect = |i: u32| {
                (height.is_multiple_of(2) || i.is_multiple_of(2)).then(|| value(&height.to_be_bytes()))
            };
            for i in (0..KEYS).step_by(5) {
                let found = snapshot.get(&key(BANK, Space::Tree, &i.to_be_bytes())).unwrap();
                assert_eq!(found, expect(i), "key {i} at height {height}");
            }
            let reverse = round.is_multiple_of(2);
            let range =
                KeyRange { store: BANK, space: Space::Tree, start: vec![], end: None, reverse, limit: 1000 };
            let found = snapshot.range(&range).unwrap();
            assert_eq!(found.len(), if height.is_multiple_of(2) { KEYS as usize } else { KEYS as usize / 2 });
            assert!(found.iter().all(|(_, found)| *found == value(&height.to_be_bytes())), "height {height}");
        };
        commit(&store, 1, block(1));
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let readers: Vec<_> = (0..3_u64)
                .map(|reader| {
                    let (store, stop, check) = (&store, &stop, &check);
                    scope.spawn(move || {
                        let mut round = reader;
                        while !stop.load(Ordering::Relaxed) || round < reader + 3 {
                            let latest = store.latest().unwrap().height;
                            let snapshot =
                                store.snapshot((round % 3 == 0).then_some(1 + round % latest)).unwrap();
                            check(&snapshot, round);
                            std::thread::yield_now();
                            check(&snapshot, round + 1);
                            round += 1;
                        }
                    })
                })
                .collect();
            for height in 2..=150 {
                commit(&store, height, block(height));
            }
            stop.store(true, Ordering::Relaxed);
            for reader in readers {
                reader.join().unwrap();
            }
        });
    }
}
