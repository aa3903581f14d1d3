//! The chain every check runs: blocks that follow from a seed, and what they lead to when nothing goes wrong.

use std::collections::BTreeMap;

use agora_state::{Space, StateKey, StoreId, Value, WriteSet};
use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};

use crate::{Options, Pruning, Store};

/// The stores, both with values inside and outside the tree; the third stays almost empty.
pub(super) const STORES: [StoreId; 3] = [StoreId::new("bank"), StoreId::new("dex"), StoreId::new("seldom")];

/// How many heights stay readable.
pub(super) const KEEP: u64 = 8;

/// The values at a height.
pub(super) type Model = BTreeMap<StateKey, Value>;

/// A generator for one purpose.
pub(super) fn random(seed: u64, purpose: u64) -> StdRng {
    StdRng::seed_from_u64(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ purpose)
}

/// The block at `height`: values set, changed and removed; now and then nothing.
pub(super) fn block(seed: u64, height: u64) -> WriteSet {
    let mut rng = random(seed, height);
    let changes = if height.is_multiple_of(11) { 0 } else { rng.gen_range(20..90) };
    (0..changes)
        .map(|_| {
            let store = if rng.gen_ratio(1, 40) { 2 } else { rng.gen_range(0..2) };
            let space = if rng.gen_ratio(1, 4) { Space::Derived } else { Space::Tree };
            let mut key = vec![1];
            key.extend_from_slice(&rng.gen_range(0_u32..150).to_be_bytes());
            let value = rng.gen_ratio(3, 4).then(|| {
                let mut bytes = vec![0; rng.gen_range(1..700)];
                rng.fill_bytes(&mut bytes);
                Value::from(bytes)
            });
            (StateKey { store: STORES[store], space, key: key.into() }, value)
        })
        .collect()
}

/// The chain, undisturbed: computed in memory, by index of height.
pub(super) struct Chain {
    pub(super) seed: u64,
    models: Vec<Model>,
    hashes: Vec<[u8; 32]>,
}

impl Chain {
    /// The chain of `seed` up to height `end`.
    pub(super) fn new(seed: u64, end: u64) -> Self {
        let options = Options { cache_bytes: 1 << 20, ..Options::memory(STORES.to_vec()) };
        let store = Store::open(options.pruning(Pruning::Everything)).unwrap();
        let mut chain = Self { seed, models: vec![Model::new()], hashes: vec![[0; 32]] };
        for height in 1..=end {
            let mut model = chain.models.last().unwrap().clone();
            for (key, value) in block(seed, height) {
                match value {
                    Some(value) => model.insert(key, value),
                    None => model.remove(&key),
                };
            }
            chain.models.push(model);
            let staged = store.stage(height, block(seed, height)).unwrap();
            chain.hashes.push(store.commit(staged).unwrap().app_hash);
        }
        chain
    }

    /// The last height computed.
    pub(super) fn end(&self) -> u64 {
        self.hashes.len() as u64 - 1
    }

    /// The values at `height`, which is at most the end.
    pub(super) fn model(&self, height: u64) -> &Model {
        &self.models[usize::try_from(height).unwrap()]
    }

    /// The application hash after `height`; `None` beyond the end.
    pub(super) fn hash(&self, height: u64) -> Option<[u8; 32]> {
        self.hashes.get(usize::try_from(height).unwrap()).copied()
    }
}
