//! Which nodes which versions still need.
//!
//! Versions form a tree of their own: each was made from a base. Of each is known which nodes it made and which nodes of its base it no
//! longer has. When a version goes, what nobody else can reach follows from these lists alone, whatever the order in which
//! versions come and go: a block that is thrown away, a query that still reads an old height, trees made for past heights.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::arena::{Arena, Node};

/// What an update did, or a part of it. The parts are not put together: they are long, and an update is waited for.
#[derive(Default)]
pub(super) struct Delta {
    /// Nodes that are new.
    pub(super) created: Vec<Node>,
    /// Nodes of the base that are no longer there.
    pub(super) replaced: Vec<Node>,
}

/// Holds the nodes of one version.
pub(super) struct Version {
    arena: Arc<Arena>,
    id: u64,
}

impl Version {
    /// The first version in `arena`.
    pub(super) fn first(arena: Arc<Arena>) -> Arc<Self> {
        let id = arena.versions.lock().add(None, Vec::new());
        Arc::new(Self { arena, id })
    }

    /// A version made from this one.
    pub(super) fn derive(&self, deltas: Vec<Delta>) -> Arc<Self> {
        let id = self.arena.versions.lock().add(Some(self.id), deltas);
        Arc::new(Self { arena: self.arena.clone(), id })
    }

    pub(super) fn arena(&self) -> &Arena {
        &self.arena
    }
}

impl Drop for Version {
    fn drop(&mut self) {
        let mut free = Vec::new();
        self.arena.versions.lock().remove(self.id, &mut free);
        self.arena.give_back(free);
    }
}

/// The versions whose nodes are kept.
#[derive(Default)]
pub(super) struct Graph {
    next: u64,
    known: BTreeMap<u64, Known>,
}

struct Known {
    /// The version it was made from; `None` for the oldest, which counts as the maker of every node it has.
    base: Option<u64>,
    made_from_it: Vec<u64>,
    /// Whether anybody holds it. One that nobody holds stays while two others share what it made.
    held: bool,
    deltas: Vec<Delta>,
}

impl Graph {
    fn add(&mut self, base: Option<u64>, deltas: Vec<Delta>) -> u64 {
        let id = self.next;
        self.next = self.next.saturating_add(1);
        if let Some(base) = base.and_then(|base| self.known.get_mut(&base)) {
            base.made_from_it.push(id);
        }
        self.known.insert(id, Known { base, made_from_it: Vec::new(), held: true, deltas });
        id
    }

    /// Lets go of a version; `free` gets the nodes that no other version has.
    fn remove(&mut self, id: u64, free: &mut Vec<Node>) {
        if let Some(version) = self.known.get_mut(&id) {
            version.held = false;
        }
        let mut next = Some(id);
        while let Some(id) = next.take() {
            let Some(version) = self.known.get(&id).filter(|version| !version.held) else { return };
            match *version.made_from_it.as_slice() {
                [] => next = self.remove_last(id, free),
                [only] => self.merge_into(id, only, free),
                // Both need what it made; one of them goes first.
                _ => {}
            }
        }
    }

    /// Nothing was made from it: what it made goes. Its base may have waited for that.
    fn remove_last(&mut self, id: u64, free: &mut Vec<Node>) -> Option<u64> {
        let version = self.known.remove(&id)?;
        free.extend(version.deltas.into_iter().flat_map(|delta| delta.created));
        let base = version.base?;
        self.known.get_mut(&base)?.made_from_it.retain(|other| *other != id);
        Some(base)
    }

