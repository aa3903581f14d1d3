//! Where nodes live: numbered slots in memory that grows by doubling and never moves.
//!
//! Slots consist of atomic words, read and written without ordering: plain loads and stores for the processor, and safe code while
//! readers walk one version and a writer fills slots of the next. No slot is ever written while a version that can reach it
//! is alive (see [`super::versions`]); what orders a version's writes before its readers is how the version itself is handed on.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use parking_lot::Mutex;
use zerocopy::FromZeros as _;

use super::versions::Graph;
use super::{Edge, Hash};

/// Bits of a [`Node`] that number its slot.
const INDEX_BITS: u32 = 29;

/// The words of a leaf's slot, by class: two bytes of length, then the key. The last takes the longest key there is.
const LEAF_WORDS: [usize; 7] = [3, 4, 5, 6, 8, 16, 129];

/// The words of a branch's slot: the hashes of both children, then their nodes, the left one in the lower half. All in one place:
/// what lies on another page of memory costs a second look into the page tables.
const BRANCH_WORDS: usize = 9;

/// Slots of the first piece of memory; each next one has twice as many.
const FIRST: u32 = 64;

/// Pieces that hold as many slots as a node can number.
const PIECES: usize = 24;

/// Fresh or freed slots a worker takes at a time.
const HANDFUL: usize = 256;

/// The number of a node: its kind in the upper three bits (0 a branch, else a class of leaves), its slot in the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Node(u32);

impl Node {
    /// The empty subtree. No branch lies in slot 0.
    pub(super) const EMPTY: Self = Self(0);

    const fn branch(index: u32) -> Self {
        Self(index)
    }

