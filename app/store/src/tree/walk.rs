//! Finding entries and their neighbours, with the siblings that prove them.

use super::arena::{Arena, Node};
use super::hash::key_hash;
use super::{Hash, Tree, bit};

/// One step of a path from a leaf to the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Whether the path comes from the right child.
    pub(crate) right: bool,
    /// The hash of the other child.
    pub(crate) sibling: Hash,
}

/// An entry of the tree and the steps from its leaf up to the root.
#[derive(Clone, Debug)]
pub(crate) struct Located {
    /// The key.
    pub(crate) key: Vec<u8>,
    /// From the leaf to the root.
    pub(crate) steps: Vec<Step>,
}

impl Tree {
    /// The entry of `key`.
    pub(crate) fn locate(&self, key: &[u8]) -> Option<Located> {
        let path = key_hash(key);
        let mut steps = Vec::new();
        let mut node = self.top.node;
        while node.is_branch() {
            let (left, right) = self.arena().branch(node);
            let goes_right = bit(&path, steps.len());
            let (next, other) = if goes_right { (right, left) } else { (left, right) };
            steps.push(Step { right: goes_right, sibling: other.hash });
            node = next.node;
        }
        if node.is_empty() || !self.arena().is_key(node, key) {
            return None;
        }
        steps.reverse();
        Some(Located { key: key.to_vec(), steps })
    }

    /// The entries next to the absent `key` in the order of paths: the one before and the one after.
    pub(crate) fn neighbours(&self, key: &[u8]) -> (Option<Located>, Option<Located>) {
        let path = key_hash(key);
        let near = |after| {
            let found = nearest(self.arena(), self.top.node, 0, &path, after);
            found.and_then(|key| self.locate(&key))
        };
        (near(false), near(true))
    }
}

/// The entry with the least path above `path` (`after`), or with the greatest below it.
fn nearest(arena: &Arena, node: Node, depth: usize, path: &Hash, after: bool) -> Option<Vec<u8>> {
    if node.is_empty() {
        return None;
    }
    if node.is_leaf() {
        let key = arena.key(node);
        let found = key_hash(&key);
        let fits = if after { found > *path } else { found < *path };
        return fits.then_some(key);
    }
    let (left, right) = arena.children(node);
    let below = depth.saturating_add(1);
    match (bit(path, depth), after) {
        (false, true) => nearest(arena, left, below, path, after).or_else(|| outermost(arena, right, false)),
        (true, false) => nearest(arena, right, below, path, after).or_else(|| outermost(arena, left, true)),
        (true, true) => nearest(arena, right, below, path, after),
        (false, false) => nearest(arena, left, below, path, after),
    }
}

/// The last (`rightmost`) or first entry of a subtree.
fn outermost(arena: &Arena, node: Node, rightmost: bool) -> Option<Vec<u8>> {
    if node.is_empty() {
        return None;
    }
    if node.is_leaf() {
        return Some(arena.key(node));
    }
    let (left, right) = arena.children(node);
    let (first, second) = if rightmost { (right, left) } else { (left, right) };
    outermost(arena, first, rightmost).or_else(|| outermost(arena, second, rightmost))
}

#[cfg(test)]
impl Tree {
    /// The root computed from the leaves' hashes up.
    pub(super) fn recomputed_root(&self) -> Hash {
        fn hash_of(arena: &Arena, edge: super::Edge) -> Hash {
            if !edge.node.is_branch() {
                return edge.hash;
            }
            let (left, right) = arena.branch(edge.node);
            super::hash::inner_hash(&hash_of(arena, left), &hash_of(arena, right))
        }
        hash_of(self.arena(), self.top)
    }

    /// How many nodes this version has, and how many slots are not free.
    pub(super) fn nodes_reachable_and_occupied(&self) -> (usize, usize) {
        fn count(arena: &Arena, node: Node) -> usize {
            if !node.is_branch() {
                return usize::from(node.is_leaf());
            }
            let (left, right) = arena.children(node);
            1 + count(arena, left) + count(arena, right)
        }
        (count(self.arena(), self.top.node), self.arena().occupied())
    }
}
