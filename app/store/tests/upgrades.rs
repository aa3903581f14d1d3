//! Stores that an upgrade adds.

mod common;

use agora_state::{Space, StateRead, StoreId};
use agora_store::{Options, Store, StoreError};
use common::{BANK, Place, commit, key, places, stores, value};

const ADDED: StoreId = StoreId::new("added");

fn newer(place: &Place) -> Options {
    Options { stores: [stores(), vec![ADDED]].concat(), ..place.options() }
}

/// Upgrades at `height`: a value in the new store, one in an old one.
fn upgrade(store: &Store, height: u64) -> [u8; 32] {
    let changes = [
        (key(ADDED, Space::Tree, b"n"), Some(value(b"new"))),
        (key(BANK, Space::Tree, b"k"), Some(value(b"w"))),
    ];
    let view = store.execution_view().unwrap();
    store.commit(store.stage_upgrade(&view, height, changes.into()).unwrap()).unwrap().app_hash
}

fn begun(place: &Place) -> [u8; 32] {
    let store = place.open();
    commit(&store, 1, [(key(BANK, Space::Tree, b"k"), Some(value(b"v")))].into());
    commit(&store, 2, [(key(BANK, Space::Tree, b"l"), Some(value(b"v")))].into())
}

#[test]
fn a_new_store_is_there_from_the_block_of_its_upgrade_on() {
    for place in places() {
        let before = begun(&place);
        let store = Store::open(newer(&place)).unwrap();
        assert_eq!((store.pending(), store.latest().unwrap().app_hash), (vec![ADDED], before));
        let early = [(key(ADDED, Space::Tree, b"n"), Some(value(b"new")))];
        assert_eq!(store.stage(3, early.into()).unwrap_err(), StoreError::UnknownStore("added".to_owned()));
        // An ordinary block hashes as with the old release, an upgrade does not, even if it writes nothing.
        let plain = store.stage(3, Default::default()).unwrap().app_hash();
        assert_eq!(plain, before);
        let widened = store.stage_upgrade(&store.execution_view().unwrap(), 3, Default::default());
        assert_ne!(widened.unwrap().app_hash(), before);
        let after = upgrade(&store, 3);
        assert!(store.pending().is_empty());
        drop(store);

        let store = Store::open(newer(&place)).unwrap();
        assert_eq!((store.pending(), store.latest().unwrap().app_hash), (vec![], after));
        let read = |height| store.snapshot(height).unwrap().get(&key(ADDED, Space::Tree, b"n")).unwrap();
        assert_eq!((read(Some(2)), read(None)), (None, Some(value(b"new"))));
        commit(&store, 4, [(key(ADDED, Space::Tree, b"n"), None)].into());
        drop(store);
        // The release before cannot read it.
        let refused = Store::open(place.options()).unwrap_err();
        assert_eq!(refused, StoreError::StoresDiffer { missing: String::new(), extra: "added".into() });
    }
}

#[test]
fn an_upgraded_state_hashes_as_one_that_began_with_the_store() {
    let (upgraded, fresh) = (places().remove(0), places().remove(0));
    begun(&upgraded);
    let hash = upgrade(&Store::open(newer(&upgraded)).unwrap(), 3);
    let store = Store::open(newer(&fresh)).unwrap();
    let all = [(BANK, b"k", b"w" as &[u8]), (BANK, b"l", b"v"), (ADDED, b"n", b"new")];
    let all = all.map(|(store, k, v)| (key(store, Space::Tree, k), Some(value(v))));
    assert_eq!(commit(&store, 1, all.into()), hash);
}

#[test]
fn going_back_before_an_upgrade_takes_its_stores_away_for_either_release() {
    for place in places() {
        let before = begun(&place);
        let store = Store::open(newer(&place)).unwrap();
        let after = upgrade(&store, 3);
        assert_eq!(store.rollback(2).unwrap().app_hash, before);
        assert_eq!(store.pending(), [ADDED]);
        assert_eq!(upgrade(&store, 3), after, "and again");
        store.rollback(2).unwrap();
        drop(store);
        let old = place.open();
        assert_eq!(old.latest().unwrap().app_hash, before);
        commit(&old, 3, Default::default());
    }
}

#[test]
fn a_database_without_a_block_takes_the_stores_of_any_release() {
    for place in places() {
        drop(place.open());
        let store = Store::open(newer(&place)).unwrap();
        assert!(store.pending().is_empty());
        commit(&store, 1, [(key(ADDED, Space::Tree, b"n"), Some(value(b"new")))].into());
    }
}
