//! Subtrees as bytes: pages, and the seam to what keeps them.
//!
//! A page is the subtree under one prefix of paths. It stands for itself: its bytes end with their own hash, and its root follows from its
//! content. A checkpoint is all pages of a height; a tree larger than memory would fetch them one by one, and a snapshot for other
//! nodes would send them.

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::arena::Arena;
use super::hash::key_hash;
use super::maker::Maker;
use super::update::{DEPTH, join};
use super::{Edge, Hash, Tree};
use crate::error::StoreError;

/// The most bits of a prefix.
pub(crate) const MAX_PAGE_BITS: u32 = 16;

/// Entries a page is meant to have: a few megabytes.
const ENTRIES: u64 = 1 << 16;

const EMPTY: u8 = 0;
const LEAF: u8 = 1;
const BRANCH: u8 = 2;

/// Names a page: the tree and the prefix of the paths in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PageId {
    /// The name of the store.
    pub(crate) store: String,
    /// The length of the prefix; 0 for the whole tree.
    pub(crate) bits: u32,
    /// The prefix, in the lower bits.
    pub(crate) prefix: u32,
}

/// Takes the pages of trees.
pub(crate) trait PageSink {
    /// Stores a page. Pages come in the order of their ids.
    fn put(&mut self, id: &PageId, bytes: &[u8]) -> Result<(), StoreError>;
}

/// Gives the pages of trees.
pub(crate) trait PageSource: Sync {
    /// The bytes of a page, as they were stored.
    fn get(&self, id: &PageId) -> Result<Vec<u8>, StoreError>;
}

impl Tree {
    /// How long prefixes are when this tree is cut into pages of a good size.
    pub(crate) fn page_bits(&self) -> u32 {
        (self.keys / ENTRIES).checked_ilog2().map_or(0, |log| log.saturating_add(1)).min(MAX_PAGE_BITS)
    }

    /// Stores all pages of this version, as those of the store `name`.
    pub(crate) fn save(&self, name: &str, pages: &mut impl PageSink) -> Result<(), StoreError> {
        self.save_cut(name, self.page_bits(), pages)
    }

    fn save_cut(&self, name: &str, bits: u32, pages: &mut impl PageSink) -> Result<(), StoreError> {
        let mut bytes = Vec::new();
        for prefix in 0..1_u32 << bits {
            bytes.clear();
            let node = self.under(bits, prefix);
            encode(self.arena(), node, &mut bytes);
            let sum: Hash = Sha256::digest(&bytes).into();
            bytes.extend_from_slice(&sum);
            pages.put(&PageId { store: name.to_owned(), bits, prefix }, &bytes)?;
        }
        Ok(())
    }

    /// The subtree under a prefix. A leaf above the cut lies under the prefix of its own path.
    fn under(&self, bits: u32, prefix: u32) -> Edge {
        let mut edge = self.top;
        for depth in 0..bits {
            if !edge.node.is_branch() {
                break;
            }
            let (left, right) = self.arena().branch(edge.node);
            let goes_right = prefix >> bits.saturating_sub(depth).saturating_sub(1) & 1 == 1;
            edge = if goes_right { right } else { left };
        }
        if edge.node.is_leaf() {
            let path = key_hash(&self.arena().key(edge.node));
            let first = path.first_chunk::<4>().map_or(0, |bytes| u32::from_be_bytes(*bytes));
            if first.checked_shr(32_u32.saturating_sub(bits)).unwrap_or(0) != prefix {
                return Edge::EMPTY;
            }
        }
        edge
    }

