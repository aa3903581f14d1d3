//! Upkeep: what an operator does to a store between blocks.

use crate::checkpoint;
use crate::error::StoreError;
use crate::inner::Committed;
use crate::prune;
use crate::rollback;
use crate::store::Store;

impl Store {
    /// Goes back to `height`: as if the later heights had never been committed. Snapshots taken before become invalid. Each
    /// height is undone in one durable step, so a crash on the way leaves a height between.
    ///
    /// # Errors
    /// [`StoreError::RollbackRange`] beyond the heights kept; the disk fails, or the history is damaged.
    pub fn rollback(&self, height: u64) -> Result<Committed, StoreError> {
        rollback::rollback(&self.inner, height)
    }

    /// Removes everything: the state before genesis. Snapshots taken before become invalid.
    ///
    /// # Errors
    /// The disk fails; opening the database again finishes the work.
    pub fn clear(&self) -> Result<(), StoreError> {
        rollback::clear(&self.inner)
    }

    /// Moves the window of readable heights to what the options keep, without waiting for the next block: for a store that was
    /// opened to be pruned.
    ///
    /// # Errors
    /// The disk fails.
    pub fn narrow(&self) -> Result<(), StoreError> {
        prune::narrow(&self.inner)
    }

    /// Removes about `limit` records of history below the readable heights; true when more is left. Only needed when the
    /// store was opened without [`Options::background_pruning`].
    ///
    /// # Errors
    /// The disk fails.
    pub fn prune_step(&self, limit: usize) -> Result<bool, StoreError> {
        prune::prune_step(&self.inner, limit)
    }

    /// Writes a checkpoint of the head now and answers its height; `None` in memory, and before genesis. Blocks may go on meanwhile.
    ///
    /// # Errors
    /// The disk fails. The state is not concerned, and an older checkpoint stays.
    pub fn checkpoint(&self) -> Result<Option<Committed>, StoreError> {
        checkpoint::write(&self.inner)
    }

    /// Bytes on disk (or in the memory backend).
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn size(&self) -> Result<u64, StoreError> {
        self.inner.backend.size()
    }

    /// Gives the disk back the room of what was removed, and waits for it. While it lasts, the database may take up to twice its
    /// room. Nothing needs it: RocksDB does the same little by little while blocks are written.
    ///
    /// # Errors
    /// The disk fails or is full.
    pub fn compact(&self) -> Result<(), StoreError> {
        self.inner.backend.compact()
    }

    /// Brings everything to the disk. Commits are there already; this is for what pruning did.
    ///
    /// # Errors
    /// The disk fails.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.inner.backend.flush()
    }
}
