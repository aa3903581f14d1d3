//! Equality with `jmt`, the oracle.

use std::collections::BTreeMap;

use jmt::mock::MockTreeStore;
use jmt::{KeyHash, RootHash, Sha256Jmt};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::{Change, PLACEHOLDER, Tree};

/// A batch of insertions, updates, deletions (also of absent keys) and insertions of keys deleted before.
fn batch(rng: &mut StdRng, keys: usize) -> BTreeMap<Vec<u8>, Option<Vec<u8>>> {
    let size = match rng.gen_range(0..10) {
        0 => 1,
        1 => rng.gen_range(200..600),
        _ => rng.gen_range(1..40),
    };
    let deletions = rng.gen_range(0.0..1.0);
    (0..size)
        .map(|_| {
            let key = format!("key{}", rng.gen_range(0..keys)).into_bytes();
            let value = (!rng.gen_bool(deletions)).then(|| rng.r#gen::<u64>().to_be_bytes().to_vec());
            (key, value)
        })
        .collect()
}

/// Random batches compared in each run, half of them on each key space.
fn batches() -> u64 {
    std::env::var("AGORA_STORE_BATCHES").ok().and_then(|text| text.parse().ok()).unwrap_or(10_000)
}

fn changes<'a>(batch: impl IntoIterator<Item = (&'a Vec<u8>, &'a Option<Vec<u8>>)>) -> Vec<Change<'a>> {
    batch.into_iter().map(|(key, value)| Change::new(key, value.as_deref())).collect()
}

/// Each batch on pools of 1, 2 and 8 threads: the same root, and that of `jmt`.
fn equal_to_jmt(seed: u64, batches: u64, keys: usize) {
    let pools =
        [1, 2, 8].map(|threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap());
    let mut rng = StdRng::seed_from_u64(seed);
    let oracle = MockTreeStore::default();
    let mut tree = Tree::empty();
    for version in 0..batches {
        let batch = batch(&mut rng, keys);
        let (RootHash(expected), update) = Sha256Jmt::new(&oracle)
            .put_value_set(batch.iter().map(|(k, v)| (KeyHash::with::<sha2::Sha256>(k), v.clone())), version)
            .unwrap();
        oracle.write_tree_update_batch(update).unwrap();
        let nexts = pools.each_ref().map(|pool| pool.install(|| tree.update(&changes(&batch))));
        for next in &nexts {
            assert_eq!(next.root(), expected, "seed {seed}, version {version}");
        }
        let [next, ..] = nexts;
        tree = next;
    }
}

#[test]
fn roots_equal_those_of_jmt_on_a_large_key_space() {
    equal_to_jmt(1, batches() / 2, 5_000);
}

#[test]
fn roots_equal_those_of_jmt_when_the_tree_is_almost_empty_all_the_time() {
    equal_to_jmt(2, batches() / 2, 6);
}

fn numbers(range: std::ops::Range<u32>, value: Option<&[u8]>) -> Vec<Change<'static>> {
    range.map(|i| Change::new(i.to_be_bytes().to_vec(), value)).collect()
}

#[test]
fn removing_everything_leaves_the_placeholder() {
    let full = Tree::empty().update(&numbers(0..500, Some(b"v")));
    assert_ne!(full.root(), PLACEHOLDER);
    assert_eq!(full.keys(), 500);
    let none = full.update(&numbers(0..500, None));
    assert_eq!(none.root(), PLACEHOLDER);
    assert_eq!(none.keys(), 0);
    assert!(none.locate(&7_u32.to_be_bytes()).is_none());
}

#[test]
fn one_update_equals_many_small_ones_and_one_thread_equals_many() {
    let mut rng = StdRng::seed_from_u64(3);
    let entries: BTreeMap<u64, u64> = (0..3_000).map(|_| (rng.r#gen(), rng.r#gen())).collect();
    let change =
        |(key, value): (&u64, &u64)| Change::new(key.to_be_bytes().to_vec(), Some(&value.to_be_bytes()));
    let all: Vec<Change<'_>> = entries.iter().map(change).collect();
    let at_once = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Tree::empty().update(&all).root())
    };
    let piecewise = all.iter().fold(Tree::empty(), |tree, change| tree.update(std::slice::from_ref(change)));
    assert_eq!(at_once(1), piecewise.root());
    assert_eq!(at_once(8), piecewise.root());
}

#[test]
fn an_old_version_stays_as_it_was() {
    let first = Tree::empty().update(&numbers(0..100, Some(b"a")));
    let root = first.root();
    let second = first.update(&numbers(0..50, None));
    assert_ne!(second.root(), root);
    assert_eq!(first.root(), root);
    assert!(first.locate(&7_u32.to_be_bytes()).is_some());
    assert!(second.locate(&7_u32.to_be_bytes()).is_none());
}

#[test]
fn keys_of_every_length_are_kept_whole() {
    let keys: Vec<Vec<u8>> =
        (1..=1024_usize).map(|length| vec![u8::try_from(length % 251).unwrap(); length]).collect();
    let all: Vec<Change<'_>> = keys.iter().map(|key| Change::new(key, Some(b"v"))).collect();
    let tree = Tree::empty().update(&all);
    for key in &keys {
        assert_eq!(&tree.locate(key).unwrap().key, key);
        assert!(tree.locate(&[key.as_slice(), &[0]].concat()).is_none());
    }
    // The neighbours of an absent key are read back from the leaves.
    let (before, after) = tree.neighbours(b"absent");
    for near in before.iter().chain(&after) {
        assert!(keys.contains(&near.key));
    }
    assert!(before.is_some() || after.is_some());
}

/// What a block is refused for, or not: too little foreseen ends in a full memory, too much refuses a large genesis.
#[test]
fn the_branches_foreseen_are_enough_and_not_far_too_many() {
    let mut tree = Tree::empty();
    for (first, count) in [(0, 50_000_u32), (50_000, 1_000), (60_000, 10)] {
        let (before, foreseen) = (tree.bytes(), tree.branches_for(u64::from(count)) * Tree::BRANCH_BYTES);
        let next = tree.update(&numbers(first..first + count, Some(b"v")));
        // Slots are taken by handfuls, and a leaf of these keys has three words.
        let grown = next.bytes() - before;
        let taken = (64 + u64::from(count) / 128) * 256 * Tree::BRANCH_BYTES;
        assert!(
            grown <= foreseen + u64::from(count) * 24 + taken,
            "{grown} for {count}, foreseen {foreseen}"
        );
        assert!(foreseen <= u64::from(count) * 20 * Tree::BRANCH_BYTES);
        tree = next;
    }
    assert!(Tree::empty().has_room_for(50_000_000), "a large genesis can be numbered");
    assert!(!Tree::empty().has_room_for(1 << 28));
}
