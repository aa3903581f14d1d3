//! Proofs, checked by the stock `ics23` crate, and application hashes, checked against `jmt`.

mod common;

use agora_state::{Space, StateKey};
use agora_store::{Options, PROOF_TYPE, Proof, Pruning, Store, StoreError, proof_spec};
use common::*;
use ics23::{CommitmentProof, HostFunctionsManager, verify_membership, verify_non_membership};
use jmt::mock::MockTreeStore;
use jmt::{KeyHash, RootHash, Sha256Jmt};
use prost::Message;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Checks both steps as a light client would: from the key to the store's root, from there to the application hash.
fn verifies(proof: &Proof, key: &StateKey, app_hash: &[u8; 32]) -> bool {
    let [in_store, in_app] = proof.ops.as_slice() else { return false };
    let in_store = CommitmentProof::decode(in_store.data.as_slice()).unwrap();
    let in_app = CommitmentProof::decode(in_app.data.as_slice()).unwrap();
    let Some(ics23::commitment_proof::Proof::Exist(root)) = &in_app.proof else { return false };
    let (spec, root, name) = (proof_spec(), root.value.clone(), key.store.name().as_bytes());
    let app = app_hash.to_vec();
    let store_step = match &proof.value {
        Some(value) => verify_membership::<HostFunctionsManager>(&in_store, &spec, &root, &key.key, value),
        None => verify_non_membership::<HostFunctionsManager>(&in_store, &spec, &root, &key.key),
    };
    store_step && verify_membership::<HostFunctionsManager>(&in_app, &spec, &app, name, &root)
}

fn grown(store: &Store, heights: u64, seed: u64) -> (Vec<Model>, Vec<[u8; 32]>) {
    let mut rng = StdRng::seed_from_u64(seed);
    let (mut models, mut hashes) = (vec![Model::new()], vec![[0; 32]]);
    for height in 1..=heights {
        let block = random_block(&mut rng);
        let mut model = models.last().unwrap().clone();
        apply(&mut model, &block);
        models.push(model);
        hashes.push(commit(store, height, block));
    }
    (models, hashes)
}

#[test]
fn the_specification_is_that_of_jmt() {
    assert_eq!(proof_spec(), jmt::ics23_spec());
}

#[test]
fn presence_and_absence_are_proven_at_every_recent_height_also_after_opening_again() {
    for place in places() {
        let store = place.open();
        let (models, hashes) = grown(&store, 12, 5);
        let mut rng = StdRng::seed_from_u64(6);
        let mut proven = (0, 0);
        let mut check = |store: &Store| {
            for height in (1..=12_usize).rev() {
                for _ in 0..40 {
                    let key = StateKey { space: Space::Tree, ..random_key(&mut rng) };
                    if !models[height].keys().any(|k| k.store == key.store && k.space == Space::Tree) {
                        continue;
                    }
                    let proof = store.prove(Some(height as u64), &key).unwrap();
                    assert_eq!(proof.height, height as u64);
                    assert_eq!(proof.value.as_ref(), models[height].get(&key));
                    assert!(proof.ops.iter().all(|op| op.kind == PROOF_TYPE));
                    assert_eq!(proof.ops[0].key, key.key.as_slice());
                    assert_eq!(proof.ops[1].key, key.store.name().as_bytes());
                    assert!(verifies(&proof, &key, &hashes[height]), "height {height}, {key:?}");
                    let other = hashes.iter().find(|hash| **hash != hashes[height]).unwrap();
                    assert!(!verifies(&proof, &key, other));
                    if proof.value.is_some() { proven.0 += 1 } else { proven.1 += 1 }
                }
            }
        };
        check(&store);
        drop(store);
        check(&place.open());
        assert!(proven.0 > 100 && proven.1 > 100, "{proven:?}");
    }
}

