//! The storage seam: what execution and queries read, what execution writes.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::key::{Entries, KeyRange, StateKey, Value};
use crate::sharded::ReadValues;

/// Why a storage operation failed.
///
/// Only [`StateError::OutOfBounds`] is an outcome a module may handle; everything else ends the transaction
/// (out of gas) or the node (backend, corruption).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// The transaction's gas is used up; every later access of the transaction fails the same way.
    #[error("out of gas")]
    OutOfGas,
    /// A bounded addition would leave its bounds; nothing was changed.
    #[error("the sum {sum} would leave the bounds {lo}..={hi}")]
    OutOfBounds {
        /// The sum that was refused, saturated at the ends of `i128`.
        sum: i128,
        /// Lower bound, inclusive.
        lo: i128,
        /// Upper bound, inclusive.
        hi: i128,
    },
    /// Stored bytes cannot be decoded: the database is damaged or was written by another version.
    #[error("stored bytes of {key} cannot be decoded: {reason}")]
    Corrupt {
        /// The address of the value.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A key or value exceeds [`crate::MAX_KEY_LEN`] or [`crate::MAX_VALUE_LEN`], or a value is empty.
    #[error("{0}")]
    Size(String),
    /// The storage backend failed.
    #[error("storage failed: {0}")]
    Backend(String),
    /// The height asked for is not (or no longer) stored.
    #[error("height {height} is not available: this node has {earliest} to {latest}")]
    UnknownHeight {
        /// The height asked for.
        height: u64,
        /// The earliest height that is stored.
        earliest: u64,
        /// The latest height that is stored.
        latest: u64,
    },
}

/// Reads from one consistent view of the state.
pub trait StateRead {
    /// The value at `key`.
    ///
    /// # Errors
    /// Backend failure, corruption, or out of gas where the view is metered.
    fn get(&self, key: &StateKey) -> Result<Option<Value>, StateError>;

    /// The entries of `range`, at most `range.limit`, in its order. Keys come without store and space.
    ///
    /// # Errors
    /// As [`StateRead::get`].
    fn range(&self, range: &KeyRange) -> Result<Entries, StateError>;

    /// The value at `key`, whose [`key_hash`](crate::key_hash) is known: for states that lie on each other and look keys up by it.
    ///
    /// # Errors
    /// As [`StateRead::get`].
    fn get_hashed(&self, hash: u64, key: &StateKey) -> Result<Option<Value>, StateError> {
        let _ = hash;
        self.get(key)
    }

    /// The values of `keys`, in their order: cheaper than one by one where they lie in a database.
    ///
    /// # Errors
    /// As [`StateRead::get`].
    fn get_many(&self, keys: &[&StateKey]) -> Result<Vec<Option<Value>>, StateError> {
        keys.iter().map(|key| self.get(key)).collect()
    }

    /// Takes what was read of this state, by whoever needs it no longer: the state may be asked for it again.
    fn remember(&self, read: ReadValues) {
        drop(read);
    }
}

impl<T: StateRead + ?Sized> StateRead for &T {
    fn get(&self, key: &StateKey) -> Result<Option<Value>, StateError> {
        (**self).get(key)
    }

    fn range(&self, range: &KeyRange) -> Result<Entries, StateError> {
        (**self).range(range)
    }

    fn get_hashed(&self, hash: u64, key: &StateKey) -> Result<Option<Value>, StateError> {
        (**self).get_hashed(hash, key)
    }

    fn get_many(&self, keys: &[&StateKey]) -> Result<Vec<Option<Value>>, StateError> {
        (**self).get_many(keys)
    }

    fn remember(&self, read: ReadValues) {
        (**self).remember(read);
    }
}

impl<T: StateRead + ?Sized> StateRead for Arc<T> {
    fn get(&self, key: &StateKey) -> Result<Option<Value>, StateError> {
        (**self).get(key)
    }

    fn range(&self, range: &KeyRange) -> Result<Entries, StateError> {
        (**self).range(range)
    }

    fn get_hashed(&self, hash: u64, key: &StateKey) -> Result<Option<Value>, StateError> {
        (**self).get_hashed(hash, key)
    }

    fn get_many(&self, keys: &[&StateKey]) -> Result<Vec<Option<Value>>, StateError> {
        (**self).get_many(keys)
    }

    fn remember(&self, read: ReadValues) {
        (**self).remember(read);
    }
}

/// The predicate of an addition: the sum must lie within `lo..=hi`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Lower bound, inclusive.
    pub lo: i128,
    /// Upper bound, inclusive.
    pub hi: i128,
}

impl Bounds {
    /// Zero or more: what an amount must be.
    pub const NON_NEGATIVE: Self = Self { lo: 0, hi: i128::MAX };

    /// Whether a sum lies within them; one that left `i128` lies within none.
    #[must_use]
    pub fn hold(&self, sum: Option<i128>) -> bool {
        sum.is_some_and(|sum| (self.lo..=self.hi).contains(&sum))
    }
}

/// Reads and writes within one transaction or hook.
pub trait StateWrite: StateRead {
    /// Stores `value` at `key`.
    ///
    /// # Errors
    /// [`StateError::Size`] for an empty or oversized value or key; out of gas.
    fn set(&mut self, key: &StateKey, value: Value) -> Result<(), StateError>;

    /// Removes `key`; removing what is absent is no error.
    ///
    /// # Errors
    /// Out of gas.
    fn delete(&mut self, key: &StateKey) -> Result<(), StateError>;

    /// Adds `delta` to the accumulator at `key` (absent = 0; a sum of 0 deletes the entry).
    ///
    /// Without `bounds` the addition commutes with every other one and does not read the value. With bounds the
    /// predicate is recorded and checked again in block order.
    ///
    /// # Errors
    /// [`StateError::OutOfBounds`] when the predicate fails; out of gas.
    fn add(&mut self, key: &StateKey, delta: i128, bounds: Option<Bounds>) -> Result<(), StateError>;
}

/// The net changes of a block: final value, or `None` for a deletion, in key order.
pub type WriteSet = BTreeMap<StateKey, Option<Value>>;

/// The empty state: a base for genesis and for tests.
#[derive(Clone, Copy, Debug, Default)]
pub struct EmptyState;

impl StateRead for EmptyState {
    fn get(&self, _: &StateKey) -> Result<Option<Value>, StateError> {
        Ok(None)
    }

    fn range(&self, _: &KeyRange) -> Result<Entries, StateError> {
        Ok(Vec::new())
    }
}