    /// One version was made from it: that one takes its place.
    fn merge_into(&mut self, id: u64, child: u64, free: &mut Vec<Node>) {
        let Some(mut version) = self.known.remove(&id) else { return };
        let Some(heir) = self.known.get_mut(&child) else { return };
        heir.base = version.base;
        let Some(base) = version.base else {
            // The oldest goes: what the next one does not have, nobody has.
            free.extend(heir.deltas.iter_mut().flat_map(|delta| std::mem::take(&mut delta.replaced)));
            heir.deltas = Vec::new();
            return;
        };
        let mut made: Vec<Node> =
            version.deltas.iter_mut().flat_map(|delta| std::mem::take(&mut delta.created)).collect();
        made.sort_unstable();
        let mut only_here = Vec::new();
        for delta in &mut heir.deltas {
            delta.replaced.retain(|node| {
                let made_here = made.binary_search(node).is_ok();
                if made_here {
                    only_here.push(*node);
                }
                !made_here
            });
        }
        only_here.sort_unstable();
        made.retain(|node| only_here.binary_search(node).is_err());
        free.append(&mut only_here);
        heir.deltas.append(&mut version.deltas);
        heir.deltas.push(Delta { created: made, replaced: Vec::new() });
        heir.deltas.retain(|delta| !delta.created.is_empty() || !delta.replaced.is_empty());
        if let Some(base) = self.known.get_mut(&base) {
            for other in base.made_from_it.iter_mut().filter(|other| **other == id) {
                *other = child;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rand::rngs::StdRng;
    use rand::seq::SliceRandom;
    use rand::{Rng, SeedableRng};

    use super::super::{Change, Tree};

    type Model = BTreeMap<u16, u32>;

    fn model_root(model: &Model) -> [u8; 32] {
        let changes: Vec<Change<'_>> = model
            .iter()
            .map(|(key, value)| Change::new(key.to_be_bytes().to_vec(), Some(&value.to_be_bytes())))
            .collect();
        Tree::empty().update(&changes).root()
    }

    fn next(rng: &mut StdRng, tree: &Tree, model: &Model) -> (Tree, Model) {
        let mut model = model.clone();
        let mut batch = BTreeMap::new();
        for _ in 0..rng.gen_range(0..40) {
            batch.insert(rng.gen_range(0..300_u16), rng.gen_bool(0.6).then(|| rng.gen_range(0..3_u32)));
        }
        for (key, value) in &batch {
            match value {
                Some(value) => model.insert(*key, *value),
                None => model.remove(key),
            };
        }
        let changes: Vec<Change<'_>> = batch
            .iter()
            .map(|(key, value)| {
                let value = value.map(u32::to_be_bytes);
                Change::new(key.to_be_bytes().to_vec(), value.as_ref().map(|value| value.as_slice()))
            })
            .collect();
        (tree.update(&changes), model)
    }

    /// Recomputes a version from its leaves: every node of it must still be its own.
    fn check(tree: &Tree, model: &Model) {
        assert_eq!(tree.root(), model_root(model));
        assert_eq!(tree.recomputed_root(), tree.root());
        assert_eq!(tree.keys(), model.len() as u64);
    }

    #[test]
    fn versions_come_and_go_in_any_order_and_the_others_stay_whole() {
        let seed = rand::random();
        println!("seed {seed}");
        let mut rng = StdRng::seed_from_u64(seed);
        let mut versions = vec![(Tree::empty(), Model::new())];
        for _ in 0..3_000 {
            if versions.len() < 12 && (versions.len() < 2 || rng.gen_bool(0.52)) {
                let (tree, model) = versions.choose(&mut rng).unwrap();
                let made = next(&mut rng.clone(), tree, model);
                rng.r#gen::<u64>();
                versions.push(made);
            } else {
                let at = rng.gen_range(0..versions.len());
                versions.swap_remove(at);
            }
            let (tree, model) = versions.choose(&mut rng).unwrap();
            check(tree, model);
        }
        for (tree, model) in &versions {
            check(tree, model);
        }
        // With one version left, every slot is either its own or free.
        versions.truncate(1);
        let (tree, _) = versions.pop().unwrap();
        let (reachable, occupied) = tree.nodes_reachable_and_occupied();
        assert_eq!(reachable, occupied);
    }

    #[test]
    fn a_long_chain_of_versions_does_not_grow() {
        let mut rng = StdRng::seed_from_u64(5);
        let (mut tree, mut model) = (Tree::empty(), Model::new());
        let mut after_warm_up = 0;
        for round in 0..2_000 {
            (tree, model) = next(&mut rng, &tree, &model);
            drop(tree.update(&[Change::new(b"thrown away".to_vec(), Some(b"x"))]));
            if round == 500 {
                after_warm_up = tree.bytes();
            }
        }
        check(&tree, &model);
        assert!(tree.bytes() <= after_warm_up * 2, "{} after {after_warm_up}", tree.bytes());
    }
}
