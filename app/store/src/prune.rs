//! Removing history below the window, a bounded step at a time.

use crate::backend::{Batch, Column, Durability};
use crate::checkpoint::Checkpoints;
use crate::error::StoreError;
use crate::fail_point::fail_point;
use crate::inner::{Inner, Pins};
use crate::keys;
use crate::planted::planted;

/// Records a step of the thread removes at most (by whole lists of changed keys).
pub(crate) const STEP: usize = 4096;

/// Up to where history may go: what a start after a crash would serve stays.
fn removable(pins: &Pins) -> u64 {
    if planted("prune:early") { pins.earliest.saturating_add(1) } else { pins.stored }
}

/// Moves the window of readable heights to what the options keep, durably. Commits do so as well; this is for a store that gets
/// no more blocks.
pub(crate) fn narrow(inner: &Inner) -> Result<(), StoreError> {
    let _writer = inner.writer.lock();
    inner.check_usable()?;
    let (Some(head), Some(keep)) = (inner.head().committed, inner.keep_recent) else { return Ok(()) };
    let earliest = {
        let mut pins = inner.pins.lock();
        let wanted = head.height.saturating_sub(keep.saturating_sub(1));
        let allowed = pins.lowest().map_or(wanted, |lowest| wanted.min(lowest));
        pins.earliest = pins.earliest.max(allowed);
        pins.earliest
    };
    let mut batch = Batch::default();
    batch.put(Column::Meta, keys::META_EARLIEST, &earliest.to_be_bytes());
    inner.backend.write(batch, Durability::Synced).map_err(|error| inner.fail(error))?;
    inner.pins.lock().stored = earliest;
    Ok(())
}

/// Removes at least one and about `limit` records of history that no readable height needs; false when none is left.
///
/// A record at a height says what was there before it, so records up to and including the earliest readable height go.
/// A list of changed keys goes with the records it lists: a crash in between leaves the next step the same work.
pub(crate) fn prune_step(inner: &Inner, limit: usize) -> Result<bool, StoreError> {
    let _maintenance = inner.maintenance.lock();
    inner.check_usable()?;
    // Lists of changes after the last checkpoint are still needed to bring it up to the head.
    let kept_from = inner.checkpoints.as_ref().map_or(u64::MAX, Checkpoints::height);
    let earliest = removable(&inner.pins.lock()).min(kept_from);
    let mut batch = Batch::default();
    let mut removed = 0_usize;
    let mut more = false;
    let mut history = inner.backend.cursor(Column::History);
    history.seek(&keys::changes(0, 0))?;
    while let Some((key, record)) = history.entry() {
        let Some(height) = keys::parse_changes(key)?.filter(|height| *height <= earliest) else { break };
        if removed >= limit {
            more = true;
            break;
        }
        for changed in keys::decode_changes(record)? {
            batch.delete(Column::History, &keys::previous(&changed, height));
            removed = removed.saturating_add(1);
        }
        batch.delete(Column::History, key);
        history.next()?;
    }
    let mut roots = inner.backend.cursor(Column::Meta);
    roots.seek(&keys::root(0))?;
    while let Some((key, _)) = roots.entry() {
        if keys::parse_root(key).is_none_or(|height| height >= earliest) {
            break;
        }
        if removed >= limit {
            more = true;
            break;
        }
        batch.delete(Column::Meta, key);
        removed = removed.saturating_add(1);
        roots.next()?;
    }
    if batch.is_empty() {
        return Ok(false);
    }
    fail_point("prune:before_batch").map_err(|error| inner.fail(error))?;
    inner.backend.write(batch, Durability::Lazy).map_err(|error| inner.fail(error))?;
    fail_point("prune:after_batch").map_err(|error| inner.fail(error))?;
    Ok(more)
}
