//! Batch updates: one descent per change set, every changed node hashed once.

use std::sync::Arc;

use rayon::slice::ParallelSliceMut;

use super::{Branch, Edge, Hash, Node, Tree, bit, inner_hash, key_hash, leaf_hash};

/// From this many changes on, the two halves of a subtree are worth a thread each.
const PARALLEL_FROM: usize = 192;

/// From this many changes on, sorting them is worth more than one thread.
const PARALLEL_SORT_FROM: usize = 1 << 14;

/// Bits of a path: below this depth two different keys have parted.
const DEPTH: usize = 256;

/// What happens to one key.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    path: Hash,
    key: Arc<[u8]>,
    /// The hash of the new leaf; `None` removes the key.
    leaf: Option<Hash>,
}

impl Change {
    /// Binds `key` to `value`, or removes it.
    pub(crate) fn new(key: &[u8], value: Option<&[u8]>) -> Self {
        let path = key_hash(key);
        let leaf = value.map(|value| leaf_hash(&path, value));
        Self { path, key: key.into(), leaf }
    }
}

impl Tree {
    /// The next version: this one with `changes`, each key at most once.
    pub(crate) fn update(&self, mut changes: Vec<Change>) -> Self {
        if changes.len() >= PARALLEL_SORT_FROM {
            changes.par_sort_unstable_by_key(|change| change.path);
        } else {
            changes.sort_unstable_by_key(|change| change.path);
        }
        Self { top: apply(&self.top, 0, &changes) }
    }
}

fn apply(edge: &Edge, depth: usize, changes: &[Change]) -> Edge {
    if changes.is_empty() {
        return edge.clone();
    }
    match &edge.node {
        Node::Empty => build_live(depth, changes.iter().filter(|change| change.leaf.is_some()).collect()),
        Node::Leaf(key) => apply_to_leaf(edge, key, depth, changes),
        Node::Branch(branch) => {
            let (left, right) = split(changes, depth);
            let (left, right) = both(
                changes.len(),
                || apply(&branch.left, depth.saturating_add(1), left),
                || apply(&branch.right, depth.saturating_add(1), right),
            );
            if left.hash == branch.left.hash && right.hash == branch.right.hash {
                return edge.clone();
            }
            join(left, right)
        }
    }
}

fn apply_to_leaf(edge: &Edge, key: &Arc<[u8]>, depth: usize, changes: &[Change]) -> Edge {
    if let [change] = changes
        && change.key == *key
    {
        // The common case, an update in place, needs no path.
        return change.leaf.map_or(Edge::EMPTY, |hash| Edge { hash, node: Node::Leaf(key.clone()) });
    }
    let kept = Change { path: key_hash(key), key: key.clone(), leaf: Some(edge.hash) };
    let mut live: Vec<&Change> = changes.iter().filter(|change| change.leaf.is_some()).collect();
    if let Err(place) = changes.binary_search_by(|change| change.path.cmp(&kept.path)) {
        let removed_before = changes.iter().take(place).filter(|change| change.leaf.is_none()).count();
        live.insert(place.saturating_sub(removed_before), &kept);
    }
    build_live(depth, live)
}

fn build_live(depth: usize, live: Vec<&Change>) -> Edge {
    build(depth, &live)
}

/// The subtree of entries that are all present.
fn build(depth: usize, live: &[&Change]) -> Edge {
    match live {
        [] => Edge::EMPTY,
        [one] => Edge { hash: one.leaf.unwrap_or(super::PLACEHOLDER), node: Node::Leaf(one.key.clone()) },
        // Two keys with one path would be a collision of SHA-256; ending here keeps the recursion bounded all the same.
        [one, ..] if depth >= DEPTH => build(depth, &[*one]),
        _ => {
            let at = live.partition_point(|change| !bit(&change.path, depth));
            let (left, right) = live.split_at(at);
            let (left, right) = both(
                live.len(),
                || build(depth.saturating_add(1), left),
                || build(depth.saturating_add(1), right),
            );
            join(left, right)
        }
    }
}

fn split(changes: &[Change], depth: usize) -> (&[Change], &[Change]) {
    changes.split_at(changes.partition_point(|change| !bit(&change.path, depth)))
}

fn both<A: Send, B: Send>(size: usize, a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
    if size >= PARALLEL_FROM { rayon::join(a, b) } else { (a(), b()) }
}

/// A leaf alone in its subtree rises to the top of it.
fn join(left: Edge, right: Edge) -> Edge {
    match (&left.node, &right.node) {
        (Node::Empty, Node::Empty | Node::Leaf(_)) => right,
        (Node::Leaf(_), Node::Empty) => left,
        _ => Edge {
            hash: inner_hash(&left.hash, &right.hash),
            node: Node::Branch(Arc::new(Branch { left, right })),
        },
    }
}
