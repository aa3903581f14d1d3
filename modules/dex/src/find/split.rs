//! Sharing an amount among several routes.

use std::cmp::Ordering;

use agora_framework::{AppError, BlockInfo};
use agora_primitives::Amount;
use agora_primitives::math::mul_div_floor;

use super::graph::Graph;
use super::paths::{Ends, Path};
use crate::route::Route;

/// Into how many equal parts the amount is divided: steps of 5 %.
const PARTS: u64 = 20;
/// How many ways are weighed against each other, of each kind: the best, and the best that share little with those chosen.
const EACH: usize = 3;

/// The amount of so many parts, rounded down.
pub(super) fn part(amount: Amount, parts: u64) -> Amount {
    mul_div_floor(amount, parts.into(), PARTS.into()).unwrap_or_default()
}

/// The ways to share an amount among, from several lists of which each has its best first.
pub(super) fn candidates<'a>(lists: &[&'a [Path]]) -> Vec<&'a Path> {
    let mut chosen: Vec<&Path> = Vec::new();
    let is_new = |chosen: &[&Path], path: &Path| chosen.iter().all(|other| other.steps != path.steps);
    for list in lists {
        for path in list.iter().take(EACH) {
            if is_new(&chosen, path) {
                chosen.push(path);
            }
        }
        for _ in 0..EACH {
            let shared =
                |path: &Path| chosen.iter().map(|other| path.shared(other)).max().unwrap_or_default();
            // Of those that share equally little the first is the best.
            let next = list.iter().filter(|path| is_new(&chosen, path)).min_by_key(|path| shared(path));
            chosen.extend(next);
        }
    }
    chosen
}

/// Gives the parts of the amount one by one to whichever way makes most of all that is given so far; no more than `most` ways are
/// used. Ways may share pools: each part is weighed together with all others. Nothing if the ways cannot take the amount.
pub(super) fn divide(
    graph: &Graph<'_>,
    block: &BlockInfo,
    ends: &Ends,
    amount: Amount,
    paths: &[&Path],
    most: usize,
) -> Result<Option<Vec<Route>>, AppError> {
    let mut given: Vec<(&Path, u64)> = Vec::new();
    for parts in 1..=PARTS {
        let mut best: Option<(Amount, Vec<(&Path, u64)>)> = None;
        for path in paths {
            if graph.is_spent() {
                return Ok(None);
            }
            let mut tried = given.clone();
            let room = tried.len() < most;
            match tried.iter_mut().find(|(other, _)| other.steps == path.steps) {
                Some((_, parts)) => *parts = parts.saturating_add(1),
                None if room => tried.push((path, 1)),
                None => continue,
            }
            let Some((sought, _)) = ends.quote(graph, block, part(amount, parts), &routes(ends, &tried))?
            else {
                continue;
            };
            if best.as_ref().is_none_or(|(best, _)| ends.prefer(sought, *best) == Ordering::Less) {
                best = Some((sought, tried));
            }
        }
        let Some((_, better)) = best else { return Ok(None) };
        given = better;
    }
    Ok(Some(routes(ends, &given)))
}

fn routes(ends: &Ends, given: &[(&Path, u64)]) -> Vec<Route> {
    given.iter().map(|(path, parts)| path.route(ends, *parts)).collect()
}
