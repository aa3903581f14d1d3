//! What a message is likely to touch.

use agora_state::{StateKey, key_hash};

/// The most keys a message declares; the rest stays undeclared.
pub const MAX_HINTS: usize = 64;

/// How a key is touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read.
    Read,
    /// Written, perhaps read.
    Write,
    /// Added to, perhaps within bounds, but not looked at.
    Delta,
}

/// The likely accesses of a message, derived from its own fields.
///
/// Hints steer where a transaction runs. They never change its result: wrong, missing or hostile hints cost time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessHint {
    keys: Vec<(StateKey, Access)>,
    hashes: Vec<u64>,
}

impl AccessHint {
    /// Nothing known.
    #[must_use]
    pub const fn new() -> Self {
        Self { keys: Vec::new(), hashes: Vec::new() }
    }

    /// Adds a key; beyond [`MAX_HINTS`] it is ignored.
    pub fn push(&mut self, key: StateKey, access: Access) {
        if self.keys.len() < MAX_HINTS {
            self.hashes.push(key_hash(&key));
            self.keys.push((key, access));
        }
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &[(StateKey, Access)] {
        &self.keys
    }

    /// Their hashes, in the same order: a block is planned with these, and hints are made long before.
    #[must_use]
    pub fn hashes(&self) -> &[u64] {
        &self.hashes
    }
}
