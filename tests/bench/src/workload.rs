//! Accounts as the state parts see them: keys of 24 bytes, values of 64.

use std::path::Path;

use agora_state::{Space, StateKey, StoreId, Value, WriteSet};
use agora_store::{Options, Store};
use rand::rngs::StdRng;
use rand::{Rng, RngCore};

use crate::report::progress;

/// The store the accounts lie in.
pub const BANK: StoreId = StoreId::new("bank");

/// Bytes of a key.
pub const KEY_LEN: usize = 24;

/// Bytes of a value.
pub const VALUE_LEN: usize = 64;

/// Accounts written in one block while a store is filled.
const FILLED_AT_ONCE: u64 = 100_000;

/// A new value for an account.
#[derive(Clone, Debug)]
pub struct Update {
    /// Its key.
    pub key: [u8; KEY_LEN],
    /// The value.
    pub value: [u8; VALUE_LEN],
}

/// The key of an account.
#[must_use]
pub fn key(account: u64) -> [u8; KEY_LEN] {
    let mut key = [0; KEY_LEN];
    for (word, bytes) in (0_u64..).zip(key.chunks_exact_mut(8)) {
        bytes.copy_from_slice(&mix(account.wrapping_mul(3).wrapping_add(word)).to_be_bytes());
    }
    key
}

/// The value an account begins with.
#[must_use]
pub fn first_value(account: u64) -> [u8; VALUE_LEN] {
    let mut value = [0; VALUE_LEN];
    for (word, bytes) in (0_u64..).zip(value.chunks_exact_mut(8)) {
        bytes.copy_from_slice(&mix(!account.wrapping_mul(8).wrapping_add(word)).to_be_bytes());
    }
    value
}

/// A permutation of the numbers that looks like chance.
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// New values for `count` different ones of `accounts`, chosen at random.
#[must_use]
pub fn updates(rng: &mut StdRng, accounts: u64, count: usize) -> Vec<Update> {
    let chosen = rand::seq::index::sample(rng, accounts as usize, count);
    chosen
        .into_iter()
        .map(|account| {
            let mut value = [0; VALUE_LEN];
            rng.fill_bytes(&mut value);
            Update { key: key(account as u64), value }
        })
        .collect()
}

/// `count` accounts at random, as the store addresses them.
#[must_use]
pub fn some_keys(rng: &mut StdRng, accounts: u64, count: usize) -> Vec<StateKey> {
    (0..count).map(|_| state_key(&key(rng.gen_range(0..accounts)))).collect()
}

/// A key as the store addresses it.
#[must_use]
pub fn state_key(key: &[u8]) -> StateKey {
    StateKey { store: BANK, space: Space::Tree, key: key.into() }
}

/// Updates as a block's writes.
#[must_use]
pub fn writes(updates: &[Update]) -> WriteSet {
    updates
        .iter()
        .map(|update| (state_key(&update.key), Some(Value::from(update.value.as_slice()))))
        .collect()
}

/// How the parts open a store: as a node does, but with nothing that prunes or writes checkpoints while others are timed.
#[must_use]
pub fn options(path: &Path) -> Options {
    Options { background_pruning: false, checkpoint_every: None, ..Options::disk(path, vec![BANK]) }
}

/// A store with that many accounts and their first values.
///
/// # Errors
/// The disk fails.
pub fn fill(path: &Path, accounts: u64) -> anyhow::Result<()> {
    progress(format_args!("filling a store with {accounts} accounts"));
    let store = Store::open(options(path))?;
    for first in (0..accounts).step_by(FILLED_AT_ONCE as usize) {
        let block: WriteSet = (first..accounts.min(first + FILLED_AT_ONCE))
            .map(|i| (state_key(&key(i)), Some(Value::from(first_value(i).as_slice()))))
            .collect();
        let height = store.latest().map_or(1, |latest| latest.height + 1);
        store.commit(store.stage(height, block)?)?;
    }
    Ok(store.close()?)
}

/// The height after the last one.
#[must_use]
pub fn next_height(store: &Store) -> u64 {
    store.latest().map_or(1, |latest| latest.height + 1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand::SeedableRng;

    use super::*;

    #[test]
    fn accounts_have_different_keys_and_a_block_names_each_once() {
        let keys: BTreeSet<_> = (0..100_000).map(key).collect();
        assert_eq!(keys.len(), 100_000);
        let block = updates(&mut StdRng::seed_from_u64(1), 1_000, 900);
        assert_eq!(writes(&block).len(), 900);
    }
}
