//! Removing history below the window, a bounded step at a time.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crate::backend::{Batch, Column, Durability};
use crate::error::StoreError;
use crate::fail_point::fail_point;
use crate::inner::Inner;
use crate::keys;

/// Records a step of the thread removes at most (by whole lists of changed keys).
const STEP: usize = 4096;

/// Between two steps the disk belongs to the blocks.
const PAUSE: Duration = Duration::from_millis(1);

/// Removes at least one and about `limit` records of history that no readable height needs; false when none is left.
///
/// A record at a height says what was there before it, so records up to and including the earliest readable height go.
/// A list of changed keys goes with the records it lists: a crash in between leaves the next step the same work.
pub(crate) fn prune_step(inner: &Inner, limit: usize) -> Result<bool, StoreError> {
    let _maintenance = inner.maintenance.lock();
    inner.check_usable()?;
    let earliest = inner.pins.lock().earliest;
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
            batch.delete(Column::History, keys::previous(&changed, height));
            removed = removed.saturating_add(1);
        }
        batch.delete(Column::History, key.to_vec());
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
        batch.delete(Column::Meta, key.to_vec());
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

/// The thread that prunes; it ends when dropped.
pub(crate) struct Pruner {
    inner: Arc<Inner>,
    thread: Option<JoinHandle<()>>,
}

impl Pruner {
    pub(crate) fn start(inner: Arc<Inner>) -> Result<Self, StoreError> {
        let shared = inner.clone();
        let thread = std::thread::Builder::new()
            .name("store-prune".to_owned())
            .spawn(move || run(&shared))
            .map_err(|e| StoreError::Backend(format!("cannot start the pruning thread: {e}")))?;
        // What an earlier run left.
        inner.signal(false);
        Ok(Self { inner, thread: Some(thread) })
    }
}

impl Drop for Pruner {
    fn drop(&mut self) {
        self.inner.signal(true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the pruning thread had panicked");
        }
    }
}

fn run(inner: &Inner) {
    let mut more = false;
    loop {
        {
            let mut signal = inner.signal.lock();
            if more && !signal.stop {
                inner.wake.wait_for(&mut signal, PAUSE);
            }
            while !more && !signal.stop && !signal.work {
                inner.wake.wait(&mut signal);
            }
            if signal.stop {
                return;
            }
            signal.work = false;
        }
        more = match prune_step(inner, STEP) {
            Ok(more) => more,
            Err(error) => {
                tracing::error!(%error, "pruning stopped");
                return;
            }
        };
    }
}
