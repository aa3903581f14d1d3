//! Which pools exchange which coins, as far as a bounded search looks.

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use agora_framework::AppError;
use agora_primitives::{Amount, Denom};
use agora_state::{Entries, KeyBytes, KeyCodec, KeyRange, StateError, StateKey, StateRead, Value};

use crate::pool::PoolId;
use crate::state::{PAIRS, POOLS};

/// What one search may read: keys of pools, ticks, words and indices. A search that has read more ends with what it found.
const MAX_READS: u64 = 20_000;
/// The most pools of one coin, and of one pair, that are weighed against each other.
const MAX_WEIGHED: usize = 2_000;
/// The most pools of one pair that are asked for a price: the deepest.
const MAX_OF_PAIR: usize = 6;
/// The most coins on the way that a search thinks of.
const MAX_BETWEEN: usize = 32;
/// Of these, the most that are there because both ends lead to them.
const MAX_COMMON: usize = 20;
/// The most coins at one distance from an end whose own pools are looked at.
const MAX_BESIDE: usize = 12;

/// The state, counting what is read.
pub(super) struct Counted<'a> {
    state: &'a dyn StateRead,
    reads: Cell<u64>,
}

impl Counted<'_> {
    fn count(&self, reads: usize) {
        self.reads.set(self.reads.get().saturating_add(u64::try_from(reads).unwrap_or(u64::MAX)));
    }
}

impl StateRead for Counted<'_> {
    fn get(&self, key: &StateKey) -> Result<Option<Value>, StateError> {
        self.count(1);
        self.state.get(key)
    }

    fn range(&self, range: &KeyRange) -> Result<Entries, StateError> {
        let entries = self.state.range(range)?;
        self.count(entries.len().saturating_add(1));
        Ok(entries)
    }
}

/// Pools as the edges between coins.
pub(super) struct Graph<'a> {
    pub(super) state: Counted<'a>,
    /// Why the first exchange that was refused was refused: the most direct one, in the deepest pool.
    pub(super) refusal: RefCell<String>,
    /// The reserves of pools by denom, as far as they were read.
    reserves: BTreeMap<PoolId, BTreeMap<Denom, Amount>>,
    /// The deepest pools by pair.
    pools: BTreeMap<(Denom, Denom), Vec<PoolId>>,
}

impl<'a> Graph<'a> {
    pub(super) fn new(state: &'a dyn StateRead) -> Self {
        let state = Counted { state, reads: Cell::new(0) };
        Self { state, refusal: RefCell::default(), reserves: BTreeMap::new(), pools: BTreeMap::new() }
    }

    /// Whether the search has read all it may.
    pub(super) fn is_spent(&self) -> bool {
        self.state.reads.get() >= MAX_READS
    }

    /// How much of a coin a pool has.
    fn depth(&mut self, id: PoolId, denom: &Denom) -> Result<Amount, AppError> {
        if let Some(reserves) = self.reserves.get(&id) {
            return Ok(reserves.get(denom).copied().unwrap_or_default());
        }
        let pool = POOLS.get(&self.state, &id)?;
        let coins = pool.into_iter().flat_map(|pool| pool.reserves);
        let reserves: BTreeMap<Denom, Amount> = coins.map(|coin| (coin.denom, coin.amount)).collect();
        let depth = reserves.get(denom).copied().unwrap_or_default();
        self.reserves.insert(id, reserves);
        Ok(depth)
    }

    /// The pools between two coins, those with most of the first coin first.
    pub(super) fn pools(&mut self, from: &Denom, to: &Denom) -> Result<Vec<PoolId>, AppError> {
        let pair = (from.clone(), to.clone());
        if let Some(pools) = self.pools.get(&pair) {
            return Ok(pools.clone());
        }
        let mut prefix = KeyBytes::new();
        pair.encode_inner(&mut prefix);
        let page = PAIRS.page(&self.state, &prefix, None, false, MAX_WEIGHED)?;
        let mut pools = Vec::with_capacity(page.entries.len());
        for ((_, _, id), ()) in page.entries {
            if self.is_spent() {
                break;
            }
            pools.push((Reverse(self.depth(id, from)?), id));
        }
        pools.sort_unstable();
        let pools: Vec<PoolId> = pools.into_iter().take(MAX_OF_PAIR).map(|(_, id)| id).collect();
        self.pools.insert(pair, pools.clone());
        Ok(pools)
    }

