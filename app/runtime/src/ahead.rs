//! Reading ahead: what the transactions of a block are likely to touch, fetched together before they run.
//!
//! One by one, and the same balance several times, is what reading from a database costs most.

use agora_framework::{AppError, Registry};
use agora_state::{
    CollectionKind, Entries, KeyBytes, KeyRange, KeyTable, ReadValues, SHARDS, StateError, StateKey,
    StateRead, Value, key_hash, shard_of,
};
use rayon::prelude::*;

use crate::block::Prepared;

/// Fewer transactions than this read as they go.
const WORTH_IT: usize = 16;

/// Keys that are asked for at once.
const TOGETHER: usize = 256;

/// A state of which much was read ahead. Never written: what it holds is what the state holds.
pub(crate) struct Ahead<'a> {
    state: &'a (dyn StateRead + Sync),
    values: ReadValues,
}

impl<'a> Ahead<'a> {
    /// Reads what `txs` are likely to touch, and `items`, which most of them read.
    ///
    /// # Errors
    /// Storage fails.
    pub(crate) fn read(
        state: &'a (dyn StateRead + Sync),
        items: &[StateKey],
        txs: &[Prepared],
    ) -> Result<Self, AppError> {
        let mut ahead = Self { state, values: ReadValues::default() };
        if txs.len() < WORTH_IT {
            return Ok(ahead);
        }
        let hints = txs.iter().filter_map(|prepared| prepared.tx.as_ref().ok()).map(|tx| &tx.access);
        let likely =
            hints.flat_map(|hint| hint.hashes().iter().copied().zip(hint.keys().iter().map(|(key, _)| key)));
        let items = items.iter().map(|key| (key_hash(key), key));
        let mut wanted: [Vec<(u64, &StateKey)>; SHARDS] = Default::default();
        for (hash, key) in items.chain(likely) {
            if let Some(list) = wanted.get_mut(shard_of(hash)) {
                list.push((hash, key));
            }
        }
        ahead
            .values
            .shards_mut()
            .par_iter_mut()
            .zip(wanted)
            .try_for_each(|(values, wanted)| fill(values, wanted, state))?;
        Ok(ahead)
    }

    /// The value of a key that was read ahead; the inner `None` is absence.
    pub(crate) fn known(&self, key: &StateKey) -> Option<&Option<Value>> {
        self.values.get(key_hash(key), key)
    }

    /// What was read ahead.
    pub(crate) fn into_values(self) -> ReadValues {
        self.values
    }
}

/// Fetches each of `wanted` once.
fn fill(
    values: &mut KeyTable<Option<Value>>,
    mut wanted: Vec<(u64, &StateKey)>,
    state: &(dyn StateRead + Sync),
) -> Result<(), StateError> {
    values.reserve(wanted.len());
    wanted.retain(|(hash, key)| values.insert_new(*hash, key, None));
    for wanted in wanted.chunks(TOGETHER) {
        let keys: Vec<&StateKey> = wanted.iter().map(|(_, key)| *key).collect();
        for ((hash, key), value) in wanted.iter().zip(state.get_many(&keys)?) {
            if let Some(place) = values.get_mut(*hash, key) {
                *place = value;
            }
        }
    }
    Ok(())
}

impl StateRead for Ahead<'_> {
    fn get(&self, key: &StateKey) -> Result<Option<Value>, StateError> {
        match self.known(key) {
            Some(value) => Ok(value.clone()),
            None => self.state.get(key),
        }
    }

    fn get_hashed(&self, hash: u64, key: &StateKey) -> Result<Option<Value>, StateError> {
        match self.values.get(hash, key) {
            Some(value) => Ok(value.clone()),
            None => self.state.get_hashed(hash, key),
        }
    }

    fn range(&self, range: &KeyRange) -> Result<Entries, StateError> {
        self.state.range(range)
    }
}

/// The keys of the modules' single values: parameters, prices.
pub(crate) fn items(registry: &Registry) -> Vec<StateKey> {
    let items = registry.collections().iter().filter(|info| info.kind == CollectionKind::Item);
    items
        .map(|info| StateKey { store: info.store, space: info.space, key: KeyBytes::from_slice(&[info.id]) })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use agora_bank::api as bank;
    use agora_primitives::{Address, Denom};

    use super::*;
    use crate::runtime::Runtime;
    use crate::tx_samples::{decoded, transfer};

    /// Every balance is its last key byte; says how often it was asked for one key.
    #[derive(Default)]
    struct Counting(AtomicUsize);

    impl StateRead for Counting {
        fn get(&self, key: &StateKey) -> Result<Option<Value>, StateError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(key.key.last().filter(|last| **last != 1).map(|last| Value::from([*last].as_slice())))
        }

        /// Everybody holds three things.
        fn range(&self, range: &KeyRange) -> Result<Entries, StateError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            let entry = |i: u8| ([range.start.as_slice(), &[i]].concat(), Value::from([i].as_slice()));
            Ok((1..4).map(entry).take(range.limit).collect())
        }
    }

    fn prepared(runtime: &Runtime, count: u8) -> Vec<Prepared> {
        let tx = |i| Arc::new(decoded(runtime, &transfer(i, i.wrapping_add(100), 0)));
        (0..count).map(|i| Prepared { tx: Ok(tx(i)), verified: false }).collect()
    }

    #[test]
    fn what_is_read_ahead_is_what_the_state_holds_and_is_read_once() {
        let (runtime, state) = (Runtime::standard().unwrap(), Counting::default());
        let txs = prepared(&runtime, 40);
        let ahead = Ahead::read(&state, runtime.items(), &txs).unwrap();
        let read = state.0.load(Ordering::Relaxed);
        // An account and a balance of each sender, a balance of each recipient, and the single values.
        assert_eq!(read, 40 * 3 + runtime.items().len());
        for tx in &txs {
            for (key, _) in tx.tx.as_ref().unwrap().access.keys() {
                let value = Counting::default().get(key).unwrap();
                assert_eq!(ahead.known(key), Some(&value));
                assert_eq!(ahead.get(key).unwrap(), value);
            }
        }
        assert_eq!(state.0.load(Ordering::Relaxed), read);
        let stranger = bank::balance_key(&Address::from_20([250; 20]), &Denom::native());
        assert_eq!(ahead.known(&stranger), None);
        assert_eq!(ahead.get(&stranger).unwrap(), state.get(&stranger).unwrap());
    }

    #[test]
    fn a_small_block_reads_as_it_goes() {
        let (runtime, state) = (Runtime::standard().unwrap(), Counting::default());
        let txs = prepared(&runtime, 15);
        let ahead = Ahead::read(&state, runtime.items(), &txs).unwrap();
        assert_eq!(state.0.load(Ordering::Relaxed), 0);
        assert!(ahead.into_values().shards_mut().iter().all(KeyTable::is_empty));
    }
}
