//! One suite for every backend.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::{Backend, Batch, Column, Cursor, Durability, MemoryBackend};
#[cfg(feature = "rocksdb")]
use crate::tuning::Tuning;

fn put(backend: &dyn Backend, column: Column, entries: &[(&[u8], &[u8])]) {
    let mut batch = Batch::default();
    for (key, value) in entries {
        batch.put(column, key, value);
    }
    backend.write(batch, Durability::Synced).unwrap();
}

fn forward(cursor: &mut dyn Cursor, from: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut entries = Vec::new();
    cursor.seek(from).unwrap();
    while let Some((key, value)) = cursor.entry() {
        entries.push((key.to_vec(), value.to_vec()));
        cursor.next().unwrap();
    }
    entries
}

fn backward(cursor: &mut dyn Cursor, from: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut entries = Vec::new();
    cursor.seek_back(from).unwrap();
    while let Some((key, value)) = cursor.entry() {
        entries.push((key.to_vec(), value.to_vec()));
        cursor.prev().unwrap();
    }
    entries
}

fn columns_are_separate(backend: &dyn Backend) {
    put(backend, Column::Latest, &[(b"k", b"latest")]);
    put(backend, Column::Meta, &[(b"k", b"meta")]);
    assert_eq!(backend.get(Column::Latest, b"k").unwrap().as_deref(), Some(b"latest".as_slice()));
    assert_eq!(backend.get(Column::Meta, b"k").unwrap().as_deref(), Some(b"meta".as_slice()));
    assert_eq!(backend.get(Column::History, b"k").unwrap(), None);
    assert_eq!(backend.get(Column::Latest, b"").unwrap(), None);
}

fn the_later_of_two_operations_on_a_key_wins(backend: &dyn Backend) {
    let mut batch = Batch::default();
    batch.put(Column::Latest, b"twice", b"1");
    batch.delete(Column::Latest, b"gone");
    batch.put(Column::Latest, b"twice", b"2");
    batch.put(Column::Latest, b"dropped", b"1");
    batch.delete(Column::Latest, b"dropped");
    backend.write(batch, Durability::Lazy).unwrap();
    assert_eq!(backend.get(Column::Latest, b"twice").unwrap().as_deref(), Some(b"2".as_slice()));
    assert_eq!(backend.get(Column::Latest, b"dropped").unwrap(), None);
    backend.flush().unwrap();
}

fn a_cursor_sees_the_moment_it_was_made(backend: &dyn Backend) {
    put(backend, Column::History, &[(b"a", b"1"), (b"b", b"1")]);
    let mut cursor = backend.cursor(Column::History);
    put(backend, Column::History, &[(b"a", b"2"), (b"aa", b"2"), (b"c", b"2")]);
    let mut batch = Batch::default();
    batch.delete(Column::History, b"b");
    backend.write(batch, Durability::Synced).unwrap();
    let seen = forward(cursor.as_mut(), b"");
    assert_eq!(seen, [(b"a".to_vec(), b"1".to_vec()), (b"b".to_vec(), b"1".to_vec())]);
    assert_eq!(forward(backend.cursor(Column::History).as_mut(), b"").len(), 3);
}

