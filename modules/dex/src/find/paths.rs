//! The best ways for an amount, found layer by layer: for each coin that can be reached with so many exchanges, the best
//! few ways to it are kept and extended.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use agora_framework::{AppError, BlockInfo};
use agora_primitives::{Amount, Coin, Denom};

use super::graph::Graph;
use crate::pool::PoolId;
use crate::route::{Hop, Route};
use crate::router::Router;

/// How many ways to one coin are extended.
const BEAM: usize = 3;
/// The most exchanges that one search computes.
const MAX_QUOTES: usize = 600;

/// What is fixed about a search.
#[derive(Clone, Debug)]
pub(super) struct Ends {
    /// The coin whose amount is known: where the search begins.
    pub(super) known: Denom,
    /// The coin whose amount is sought: where it ends.
    pub(super) sought: Denom,
    /// Whether the known coin is what is received, so that the search goes against the stream.
    pub(super) exact_out: bool,
}

impl Ends {
    /// Which of two sought amounts the trader prefers.
    pub(super) fn prefer(&self, a: Amount, b: Amount) -> Ordering {
        if self.exact_out { a.cmp(&b) } else { b.cmp(&a) }
    }

    /// Computes a swap of `amount` of `known` along routes, as the swap itself does.
    pub(super) fn quote(
        &self,
        graph: &Graph<'_>,
        block: &BlockInfo,
        amount: Amount,
        routes: &[Route],
    ) -> Result<Option<(Amount, Router)>, AppError> {
        let mut router = Router::new(block);
        let coin = Coin::new(amount, self.known.clone());
        let sought = if self.exact_out {
            router.exact_out(&graph.state, &self.sought, &coin, routes)
        } else {
            router.exact_in(&graph.state, &coin, routes)
        };
        match sought {
            Ok(sought) => Ok(Some((sought, router))),
            Err(error) if error.fatal => Err(error),
            // Pools that cannot take the amount are no way; a swap would be refused the same.
            Err(error) => {
                let mut refusal = graph.refusal.borrow_mut();
                if refusal.is_empty() {
                    *refusal = error.log;
                }
                Ok(None)
            }
        }
    }
}

/// A way from the known coin.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Path {
    /// Each pool and the coin on its far side.
    pub(super) steps: Vec<(PoolId, Denom)>,
    /// What the known amount becomes at its end.
    pub(super) amount: Amount,
}

impl Path {
    /// How many pools both lead through.
    pub(super) fn shared(&self, other: &Self) -> usize {
        self.steps.iter().filter(|(id, _)| other.steps.iter().any(|(other, _)| id == other)).count()
    }

    /// As swaps take it.
    pub(super) fn route(&self, ends: &Ends, weight: u64) -> Route {
        let hop = |(pool, denom_out): (PoolId, &Denom)| Hop { pool, denom_out: denom_out.clone(), limit: 0 };
        let pools = self.steps.iter().map(|(pool, _)| *pool);
        let far = self.steps.iter().map(|(_, denom)| denom);
        let hops = if ends.exact_out {
            // Against the stream: each pool pays the coin on its near side.
            let near = std::iter::once(&ends.known).chain(far);
            let mut hops: Vec<Hop> = pools.zip(near).map(hop).collect();
            hops.reverse();
            hops
        } else {
            pools.zip(far).map(hop).collect()
        };
        Route { hops, weight }
    }
}

/// A search under way.
pub(super) struct Search<'a, 'g> {
    pub(super) graph: &'a mut Graph<'g>,
    pub(super) block: &'a BlockInfo,
    pub(super) ends: &'a Ends,
    quotes: usize,
}

impl<'a, 'g> Search<'a, 'g> {
    pub(super) fn new(graph: &'a mut Graph<'g>, block: &'a BlockInfo, ends: &'a Ends) -> Self {
        Self { graph, block, ends, quotes: 0 }
    }

    /// The best ways for an amount through at most `hops` pools, passing the coins `between`. No way passes a coin or a pool
    /// twice.
    pub(super) fn run(
        mut self,
        amount: Amount,
        between: &[Denom],
        hops: usize,
    ) -> Result<Vec<Path>, AppError> {
        let mut complete = Vec::new();
        let mut frontier = vec![Path { steps: Vec::new(), amount }];
        for left in (0..hops).rev() {
            let mut reached: BTreeMap<Denom, Vec<Path>> = BTreeMap::new();
            for path in &frontier {
                self.extend(path, &self.ends.sought.clone(), &mut complete)?;
            }
            if left == 0 {
                break;
            }
            for denom in between {
                for path in frontier.iter().filter(|path| path.steps.iter().all(|(_, at)| at != denom)) {
                    self.extend(path, denom, reached.entry(denom.clone()).or_default())?;
                }
            }
            // What was chosen first as a coin on the way is looked at first.
            frontier = between
                .iter()
                .filter_map(|denom| reached.remove(denom))
                .flat_map(|paths| self.best(paths))
                .collect();
        }
        Ok(self.sorted(complete))
    }

    /// Ways that go on from a path to a coin.
    fn extend(&mut self, path: &Path, to: &Denom, out: &mut Vec<Path>) -> Result<(), AppError> {
        let from = path.steps.last().map_or(&self.ends.known, |(_, denom)| denom);
        let pools = self.graph.pools(from, to)?;
        let ends = Ends { known: from.clone(), sought: to.clone(), exact_out: self.ends.exact_out };
        for id in &pools {
            if self.quotes >= MAX_QUOTES || self.graph.is_spent() {
                break;
            }
            if path.steps.iter().any(|(used, _)| used == id) {
                continue;
            }
            self.quotes = self.quotes.saturating_add(1);
            let step = Path { steps: vec![(*id, to.clone())], amount: 0 }.route(&ends, 1);
            if let Some((amount, _)) = ends.quote(self.graph, self.block, path.amount, &[step])? {
                let mut steps = path.steps.clone();
                steps.push((*id, to.clone()));
                out.push(Path { steps, amount });
            }
        }
        Ok(())
    }

    /// The best first; among equals the shorter.
    fn sorted(&self, mut paths: Vec<Path>) -> Vec<Path> {
        paths.sort_by(|a, b| {
            let amounts = self.ends.prefer(a.amount, b.amount);
            amounts.then_with(|| a.steps.len().cmp(&b.steps.len())).then_with(|| a.cmp(b))
        });
        paths
    }

    fn best(&self, paths: Vec<Path>) -> Vec<Path> {
        let mut paths = self.sorted(paths);
        paths.truncate(BEAM);
        paths
    }
}
