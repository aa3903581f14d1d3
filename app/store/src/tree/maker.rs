//! Making nodes: what one worker of an update holds.

use std::sync::atomic::Ordering;

use super::Edge;
use super::arena::{Arena, BRANCH_WORDS, Node};
use super::leaf::KeyWords;
use super::versions::Delta;

/// Fresh or freed slots a worker takes at a time.
const HANDFUL: usize = 256;

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
    /// What workers had made and replaced whose work was taken over.
    taken_over: Vec<Delta>,
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
            taken_over: Vec::new(),
            added: 0,
            removed: 0,
        }
    }

    /// Ends the work: the nodes made and those replaced, by worker.
    pub(super) fn finish(mut self) -> Vec<Delta> {
        self.write();
        let (created, replaced) = (std::mem::take(&mut self.created), std::mem::take(&mut self.replaced));
        self.taken_over.push(Delta { created, replaced });
        std::mem::take(&mut self.taken_over)
    }

    /// Takes over what another worker made. The slots it has left go back, for anybody.
    pub(super) fn absorb(&mut self, mut other: Self) {
        self.taken_over.append(&mut other.taken_over);
        other.write();
        let (created, replaced) = (std::mem::take(&mut other.created), std::mem::take(&mut other.replaced));
        self.taken_over.push(Delta { created, replaced });
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