    /// Reads the tree of the store `name` from its pages, on all threads. The caller compares the root.
    pub(crate) fn load(name: &str, bits: u32, pages: &impl PageSource) -> Result<Self, StoreError> {
        let tree = Self::empty();
        if bits > MAX_PAGE_BITS {
            return Err(StoreError::Corrupt(format!("a page prefix of {bits} bits")));
        }
        let read = (0..1_u32 << bits).into_par_iter().map(|prefix| {
            let id = PageId { store: name.to_owned(), bits, prefix };
            let bytes = pages.get(&id)?;
            let corrupt = || StoreError::Corrupt(format!("page {prefix:#x} of {bits} bits of store {name}"));
            let (content, sum) = bytes.split_last_chunk::<32>().ok_or_else(corrupt)?;
            if Hash::from(Sha256::digest(content)) != *sum {
                return Err(corrupt());
            }
            let mut maker = Maker::new(tree.arena());
            let mut rest = content;
            let edge = decode(&mut rest, bits as usize, &mut maker)
                .filter(|_| rest.is_empty())
                .ok_or_else(corrupt)?;
            Ok((edge, maker))
        });
        let read: Vec<(Edge, Maker<'_>)> = read.collect::<Result<_, _>>()?;
        let mut maker = Maker::new(tree.arena());
        let mut level = Vec::with_capacity(read.len());
        for (edge, made) in read {
            maker.absorb(made);
            level.push(edge);
        }
        while let [_, _, ..] = level.as_slice() {
            let (pairs, _) = level.as_chunks::<2>();
            level = pairs.iter().map(|[left, right]| join(*left, *right, &mut maker)).collect();
        }
        let top = level.first().copied().unwrap_or(Edge::EMPTY);
        Ok(tree.derive(top, maker))
    }
}

/// A subtree in preorder: a byte for its kind; of a leaf the length of the key, the key and the leaf's hash.
fn encode(arena: &Arena, edge: Edge, bytes: &mut Vec<u8>) {
    if edge.node.is_empty() {
        bytes.push(EMPTY);
    } else if edge.node.is_leaf() {
        let key = arena.key(edge.node);
        bytes.push(LEAF);
        bytes.extend_from_slice(&u16::try_from(key.len()).unwrap_or(u16::MAX).to_le_bytes());
        bytes.extend_from_slice(&key);
        bytes.extend_from_slice(&edge.hash);
    } else {
        let (left, right) = arena.branch(edge.node);
        bytes.push(BRANCH);
        encode(arena, left, bytes);
        encode(arena, right, bytes);
    }
}

fn decode(bytes: &mut &[u8], depth: usize, maker: &mut Maker<'_>) -> Option<Edge> {
    let kind = take(bytes, 1)?;
    match *kind {
        [EMPTY] => Some(Edge::EMPTY),
        [LEAF] => {
            let length = take(bytes, 2)?.first_chunk::<2>()?;
            let key = take(bytes, usize::from(u16::from_le_bytes(*length)))?;
            let hash = *take(bytes, 32)?.first_chunk::<32>()?;
            Some(Edge { hash, node: maker.leaf(key) })
        }
        [BRANCH] if depth < DEPTH => {
            let below = depth.saturating_add(1);
            let left = decode(bytes, below, maker)?;
            let right = decode(bytes, below, maker)?;
            Some(join(left, right, maker))
        }
        _ => None,
    }
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::Change;
    use super::*;

    /// Pages in memory.
    #[derive(Default)]
    struct Kept(BTreeMap<PageId, Vec<u8>>);

    impl PageSink for Kept {
        fn put(&mut self, id: &PageId, bytes: &[u8]) -> Result<(), StoreError> {
            self.0.insert(id.clone(), bytes.to_vec());
            Ok(())
        }
    }

    impl PageSource for Kept {
        fn get(&self, id: &PageId) -> Result<Vec<u8>, StoreError> {
            self.0.get(id).cloned().ok_or_else(|| StoreError::Corrupt("no such page".to_owned()))
        }
    }

    fn tree(keys: u32) -> Tree {
        let changes: Vec<Change<'_>> =
            (0..keys).map(|i| Change::new(i.to_be_bytes().to_vec(), Some(&i.to_le_bytes()))).collect();
        Tree::empty().update(&changes)
    }

    #[test]
    fn a_tree_comes_back_from_its_pages_and_goes_on_like_the_original() {
        for keys in [0, 1, 2, 5, 1_000, 200_000] {
            let (original, mut kept) = (tree(keys), Kept::default());
            original.save("bank", &mut kept).unwrap();
            let bits = original.page_bits();
            assert_eq!(kept.0.len(), 1 << bits);
            assert_eq!(bits > 0, keys > 100_000);
            let loaded = Tree::load("bank", bits, &kept).unwrap();
            assert_eq!((loaded.root(), loaded.keys()), (original.root(), original.keys()));
            let more: Vec<Change<'_>> = (0..50_u32)
                .map(|i| {
                    Change::new((i * 7).to_be_bytes().to_vec(), (i % 3 > 0).then_some(b"new".as_slice()))
                })
                .collect();
            assert_eq!(loaded.update(&more).root(), original.update(&more).root());
        }
    }

    /// Also with leaves that lie above the cut.
    #[test]
    fn any_cut_gives_the_same_tree() {
        for keys in [1, 3, 40] {
            let original = tree(keys);
            for bits in [1, 2, 5, 8] {
                let mut kept = Kept::default();
                original.save_cut("bank", bits, &mut kept).unwrap();
                assert_eq!(Tree::load("bank", bits, &kept).unwrap().root(), original.root());
            }
        }
    }

    #[test]
    fn every_changed_bit_and_every_missing_end_is_noticed() {
        let (original, mut kept) = (tree(20), Kept::default());
        original.save("bank", &mut kept).unwrap();
        let id = PageId { store: "bank".to_owned(), bits: 0, prefix: 0 };
        let good = kept.0[&id].clone();
        for at in 0..good.len() {
            for bad in
                [good.iter().enumerate().map(|(i, b)| b ^ u8::from(i == at)).collect(), good[..at].to_vec()]
            {
                let kept = Kept(BTreeMap::from([(id.clone(), bad)]));
                assert!(matches!(Tree::load("bank", 0, &kept), Err(StoreError::Corrupt(_))), "byte {at}");
            }
        }
    }
}
