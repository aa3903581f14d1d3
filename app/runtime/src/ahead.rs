//! Reading ahead: what the transactions of a block are likely to touch, fetched together before they run.
//!
//! One by one, and the same balance several times, is what reading from a database costs most.

use std::collections::BTreeMap;

use agora_auth::api as auth;
use agora_bank::api as bank;
use agora_framework::{AppError, Registry};
use agora_state::{
    CollectionKind, Entries, KeyBytes, KeyRange, KeyTable, StateError, StateKey, StateRead, Value, key_hash,
};
use rayon::prelude::*;

use crate::block::Prepared;

/// Fewer transactions than this read as they go.
const WORTH_IT: usize = 16;

/// Keys that are asked for at once.
const TOGETHER: usize = 256;

/// Scans that are asked for at once.
const SCANNED_TOGETHER: usize = 64;

/// Scans that were made, with what they found.
type Scans = BTreeMap<Vec<u8>, (KeyRange, Entries)>;

/// A state of which much was read ahead. Never written: what it holds is what the state holds.
pub(crate) struct Ahead<'a> {
    state: &'a (dyn StateRead + Sync),
    values: KeyTable<Option<Value>>,
    /// Scans by their first key.
    scans: Scans,
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
        let mut ahead = Self { state, values: KeyTable::default(), scans: Scans::new() };
        if txs.len() < WORTH_IT {
            return Ok(ahead);
        }
        let hints = txs.iter().filter_map(|prepared| prepared.tx.as_ref().ok()).map(|tx| &tx.access);
        let likely = hints.flat_map(|hint| hint.keys().iter().map(|(key, _)| key));
        let mut wanted: Vec<&StateKey> = Vec::with_capacity(txs.len().saturating_mul(4));
        for key in items.iter().chain(likely) {
            let hash = key_hash(key);
            if ahead.values.get(hash, key).is_none() {
                ahead.values.insert(hash, key.clone(), None);
                wanted.push(key);
            }
        }
        let found: Vec<Vec<Option<Value>>> =
            wanted.par_chunks(TOGETHER).map(|keys| state.get_many(keys)).collect::<Result<_, _>>()?;
        for (key, value) in wanted.into_iter().zip(found.into_iter().flatten()) {
            if let Some(place) = ahead.values.get_mut(key_hash(key), key) {
                *place = value;
            }
        }
        ahead.scan_holdings(txs)?;
        Ok(ahead)
    }

    /// Looks for what those hold who sign for the first time: the ante will ask whether they exist.
    fn scan_holdings(&mut self, txs: &[Prepared]) -> Result<(), AppError> {
        let signers = txs.iter().filter_map(|prepared| prepared.tx.as_ref().ok()).flat_map(|tx| &tx.signers);
        let new = signers.filter(|signer| self.known(&auth::account_key(&signer.address)) == Some(&None));
        let ranges: Vec<KeyRange> = new.map(|signer| bank::holdings(&signer.address)).collect();
        let scan = |ranges: &[KeyRange]| self.state.range_many(ranges);
        let found: Vec<Vec<Entries>> =
            ranges.par_chunks(SCANNED_TOGETHER).map(scan).collect::<Result<_, _>>()?;
        let found = ranges.into_iter().zip(found.into_iter().flatten());
        self.scans = found.map(|(range, entries)| (range.start.clone(), (range, entries))).collect();
        Ok(())
    }

    /// The entries of a range, if they were all scanned.
    fn scanned(&self, range: &KeyRange) -> Option<Entries> {
        let (known, entries) = self.scans.get(&range.start)?;
        let same = KeyRange { limit: known.limit, ..range.clone() } == *known;
        // Fewer than were asked for are all there are.
        let enough = range.limit <= known.limit || entries.len() < known.limit;
        (same && enough).then(|| entries.iter().take(range.limit).cloned().collect())
    }

    /// The value of a key that was read ahead; the inner `None` is absence.
    pub(crate) fn known(&self, key: &StateKey) -> Option<&Option<Value>> {
        self.values.get(key_hash(key), key)
    }
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
        match self.scanned(range) {
            Some(entries) => Ok(entries),
            None => self.state.range(range),
        }
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
        // One of the senders signs for the first time, which is one scan.
        assert_eq!(read, 40 * 3 + runtime.items().len() + 1);
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
    fn who_signs_for_the_first_time_is_scanned_ahead_and_only_what_was_found_is_answered() {
        let (runtime, state) = (Runtime::standard().unwrap(), Counting::default());
        let mut txs = prepared(&runtime, 16);
        // An account whose address ends in 1 is absent.
        let new = Address::from_20([1; 20]);
        txs.push(Prepared { tx: Ok(Arc::new(decoded(&runtime, &transfer(1, 2, 0)))), verified: false });
        let ahead = Ahead::read(&state, runtime.items(), &txs).unwrap();
        assert_eq!(ahead.scans.len(), 1, "who signs twice is scanned once");
        let read = state.0.load(Ordering::Relaxed);
        let asked = bank::holdings(&new);
        assert_eq!(ahead.range(&asked).unwrap(), Counting::default().range(&asked).unwrap());
        assert_eq!(state.0.load(Ordering::Relaxed), read);
        let other_end = KeyRange { end: None, ..asked.clone() };
        for differs in
            [KeyRange { limit: 3, ..asked.clone() }, KeyRange { reverse: true, ..asked }, other_end]
        {
            assert_eq!(ahead.range(&differs).unwrap(), Counting::default().range(&differs).unwrap());
        }
        assert_eq!(state.0.load(Ordering::Relaxed), read + 3);
    }

    #[test]
    fn a_small_block_reads_as_it_goes() {
        let (runtime, state) = (Runtime::standard().unwrap(), Counting::default());
        let txs = prepared(&runtime, 15);
        let ahead = Ahead::read(&state, runtime.items(), &txs).unwrap();
        assert_eq!((state.0.load(Ordering::Relaxed), ahead.values.len()), (0, 0));
    }
}