    fn leaf(class: usize, index: u32) -> Self {
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

/// Slots of one width, in pieces of memory that are made when they are first needed.
struct Slots {
    width: usize,
    pieces: [OnceLock<Box<[AtomicU64]>>; PIECES],
    /// The lowest slot never used.
    next: AtomicU32,
}

impl Slots {
    fn new(width: usize, first: u32) -> Self {
        Self { width, pieces: [const { OnceLock::new() }; PIECES], next: AtomicU32::new(first) }
    }

    /// The piece of a slot and the slot's place in it.
    const fn place(index: u32) -> (usize, usize) {
        let shifted = index.saturating_add(FIRST);
        let piece = shifted.ilog2().saturating_sub(FIRST.ilog2());
        (piece as usize, shifted.saturating_sub(FIRST << piece) as usize)
    }

    /// The words of a slot whose width is known where this is called.
    #[inline]
    fn slot<const WIDTH: usize>(&self, index: u32) -> Option<&[AtomicU64; WIDTH]> {
        let (piece, place) = Self::place(index);
        let words = self.pieces.get(piece)?.get()?;
        words.get(place.saturating_mul(WIDTH)..)?.first_chunk()
    }

    #[inline]
    fn words(&self, index: u32) -> &[AtomicU64] {
        let (piece, place) = Self::place(index);
        let Some(piece) = self.pieces.get(piece).and_then(OnceLock::get) else { return &[] };
        let start = place.saturating_mul(self.width);
        piece.get(start..start.saturating_add(self.width)).unwrap_or_default()
    }

    /// A fresh slot, or several in a row.
    fn fresh(&self, count: u32) -> std::ops::Range<u32> {
        let first = self.next.fetch_add(count, Ordering::Relaxed);
        let end = first.saturating_add(count);
        let (from, _) = Self::place(first);
        let (to, _) = Self::place(end);
        for (number, piece) in self.pieces.iter().enumerate().take(to.saturating_add(1)).skip(from) {
            piece.get_or_init(|| self.piece(number));
        }
        first..end
    }

    /// Zeroed memory, of which the system gives a page when it is first touched.
    fn piece(&self, number: usize) -> Box<[AtomicU64]> {
        let count = ((FIRST as usize) << number).saturating_mul(self.width);
        <[AtomicU64]>::new_box_zeroed_with_elems(count).unwrap_or_else(|_| {
            // As everywhere in Rust: without memory the process ends.
            let layout = std::alloc::Layout::array::<AtomicU64>(count);
            std::alloc::handle_alloc_error(layout.unwrap_or(std::alloc::Layout::new::<AtomicU64>()))
        })
    }
}

/// The memory of a tree and all its versions.
pub(super) struct Arena {
    branches: Slots,
    leaves: [Slots; LEAF_WORDS.len()],
    /// Slots to use again, by kind.
    free: Mutex<[Vec<u32>; LEAF_WORDS.len() + 1]>,
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
        let used = |slots: &Slots| {
            let bytes = (slots.width as u64).saturating_mul(8);
            u64::from(slots.next.load(Ordering::Relaxed)).saturating_mul(bytes)
        };
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
        self.visit(node).0
    }

    /// The children of a branch, and something that depends on the rest of its slot: the processor has then read all of it.
    #[inline]
    pub(super) fn visit(&self, node: Node) -> ((Node, Node), u64) {
        match self.branches.slot::<BRANCH_WORDS>(node.index()) {
            Some([first, .., links]) => (nodes(links), first.load(Ordering::Relaxed)),
            None => ((Node::EMPTY, Node::EMPTY), 0),
        }
    }

    /// Something that depends on the slot of a leaf.
    #[inline]
    pub(super) fn visit_leaf(&self, node: Node) -> u64 {
        self.leaf(node).first().map_or(0, |word| word.load(Ordering::Relaxed))
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

    /// How many slots hold a node of some version.
    #[cfg(test)]
    pub(super) fn occupied(&self) -> usize {
        let used = |slots: &Slots| slots.next.load(Ordering::Relaxed) as usize;
        let all = used(&self.branches) - 1 + self.leaves.iter().map(used).sum::<usize>();
        all - self.free.lock().iter().map(Vec::len).sum::<usize>()
    }

    /// Whether `count` more branches can be numbered.
    pub(super) fn has_room_for(&self, count: usize) -> bool {
        let used = self.branches.next.load(Ordering::Relaxed);
        u32::try_from(count)
            .is_ok_and(|count| used.checked_add(count).is_some_and(|end| end < 1 << INDEX_BITS))
    }
}

/// A key as the words of a leaf.
struct KeyWords<'a> {
    class: usize,
    length: [u8; 2],
    key: &'a [u8],
    at: usize,
}

impl<'a> KeyWords<'a> {
    fn new(key: &'a [u8]) -> Self {
        let bytes = key.len().saturating_add(2);
        let class = LEAF_WORDS.iter().position(|words| words.saturating_mul(8) >= bytes);
        // Keys are at most `MAX_KEY_LEN` bytes long, which the last class takes.
        let length = u16::try_from(key.len()).unwrap_or(u16::MAX).to_le_bytes();
        Self { class: class.unwrap_or(LEAF_WORDS.len().saturating_sub(1)), length, key, at: 0 }
    }

    fn words(&self) -> usize {
        LEAF_WORDS.get(self.class).copied().unwrap_or(0)
    }

    fn next_word(&mut self) -> u64 {
        let mut word = [0_u8; 8];
        let from: &[u8] =
            if self.at == 0 { &[] } else { self.key.get(self.at.saturating_sub(2)..).unwrap_or_default() };
        if self.at == 0 {
            for (to, from) in word.iter_mut().zip(self.length.iter().chain(self.key)) {
                *to = *from;
            }
        } else if let Some(whole) = from.first_chunk::<8>() {
            word = *whole;
        } else {
            for (to, from) in word.iter_mut().zip(from) {
                *to = *from;
            }
        }
        self.at = self.at.saturating_add(8);
        u64::from_le_bytes(word)
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

/// What one worker makes: nodes, from slots that it holds in its hand, and the list of what they replace.
pub(super) struct Maker<'a> {
    arena: &'a Arena,
    spare: Vec<u32>,
    /// Branches that wait to be written into their slots.
    pending: Vec<(u32, [u64; BRANCH_WORDS])>,
    /// Nodes made.
    created: Vec<Node>,
    /// Nodes of the base that the new version no longer has.
    pub(super) replaced: Vec<Node>,
    /// Leaves made, and leaves gone.
    pub(super) added: u64,
    pub(super) removed: u64,
}

impl<'a> Maker<'a> {
    pub(super) const fn new(arena: &'a Arena) -> Self {
        Self {
            arena,
            spare: Vec::new(),
            pending: Vec::new(),
            created: Vec::new(),
            replaced: Vec::new(),
            added: 0,
            removed: 0,
        }
    }

