//! Where a value lives: store, space, key.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A stored value. Cheap to clone, never empty (ICS-23 refuses an empty value).
pub type Value = Arc<[u8]>;

/// Keys, without store and space, and values: what a scan returns.
pub type Entries = Vec<(Vec<u8>, Value)>;

/// The longest key a collection may write, in bytes, its collection id included.
pub const MAX_KEY_LEN: usize = 1024;

/// The longest value a collection may write, in bytes.
pub const MAX_VALUE_LEN: usize = 1 << 20;

/// The name of a store: one authenticated subtree, owned by one module.
///
/// The set of stores changes only in an upgrade, because every store, the empty ones included, is a leaf of the
/// application's root tree.
#[derive(Clone, Copy)]
pub struct StoreId(&'static str);

/// Compared for every key that is looked up, and nearly always the same text at the same place.
impl Ord for StoreId {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        if std::ptr::eq(self.0, other.0) { Ordering::Equal } else { self.0.cmp(other.0) }
    }
}

impl PartialOrd for StoreId {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for StoreId {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0) || self.0 == other.0
    }
}

impl Eq for StoreId {}

impl Hash for StoreId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl StoreId {
    /// Names a store. Names are lower-case ASCII and at most 32 bytes; the registry refuses others at start.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// The name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.0
    }
}

impl fmt::Debug for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Whether a collection is part of the application hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Space {
    /// Authenticated: under the root, provable.
    Tree,
    /// A rebuildable index outside the root.
    Derived,
}

/// The bytes of a key. Those of accounts and balances need no allocation of their own.
pub type KeyBytes = smallvec::SmallVec<[u8; 36]>;

/// The full address of a value. Ordered by store, space, then key bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateKey {
    /// The owning store.
    pub store: StoreId,
    /// Authenticated or derived.
    pub space: Space,
    /// Collection id byte followed by the encoded key of the entry.
    pub key: KeyBytes,
}

impl fmt::Debug for StateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{:?}/", self.store, self.space)?;
        self.key.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

/// A bounded scan over the keys of one store and space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRange {
    /// The store scanned.
    pub store: StoreId,
    /// The space scanned.
    pub space: Space,
    /// First key, inclusive.
    pub start: Vec<u8>,
    /// End key, exclusive; `None` runs to the end of the space.
    pub end: Option<Vec<u8>>,
    /// Descending order when true.
    pub reverse: bool,
    /// The most entries returned.
    pub limit: usize,
}

impl KeyRange {
    /// Whether `key` lies within the bounds.
    #[must_use]
    pub fn contains(&self, key: &[u8]) -> bool {
        key >= self.start.as_slice() && self.end.as_deref().is_none_or(|end| key < end)
    }
}

/// The smallest key greater than every key that begins with `prefix`; `None` when there is none.
#[must_use]
pub fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            return Some(end);
        }
    }
    None
}
