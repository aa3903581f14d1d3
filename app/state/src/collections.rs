//! Typed collections: the storage contract of a module, declared as constants.

use std::marker::PhantomData;

use crate::accumulator::decode_sum;
use crate::key::{Entries, KeyBytes, KeyRange, Space, StateKey, StoreId, Value, prefix_end};
use crate::key_codec::KeyCodec;
use crate::traits::{Bounds, StateError, StateRead, StateWrite};
use crate::value::StateValue;

/// The shape of a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CollectionKind {
    /// One value.
    Item,
    /// Values by key.
    Map,
    /// Keys alone.
    Set,
    /// One sum.
    Accumulator,
    /// Sums by key.
    AccumulatorMap,
}

/// What a module's `state.rs` declares of a collection; listed by the module, checked at start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CollectionInfo {
    /// The store.
    pub store: StoreId,
    /// The id, unique within the store and never reused.
    pub id: u8,
    /// Under the root or not.
    pub space: Space,
    /// The name, in upper case.
    pub name: &'static str,
    /// The shape.
    pub kind: CollectionKind,
}

/// One page of a scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<K, V> {
    /// The entries.
    pub entries: Vec<(K, V)>,
    /// The raw key to continue from; `None` at the end.
    pub next: Option<Vec<u8>>,
}

/// Every entry of a paged collection, for genesis export and invariants: never within a block, where work is bounded.
///
/// `fetch(from, limit)` reads a page from a raw key on.
///
/// # Errors
/// Those of `fetch`.
pub fn every<K, V>(
    mut fetch: impl FnMut(Option<&[u8]>, usize) -> Result<Page<K, V>, StateError>,
) -> Result<Vec<(K, V)>, StateError> {
    let mut all = Vec::new();
    let mut from: Option<Vec<u8>> = None;
    loop {
        let page = fetch(from.as_deref(), 1000)?;
        all.extend(page.entries);
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(all),
        }
    }
}

