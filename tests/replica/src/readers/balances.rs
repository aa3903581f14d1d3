//! All balances of a state, and what must hold among them.

use std::collections::{BTreeMap, BTreeSet};

use agora_primitives::{Address, Denom};
use agora_state::{Entries, KeyCodec, KeyRange, Space, StateKey, StateRead, StoreId, decode_sum};
use agora_store::Snapshot;
use anyhow::{Result, ensure};
use sha2::{Digest, Sha256};

use crate::digest::Hash;

/// The store of bank.
pub(super) const BANK: StoreId = StoreId::new("bank");
/// The collections of bank that are scanned: balances, and who holds what.
const BALANCES: u8 = 1;
const HOLDERS: u8 = 6;

/// Everything in a collection, ascending.
fn scan(state: &dyn StateRead, collection: u8, space: Space, reverse: bool) -> Result<Entries> {
    let (start, end) = (vec![collection], Some(vec![collection + 1]));
    let range = KeyRange { store: BANK, space, start, end, reverse, limit: usize::MAX };
    let mut entries = state.range(&range)?;
    if reverse {
        entries.reverse();
    }
    ensure!(entries.is_sorted_by(|a, b| a.0 < b.0), "a scan is out of order");
    Ok(entries)
}

/// The hash of all balances of a state that is consistent in itself: its head names its height, every denom's balances add
/// up to its supply, the swinging denoms are all on one side, and the index of holders fits.
pub(super) fn balances(snapshot: &Snapshot, reverse: bool) -> Result<Hash> {
    consistent(snapshot, snapshot.height(), reverse)
}

fn consistent(state: &dyn StateRead, asked: u64, reverse: bool) -> Result<Hash> {
    let height = agora_consensus::api::head(state)?.height;
    ensure!(height == asked, "a view of height {asked} says height {height}");
    let mut hash = Sha256::new();
    let mut sums: BTreeMap<Denom, i128> = BTreeMap::new();
    let (mut held, mut sides) = (BTreeSet::new(), BTreeSet::new());
    for (key, value) in scan(state, BALANCES, Space::Tree, reverse)? {
        hash.update((key.len() as u64).to_be_bytes());
        hash.update(&key);
        hash.update(&value);
        let (holder, denom) = <(Address, Denom)>::decode_last(key.get(1..).unwrap_or_default())?;
        let key = StateKey { store: BANK, space: Space::Tree, key: key.into() };
        *sums.entry(denom.clone()).or_default() += decode_sum(&key, Some(&value))?;
        if denom.as_str().starts_with("uswing") {
            sides.insert(holder);
        }
        held.insert((denom, holder));
    }
    for (denom, sum) in &sums {
        let supply = agora_bank::api::supply(state, denom)?;
        ensure!(sum.unsigned_abs() == supply, "height {height}: {sum}{denom} are held, {supply} exist");
    }
    ensure!(sides.len() == 1, "height {height}: the swinging denoms are seen on {} sides", sides.len());
    let holders = scan(state, HOLDERS, Space::Derived, reverse)?
        .iter()
        .map(|(key, _)| <(Denom, Address)>::decode_last(key.get(1..).unwrap_or_default()))
        .collect::<Result<BTreeSet<_>, _>>()?;
    ensure!(holders == held, "height {height}: the index of holders does not fit the balances");
    Ok(hash.finalize().into())
}

#[cfg(test)]
pub(super) mod tests {
    use agora_state::{StateError, Value};
    use agora_store::Options;

    use super::*;
    use crate::chain::Chain;
    use crate::life::Life;
    use crate::run::start;

    /// Reads some of its keys at another height: what a reader must never see.
    struct Torn<'a> {
        view: &'a Snapshot,
        other: &'a Snapshot,
        torn: fn(&StateKey) -> bool,
    }

    impl StateRead for Torn<'_> {
        fn get(&self, key: &StateKey) -> Result<Option<Value>, StateError> {
            if (self.torn)(key) { self.other.get(key) } else { self.view.get(key) }
        }

        fn range(&self, range: &KeyRange) -> Result<Entries, StateError> {
            let torn = |key: &[u8]| {
                (self.torn)(&StateKey { store: range.store, space: range.space, key: key.into() })
            };
            let mut entries: Entries =
                self.view.range(range)?.into_iter().filter(|(key, _)| !torn(key)).collect();
            entries.extend(self.other.range(range)?.into_iter().filter(|(key, _)| torn(key)));
            entries.sort();
            if range.reverse {
                entries.reverse();
            }
            Ok(entries)
        }
    }

    /// Twenty blocks.
    pub(in crate::readers) fn chain() -> (Chain, Life) {
        let mut life = Life::new(3);
        let mut chain = start(&life, Options::memory(Vec::new()), None).unwrap();
        for _ in 0..20 {
            let plan = life.plan(&chain).unwrap();
            chain.execute(plan.time, &plan.txs).unwrap();
        }
        (chain, life)
    }

    #[test]
    fn a_view_that_mixes_two_heights_is_found() {
        let (chain, _) = chain();
        let [view, other] = [20, 19].map(|height| chain.store().snapshot(Some(height)).unwrap());
        let torn: [fn(&StateKey) -> bool; 4] = [
            |key| key.store.name() == "consensus",
            |key| {
                key.store == BANK
                    && key.space == Space::Tree
                    && key.key.first() == Some(&BALANCES)
                    && key.key.last() == Some(&b'3')
            },
            |key| {
                key.store == BANK
                    && key.space == Space::Tree
                    && key.key.get(2).is_some_and(|byte| byte % 2 == 0)
            },
            |key| key.store == BANK && key.space == Space::Derived,
        ];
        for (index, torn) in torn.into_iter().enumerate() {
            for reverse in [false, true] {
                let found = consistent(&Torn { view: &view, other: &other, torn }, 20, reverse);
                assert!(found.is_err(), "mixture {index} was not found");
            }
        }
        assert_eq!(consistent(&view, 20, false).unwrap(), consistent(&view, 20, true).unwrap());
        assert_ne!(consistent(&view, 20, false).unwrap(), consistent(&other, 19, false).unwrap());
    }
}
