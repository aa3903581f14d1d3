//! Checkpoints: a start that need not hash every value again, and never trusts what it finds.
#![cfg(feature = "rocksdb")]

mod common;

use std::path::Path;
use std::sync::{Arc, Mutex};

use agora_state::WriteSet;
use agora_store::{Options, Progress, Pruning, Store, StoreError};
use common::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

/// A store on disk that writes a checkpoint only when it is told to.
fn options(folder: &Path) -> Options {
    let options = Options::disk(folder, stores()).pruning(Pruning::Custom(5));
    Options { checkpoint_every: Some(u64::MAX), background_pruning: false, ..options }
}

/// How many values were hashed when the store was opened; a start from a checkpoint hashes the changes only.
fn open_counting(options: Options) -> (Store, u64) {
    let hashed = Arc::new(Mutex::new(0));
    let seen = hashed.clone();
    let progress = Arc::new(move |progress: Progress| *seen.lock().unwrap() = progress.values);
    let store = Store::open(Options { progress: Some(progress), ..options }).unwrap();
    let hashed = *hashed.lock().unwrap();
    (store, hashed)
}

/// A first block that makes the state large beside what follows.
fn large_block() -> WriteSet {
    (0..5_000_u32)
        .map(|i| (key(BANK, agora_state::Space::Tree, &i.to_be_bytes()), Some(value(b"first"))))
        .collect()
}

fn blocks(store: &Store, model: &mut Model, rng: &mut StdRng, count: u64) {
    for _ in 0..count {
        let height = store.latest().map_or(1, |latest| latest.height + 1);
        let block = if height == 1 { large_block() } else { random_block(rng) };
        apply(model, &block);
        commit(store, height, block);
    }
}

#[test]
fn a_start_from_a_checkpoint_hashes_only_what_changed_since() {
    let folder = tempfile::tempdir().unwrap();
    let (mut rng, mut model) = (StdRng::seed_from_u64(1), Model::new());
    let store = Store::open(options(folder.path())).unwrap();
    assert_eq!(store.checkpoint().unwrap(), None, "before genesis there is nothing to write");
    blocks(&store, &mut model, &mut rng, 10);
    assert_eq!(store.checkpoint().unwrap().unwrap().height, 10);
    blocks(&store, &mut model, &mut rng, 12);
    let before = store.latest();
    drop(store);
    let (store, hashed) = open_counting(options(folder.path()));
    assert!(hashed < 1_000, "{hashed} values");
    assert_eq!(store.latest(), before);
    assert_equals_model(&store.snapshot(None).unwrap(), &model, &mut rng);
    // And it goes on with the same hashes as one that was rebuilt.
    let without = tempfile::tempdir().unwrap();
    let rebuilt = Store::open(options(without.path())).unwrap();
    let mut rng = StdRng::seed_from_u64(1);
    blocks(&rebuilt, &mut Model::new(), &mut rng, 22);
    for height in 23..30 {
        let block = random_block(&mut rng);
        assert_eq!(commit(&store, height, block.clone()), commit(&rebuilt, height, block));
    }
}

#[test]
fn pruning_keeps_what_a_checkpoint_needs_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let (mut rng, mut model) = (StdRng::seed_from_u64(2), Model::new());
    let store = Store::open(options(folder.path())).unwrap();
    blocks(&store, &mut model, &mut rng, 10);
    store.checkpoint().unwrap();
    // Far beyond the window of five heights.
    blocks(&store, &mut model, &mut rng, 30);
    while store.prune_step(100).unwrap() {}
    drop(store);
    let (store, hashed) = open_counting(options(folder.path()));
    assert!(hashed > 0 && hashed < 1_000, "{hashed} values");
    assert_eq!(store.earliest_height(), Some(36));
    store.checkpoint().unwrap();
    let before = store.size().unwrap();
    while store.prune_step(100).unwrap() {}
    assert!(store.size().unwrap() <= before + (1 << 20));
    drop(store);
    let (store, _) = open_counting(options(folder.path()));
    assert_equals_model(&store.snapshot(None).unwrap(), &model, &mut rng);
}