fn random_batches_match_a_sorted_map(backend: &dyn Backend) {
    let mut rng = StdRng::seed_from_u64(4);
    let mut model: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    let key =
        |rng: &mut StdRng| -> Vec<u8> { (0..rng.gen_range(1..4)).map(|_| rng.gen_range(0..6)).collect() };
    let mut cursor = backend.cursor(Column::Latest);
    cursor.seek(&[]).unwrap();
    let mut wipe = Batch::default();
    while let Some((key, _)) = cursor.entry() {
        wipe.delete(Column::Latest, key);
        cursor.next().unwrap();
    }
    backend.write(wipe, Durability::Synced).unwrap();
    for _ in 0..60 {
        let mut batch = Batch::default();
        for _ in 0..rng.gen_range(0..30) {
            let key = key(&mut rng);
            if rng.gen_bool(0.4) {
                model.remove(&key);
                batch.delete(Column::Latest, &key);
            } else {
                let value = vec![rng.r#gen()];
                model.insert(key.clone(), value.clone());
                batch.put(Column::Latest, &key, &value);
            }
        }
        backend.write(batch, Durability::Lazy).unwrap();
        let from = key(&mut rng);
        let mut cursor = backend.cursor(Column::Latest);
        let expected: Vec<_> = model.range(from.clone()..).map(|(k, v)| (k.clone(), v.clone())).collect();
        assert_eq!(forward(cursor.as_mut(), &from), expected);
        let expected: Vec<_> =
            model.range(..=from.clone()).rev().map(|(k, v)| (k.clone(), v.clone())).collect();
        assert_eq!(backward(cursor.as_mut(), &from), expected);
        let mut wanted: Vec<Vec<u8>> = (0..20).map(|_| key(&mut rng)).collect();
        wanted.sort();
        let found = backend.get_many(Column::Latest, &wanted).unwrap();
        for (key, value) in wanted.iter().zip(found) {
            assert_eq!(value.as_deref(), model.get(key).map(Vec::as_slice));
            assert_eq!(backend.get(Column::Latest, key).unwrap(), value);
        }
    }
    assert!(backend.size().unwrap() > 0);
}

fn a_batch_is_seen_whole_or_not_at_all(backend: &dyn Backend) {
    put(backend, Column::Meta, &[(b"x", b"0"), (b"y", b"0")]);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut seen = 0;
            while !stop.load(Ordering::Relaxed) || seen == 0 {
                let pair = forward(backend.cursor(Column::Meta).as_mut(), b"x");
                assert_eq!(pair[0].1, pair[1].1);
                seen += 1;
            }
        });
        for i in 0..200_u32 {
            let value = i.to_string();
            put(backend, Column::Meta, &[(b"x", value.as_bytes()), (b"y", value.as_bytes())]);
        }
        stop.store(true, Ordering::Relaxed);
        reader.join().unwrap();
    });
}

fn conforms(backend: &dyn Backend) {
    columns_are_separate(backend);
    the_later_of_two_operations_on_a_key_wins(backend);
    a_cursor_sees_the_moment_it_was_made(backend);
    random_batches_match_a_sorted_map(backend);
    a_batch_is_seen_whole_or_not_at_all(backend);
}

#[test]
fn the_backend_in_memory_conforms() {
    conforms(&MemoryBackend::new());
}

#[test]
fn a_fork_of_the_backend_in_memory_goes_its_own_way() {
    let one = MemoryBackend::new();
    put(&one, Column::Meta, &[(b"k", b"1")]);
    let other = one.fork();
    put(&one, Column::Meta, &[(b"k", b"2")]);
    assert_eq!(other.get(Column::Meta, b"k").unwrap().as_deref(), Some(b"1".as_slice()));
}

#[cfg(feature = "rocksdb")]
#[test]
fn rocksdb_conforms_and_keeps_its_bytes_when_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let backend = super::RocksBackend::open(folder.path(), &Tuning::default()).unwrap();
    conforms(&backend);
    put(&backend, Column::Meta, &[(b"kept", b"1")]);
    drop(backend);
    let backend = super::RocksBackend::open(folder.path(), &Tuning::default()).unwrap();
    assert_eq!(backend.get(Column::Meta, b"kept").unwrap().as_deref(), Some(b"1".as_slice()));
}

#[cfg(feature = "rocksdb")]
#[test]
fn a_database_in_use_says_who_uses_it() {
    let folder = tempfile::tempdir().unwrap();
    let _backend = super::RocksBackend::open(folder.path(), &Tuning::default()).unwrap();
    let error = super::RocksBackend::open(folder.path(), &Tuning::default()).unwrap_err();
    assert!(
        matches!(&error, crate::StoreError::Locked { holder, .. } if holder == "this process"),
        "{error}"
    );
}
