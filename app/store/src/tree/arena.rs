//! Where nodes live, and how they are read.
//!
//! No slot is ever written while a version that can reach it is alive (see [`super::versions`]); what orders a version's writes
//! before its readers is how the version itself is handed on.

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::leaf::{KeyWords, LEAF_WORDS};
use super::slots::Slots;
use super::versions::Graph;
use super::{Edge, Hash};

/// Bits of a [`Node`] that number its slot.
const INDEX_BITS: u32 = 29;

/// The words of a branch's slot: the hashes of both children, then their nodes, the left one in the lower half. All in one place:
/// what lies on another page of memory costs a second look into the page tables.
pub(super) const BRANCH_WORDS: usize = 9;

/// The number of a node: its kind in the upper three bits (0 a branch, else a class of leaves), its slot in the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Node(pub(super) u32);

impl Node {
    /// The empty subtree. No branch lies in slot 0.
    pub(super) const EMPTY: Self = Self(0);

    pub(super) const fn branch(index: u32) -> Self {
        Self(index)
    }

    pub(super) fn leaf(class: usize, index: u32) -> Self {
        // There are seven classes.
        let kind = u32::try_from(class).unwrap_or(0).saturating_add(1);
        Self(kind << INDEX_BITS | index)
    }

    const fn kind(self) -> usize {
        (self.0 >> INDEX_BITS) as usize
    }

    const fn index(self) -> u32 {
        self.0 & ((1 << INDEX_BITS) - 1)
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) const fn is_branch(self) -> bool {
        self.0 != 0 && self.kind() == 0
    }

    pub(super) const fn is_leaf(self) -> bool {
        self.kind() != 0
    }
}

/// The memory of a tree and all its versions.
pub(super) struct Arena {
    pub(super) branches: Slots,
    pub(super) leaves: [Slots; LEAF_WORDS.len()],
    /// Slots to use again, by kind.
    pub(super) free: Mutex<[Vec<u32>; LEAF_WORDS.len() + 1]>,
    pub(super) versions: Mutex<Graph>,
}

impl Arena {
    pub(super) fn new() -> Self {
        Self {
            branches: Slots::new(BRANCH_WORDS, 1),
            leaves: LEAF_WORDS.map(|words| Slots::new(words, 0)),
            free: Mutex::default(),
            versions: Mutex::default(),
        }
    }

    /// Bytes of memory in use, free slots included.
    pub(super) fn bytes(&self) -> u64 {
        let used = |slots: &Slots| u64::from(slots.used()).saturating_mul(slots.slot_bytes());
        self.leaves.iter().map(used).fold(used(&self.branches), u64::saturating_add)
    }

    /// The children of a branch.
    #[inline]
    pub(super) fn branch(&self, node: Node) -> (Edge, Edge) {
        let Some([a, b, c, d, e, f, g, h, links]) = self.branches.slot(node.index()) else {
            return (Edge::EMPTY, Edge::EMPTY);
        };
        let (first, second) = nodes(links);
        let (left, right) = (load_hash([a, b, c, d]), load_hash([e, f, g, h]));
        (Edge { hash: left, node: first }, Edge { hash: right, node: second })
    }

    /// The children of a branch, without their hashes.
    pub(super) fn children(&self, node: Node) -> (Node, Node) {
        let slot = self.branches.slot::<BRANCH_WORDS>(node.index());
        slot.map_or((Node::EMPTY, Node::EMPTY), |[.., links]| nodes(links))
    }

    /// Reads branches for nothing but having them in the processor's cache: it waits for many of them at once.
    pub(super) fn wait_for_branches(&self, nodes: impl Iterator<Item = Node>) {
        let ends = |node: Node| match self.branches.slot::<BRANCH_WORDS>(node.index()) {
            Some([first, .., last]) => first.load(Ordering::Relaxed) ^ last.load(Ordering::Relaxed),
            None => 0,
        };
        std::hint::black_box(nodes.fold(0, |sum, node| sum ^ ends(node)));
    }

    /// The same for leaves.
    pub(super) fn wait_for_leaves(&self, nodes: impl Iterator<Item = Node>) {
        let start = |node| self.leaf(node).first().map_or(0, |word| word.load(Ordering::Relaxed));
        std::hint::black_box(nodes.fold(0, |sum, node| sum ^ start(node)));
    }

    fn leaf(&self, node: Node) -> &[AtomicU64] {
        let class = node.kind().checked_sub(1).and_then(|class| self.leaves.get(class));
        class.map(|slots| slots.words(node.index())).unwrap_or_default()
    }

    /// The key of a leaf.
    pub(super) fn key(&self, node: Node) -> Vec<u8> {
        let mut bytes: Vec<u8> =
            self.leaf(node).iter().flat_map(|word| word.load(Ordering::Relaxed).to_le_bytes()).collect();
        let length = bytes.first_chunk::<2>().map_or(0, |length| usize::from(u16::from_le_bytes(*length)));
        bytes.drain(..2.min(bytes.len()));
        bytes.truncate(length);
        bytes
    }

    /// Whether a leaf is that of `key`.
    pub(super) fn is_key(&self, node: Node, key: &[u8]) -> bool {
        let words = self.leaf(node);
        let mut wanted = KeyWords::new(key);
        words.len() == wanted.words()
            && words.iter().all(|word| word.load(Ordering::Relaxed) == wanted.next_word())
    }

    /// Gives slots back.
    pub(super) fn give_back(&self, nodes: impl IntoIterator<Item = Node>) {
        let mut free = self.free.lock();
        for node in nodes {
            if let Some(list) = free.get_mut(node.kind()) {
                list.push(node.index());
            }
        }
    }

    /// Whether `count` more branches can be numbered.
    pub(super) fn has_room_for(&self, count: u64) -> bool {
        u64::from(self.branches.used()).saturating_add(count) < 1 << INDEX_BITS
    }

    /// How many slots hold a node of some version.
    #[cfg(test)]
    pub(super) fn occupied(&self) -> usize {
        let used = |slots: &Slots| slots.used() as usize;
        let all = used(&self.branches) - 1 + self.leaves.iter().map(used).sum::<usize>();
        all - self.free.lock().iter().map(Vec::len).sum::<usize>()
    }
}

#[inline]
fn load_hash(words: [&AtomicU64; 4]) -> Hash {
    let mut hash = [0_u8; 32];
    for (bytes, word) in hash.as_chunks_mut::<8>().0.iter_mut().zip(words) {
        *bytes = word.load(Ordering::Relaxed).to_ne_bytes();
    }
    hash
}

/// The children in the last word of a branch.
#[inline]
fn nodes(links: &AtomicU64) -> (Node, Node) {
    let [a, b, c, d, e, f, g, h] = links.load(Ordering::Relaxed).to_le_bytes();
    (Node(u32::from_le_bytes([a, b, c, d])), Node(u32::from_le_bytes([e, f, g, h])))
}