#[test]
fn a_proof_of_another_key_or_value_or_with_a_changed_byte_does_not_verify() {
    let store = places().remove(0).open();
    let block = (0..300_u32).map(|i| (key(BANK, Space::Tree, &i.to_be_bytes()), Some(value(&[1, 2, 3]))));
    let hash = commit(&store, 1, block.collect());
    let mut rng = StdRng::seed_from_u64(7);
    for i in (0..600_u32).step_by(17) {
        let this = key(BANK, Space::Tree, &i.to_be_bytes());
        let proof = store.prove(None, &this).unwrap();
        assert!(verifies(&proof, &this, &hash));
        let other = key(BANK, Space::Tree, &(i + 1).to_be_bytes());
        assert!(!verifies(&proof, &other, &hash));
        let flipped = proof.value.as_ref().map_or(Some(value(b"x")), |_| None);
        assert!(!verifies(&Proof { value: flipped, ..proof.clone() }, &this, &hash));
        assert!(!verifies(&Proof { value: Some(value(&[1, 2, 4])), ..proof.clone() }, &this, &hash));
        for _ in 0..8 {
            let mut forged = proof.clone();
            let op = rng.gen_range(0..2);
            let at = rng.gen_range(0..forged.ops[op].data.len());
            forged.ops[op].data[at] ^= 1 << rng.gen_range(0..8);
            let decodes = forged.ops.iter().all(|op| CommitmentProof::decode(op.data.as_slice()).is_ok());
            assert!(!decodes || !verifies(&forged, &this, &hash) || decoded(&forged) == decoded(&proof));
        }
    }
}

fn decoded(proof: &Proof) -> Vec<CommitmentProof> {
    proof.ops.iter().map(|op| CommitmentProof::decode(op.data.as_slice()).unwrap()).collect()
}

#[test]
fn proofs_reach_back_as_far_as_asked_and_say_so() {
    let place = places().remove(0);
    let store = Store::open(Options { proofs: 3, ..place.options() }).unwrap();
    let (_, hashes) = grown(&store, 9, 11);
    commit(&store, 10, [(key(BANK, Space::Tree, b"k"), Some(value(b"v")))].into());
    assert_eq!(store.earliest_proof(), Some(8));
    let k = key(BANK, Space::Tree, b"k");
    let error = store.prove(Some(7), &k).unwrap_err();
    assert_eq!(error, StoreError::NoProof { height: 7, earliest: 8, latest: 10 });
    assert!(verifies(&store.prove(Some(8), &k).unwrap(), &k, &hashes[8]));
    assert!(store.prove(Some(11), &k).is_err());
    assert!(matches!(store.prove(None, &key(BANK, Space::Derived, b"k")), Err(StoreError::NotProvable(_))));
    drop(store);
    let store = Store::open(Options { proofs: 50, ..place.options() }.pruning(Pruning::Custom(4))).unwrap();
    commit(&store, 11, Default::default());
    assert_eq!((store.earliest_height(), store.earliest_proof()), (Some(8), Some(8)));
    assert!(verifies(&store.prove(Some(8), &k).unwrap(), &k, &hashes[8]));
}

#[test]
fn an_empty_store_proves_its_empty_root() {
    let store = places().remove(0).open();
    let hash = commit(&store, 1, [(key(BANK, Space::Tree, b"k"), Some(value(b"v")))].into());
    let absent = store.prove(None, &key(EMPTY, Space::Tree, b"k")).unwrap();
    assert_eq!(absent.value, None);
    let step = CommitmentProof::decode(absent.ops[1].data.as_slice()).unwrap();
    let root = b"SPARSE_MERKLE_PLACEHOLDER_HASH__";
    let app = hash.to_vec();
    assert!(verify_membership::<HostFunctionsManager>(&step, &proof_spec(), &app, b"empty", root));
}

/// Two levels of `jmt`, as described: a tree per store, and one of store name -> store root.
#[test]
fn application_hashes_equal_two_levels_of_jmt() {
    let batches = std::env::var("AGORA_STORE_BATCHES").ok().and_then(|text| text.parse().ok()).unwrap_or(100);
    let store = Store::open(Options { cache_bytes: 1 << 20, ..places().remove(0).options() }).unwrap();
    let mut rng = StdRng::seed_from_u64(12);
    let oracles = [
        (AUTH, MockTreeStore::default()),
        (BANK, MockTreeStore::default()),
        (EMPTY, MockTreeStore::default()),
    ];
    for version in 0..batches {
        let block = random_block(&mut rng);
        let roots = MockTreeStore::default();
        let mut entries = Vec::new();
        for (store, oracle) in &oracles {
            let changes = block
                .iter()
                .filter(|(k, _)| k.store == *store && k.space == Space::Tree)
                .map(|(k, v)| (KeyHash::with::<sha2::Sha256>(&k.key), v.as_ref().map(|v| v.to_vec())));
            let (RootHash(root), update) = Sha256Jmt::new(oracle).put_value_set(changes, version).unwrap();
            oracle.write_tree_update_batch(update).unwrap();
            entries.push((KeyHash::with::<sha2::Sha256>(store.name()), Some(root.to_vec())));
        }
        let (RootHash(expected), _) = Sha256Jmt::new(&roots).put_value_set(entries, 0).unwrap();
        assert_eq!(commit(&store, version + 1, block), expected, "block {version}");
    }
}