    /// Ends the work: the nodes made, and those replaced.
    pub(super) fn finish(mut self) -> (Vec<Node>, Vec<Node>) {
        self.write();
        (std::mem::take(&mut self.created), std::mem::take(&mut self.replaced))
    }

    /// Takes over what another worker made.
    pub(super) fn absorb(&mut self, mut other: Self) {
        other.write();
        self.spare.append(&mut other.spare);
        self.created.append(&mut other.created);
        self.replaced.append(&mut other.replaced);
        self.added = self.added.saturating_add(other.added);
        self.removed = self.removed.saturating_add(other.removed);
    }

    /// A branch. Its slot is written before anybody else can know its number: at the latest when the maker gives away what it made.
    pub(super) fn branch(&mut self, left: &Edge, right: &Edge) -> Node {
        if self.spare.is_empty() {
            self.take_branches();
        }
        let index = self.spare.pop().unwrap_or_default();
        let mut words = [0; BRANCH_WORDS];
        let hashes = left.hash.as_chunks::<8>().0.iter().chain(right.hash.as_chunks::<8>().0);
        let links = u64::from(right.node.0) << 32 | u64::from(left.node.0);
        let values = hashes.map(|bytes| u64::from_ne_bytes(*bytes)).chain([links]);
        for (word, value) in words.iter_mut().zip(values) {
            *word = value;
        }
        if self.pending.len() >= HANDFUL {
            self.write();
        }
        self.pending.push((index, words));
        let node = Node::branch(index);
        self.created.push(node);
        node
    }

    /// Writes the branches that wait. Slots are far from each other and from everything in the processor's cache: written one by
    /// one between the hashes, they would hold up every short-lived value that goes through memory behind them.
    fn write(&mut self) {
        for (index, values) in self.pending.drain(..) {
            if let Some(words) = self.arena.branches.slot::<BRANCH_WORDS>(index) {
                for (word, value) in words.iter().zip(values) {
                    word.store(value, Ordering::Relaxed);
                }
            }
        }
    }

    fn take_branches(&mut self) {
        let mut free = self.arena.free.lock();
        let [branches, ..] = &mut *free;
        let kept = branches.len().saturating_sub(HANDFUL);
        self.spare = branches.split_off(kept);
        drop(free);
        if self.spare.is_empty() {
            let count = u32::try_from(HANDFUL).unwrap_or(1);
            self.spare = self.arena.branches.fresh(count).rev().collect();
        }
    }

    /// A leaf.
    pub(super) fn leaf(&mut self, key: &[u8]) -> Node {
        let mut wanted = KeyWords::new(key);
        let kind = wanted.class.saturating_add(1);
        let reused = self.arena.free.lock().get_mut(kind).and_then(Vec::pop);
        let Some(slots) = self.arena.leaves.get(wanted.class) else { return Node::EMPTY };
        let index = reused.unwrap_or_else(|| slots.fresh(1).start);
        for word in slots.words(index) {
            word.store(wanted.next_word(), Ordering::Relaxed);
        }
        let node = Node::leaf(wanted.class, index);
        self.created.push(node);
        self.added = self.added.saturating_add(1);
        node
    }
}

impl Drop for Maker<'_> {
    fn drop(&mut self) {
        if !self.spare.is_empty() {
            let [branches, ..] = &mut *self.arena.free.lock();
            branches.append(&mut self.spare);
        }
    }
}
