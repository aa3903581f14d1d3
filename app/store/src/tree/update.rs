//! Batch updates: one descent per change set, every changed node hashed once.

use std::borrow::Cow;

use rayon::slice::ParallelSliceMut;

use super::arena::{Arena, Node};
use super::group::Group;
use super::hash::{PLACEHOLDER, inner_hash, key_hash, leaf_hash};
use super::maker::Maker;
use super::{Edge, Hash, Tree, bit};

/// From this many changes on, the two halves of a subtree are worth a thread each.
const PARALLEL_FROM: usize = 128;

/// From this many changes on, sorting them is worth more than one thread.
const PARALLEL_SORT_FROM: usize = 1 << 12;

/// Bits of a path: below this depth two different keys have parted.
pub(super) const DEPTH: usize = 256;

/// What happens to one key.
#[derive(Clone, Debug)]
pub struct Change<'a> {
    path: Hash,
    key: Cow<'a, [u8]>,
    /// The hash of the new leaf; `None` removes the key.
    leaf: Option<Hash>,
}

impl<'a> Change<'a> {
    /// Binds `key` (at most `MAX_KEY_LEN` bytes) to `value`, or removes it.
    pub fn new(key: impl Into<Cow<'a, [u8]>>, value: Option<&[u8]>) -> Self {
        let key = key.into();
        let path = key_hash(&key);
        let leaf = value.map(|value| leaf_hash(&path, value));
        Self { path, key, leaf }
    }

    /// The same change with a key of its own.
    pub(crate) fn into_owned(self) -> Change<'static> {
        Change { path: self.path, key: Cow::Owned(self.key.into_owned()), leaf: self.leaf }
    }
}

/// The place of a change in the order of paths. Its first 64 bits decide nearly always, and lie side by side.
#[derive(Clone, Copy)]
pub(super) struct Item {
    prefix: u64,
    index: u32,
}

/// An entry of a subtree that is built anew.
struct Live<'a> {
    path: Hash,
    hash: Hash,
    /// The leaf, if it exists already.
    node: Node,
    key: &'a [u8],
}

impl Tree {
    /// The next version: this one with `changes`, each key at most once. This one stays as it is.
    #[must_use]
    pub fn update(&self, changes: &[Change<'_>]) -> Self {
        if changes.is_empty() {
            return self.clone();
        }
        let mut items: Vec<Item> =
            (0_u32..).zip(changes).map(|(index, change)| Item::new(index, change)).collect();
        let path = |item: &Item| changes.get(item.place()).map(|change| change.path);
        let order = |a: &Item, b: &Item| a.prefix.cmp(&b.prefix).then_with(|| path(a).cmp(&path(b)));
        if items.len() >= PARALLEL_SORT_FROM {
            items.par_sort_unstable_by(order);
        } else {
            items.sort_unstable_by(order);
        }
        let arena = self.arena();
        let work = Work { arena, changes };
        let mut maker = Maker::new(arena);
        let top = work.apply(self.top, 0, &items, &mut maker);
        self.derive(top, maker)
    }

    /// The version of `top`, with what `maker` made for it.
    pub(super) fn derive(&self, top: Edge, maker: Maker<'_>) -> Self {
        let keys = self.keys.saturating_add(maker.added).saturating_sub(maker.removed);
        Self { version: self.version.derive(maker.finish()), top, keys }
    }

    /// About how many branches `changes` changes make: those on their paths, which they share near the root.
    #[must_use]
    pub(crate) fn branches_for(&self, changes: u64) -> u64 {
        /// Beyond what a balanced tree has: half as many again for the key space being random, and room.
        const MORE: u64 = 4;
        let apart = self.keys.checked_div(changes).unwrap_or(0).saturating_add(1).ilog2();
        changes.saturating_mul(u64::from(apart).saturating_add(MORE))
    }

    /// Whether the branches of `changes` more changes can be numbered.
    #[must_use]
    pub(crate) fn has_room_for(&self, changes: u64) -> bool {
        self.arena().has_room_for(self.branches_for(changes))
    }
}

impl Item {
    fn new(index: u32, change: &Change<'_>) -> Self {
        Self { prefix: change.path.first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes)), index }
    }

    const fn place(self) -> usize {
        self.index as usize
    }
}

/// A change set being applied.
pub(super) struct Work<'a> {
    pub(super) arena: &'a Arena,
    changes: &'a [Change<'a>],
}

impl<'a> Work<'a> {
    fn change(&self, item: Item) -> Option<&'a Change<'a>> {
        self.changes.get(item.place())
    }

    /// The direction of a change at `depth`.
    fn goes_right(&self, item: Item, depth: usize) -> bool {
        match u32::try_from(depth) {
            Ok(depth @ ..64) => item.prefix.rotate_left(depth.saturating_add(1)) & 1 == 1,
            _ => self.change(item).is_some_and(|change| bit(&change.path, depth)),
        }
    }

