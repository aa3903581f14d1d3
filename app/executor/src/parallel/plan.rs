//! Which transactions of a chunk belong together, by what their messages say they touch.
//!
//! Transactions that say they touch a key in ways that do not commute form a group, and so on. A plan is a guess: whatever
//! it says, the result is the same.

use agora_framework::Access;
use hashbrown::HashTable;

use super::model::Knowledge;
use super::touched::Touch;
use crate::Program;

/// A group is dear that takes more than one in so many parts of a chunk: it is not left to the end.
const DEAR: u64 = 64;

/// Groups of transactions, each in block order.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    first: usize,
    /// The groups' transactions, one group after the other; dear groups come first.
    txs: Vec<usize>,
    /// Where each group ends.
    ends: Vec<usize>,
    /// What the transactions say they touch, in block order.
    mentions: Vec<Mention>,
    /// The first transaction of each one's group, counted from the chunk's first: the group's name.
    roots: Vec<usize>,
    /// The share of the dearest group in the whole cost, in percent.
    pub(crate) heaviest: u64,
}

/// A transaction says that it touches a key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mention {
    /// Its place in the chunk.
    index: usize,
    /// The key's hash.
    pub(crate) hash: u64,
    /// How.
    pub(crate) touch: Touch,
}

impl Plan {
    /// Plans the transactions `first .. first + len`.
    pub(crate) fn new<P: Program>(program: &P, first: usize, len: usize, known: &Knowledge) -> Self {
        let mut mentions: Vec<Mention> = Vec::with_capacity(len.saturating_mul(4));
        for index in 0..len {
            let hint = program.access(first.saturating_add(index));
            for ((_, access), hash) in hint.keys().iter().zip(hint.hashes()) {
                let touch = match access {
                    Access::Read => Touch::Read,
                    Access::Write => Touch::Change,
                    // Where additions have met with more than additions of late, they keep their order.
                    Access::Delta if known.is_contended(*hash) => Touch::Change,
                    Access::Delta => Touch::Add,
                };
                mentions.push(Mention { index, hash: *hash, touch });
            }
        }
        let roots = Groups::of(len, &mentions).into_roots();
        let mut plan = Self { first, mentions, roots, ..Self::default() };
        plan.order(program, known);
        plan
    }

    /// Puts the few dear groups first; the others stay in block order, which is that of their memory.
    fn order<P: Program>(&mut self, program: &P, known: &Knowledge) {
        let (first, len) = (self.first, self.roots.len());
        let (mut costs, mut sizes) = (vec![0u64; len], vec![0usize; len]);
        let mut last = (None, 0);
        for (index, root) in self.roots.iter().enumerate() {
            let class = program.class(first.saturating_add(index));
            if last.0 != Some(class) {
                last = (Some(class), known.cost(class));
            }
            if let (Some(cost), Some(size)) = (costs.get_mut(*root), sizes.get_mut(*root)) {
                *cost = cost.saturating_add(last.1);
                *size = size.saturating_add(1);
            }
        }
        let whole = costs.iter().fold(0u64, |sum, cost| sum.saturating_add(*cost));
        let dearest = costs.iter().copied().max().unwrap_or_default();
        self.heaviest = dearest.saturating_mul(100).checked_div(whole).unwrap_or_default();
        let cost_of = |root: usize| costs.get(root).copied().unwrap_or_default();
        let is_dear = |root: usize| cost_of(root).saturating_mul(DEAR) > whole;
        let heads = self.roots.iter().enumerate().filter(|(index, root)| index == *root);
        let (mut groups, cheap): (Vec<usize>, Vec<usize>) =
            heads.map(|(index, _)| index).partition(|root| is_dear(*root));
        groups.sort_by_key(|root| std::cmp::Reverse(cost_of(*root)));
        groups.extend(cheap);
        // Where each group's next transaction goes.
        let mut places = vec![0usize; len];
        let mut end = 0usize;
        for root in groups {
            if let (Some(place), Some(size)) = (places.get_mut(root), sizes.get(root)) {
                *place = end;
                end = end.saturating_add(*size);
            }
            self.ends.push(end);
        }
        self.txs = vec![0; len];
        for (index, root) in self.roots.iter().enumerate() {
            if let Some(place) = places.get_mut(*root) {
                if let Some(tx) = self.txs.get_mut(*place) {
                    *tx = first.saturating_add(index);
                }
                *place = place.saturating_add(1);
            }
        }
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

    /// What the transactions say they touch, in block order.
    pub(crate) fn mentions(&self) -> &[Mention] {
        &self.mentions
    }

    /// The name of the group of transaction `tx` of the block.
    pub(crate) fn name_of(&self, tx: usize) -> u32 {
        self.name_at(tx.saturating_sub(self.first))
    }

    /// The name of the group of whoever mentions a key.
    pub(crate) fn name_for(&self, mention: &Mention) -> u32 {
        self.name_at(mention.index)
    }

    fn name_at(&self, index: usize) -> u32 {
        self.roots.get(index).and_then(|root| u32::try_from(*root).ok()).unwrap_or(u32::MAX)
    }
}

/// A key that is not only added to.
struct Key {
    hash: u64,
    /// The bits of the ways in which it is touched, additions left out.
    kinds: u8,
    added_to: bool,
    /// A transaction that mentions it.
    first: usize,
}

/// Union by smaller index, with paths halved.
struct Groups {
    parent: Vec<usize>,
}

impl Groups {
    fn of(len: usize, mentions: &[Mention]) -> Self {
        let mut groups = Self { parent: (0..len).collect() };
        // Additions alone bind nobody, so they need no entry of their own.
        let binding = || mentions.iter().filter(|mention| mention.touch != Touch::Add);
        let mut table: HashTable<Key> = HashTable::with_capacity(binding().count());
        for Mention { index, hash, touch } in binding() {
            match table.find_mut(*hash, |key| key.hash == *hash) {
                Some(key) => key.kinds |= *touch as u8,
                None => {
                    let key = Key { hash: *hash, kinds: *touch as u8, added_to: false, first: *index };
                    table.insert_unique(*hash, key, |key| key.hash);
                }
            }
        }
        if table.is_empty() {
            return groups;
        }
        for mention in mentions.iter().filter(|mention| mention.touch == Touch::Add) {
            if let Some(key) = table.find_mut(mention.hash, |key| key.hash == mention.hash) {
                key.added_to = true;
            }
        }
        for Mention { index, hash, .. } in mentions {
            if let Some(key) = table.find(*hash, |key| key.hash == *hash)
                && (key.added_to || key.kinds != Touch::Read as u8)
            {
                groups.unite(*index, key.first);
            }
        }
        groups
    }

    /// The first of each one's group.
    fn into_roots(mut self) -> Vec<usize> {
        (0..self.parent.len()).map(|index| self.root(index)).collect()
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
