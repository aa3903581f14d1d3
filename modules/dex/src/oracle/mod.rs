//! Prices over time, from what they were at the ends of blocks.
//!
//! Whoever changes a pool marks it; the end of the block writes one record for each marked pool and looks at a few that
//! are old. So the cost is that of the pools touched, and what happened within a block is in no record.

pub(crate) mod genesis;
pub(crate) mod keep;
pub(crate) mod log2;
pub(crate) mod price;
pub(crate) mod query;
pub(crate) mod record;
pub(crate) mod twap;

use agora_framework::time::NANOS;
use agora_framework::{AppError, BlockCtx};
use agora_state::{StateError, StateWrite};

use crate::pool::{Pool, PoolId};
use crate::state::{LATEST, POOLS, RECORDS, TOUCHED};
use record::{Latest, Record};

/// The most pools that a block records; the rest is carried over.
const MAX_RECORDED: usize = 10_000;
/// Nanoseconds in a millisecond.
pub(crate) const MILLI: u64 = 1_000_000;
/// Stores a pool that changed and marks it for the end of the block. The mark is added to, never read, so it orders nobody.
///
/// # Errors
/// Storage fails.
pub(crate) fn store_pool<C: StateWrite + ?Sized>(
    ctx: &mut C,
    id: PoolId,
    pool: &Pool,
) -> Result<(), StateError> {
    POOLS.set(ctx, &id, pool)?;
    TOUCHED.add(ctx, &id, 1, None)
}

/// Records the prices of the pools that were touched.
///
/// # Errors
/// Storage fails.
pub(crate) fn record_touched(ctx: &mut BlockCtx<'_>) -> Result<(), AppError> {
    for (id, marks) in TOUCHED.page(ctx, &[], None, false, MAX_RECORDED)?.entries {
        let behind = match POOLS.get(ctx, &id)? {
            Some(pool) => record(ctx, id, &pool)?,
            None => false,
        };
        // A logarithm that has not caught up with its price goes on in the next block.
        let left = i128::from(behind);
        TOUCHED.add(ctx, &id, left.saturating_sub(marks), None)?;
    }
    Ok(())
}

/// Writes the record of a pool; says whether another must follow.
fn record(ctx: &mut BlockCtx<'_>, id: PoolId, pool: &Pool) -> Result<bool, AppError> {
    let now = ctx.block().time / MILLI;
    let prices = pool.spot_prices(ctx.block().time / NANOS);
    let before = LATEST.get(ctx, &id)?;
    let coins = pool.reserves.len();
    let (record, behind) = Record::next(before.as_ref().map(|latest| &latest.record), now, coins, prices);
    let mut latest = match before {
        Some(before) if before.record.time < now => {
            let old = Record { until: now, ..before.record };
            RECORDS.set(ctx, &(id, old.time), &old)?;
            let first = before.oldest == 0;
            Latest {
                record,
                oldest: if first { old.time } else { before.oldest },
                oldest_until: if first { now } else { before.oldest_until },
                merging: before.merging,
            }
        }
        // Within one millisecond the later block replaces the earlier.
        Some(before) => Latest { record, ..before },
        None => Latest { record, oldest: 0, oldest_until: 0, merging: 0 },
    };
    keep::prune(ctx, id, &mut latest)?;
    keep::merge(ctx, id, &mut latest)?;
    LATEST.set(ctx, &id, &latest)?;
    Ok(behind)
}
