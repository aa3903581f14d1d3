//! A life: blocks of random transactions of all parts, with every invariant checked after every block.

use std::collections::{BTreeMap, BTreeSet};

use agora_state::{KeyRange, Space, StateRead as _, StoreId};
use agora_tests::TestChain;
use rand::Rng;
use serde_json::Value;

use super::parts::{Part, all};
use super::world::{World, modules};

pub(super) struct Life {
    pub(super) world: World,
    parts: Vec<Box<dyn Part>>,
    /// How many transactions of each part passed and failed.
    pub(super) counts: BTreeMap<&'static str, (usize, usize)>,
    usdc: u128,
}

impl Life {
    pub(super) fn new(seed: u64) -> Self {
        let world = World::new(seed);
        let usdc = world.chain.supply("uusdc");
        Self { world, parts: all(), counts: BTreeMap::new(), usdc }
    }

    /// One block; how many transactions it had.
    ///
    /// # Errors
    /// The invariants that do not hold after it.
    pub(super) fn block(&mut self) -> Result<usize, String> {
        let weights: Vec<(u32, usize)> =
            self.parts.iter().enumerate().map(|(at, part)| (part.weight(), at)).collect();
        for part in &mut self.parts {
            part.before_block(&mut self.world);
        }
        let mut txs: Vec<(Vec<u8>, &'static str)> = Vec::new();
        for _ in 0..self.world.rng.gen_range(0..25) {
            let part = self.world.choose(&weights);
            let bytes = self.parts[part].transaction(&mut self.world);
            self.world.last.clone_from(&bytes);
            txs.push((bytes, self.parts[part].name()));
        }
        let block = self.world.block(txs.iter().map(|(bytes, _)| bytes.clone()).collect());
        for done in &block {
            let (_, name) = txs.iter().find(|(bytes, _)| *bytes == done.bytes).expect("it was offered");
            let (passed, failed) = self.counts.entry(name).or_default();
            *(if done.outcome.code == 0 { passed } else { failed }) += 1;
        }
        for part in &mut self.parts {
            part.after_block(&self.world, &block);
        }
        self.world.chain.check_invariants()?;
        let usdc = self.world.chain.supply("uusdc");
        if usdc != self.usdc {
            return Err(format!("there are {usdc}uusdc, of {} at first", self.usdc));
        }
        Ok(txs.len())
    }

    /// Goes on from an export, on a new chain; both must be in the same state.
    pub(super) fn require_export_is_whole(&mut self) {
        let chain = &mut self.world.chain;
        // Until what was decided on validators is in effect: a new chain knows one set only.
        let mut calm = 0;
        while calm < 3 {
            let quiet = chain.block(Vec::new()).validator_updates.is_empty();
            calm = if quiet { calm + 1 } else { 0 };
        }
        let next = TestChain::builder().modules(modules).continuing(chain).build();
        next.check_invariants().unwrap();
        // The new chain has made its first block, so the old one makes it, too; nobody has voted on the one before.
        chain.validators().forget_votes();
        chain.empty_blocks(1);
        let differs = difference("", &next.export(), &chain.export());
        let moved = moved(&next, chain);
        assert_eq!((differs, moved), (None, vec![]), "export and import change the state");
        assert_eq!(next.app_hash(), chain.app_hash());
        for account in &self.world.accounts {
            assert_eq!(next.balance(account, "uago"), chain.balance(account, "uago"));
            assert_eq!(next.sequence(account), chain.sequence(account));
        }
    }

    /// What the parts have seen.
    pub(super) fn seen(&self) -> impl Iterator<Item = (&'static str, usize)> + '_ {
        self.parts.iter().flat_map(|part| part.seen())
    }

    /// The parts.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.parts.iter().map(|part| part.name())
    }
}

/// Where two documents differ first, and how.
fn difference(path: &str, left: &Value, right: &Value) -> Option<String> {
    match (left, right) {
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            a.iter().find_map(|(key, value)| difference(&format!("{path}/{key}"), value, &b[key]))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let mut both = a.iter().zip(b).enumerate();
            both.find_map(|(at, (a, b))| difference(&format!("{path}/{at}"), a, b))
        }
        (a, b) => (a != b).then(|| format!("{path}: {a} and {b}")),
    }
}

/// The first entries of the authenticated state that are not the same on both chains: store, key and both values.
fn moved(left: &TestChain, right: &TestChain) -> Vec<String> {
    let entries = |chain: &TestChain, store: StoreId| -> BTreeMap<Vec<u8>, Vec<u8>> {
        let all = KeyRange {
            store,
            space: Space::Tree,
            start: vec![],
            end: None,
            reverse: false,
            limit: usize::MAX,
        };
        let found = chain.state().range(&all).expect("a state");
        found.into_iter().map(|(key, value)| (key.to_vec(), value.to_vec())).collect()
    };
    let mut moved = Vec::new();
    for store in left.runtime().registry().stores() {
        let (a, b) = (entries(left, *store), entries(right, *store));
        let keys: BTreeSet<_> = a.keys().chain(b.keys()).collect();
        for key in keys.into_iter().filter(|key| a.get(*key) != b.get(*key)).take(3) {
            let text = |value: Option<&Vec<u8>>| value.map_or_else(|| "nothing".to_owned(), hex::encode);
            let (a, b) = (text(a.get(key)), text(b.get(key)));
            moved.push(format!("{store:?} {}: {a} and {b}", hex::encode(key)));
        }
    }
    moved
}