#[test]
fn a_damaged_or_foreign_checkpoint_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("checkpoint");
    let (mut rng, mut model) = (StdRng::seed_from_u64(3), Model::new());
    let store = Store::open(options(folder.path())).unwrap();
    blocks(&store, &mut model, &mut rng, 8);
    store.checkpoint().unwrap();
    let good = std::fs::read(&file).unwrap();
    let head = store.latest();
    drop(store);

    let other = tempfile::tempdir().unwrap();
    let store = Store::open(options(other.path())).unwrap();
    blocks(&store, &mut Model::new(), &mut StdRng::seed_from_u64(99), 8);
    store.checkpoint().unwrap();
    drop(store);
    let foreign = std::fs::read(other.path().join("checkpoint")).unwrap();

    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    let bad = [
        foreign,
        Vec::new(),
        good[..good.len() / 2].to_vec(),
        good[1..].to_vec(),
        flipped(10),
        flipped(good.len() / 2),
        flipped(good.len() - 70),
        flipped(good.len() - 1),
    ];
    for bytes in bad {
        std::fs::write(&file, bytes).unwrap();
        let (store, hashed) = open_counting(options(folder.path()));
        assert!(hashed >= 5_000, "the values must be hashed, {hashed} were");
        assert_eq!(store.latest(), head);
        assert_equals_model(&store.snapshot(None).unwrap(), &model, &mut rng);
        assert!(!file.exists(), "it is not tried a second time");
    }
}

#[test]
fn a_checkpoint_of_a_height_that_was_rolled_back_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let (mut rng, mut model) = (StdRng::seed_from_u64(4), Model::new());
    let store = Store::open(options(folder.path())).unwrap();
    blocks(&store, &mut model, &mut rng, 8);
    let at_8 = model.clone();
    blocks(&store, &mut model, &mut rng, 2);
    store.checkpoint().unwrap();
    store.rollback(8).unwrap();
    drop(store);
    // At a lower height, at the same one, and at a higher one, after other blocks.
    let mut model = at_8;
    for count in [0, 2, 3] {
        let store = Store::open(options(folder.path())).unwrap();
        blocks(&store, &mut model, &mut StdRng::seed_from_u64(77 + count), count);
        let head = store.latest();
        drop(store);
        let store = Store::open(options(folder.path())).unwrap();
        assert_eq!(store.latest(), head);
        assert_equals_model(&store.snapshot(None).unwrap(), &model, &mut rng);
    }
}

#[test]
fn the_store_writes_checkpoints_by_itself_while_blocks_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let every = Options { checkpoint_every: Some(200), ..options(folder.path()) };
    let (mut rng, mut model) = (StdRng::seed_from_u64(5), Model::new());
    let store = Store::open(every.clone()).unwrap();
    blocks(&store, &mut model, &mut rng, 300);
    drop(store);
    assert!(folder.path().join("checkpoint").exists());
    let (store, _) = open_counting(every);
    assert_equals_model(&store.snapshot(None).unwrap(), &model, &mut rng);
}

#[test]
fn a_state_that_does_not_fit_is_refused_at_start_and_on_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let limited = |bytes| Options { tree_memory: Some(bytes), ..options(folder.path()) };
    let store = Store::open(limited(2 << 20)).unwrap();
    commit(
        &store,
        1,
        (0..600_u32)
            .map(|i| (key(BANK, agora_state::Space::Tree, &i.to_be_bytes()), Some(value(b"v"))))
            .collect(),
    );
    let error = store.stage(2, large_block()).unwrap_err();
    assert!(matches!(error, StoreError::TreeMemory { keys: 600, .. }), "{error}");
    assert!(error.to_string().contains("may take 2 MiB"), "{error}");
    // Nothing happened, and what fits goes on.
    assert_eq!(store.latest().unwrap().height, 1);
    drop(store);
    let store = Store::open(options(folder.path())).unwrap();
    commit(&store, 2, large_block());
    assert!(store.keys() >= 5_000 && store.tree_bytes() > store.keys() * 100);
    drop(store);
    let error = Store::open(limited(100_000)).unwrap_err();
    assert!(matches!(error, StoreError::TreeMemory { .. }), "{error}");
}
