//! What is kept of a pool's records: all of the last hour, about one a minute before, nothing beyond 48 hours.
//!
//! Each record that is written does a fixed amount of this, so the cost is that of the records written, and since it does more than
//! one record's share, what has piled up shrinks.

use agora_framework::BlockCtx;
use agora_state::StateError;

use super::record::{Latest, Record};
use crate::pool::PoolId;
use crate::state::RECORDS;

/// How long records are kept, in milliseconds: 48 hours. The one in force at that time is kept as well.
pub(crate) const KEPT: u64 = 48 * 3_600_000;
/// How long every record is kept, in milliseconds.
pub(crate) const KEPT_WHOLE: u64 = 3_600_000;
/// How long a merged record reaches at most, in milliseconds.
pub(crate) const MERGED: u64 = 60_000;
/// The records looked at for one that is written, when pruning and when merging.
const STEPS: usize = 2;

/// Forgets records that ended before those in force 48 hours ago.
///
/// # Errors
/// Storage fails.
pub(crate) fn prune(ctx: &mut BlockCtx<'_>, id: PoolId, latest: &mut Latest) -> Result<(), StateError> {
    let edge = latest.record.time.saturating_sub(KEPT);
    for _ in 0..STEPS {
        if latest.oldest == 0 || latest.oldest_until > edge {
            break;
        }
        RECORDS.delete(ctx, &(id, latest.oldest))?;
        let next = RECORDS.get(ctx, &(id, latest.oldest_until))?;
        (latest.oldest, latest.oldest_until) = next.map_or((0, 0), |next| (next.time, next.until));
    }
    // Where merging has got to may be gone.
    latest.merging = latest.merging.max(latest.oldest);
    Ok(())
}

/// Merges records that ended more than an hour ago with the ones before them.
///
/// # Errors
/// Storage fails.
pub(crate) fn merge(ctx: &mut BlockCtx<'_>, id: PoolId, latest: &mut Latest) -> Result<(), StateError> {
    let edge = latest.record.time.saturating_sub(KEPT_WHOLE);
    for _ in 0..STEPS {
        if latest.merging == 0 || latest.merging >= edge {
            break;
        }
        let Some(first) = RECORDS.get(ctx, &(id, latest.merging))? else { break };
        let Some(second) = RECORDS.get(ctx, &(id, first.until))? else { break };
        if second.until > edge {
            break;
        }
        match first.merged(&second) {
            Some(both) => {
                RECORDS.delete(ctx, &(id, second.time))?;
                RECORDS.set(ctx, &(id, both.time), &both)?;
                if latest.oldest == both.time {
                    latest.oldest_until = both.until;
                }
            }
            None => latest.merging = second.time,
        }
    }
    Ok(())
}

impl Record {
    /// One record for this and the one after, at the mean prices of both; its sums at either end are theirs. `None` where that would
    /// reach too far, or a price is missing.
    fn merged(&self, after: &Self) -> Option<Self> {
        let passed = after.until.checked_sub(self.time).filter(|passed| (1..=MERGED).contains(passed))?;
        if !self.priced || !after.priced {
            return None;
        }
        let ends = after.pairs_at(after.until);
        let pairs = self.pairs.iter().zip(&ends).map(|(from, to)| from.mean_until(to, passed));
        Some(Self { until: after.until, pairs: pairs.collect::<Option<_>>()?, ..self.clone() })
    }
}
