//! The authenticated tree of one store: a binary sparse Merkle trie over SHA-256 of the key.
//!
//! Hashing is that of `jmt` 0.12 with SHA-256, so roots are equal and its proofs verify. A subtree of one entry is that
//! entry's leaf. Nodes are immutable and shared between versions: an update copies the paths it changes, and a version is
//! kept by keeping its root. The hash of a child lies in its parent, so an update touches no sibling.

#[cfg(test)]
mod oracle;
mod update;
mod walk;

use std::sync::Arc;

use sha2::{Digest, Sha256};

pub(crate) use update::Change;
pub(crate) use walk::Located;

/// A SHA-256 hash.
pub(crate) type Hash = [u8; 32];

/// The hash that stands for an empty subtree.
pub(crate) const PLACEHOLDER: Hash = *b"SPARSE_MERKLE_PLACEHOLDER_HASH__";

/// The domain of leaf hashes.
pub(crate) const LEAF_DOMAIN: &[u8] = b"JMT::LeafNode";

/// The domain of inner hashes.
pub(crate) const INNER_DOMAIN: &[u8] = b"JMT::IntrnalNode";

/// One version of a tree. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    top: Edge,
}

/// A subtree with its hash.
#[derive(Clone, Debug)]
struct Edge {
    hash: Hash,
    node: Node,
}

#[derive(Clone, Debug)]
enum Node {
    Empty,
    /// The key; its hash is computed again where the trie needs it, which is rarer than memory is short.
    Leaf(Arc<[u8]>),
    Branch(Arc<Branch>),
}

#[derive(Debug)]
struct Branch {
    left: Edge,
    right: Edge,
}

impl Edge {
    const EMPTY: Self = Self { hash: PLACEHOLDER, node: Node::Empty };
}

impl Tree {
    /// The tree without entries.
    pub(crate) const fn empty() -> Self {
        Self { top: Edge::EMPTY }
    }

    /// The root hash; [`PLACEHOLDER`] for the empty tree.
    pub(crate) const fn root(&self) -> Hash {
        self.top.hash
    }
}

/// The path of a key.
pub(crate) fn key_hash(key: &[u8]) -> Hash {
    Sha256::digest(key).into()
}

/// The hash of the leaf that binds `key_hash` to `value`.
pub(crate) fn leaf_hash(key_hash: &Hash, value: &[u8]) -> Hash {
    Sha256::new()
        .chain_update(LEAF_DOMAIN)
        .chain_update(key_hash)
        .chain_update(Sha256::digest(value))
        .finalize()
        .into()
}

fn inner_hash(left: &Hash, right: &Hash) -> Hash {
    // One buffer, one call: two blocks, no partial-block bookkeeping.
    let mut bytes = [0_u8; 80];
    let (domain, children) = bytes.split_at_mut(INNER_DOMAIN.len());
    domain.copy_from_slice(INNER_DOMAIN);
    let (first, second) = children.split_at_mut(32);
    first.copy_from_slice(left);
    second.copy_from_slice(right);
    Sha256::digest(bytes).into()
}

/// The direction at `depth`: true is right.
fn bit(hash: &Hash, depth: usize) -> bool {
    let shift = 7_usize.saturating_sub(depth % 8);
    hash.get(depth / 8).is_some_and(|byte| (byte >> shift) & 1 == 1)
}
