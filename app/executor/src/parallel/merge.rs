//! Folding what the workers left into the state of the block, shard by shard, side by side.

use agora_framework::AppError;
use agora_state::{Net, Overlay, OverlayShard, SHARDS, StateKey, StateRead, Value};
use rayon::prelude::*;

use super::net::{Filed, Nets};
use super::planted::planted;
use super::touched::Touched;
use super::worker::is_overflow;

/// Whether all went in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Merged {
    /// Yes.
    Whole,
    /// A sum came so near the ends of `i128` that the order of additions may matter.
    Ambiguous,
}

/// Keys that groups share, and what they came to when the groups were checked in order.
pub(crate) struct Checked<'t> {
    pub(crate) touched: &'t Touched,
    pub(crate) values: Vec<(u64, StateKey, Option<Value>)>,
}

/// Takes the net changes of groups; those of keys they share come from the check, where there was one.
///
/// # Errors
/// The state cannot be read.
pub(crate) fn merge<'n, B>(
    state: &mut Overlay<B>,
    nets: impl Iterator<Item = &'n mut Nets>,
    checked: Option<Checked<'_>>,
) -> Result<Merged, AppError>
where
    B: StateRead + Send + Sync,
{
    let touched = checked.as_ref().map(|checked| checked.touched).filter(|touched| touched.any_shared());
    let mut moved = 0u128;
    let mut filed: Vec<Vec<Filed>> = (0..SHARDS).map(|_| Vec::new()).collect();
    for nets in nets {
        moved = moved.saturating_add(nets.moved());
        for (lists, list) in filed.iter_mut().zip(nets.take_lists()) {
            lists.push(list);
        }
    }
    let take = |shard: &mut OverlayShard<'_, B>, lists: Vec<Filed>| {
        shard.reserve(lists.iter().fold(0, |sum: usize, list| sum.saturating_add(list.len())));
        for (hash, key, net) in lists.into_iter().flatten() {
            if touched.is_some_and(|touched| touched.is_shared(hash)) {
                continue;
            }
            match net {
                Net::Value(value) => shard.put(hash, key, value),
                Net::Add(delta) => {
                    let delta = if planted("parallel:delta_twice") { delta.saturating_mul(2) } else { delta };
                    match shard.add(hash, key, delta) {
                        // Whatever the order, no partial sum was further away than all additions together.
                        Ok(sum) if sum.unsigned_abs().saturating_add(moved) < i128::MAX.unsigned_abs() => {}
                        Ok(_) => return Ok(Merged::Ambiguous),
                        Err(error) if is_overflow(&error) => return Ok(Merged::Ambiguous),
                        Err(error) => return Err(AppError::from(error)),
                    }
                }
            }
        }
        Ok(Merged::Whole)
    };
    let outcomes: Vec<Result<Merged, AppError>> =
        state.shards().into_par_iter().zip(filed).map(|(mut shard, lists)| take(&mut shard, lists)).collect();
    for outcome in outcomes {
        if outcome? == Merged::Ambiguous {
            return Ok(Merged::Ambiguous);
        }
    }
    let mut shards = state.shards();
    for (hash, key, value) in checked.into_iter().flat_map(|checked| checked.values) {
        if let Some(shard) = shards.get_mut(agora_state::shard_of(hash)) {
            shard.put(hash, key, value);
        }
    }
    Ok(Merged::Whole)
}
