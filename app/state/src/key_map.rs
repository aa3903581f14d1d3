//! Maps by state key that are small as a rule: what one transaction reads and writes.

use std::collections::{BTreeMap, btree_map};

use crate::key::StateKey;

/// Entries kept in one sorted list; beyond, inserting in the middle would cost more than a tree does.
const FEW: usize = 32;

/// A map in key order. A few entries lie in one allocation; many in a tree.
#[derive(Clone, Debug)]
pub struct KeyMap<V>(Kept<V>);

#[derive(Clone, Debug)]
enum Kept<V> {
    Few(Vec<(StateKey, V)>),
    Many(BTreeMap<StateKey, V>),
}

impl<V> Default for KeyMap<V> {
    fn default() -> Self {
        Self(Kept::Few(Vec::new()))
    }
}

impl<V: PartialEq> PartialEq for KeyMap<V> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl<V: Eq> Eq for KeyMap<V> {}

impl<V> KeyMap<V> {
    /// The value of `key`.
    #[must_use]
    pub fn get(&self, key: &StateKey) -> Option<&V> {
        match &self.0 {
            Kept::Few(list) => list.iter().find(|(k, _)| k == key).map(|(_, value)| value),
            Kept::Many(map) => map.get(key),
        }
    }

    /// The value of `key` for changing.
    #[must_use]
    pub fn get_mut(&mut self, key: &StateKey) -> Option<&mut V> {
        match &mut self.0 {
            Kept::Few(list) => list.iter_mut().find(|(k, _)| k == key).map(|(_, value)| value),
            Kept::Many(map) => map.get_mut(key),
        }
    }

    /// Sets the value of `key`; gives the one before.
    pub fn insert(&mut self, key: StateKey, value: V) -> Option<V> {
        if let Kept::Few(list) = &mut self.0 {
            match list.binary_search_by(|(k, _)| k.cmp(&key)) {
                Ok(place) => return list.get_mut(place).map(|(_, old)| std::mem::replace(old, value)),
                Err(place) if list.len() < FEW => {
                    list.insert(place, (key, value));
                    return None;
                }
                Err(_) => self.0 = Kept::Many(std::mem::take(list).into_iter().collect()),
            }
        }
        match &mut self.0 {
            Kept::Many(map) => map.insert(key, value),
            Kept::Few(_) => None,
        }
    }

    /// Removes `key`; gives its value.
    pub fn remove(&mut self, key: &StateKey) -> Option<V> {
        match &mut self.0 {
            Kept::Few(list) => {
                let place = list.iter().position(|(k, _)| k == key)?;
                Some(list.remove(place).1)
            }
            Kept::Many(map) => map.remove(key),
        }
    }

    /// The value of `key`, put there first if it is missing.
    pub fn get_or_insert(&mut self, key: &StateKey, value: V) -> Option<&mut V> {
        if self.get(key).is_none() {
            self.insert(key.clone(), value);
        }
        self.get_mut(key)
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Kept::Few(list) => list.len(),
            Kept::Many(map) => map.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entries in key order.
    #[must_use]
    pub fn iter(&self) -> Iter<'_, V> {
        match &self.0 {
            Kept::Few(list) => Iter::Few(list.iter()),
            Kept::Many(map) => Iter::Many(map.iter()),
        }
    }

    /// The keys in order.
    pub fn keys(&self) -> impl Iterator<Item = &StateKey> {
        self.iter().map(|(key, _)| key)
    }

    /// The entries from `start` on, in key order.
    pub fn from(&self, start: &StateKey) -> Iter<'_, V> {
        match &self.0 {
            Kept::Few(list) => {
                let first = list.partition_point(|(key, _)| key < start);
                Iter::Few(list.get(first..).unwrap_or_default().iter())
            }
            Kept::Many(map) => Iter::Range(map.range(start..)),
        }
    }
}

/// The entries of a [`KeyMap`] in order.
#[derive(Debug)]
pub enum Iter<'m, V> {
    /// Of a few.
    Few(std::slice::Iter<'m, (StateKey, V)>),
    /// Of many.
    Many(btree_map::Iter<'m, StateKey, V>),
    /// Of many, from a key on.
    Range(btree_map::Range<'m, StateKey, V>),
}

impl<'m, V> Iterator for Iter<'m, V> {
    type Item = (&'m StateKey, &'m V);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Few(list) => list.next().map(|(key, value)| (key, value)),
            Self::Many(map) => map.next(),
            Self::Range(range) => range.next(),
        }
    }
}

/// The entries of a [`KeyMap`] in order, by value.
#[derive(Debug)]
pub enum IntoIter<V> {
    /// Of a few.
    Few(std::vec::IntoIter<(StateKey, V)>),
    /// Of many.
    Many(btree_map::IntoIter<StateKey, V>),
}

impl<V> Iterator for IntoIter<V> {
    type Item = (StateKey, V);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Few(list) => list.next(),
            Self::Many(map) => map.next(),
        }
    }
}

impl<V> IntoIterator for KeyMap<V> {
    type Item = (StateKey, V);
    type IntoIter = IntoIter<V>;

    fn into_iter(self) -> IntoIter<V> {
        match self.0 {
            Kept::Few(list) => IntoIter::Few(list.into_iter()),
            Kept::Many(map) => IntoIter::Many(map.into_iter()),
        }
    }
}

impl<'m, V> IntoIterator for &'m KeyMap<V> {
    type Item = (&'m StateKey, &'m V);
    type IntoIter = Iter<'m, V>;

    fn into_iter(self) -> Iter<'m, V> {
        self.iter()
    }
}

impl<V> FromIterator<(StateKey, V)> for KeyMap<V> {
    fn from_iter<I: IntoIterator<Item = (StateKey, V)>>(entries: I) -> Self {
        let mut map = Self::default();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key::{KeyBytes, Space, StoreId};

    fn key(index: u8) -> StateKey {
        StateKey { store: StoreId::new("t"), space: Space::Tree, key: KeyBytes::from_slice(&[1, index]) }
    }

    proptest! {
        #[test]
        fn few_or_many_it_behaves_as_a_tree(ops in prop::collection::vec((0u8..4, 0u8..40, any::<u16>()), 0..120)) {
            let (mut map, mut tree) = (KeyMap::default(), BTreeMap::new());
            for (op, index, value) in ops {
                let key = key(index);
                match op {
                    0 | 1 => prop_assert_eq!(map.insert(key.clone(), value), tree.insert(key, value)),
                    2 => prop_assert_eq!(map.remove(&key), tree.remove(&key)),
                    _ => {
                        prop_assert_eq!(map.get(&key), tree.get(&key));
                        let place = map.get_or_insert(&key, value).unwrap();
                        prop_assert_eq!(&mut *place, tree.entry(key).or_insert(value));
                    }
                }
                prop_assert!(map.iter().eq(tree.iter()));
                prop_assert_eq!(map.len(), tree.len());
            }
            let middle = key(20);
            prop_assert!(map.from(&middle).eq(tree.range(middle..)));
            prop_assert!(map.clone().into_iter().eq(tree.clone()));
            prop_assert_eq!(&map, &tree.into_iter().rev().collect());
        }
    }
}
