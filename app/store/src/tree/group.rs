//! Some changes applied together, one step of all their paths at a time.
//!
//! A path followed by itself is a chain: each node is found in the one before, and each hash goes into the next. Side by side, the
//! paths give the processor many nodes to wait for at once on the way down, and many hashes that do not need each other on the way up.

use super::Edge;
use super::arena::Node;
use super::maker::Maker;
use super::update::{Item, Work, join};

/// Steps below the root of a subtree that one of its changes takes, about: what memory is asked for at first.
const STEPS: usize = 8;

/// The paths of some changes, below one node.
pub(super) struct Group<'i> {
    /// The branches, those of one depth in a row.
    steps: Vec<Step<'i>>,
    /// Where the paths end.
    ends: Vec<End<'i>>,
    /// The subtree of all.
    top: Edge,
}

/// A branch, and what it becomes.
struct Step<'i> {
    node: Node,
    items: &'i [Item],
    above: Option<Place>,
    left: Edge,
    right: Edge,
    /// Whether a child is no longer what it was.
    changed: bool,
}

/// A leaf or an empty subtree.
struct End<'i> {
    edge: Edge,
    items: &'i [Item],
    depth: usize,
    above: Option<Place>,
}

/// A child of a step.
#[derive(Clone, Copy)]
struct Place {
    step: usize,
    right: bool,
}

impl<'i> Group<'i> {
    /// Applies `items` to the subtree of `top` at `depth`.
    pub(super) fn apply<'a>(
        work: &Work<'a>,
        top: Edge,
        depth: usize,
        items: &'i [Item],
        maker: &mut Maker<'a>,
    ) -> Edge {
        let steps = Vec::with_capacity(items.len().saturating_mul(STEPS));
        let mut group = Self { steps, ends: Vec::with_capacity(items.len()), top };
        group.descend(work, depth, items);
        group.change_ends(work, maker);
        group.ascend(maker);
        group.top
    }

    /// Finds every node that changes, and reads it once.
    fn descend(&mut self, work: &Work<'_>, depth: usize, items: &'i [Item]) {
        self.lead(self.top, items, depth, None);
        let (mut from, mut depth) = (0, depth);
        while from < self.steps.len() {
            let level = from..self.steps.len();
            from = level.end;
            let nodes = self.steps.get(level.clone()).unwrap_or_default().iter().map(|step| step.node);
            work.arena.wait_for_branches(nodes);
            let below = depth.saturating_add(1);
            for at in level {
                let Some(step) = self.steps.get_mut(at) else { continue };
                let (left, right) = work.arena.branch(step.node);
                (step.left, step.right) = (left, right);
                let (for_left, for_right) = work.split(step.items, depth);
                self.lead(left, for_left, below, Some(Place { step: at, right: false }));
                self.lead(right, for_right, below, Some(Place { step: at, right: true }));
            }
            depth = below;
        }
        work.arena.wait_for_leaves(self.ends.iter().map(|end| end.edge.node));
    }

    /// Notes that `items` go on in the subtree of `edge`.
    fn lead(&mut self, edge: Edge, items: &'i [Item], depth: usize, above: Option<Place>) {
        if items.is_empty() {
            return;
        }
        if edge.node.is_branch() {
            let (left, right) = (Edge::EMPTY, Edge::EMPTY);
            self.steps.push(Step { node: edge.node, items, above, left, right, changed: false });
        } else {
            self.ends.push(End { edge, items, depth, above });
        }
    }

    fn change_ends<'a>(&mut self, work: &Work<'a>, maker: &mut Maker<'a>) {
        for End { edge, items, depth, above } in std::mem::take(&mut self.ends) {
            self.put(above, work.apply_to_end(edge, depth, items, maker));
        }
    }

    /// Makes the branches that change, from the lowest up.
    fn ascend(&mut self, maker: &mut Maker<'_>) {
        while let Some(step) = self.steps.pop() {
            if step.changed {
                maker.replaced.push(step.node);
                self.put(step.above, join(step.left, step.right, maker));
            }
        }
    }

    /// Puts a subtree where its old version was.
    fn put(&mut self, place: Option<Place>, edge: Edge) {
        let Some(place) = place else {
            self.top = edge;
            return;
        };
        if let Some(step) = self.steps.get_mut(place.step) {
            let child = if place.right { &mut step.right } else { &mut step.left };
            step.changed |= *child != edge;
            *child = edge;
        }
    }
}
