//! Which transactions of a chunk belong together, by what their messages say they touch.
//!
//! Transactions that say they touch a key in ways that do not commute form a group, and so on. A plan is a guess: whatever
//! it says, the result is the same.

use agora_framework::Access;
use agora_state::key_hash;
use hashbrown::HashTable;

use super::model::Knowledge;
use crate::Program;

/// Groups of transactions, each in block order.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// The groups' transactions, one group after the other; dear groups come first.
    txs: Vec<usize>,
    /// Where each group ends.
    ends: Vec<usize>,
    /// The share of the dearest group in the whole cost, in percent.
    pub(crate) heaviest: u64,
}

const READ: u8 = 1;
const WRITE: u8 = 2;
const ADD: u8 = 4;

struct Mention {
    hash: u64,
    ways: u8,
    /// A transaction that mentions it.
    first: usize,
}

impl Plan {
    /// Plans the transactions `first .. first + len`.
    pub(crate) fn new<P: Program>(program: &P, first: usize, len: usize, known: &Knowledge) -> Self {
        let mut mentions: Vec<(usize, u64, u8)> = Vec::with_capacity(len.saturating_mul(4));
        for index in 0..len {
            for (key, access) in program.access(first.saturating_add(index)).keys() {
                let hash = key_hash(key);
                let way = match access {
                    Access::Read => READ,
                    Access::Write => WRITE,
                    // Where additions have met with more than additions of late, they keep their order.
                    Access::Delta if known.is_contended(hash) => WRITE,
                    Access::Delta => ADD,
                };
                mentions.push((index, hash, way));
            }
        }
        let groups = Groups::of(len, &mentions);
        Self::order(program, first, groups, known)
    }

    /// Puts dear groups first; equals stay in block order, which is that of their memory.
    fn order<P: Program>(program: &P, first: usize, mut groups: Groups, known: &Knowledge) -> Self {
        let len = groups.parent.len();
        let roots: Vec<usize> = (0..len).map(|index| groups.root(index)).collect();
        let mut costs = vec![0u64; len];
        for (index, root) in roots.iter().enumerate() {
            if let Some(cost) = costs.get_mut(*root) {
                *cost = cost.saturating_add(known.cost(program.class(first.saturating_add(index))));
            }
        }
        let whole = costs.iter().fold(0u64, |sum, cost| sum.saturating_add(*cost));
        let dearest = costs.iter().copied().max().unwrap_or_default();
        let cost_of = |root: &usize| costs.get(*root).copied().unwrap_or_default();
        let mut order: Vec<usize> = (0..len).collect();
        // By group, groups by cost; within a group in block order, because the sort is stable.
        order.sort_by_key(|index| {
            let root = roots.get(*index).copied().unwrap_or_default();
            (std::cmp::Reverse(cost_of(&root)), root)
        });
        let mut plan = Self {
            heaviest: dearest.saturating_mul(100).checked_div(whole).unwrap_or_default(),
            ..Self::default()
        };
        let mut last = None;
        for index in order {
            let root = roots.get(index).copied();
            if last.is_some() && last != root {
                plan.ends.push(plan.txs.len());
            }
            last = root;
            plan.txs.push(first.saturating_add(index));
        }
        if !plan.txs.is_empty() {
            plan.ends.push(plan.txs.len());
        }
        plan
    }

    /// How many groups there are.
    pub(crate) fn groups(&self) -> usize {
        self.ends.len()
    }

    /// The transactions of a group, in block order.
    pub(crate) fn group(&self, index: usize) -> &[usize] {
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.ends.get(index).and_then(|end| self.txs.get(start..*end)).unwrap_or_default()
    }
}

/// Union by smaller index, with paths halved.
struct Groups {
    parent: Vec<usize>,
}

impl Groups {
    fn of(len: usize, mentions: &[(usize, u64, u8)]) -> Self {
        let mut table: HashTable<Mention> = HashTable::new();
        // Additions alone bind nobody, so they need no entry of their own.
        for (index, hash, way) in mentions.iter().filter(|(_, _, way)| *way != ADD) {
            match table.find_mut(*hash, |m| m.hash == *hash) {
                Some(mention) => mention.ways |= way,
                None => {
                    table
                        .insert_unique(*hash, Mention { hash: *hash, ways: *way, first: *index }, |m| m.hash);
                }
            }
        }
        let mut groups = Self { parent: (0..len).collect() };
        if table.is_empty() {
            return groups;
        }
        for (_, hash, _) in mentions.iter().filter(|(_, _, way)| *way == ADD) {
            if let Some(mention) = table.find_mut(*hash, |m| m.hash == *hash) {
                mention.ways |= ADD;
            }
        }
        for (index, hash, _) in mentions {
            if let Some(mention) = table.find(*hash, |m| m.hash == *hash)
                && mention.ways != READ
            {
                groups.unite(*index, mention.first);
            }
        }
        groups
    }

    fn root(&mut self, mut index: usize) -> usize {
        while let Some(parent) = self.parent.get(index).copied()
            && parent != index
        {
            let above = self.parent.get(parent).copied().unwrap_or(parent);
            if let Some(place) = self.parent.get_mut(index) {
                *place = above;
            }
            index = above;
        }
        index
    }

    fn unite(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        if let Some(place) = self.parent.get_mut(a.max(b)) {
            *place = a.min(b);
        }
    }
}