macro_rules! collection {
    ($(#[$doc:meta])* $name:ident<$($param:ident),*>, $kind:expr) => {
        $(#[$doc])*
        pub struct $name<$($param),*> {
            info: CollectionInfo,
            marker: PhantomData<fn() -> ($($param,)*)>,
        }

        impl<$($param),*> $name<$($param),*> {
            /// Declares the collection; `id` is unique within the store and never reused.
            #[must_use]
            pub const fn new(store: StoreId, id: u8, space: Space, name: &'static str) -> Self {
                Self { info: CollectionInfo { store, id, space, name, kind: $kind }, marker: PhantomData }
            }

            /// The declaration.
            #[must_use]
            pub const fn info(&self) -> CollectionInfo {
                self.info
            }
        }
    };
}

collection!(
    /// One value.
    Item<V>, CollectionKind::Item
);
collection!(
    /// Values by key, sorted by key.
    Map<K, V>, CollectionKind::Map
);
collection!(
    /// A sorted set of keys.
    Set<K>, CollectionKind::Set
);
collection!(
    /// Sums by key; a sum of zero is absent.
    AccumulatorMap<K>, CollectionKind::AccumulatorMap
);

/// One sum; zero is absent.
pub struct Accumulator {
    info: CollectionInfo,
}

fn root_key(info: &CollectionInfo) -> StateKey {
    StateKey { store: info.store, space: info.space, key: KeyBytes::from_slice(&[info.id]) }
}

fn entry_key<K: KeyCodec>(info: &CollectionInfo, key: &K) -> StateKey {
    let mut bytes = KeyBytes::new();
    bytes.push(info.id);
    key.encode_last(&mut bytes);
    StateKey { store: info.store, space: info.space, key: bytes }
}

fn corrupt(key: &StateKey, reason: impl ToString) -> StateError {
    StateError::Corrupt { key: format!("{key:?}"), reason: reason.to_string() }
}

fn decode<V: StateValue>(key: &StateKey, value: &Value) -> Result<V, StateError> {
    V::decode_value(value).map_err(|e| corrupt(key, e))
}

/// What is read for `limit` entries whose keys begin with the collection id and `prefix`, from `from` on: one entry more, to say
/// where the next page begins.
fn range_of(
    info: &CollectionInfo,
    prefix: &[u8],
    from: Option<&[u8]>,
    reverse: bool,
    limit: usize,
) -> KeyRange {
    let mut first = vec![info.id];
    first.extend_from_slice(prefix);
    let last = prefix_end(&first);
    let absolute = |suffix: &[u8]| {
        let mut key = vec![info.id];
        key.extend_from_slice(suffix);
        key
    };
    let (start, end) = match (from, reverse) {
        (None, _) => (first, last),
        (Some(from), false) => (absolute(from).max(first), last),
        // Descending pages continue at `from` itself, so the exclusive end lies just behind it.
        (Some(from), true) => {
            let mut end = absolute(from);
            end.push(0);
            let end = last.map_or_else(|| end.clone(), |last| last.min(end.clone()));
            (first, Some(end))
        }
    };
    KeyRange { store: info.store, space: info.space, start, end, reverse, limit: limit.saturating_add(1) }
}

/// A raw scan of the entries whose keys begin with the collection id and `prefix`, from `from` on.
fn scan(
    info: &CollectionInfo,
    state: &(impl StateRead + ?Sized),
    prefix: &[u8],
    from: Option<&[u8]>,
    reverse: bool,
    limit: usize,
) -> Result<(Entries, Option<Vec<u8>>), StateError> {
    let range = range_of(info, prefix, from, reverse, limit);
    let mut entries = state.range(&range)?;
    let next = if entries.len() > limit {
        let next = entries.get(limit).map(|(key, _)| key.get(1..).unwrap_or_default().to_vec());
        entries.truncate(limit);
        next
    } else {
        None
    };
    for (key, _) in &mut entries {
        key.remove(0);
    }
    Ok((entries, next))
}

impl<V: StateValue> Item<V> {
    /// The value, if it was ever set.
    ///
    /// # Errors
    /// As [`StateRead::get`].
    pub fn get(&self, state: &(impl StateRead + ?Sized)) -> Result<Option<V>, StateError> {
        let key = root_key(&self.info);
        state.get(&key)?.map(|value| decode(&key, &value)).transpose()
    }

    /// Sets the value.
    ///
    /// # Errors
    /// As [`StateWrite::set`].
    pub fn set(&self, state: &mut (impl StateWrite + ?Sized), value: &V) -> Result<(), StateError> {
        state.set(&root_key(&self.info), Value::from(value.encode_value()))
    }

    /// Removes the value.
    ///
    /// # Errors
    /// As [`StateWrite::delete`].
    pub fn delete(&self, state: &mut (impl StateWrite + ?Sized)) -> Result<(), StateError> {
        state.delete(&root_key(&self.info))
    }
}

impl<K: KeyCodec, V: StateValue> Map<K, V> {
    /// The address of an entry, for access hints and proofs.
    #[must_use]
    pub fn key(&self, key: &K) -> StateKey {
        entry_key(&self.info, key)
    }

    /// The value at `key`.
    ///
    /// # Errors
    /// As [`StateRead::get`].
    pub fn get(&self, state: &(impl StateRead + ?Sized), key: &K) -> Result<Option<V>, StateError> {
        let key = self.key(key);
        state.get(&key)?.map(|value| decode(&key, &value)).transpose()
    }

    /// Whether there is a value at `key`.
    ///
    /// # Errors
    /// As [`StateRead::get`].
    pub fn has(&self, state: &(impl StateRead + ?Sized), key: &K) -> Result<bool, StateError> {
        Ok(state.get(&self.key(key))?.is_some())
    }

    /// Sets the value at `key`.
    ///
    /// # Errors
    /// As [`StateWrite::set`].
    pub fn set(&self, state: &mut (impl StateWrite + ?Sized), key: &K, value: &V) -> Result<(), StateError> {
        state.set(&self.key(key), Value::from(value.encode_value()))
    }

    /// Removes `key`.
    ///
    /// # Errors
    /// As [`StateWrite::delete`].
    pub fn delete(&self, state: &mut (impl StateWrite + ?Sized), key: &K) -> Result<(), StateError> {
        state.delete(&self.key(key))
    }

    /// At most `limit` entries whose encoded keys begin with `prefix`, from the raw key `from` (a page's `next`) on.
    ///
    /// # Errors
    /// As [`StateRead::range`].
    pub fn page(
        &self,
        state: &(impl StateRead + ?Sized),
        prefix: &[u8],
        from: Option<&[u8]>,
        reverse: bool,
        limit: usize,
    ) -> Result<Page<K, V>, StateError> {
        let (raw, next) = scan(&self.info, state, prefix, from, reverse, limit)?;
        let entries = raw
            .into_iter()
            .map(|(key, value)| {
                let address = StateKey {
                    store: self.info.store,
                    space: self.info.space,
                    key: KeyBytes::from_slice(&key),
                };
                let typed = K::decode_last(&key).map_err(|e| corrupt(&address, e))?;
                Ok((typed, decode(&address, &value)?))
            })
            .collect::<Result<_, StateError>>()?;
        Ok(Page { entries, next })
    }
}

impl<K: KeyCodec> Set<K> {
    /// The address of an entry.
    #[must_use]
    pub fn key(&self, key: &K) -> StateKey {
        entry_key(&self.info, key)
    }

    /// Whether `key` is in the set.
    ///
    /// # Errors
    /// As [`StateRead::get`].
    pub fn has(&self, state: &(impl StateRead + ?Sized), key: &K) -> Result<bool, StateError> {
        Ok(state.get(&self.key(key))?.is_some())
    }

    /// Puts `key` into the set.
    ///
    /// # Errors
    /// As [`StateWrite::set`].
    pub fn insert(&self, state: &mut (impl StateWrite + ?Sized), key: &K) -> Result<(), StateError> {
        // A value is never empty, so membership is one byte.
        state.set(&self.key(key), Value::from([1u8].as_slice()))
    }

    /// Takes `key` out of the set.
    ///
    /// # Errors
    /// As [`StateWrite::delete`].
    pub fn remove(&self, state: &mut (impl StateWrite + ?Sized), key: &K) -> Result<(), StateError> {
        state.delete(&self.key(key))
    }

    /// At most `limit` keys whose encodings begin with `prefix`, from the raw key `from` on.
    ///
    /// # Errors
    /// As [`StateRead::range`].
    pub fn page(
        &self,
        state: &(impl StateRead + ?Sized),
        prefix: &[u8],
        from: Option<&[u8]>,
        reverse: bool,
        limit: usize,
    ) -> Result<Page<K, ()>, StateError> {
        let (raw, next) = scan(&self.info, state, prefix, from, reverse, limit)?;
        let entries = raw
            .into_iter()
            .map(|(key, _)| {
                let address = StateKey {
                    store: self.info.store,
                    space: self.info.space,
                    key: KeyBytes::from_slice(&key),
                };
                Ok((K::decode_last(&key).map_err(|e| corrupt(&address, e))?, ()))
            })
            .collect::<Result<_, StateError>>()?;
        Ok(Page { entries, next })
    }
}

impl<K: KeyCodec> AccumulatorMap<K> {
    /// The address of a sum.
    #[must_use]
    pub fn key(&self, key: &K) -> StateKey {
        entry_key(&self.info, key)
    }

    /// The sum at `key`. A full dependency: prefer [`AccumulatorMap::add`] where the value is not needed.
    ///
    /// # Errors
    /// As [`StateRead::get`].
    pub fn get(&self, state: &(impl StateRead + ?Sized), key: &K) -> Result<i128, StateError> {
        let key = self.key(key);
        decode_sum(&key, state.get(&key)?.as_deref())
    }

    /// Adds `delta` at `key`; see [`StateWrite::add`].
    ///
    /// # Errors
    /// As [`StateWrite::add`].
    pub fn add(
        &self,
        state: &mut (impl StateWrite + ?Sized),
        key: &K,
        delta: i128,
        bounds: Option<Bounds>,
    ) -> Result<(), StateError> {
        state.add(&self.key(key), delta, bounds)
    }

    /// At most `limit` sums whose encoded keys begin with `prefix`, from the raw key `from` on.
    ///
    /// # Errors
    /// As [`StateRead::range`].
    pub fn page(
        &self,
        state: &(impl StateRead + ?Sized),
        prefix: &[u8],
        from: Option<&[u8]>,
        reverse: bool,
        limit: usize,
    ) -> Result<Page<K, i128>, StateError> {
        let (raw, next) = scan(&self.info, state, prefix, from, reverse, limit)?;
        let entries = raw
            .into_iter()
            .map(|(key, value)| {
                let address = StateKey {
                    store: self.info.store,
                    space: self.info.space,
                    key: KeyBytes::from_slice(&key),
                };
                let typed = K::decode_last(&key).map_err(|e| corrupt(&address, e))?;
                Ok((typed, decode_sum(&address, Some(&value))?))
            })
            .collect::<Result<_, StateError>>()?;
        Ok(Page { entries, next })
    }
}

impl Accumulator {
    /// Declares the sum; `id` is unique within the store and never reused.
    #[must_use]
    pub const fn new(store: StoreId, id: u8, space: Space, name: &'static str) -> Self {
        Self { info: CollectionInfo { store, id, space, name, kind: CollectionKind::Accumulator } }
    }

    /// The declaration.
    #[must_use]
    pub const fn info(&self) -> CollectionInfo {
        self.info
    }

    /// The sum. A full dependency.
    ///
    /// # Errors
    /// As [`StateRead::get`].
    pub fn get(&self, state: &(impl StateRead + ?Sized)) -> Result<i128, StateError> {
        let key = root_key(&self.info);
        decode_sum(&key, state.get(&key)?.as_deref())
    }

    /// Adds `delta`; see [`StateWrite::add`].
    ///
    /// # Errors
    /// As [`StateWrite::add`].
    pub fn add(
        &self,
        state: &mut (impl StateWrite + ?Sized),
        delta: i128,
        bounds: Option<Bounds>,
    ) -> Result<(), StateError> {
        state.add(&root_key(&self.info), delta, bounds)
    }
}
