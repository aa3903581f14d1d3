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

fn batches() -> u64 {
    std::env::var("AGORA_STORE_BATCHES").ok().and_then(|text| text.parse().ok()).unwrap_or(300)
}

fn equal_to_jmt(seed: u64, batches: u64, keys: usize) {
    let mut rng = StdRng::seed_from_u64(seed);
    let oracle = MockTreeStore::default();
    let mut tree = Tree::empty();
    for version in 0..batches {
        let changes = batch(&mut rng, keys);
        let (RootHash(expected), update) = Sha256Jmt::new(&oracle)
            .put_value_set(
                changes.iter().map(|(k, v)| (KeyHash::with::<sha2::Sha256>(k), v.clone())),
                version,
            )
            .unwrap();
        oracle.write_tree_update_batch(update).unwrap();
        tree = tree.update(changes.iter().map(|(k, v)| Change::new(k, v.as_deref())).collect());
        assert_eq!(tree.root(), expected, "seed {seed}, version {version}");
    }
}

#[test]
fn roots_equal_those_of_jmt_on_a_large_key_space() {
    equal_to_jmt(1, batches(), 5_000);
}

#[test]
fn roots_equal_those_of_jmt_when_the_tree_is_almost_empty_all_the_time() {
    equal_to_jmt(2, batches(), 6);
}

#[test]
fn removing_everything_leaves_the_placeholder() {
    let keys: Vec<Vec<u8>> = (0..500_u32).map(|i| i.to_be_bytes().to_vec()).collect();
    let full = Tree::empty().update(keys.iter().map(|key| Change::new(key, Some(b"v"))).collect());
    assert_ne!(full.root(), PLACEHOLDER);
    let none = full.update(keys.iter().map(|key| Change::new(key, None)).collect());
    assert_eq!(none.root(), PLACEHOLDER);
    assert!(none.locate(&keys[0]).is_none());
}

#[test]
fn one_update_equals_many_small_ones_and_one_thread_equals_many() {
    let mut rng = StdRng::seed_from_u64(3);
    let entries: BTreeMap<u64, u64> = (0..3_000).map(|_| (rng.r#gen(), rng.r#gen())).collect();
    let change = |(key, value): (&u64, &u64)| Change::new(&key.to_be_bytes(), Some(&value.to_be_bytes()));
    let at_once = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Tree::empty().update(entries.iter().map(change).collect()).root())
    };
    let piecewise = entries.iter().fold(Tree::empty(), |tree, entry| tree.update(vec![change(entry)]));
    assert_eq!(at_once(1), piecewise.root());
    assert_eq!(at_once(8), piecewise.root());
}

#[test]
fn an_old_version_stays_as_it_was() {
    let first =
        Tree::empty().update((0..100_u32).map(|i| Change::new(&i.to_be_bytes(), Some(b"a"))).collect());
    let root = first.root();
    let second = first.update((0..50_u32).map(|i| Change::new(&i.to_be_bytes(), None)).collect());
    assert_ne!(second.root(), root);
    assert_eq!(first.root(), root);
    assert!(first.locate(&7_u32.to_be_bytes()).is_some());
    assert!(second.locate(&7_u32.to_be_bytes()).is_none());
}
