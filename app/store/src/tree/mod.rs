//! The authenticated tree of one store: a binary sparse Merkle trie over SHA-256 of the key.
//!
//! Hashing is that of `jmt` 0.12 with SHA-256, so roots are equal and its proofs verify. A subtree of one entry is that
//! entry's leaf. Nodes never change and are shared between versions: an update writes new nodes along the paths it changes, and a
//! version is kept by keeping its [`Tree`]. The hashes of both children lie in their parent, so an update touches no sibling.
//!
//! Nodes live in slots of an [arena](arena), addressed by 32-bit numbers: no allocation and no reference count per node. Which slots
//! are free again follows from the [graph of versions](versions).

mod arena;
mod group;
mod hash;
mod leaf;
mod maker;
#[cfg(test)]
mod oracle;
mod page;
mod slots;
mod update;
mod versions;
mod walk;

use std::sync::Arc;

use arena::{Arena, Node};
pub use hash::Hash;
pub(crate) use hash::{INNER_DOMAIN, LEAF_DOMAIN, PLACEHOLDER};
pub(crate) use page::{MAX_PAGE_BITS, PageId, PageSink, PageSource};
pub use update::Change;
use versions::Version;
pub(crate) use walk::Located;

/// One version of a tree. Cheap to clone; readable from any thread while others make new versions.
#[derive(Clone)]
pub struct Tree {
    version: Arc<Version>,
    top: Edge,
    keys: u64,
}

/// A subtree with its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Edge {
    hash: Hash,
    node: Node,
}

impl Edge {
    const EMPTY: Self = Self { hash: PLACEHOLDER, node: Node::EMPTY };
}

impl Tree {
    /// Bytes of memory of a branch.
    pub(crate) const BRANCH_BYTES: u64 = 8 * arena::BRANCH_WORDS as u64;

    /// A tree without entries, with memory of its own.
    #[must_use]
    pub fn empty() -> Self {
        Self { version: Version::first(Arc::new(Arena::new())), top: Edge::EMPTY, keys: 0 }
    }

    /// The root hash; `jmt`'s placeholder for the empty tree.
    #[must_use]
    pub const fn root(&self) -> Hash {
        self.top.hash
    }

    /// How many entries there are.
    #[must_use]
    pub const fn keys(&self) -> u64 {
        self.keys
    }

    /// Bytes of memory that the nodes of this version and of all its relatives take, free slots included.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.arena().bytes()
    }

    fn arena(&self) -> &Arena {
        self.version.arena()
    }
}

impl std::fmt::Debug for Tree {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tree")
            .field("root", &crate::error::hex(&self.root()))
            .field("keys", &self.keys)
            .finish()
    }
}

/// The direction at `depth`: true is right.
fn bit(path: &Hash, depth: usize) -> bool {
    let shift = 7_usize.saturating_sub(depth % 8);
    path.get(depth / 8).is_some_and(|byte| (byte >> shift) & 1 == 1)
}