    pub(super) fn split<'i>(&self, items: &'i [Item], depth: usize) -> (&'i [Item], &'i [Item]) {
        items.split_at(items.partition_point(|item| !self.goes_right(*item, depth)))
    }

    /// Applies `items` to a subtree: on several threads while there are many of them, then together.
    fn apply(&self, edge: Edge, depth: usize, items: &[Item], maker: &mut Maker<'a>) -> Edge {
        if items.len() < PARALLEL_FROM {
            return Group::apply(self, edge, depth, items, maker);
        }
        if !edge.node.is_branch() {
            return self.apply_to_end(edge, depth, items, maker);
        }
        let below = depth.saturating_add(1);
        let (old_left, old_right) = self.arena.branch(edge.node);
        let (for_left, for_right) = self.split(items, depth);
        let mut other = Maker::new(self.arena);
        let (left, right) = rayon::join(
            || self.apply(old_left, below, for_left, maker),
            || self.apply(old_right, below, for_right, &mut other),
        );
        maker.absorb(other);
        if left == old_left && right == old_right {
            return edge;
        }
        maker.replaced.push(edge.node);
        join(left, right, maker)
    }

    /// Applies `items` to a leaf or to an empty subtree.
    pub(super) fn apply_to_end(
        &self,
        edge: Edge,
        depth: usize,
        items: &[Item],
        maker: &mut Maker<'a>,
    ) -> Edge {
        if edge.node.is_leaf() {
            return self.apply_to_leaf(edge, depth, items, maker);
        }
        let live: Vec<Live<'_>> = items.iter().filter_map(|item| self.live(*item)).collect();
        build(self.arena, depth, &live, maker)
    }

    fn apply_to_leaf(&self, edge: Edge, depth: usize, items: &[Item], maker: &mut Maker<'a>) -> Edge {
        if let [item] = items
            && let Some(change) = self.change(*item)
        {
            // The common case, an update in place, needs no path.
            if self.arena.is_key(edge.node, &change.key) {
                return change.leaf.map_or_else(|| remove(edge.node, maker), |hash| Edge { hash, ..edge });
            }
            if change.leaf.is_none() {
                return edge;
            }
        }
        let key = self.arena.key(edge.node);
        let old = Live { path: key_hash(&key), hash: edge.hash, node: edge.node, key: &key };
        let mut live = Vec::with_capacity(items.len().saturating_add(1));
        let mut old = Some(old);
        for item in items {
            let Some(change) = self.change(*item) else { continue };
            if let Some(before) = old.take_if(|old| old.path <= change.path) {
                if before.path == change.path {
                    match change.leaf {
                        Some(hash) => live.push(Live { hash, ..before }),
                        None => _ = remove(before.node, maker),
                    }
                    continue;
                }
                live.push(before);
            }
            live.extend(self.live(*item));
        }
        live.extend(old);
        build(self.arena, depth, &live, maker)
    }

    /// The new entry that a change makes, if it is not a removal.
    fn live(&self, item: Item) -> Option<Live<'a>> {
        let change = self.change(item)?;
        Some(Live { path: change.path, hash: change.leaf?, node: Node::EMPTY, key: &change.key })
    }
}

fn remove(leaf: Node, maker: &mut Maker<'_>) -> Edge {
    maker.replaced.push(leaf);
    maker.removed = maker.removed.saturating_add(1);
    Edge::EMPTY
}

/// The subtree of entries that are all present.
fn build<'a>(arena: &'a Arena, depth: usize, live: &[Live<'_>], maker: &mut Maker<'a>) -> Edge {
    match live {
        [] => Edge::EMPTY,
        [one] => {
            let node = if one.node.is_empty() { maker.leaf(one.key) } else { one.node };
            Edge { hash: one.hash, node }
        }
        // Two keys with one path would be a collision of SHA-256; ending here keeps the recursion bounded all the same.
        [one, ..] if depth >= DEPTH => build(arena, depth, std::slice::from_ref(one), maker),
        _ => {
            let below = depth.saturating_add(1);
            let (left, right) = live.split_at(live.partition_point(|live| !bit(&live.path, depth)));
            let (left, right) = if live.len() < PARALLEL_FROM {
                (build(arena, below, left, maker), build(arena, below, right, maker))
            } else {
                let mut other = Maker::new(arena);
                let both = rayon::join(
                    || build(arena, below, left, maker),
                    || build(arena, below, right, &mut other),
                );
                maker.absorb(other);
                both
            };
            join(left, right, maker)
        }
    }
}

/// The subtree above two. A leaf alone in its subtree rises to the top of it.
pub(super) fn join(left: Edge, right: Edge, maker: &mut Maker<'_>) -> Edge {
    if left.node.is_empty() && !right.node.is_branch() {
        return right;
    }
    if right.node.is_empty() && left.node.is_leaf() {
        return left;
    }
    debug_assert!(
        left.node.is_empty() == (left.hash == PLACEHOLDER),
        "only what is empty has the placeholder"
    );
    Edge { hash: inner_hash(&left.hash, &right.hash), node: maker.branch(&left, &right) }
}
