//! Finding entries and their neighbours, with the siblings that prove them.

use std::sync::Arc;

use super::{Edge, Hash, Node, Tree, bit, key_hash};

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
    pub(crate) key: Arc<[u8]>,
    /// From the leaf to the root.
    pub(crate) steps: Vec<Step>,
}

impl Tree {
    /// The entry of `key`.
    pub(crate) fn locate(&self, key: &[u8]) -> Option<Located> {
        let path = key_hash(key);
        let mut steps = Vec::new();
        let mut edge = &self.top;
        loop {
            match &edge.node {
                Node::Empty => return None,
                Node::Leaf(found) if found.as_ref() != key => return None,
                Node::Leaf(found) => {
                    steps.reverse();
                    return Some(Located { key: found.clone(), steps });
                }
                Node::Branch(branch) => {
                    let right = bit(&path, steps.len());
                    let (next, other) =
                        if right { (&branch.right, &branch.left) } else { (&branch.left, &branch.right) };
                    steps.push(Step { right, sibling: other.hash });
                    edge = next;
                }
            }
        }
    }

    /// The entries next to the absent `key` in the order of paths: the one before and the one after.
    pub(crate) fn neighbours(&self, key: &[u8]) -> (Option<Located>, Option<Located>) {
        let path = key_hash(key);
        let near = |after| nearest(&self.top, 0, &path, after).and_then(|key| self.locate(&key));
        (near(false), near(true))
    }
}

/// The entry with the least path above `path` (`after`), or with the greatest below it.
fn nearest(edge: &Edge, depth: usize, path: &Hash, after: bool) -> Option<Arc<[u8]>> {
    match &edge.node {
        Node::Empty => None,
        Node::Leaf(key) => {
            let found = key_hash(key);
            let fits = if after { found > *path } else { found < *path };
            fits.then(|| key.clone())
        }
        Node::Branch(branch) => {
            let below = depth.saturating_add(1);
            match (bit(path, depth), after) {
                (false, true) => {
                    nearest(&branch.left, below, path, after).or_else(|| outermost(&branch.right, false))
                }
                (true, false) => {
                    nearest(&branch.right, below, path, after).or_else(|| outermost(&branch.left, true))
                }
                (true, true) => nearest(&branch.right, below, path, after),
                (false, false) => nearest(&branch.left, below, path, after),
            }
        }
    }
}

/// The last (`rightmost`) or first entry of a subtree.
fn outermost(edge: &Edge, rightmost: bool) -> Option<Arc<[u8]>> {
    match &edge.node {
        Node::Empty => None,
        Node::Leaf(key) => Some(key.clone()),
        Node::Branch(branch) => {
            let (first, second) =
                if rightmost { (&branch.right, &branch.left) } else { (&branch.left, &branch.right) };
            outermost(first, rightmost).or_else(|| outermost(second, rightmost))
        }
    }
}