    /// The coins that a coin is exchanged for, those against which most of it lies first.
    fn beside(&mut self, denom: &Denom) -> Result<Vec<Denom>, AppError> {
        let mut prefix = KeyBytes::new();
        denom.encode_inner(&mut prefix);
        let page = PAIRS.page(&self.state, &prefix, None, false, MAX_WEIGHED)?;
        let mut depths: BTreeMap<Denom, Amount> = BTreeMap::new();
        for ((_, other, id), ()) in page.entries {
            if self.is_spent() {
                break;
            }
            let depth = self.depth(id, denom)?;
            let sum = depths.entry(other).or_default();
            *sum = sum.saturating_add(depth);
        }
        let mut sorted: Vec<(Reverse<Amount>, Denom)> =
            depths.into_iter().map(|(denom, depth)| (Reverse(depth), denom)).collect();
        sorted.sort_unstable();
        Ok(sorted.into_iter().map(|(_, denom)| denom).collect())
    }

    /// The coins that lie at most `depth` exchanges from a coin, with that number, the nearest and deepest first.
    fn around(&mut self, start: &Denom, depth: usize) -> Result<Vec<(Denom, usize)>, AppError> {
        let mut seen = BTreeSet::from([start.clone()]);
        let mut found = Vec::new();
        let mut ring = vec![start.clone()];
        for distance in 1..=depth {
            let mut next = Vec::new();
            for denom in ring.iter().take(MAX_BESIDE) {
                // The other half is for the search itself.
                if self.state.reads.get() < MAX_READS / 2 {
                    next.extend(self.beside(denom)?.into_iter().filter(|other| seen.insert(other.clone())));
                }
            }
            found.extend(next.iter().map(|denom| (denom.clone(), distance)));
            ring = next;
        }
        Ok(found)
    }

    /// Coins that routes of at most `hops` exchanges may pass: what is reached from both ends, the native coin, and what lies
    /// beside either end.
    pub(super) fn between(&mut self, from: &Denom, to: &Denom, hops: usize) -> Result<Vec<Denom>, AppError> {
        let first = self.around(from, hops / 2)?;
        let last = self.around(to, hops / 2)?;
        let far: BTreeMap<&Denom, usize> = last.iter().map(|(denom, distance)| (denom, *distance)).collect();
        let mut both: Vec<(usize, &Denom)> = first
            .iter()
            .filter_map(|(denom, near)| Some((near.saturating_add(*far.get(denom)?), denom)))
            .filter(|(sum, _)| *sum <= hops)
            .collect();
        both.sort_by_key(|(sum, _)| *sum);
        let mut chosen = Chosen::new([from, to]);
        chosen.extend(both.into_iter().map(|(_, denom)| denom), MAX_COMMON);
        if hops >= 3 {
            chosen.extend([&Denom::native()], 1);
            for index in 0..first.len().max(last.len()) {
                let sides = [first.get(index), last.get(index)];
                chosen.extend(sides.into_iter().flatten().map(|(denom, _)| denom), 2);
            }
        }
        Ok(chosen.denoms)
    }

    /// Whether pools lead from one coin to another over the coins `between`, whatever they hold.
    pub(super) fn connects(
        &mut self,
        from: &Denom,
        to: &Denom,
        between: &[Denom],
        hops: usize,
    ) -> Result<bool, AppError> {
        let mut frontier = vec![from.clone()];
        let mut left: Vec<&Denom> = between.iter().collect();
        for _ in 0..hops {
            let mut next = Vec::new();
            for denom in &frontier {
                if !self.pools(denom, to)?.is_empty() {
                    return Ok(true);
                }
                let mut rest = Vec::new();
                for other in left {
                    let reached = !self.pools(denom, other)?.is_empty();
                    if reached { next.push(other.clone()) } else { rest.push(other) }
                }
                left = rest;
            }
            frontier = next;
        }
        Ok(false)
    }
}

/// Distinct coins in the order in which they were chosen.
struct Chosen {
    taken: BTreeSet<Denom>,
    denoms: Vec<Denom>,
}

impl Chosen {
    fn new(ends: [&Denom; 2]) -> Self {
        Self { taken: ends.into_iter().cloned().collect(), denoms: Vec::new() }
    }

    /// Adds at most `most` more.
    fn extend<'b>(&mut self, denoms: impl IntoIterator<Item = &'b Denom>, most: usize) {
        let room = MAX_BETWEEN.saturating_sub(self.denoms.len()).min(most);
        let Self { taken, denoms: chosen } = self;
        let new = denoms.into_iter().filter(|denom| !taken.contains(*denom)).take(room).cloned();
        let new: Vec<Denom> = new.collect();
        taken.extend(new.iter().cloned());
        chosen.extend(new);
    }
}
