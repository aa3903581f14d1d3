//! What a group of transactions has left that ran one after the other, and the state seen through it.

use std::collections::BTreeMap;

use crate::accumulator::{decode_sum, encode_sum};
use crate::key::{Entries, KeyRange, StateKey, Value};
use crate::overlay::{checked_sum, in_range};
use crate::table::{KeyTable, key_hash};
use crate::traits::{StateError, StateRead};
use crate::view::merge_range;

/// What becomes of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Net {
    /// It has this value, or none.
    Value(Option<Value>),
    /// So much is added to its sum.
    Add(i128),
}

/// Net changes by key: one table for many small groups, because the room it has grown to stays when it is emptied.
#[derive(Default)]
pub struct Layer(KeyTable<Net>);

impl Layer {
    /// Takes a change that came after all those here; the hash is that of the key.
    ///
    /// # Errors
    /// A sum leaves `i128`, or a value to which something is added is none.
    pub fn take(&mut self, hash: u64, key: StateKey, net: Net) -> Result<(), StateError> {
        match (self.0.get_mut(hash, &key), net) {
            (None, net) => self.0.insert(hash, key, net),
            (Some(before), Net::Value(value)) => *before = Net::Value(value),
            (Some(Net::Add(sum)), Net::Add(delta)) => *sum = checked_sum(*sum, delta)?,
            (Some(Net::Value(value)), Net::Add(delta)) => {
                *value = encode_sum(checked_sum(decode_sum(&key, value.as_deref())?, delta)?);
            }
        }
        Ok(())
    }

    /// The changes, each with the hash of its key, in no order; none are left.
    pub fn drain(&mut self) -> impl Iterator<Item = (u64, StateKey, Net)> + '_ {
        self.0.drain()
    }
}

/// A base and the changes of what ran on it, seen together; sums are added up where they are read.
pub struct Layered<'a> {
    /// What lies below.
    pub base: &'a dyn StateRead,
    /// What lies above.
    pub layer: &'a Layer,
}

impl StateRead for Layered<'_> {
    fn get(&self, key: &StateKey) -> Result<Option<Value>, StateError> {
        self.get_hashed(key_hash(key), key)
    }

    fn get_hashed(&self, hash: u64, key: &StateKey) -> Result<Option<Value>, StateError> {
        match self.layer.0.get(hash, key) {
            None => self.base.get_hashed(hash, key),
            Some(Net::Value(value)) => Ok(value.clone()),
            Some(Net::Add(delta)) => {
                let below = self.base.get_hashed(hash, key)?;
                Ok(encode_sum(checked_sum(decode_sum(key, below.as_deref())?, *delta)?))
            }
        }
    }

    fn range(&self, range: &KeyRange) -> Result<Entries, StateError> {
        let mut own: BTreeMap<Vec<u8>, Option<Value>> = BTreeMap::new();
        for key in self.layer.0.keys().filter(|key| in_range(range, key) && *key.key >= *range.start) {
            own.insert(key.key.to_vec(), self.get(key)?);
        }
        merge_range(self.base, range, own)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key::{Space, StoreId};
    use crate::overlay::Overlay;
    use crate::traits::EmptyState;
    use crate::view::Changes;

    const STORE: StoreId = StoreId::new("one");

    fn key(n: u8) -> StateKey {
        StateKey { store: STORE, space: Space::Tree, key: [n / 4, n % 4][..].into() }
    }

    /// Sums throughout, so that everything may be added to.
    fn any_net() -> impl Strategy<Value = Net> {
        let value = (-5i128..5).prop_map(|sum| Net::Value(encode_sum(sum)));
        prop_oneof![value, (-5i128..5).prop_map(Net::Add)]
    }

    fn changes(key: StateKey, net: Net) -> Changes {
        let mut changes = Changes::default();
        match net {
            Net::Value(value) => drop(changes.writes.insert(key, value)),
            Net::Add(delta) => drop(changes.deltas.insert(key, delta)),
        }
        changes
    }

    fn scan(state: &dyn StateRead, (start, end): (u8, u8), reverse: bool) -> Entries {
        let [start, end] = [start, end].map(|n| key(n).key.to_vec());
        let range = KeyRange { store: STORE, space: Space::Tree, start, end: Some(end), reverse, limit: 4 };
        state.range(&range).unwrap()
    }

    proptest! {
        #[test]
        fn a_state_seen_through_a_layer_is_the_state_that_was_changed(
            below in prop::collection::vec((0u8..16, any_net()), 0..20),
            above in prop::collection::vec((0u8..16, any_net()), 0..40),
            range in (0u8..16, 0u8..16),
        ) {
            let mut base = Overlay::new(EmptyState);
            for (n, net) in below {
                base.apply(changes(key(n), net)).unwrap();
            }
            let (mut changed, mut layer) = (base.fork(), Layer::default());
            for (n, net) in above {
                changed.apply(changes(key(n), net.clone())).unwrap();
                layer.take(key_hash(&key(n)), key(n), net).unwrap();
            }
            let seen = Layered { base: &base, layer: &layer };
            for n in 0..16 {
                prop_assert_eq!(seen.get(&key(n)).unwrap(), changed.get(&key(n)).unwrap());
            }
            for reverse in [false, true] {
                prop_assert_eq!(scan(&seen, range, reverse), scan(&changed, range, reverse));
            }
            // What is handed over is the same again.
            let mut again = base.fork();
            for (hash, key, net) in layer.drain() {
                prop_assert_eq!(hash, key_hash(&key));
                again.apply(changes(key, net)).unwrap();
            }
            prop_assert_eq!(again.difference(&changed), None);
            prop_assert!(layer.drain().next().is_none());
        }
    }

    #[test]
    fn a_sum_that_leaves_its_type_is_refused() {
        let mut layer = Layer::default();
        let mut add = |delta| layer.take(key_hash(&key(1)), key(1), Net::Add(delta));
        add(i128::MAX).unwrap();
        assert!(matches!(add(1), Err(StateError::OutOfBounds { .. })));
    }
}
