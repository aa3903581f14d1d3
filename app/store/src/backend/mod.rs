//! The seam to what keeps bytes: sorted columns, consistent cursors, one atomic batch at a time.

#[cfg(test)]
mod conformance;
mod memory;
#[cfg(feature = "rocksdb")]
mod rocks;
mod treap;

pub use memory::MemoryBackend;
#[cfg(feature = "rocksdb")]
pub use rocks::RocksBackend;

use agora_state::Value;

use crate::error::StoreError;

/// A sorted key space of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// The values of the head.
    Latest,
    /// What the values were before, and which keys each height changed.
    History,
    /// The head, the format, the stores, the hashes of past heights.
    Meta,
}

impl Column {
    /// Every column, in the order in which a batch writes them.
    pub const ALL: [Self; 3] = [Self::Latest, Self::History, Self::Meta];

    /// The name of the column family.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Latest => "latest",
            Self::History => "history",
            Self::Meta => "meta",
        }
    }
}

/// What a write promises when it returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// On the disk: survives loss of power.
    Synced,
    /// Atomic and ordered, on the disk at the latest with the next synced write. For what can be done again.
    Lazy,
}

/// New values by key; `None` deletes.
type Ops = Vec<(Vec<u8>, Option<Value>)>;

/// Puts and deletions that become visible together or not at all.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    columns: [Ops; 3],
}

impl Batch {
    /// Stores `value` at `key`.
    pub fn put(&mut self, column: Column, key: Vec<u8>, value: impl Into<Value>) {
        self.column(column).push((key, Some(value.into())));
    }

    /// Removes `key`.
    pub fn delete(&mut self, column: Column, key: Vec<u8>) {
        self.column(column).push((key, None));
    }

    /// Whether the batch holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.columns.iter().all(Vec::is_empty)
    }

    fn column(&mut self, column: Column) -> &mut Ops {
        let [latest, history, meta] = &mut self.columns;
        match column {
            Column::Latest => latest,
            Column::History => history,
            Column::Meta => meta,
        }
    }

    /// The operations by column and key: sorted writes cost RocksDB less than half of unsorted ones.
    ///
    /// Of two operations on the same key the later one wins, because the sort is stable.
    pub(crate) fn into_sorted(self) -> impl Iterator<Item = (Column, Ops)> {
        Column::ALL.into_iter().zip(self.columns).map(|(column, mut ops)| {
            ops.sort_by(|a, b| a.0.cmp(&b.0));
            (column, ops)
        })
    }
}

/// A position in one column. A cursor sees the column as it was when the cursor was made.
pub trait Cursor {
    /// Moves to the first entry at or after `key`.
    ///
    /// # Errors
    /// [`StoreError::Backend`].
    fn seek(&mut self, key: &[u8]) -> Result<(), StoreError>;

    /// Moves to the last entry at or before `key`.
    ///
    /// # Errors
    /// [`StoreError::Backend`].
    fn seek_back(&mut self, key: &[u8]) -> Result<(), StoreError>;

    /// Moves one entry forward.
    ///
    /// # Errors
    /// [`StoreError::Backend`].
    fn next(&mut self) -> Result<(), StoreError>;

    /// Moves one entry back.
    ///
    /// # Errors
    /// [`StoreError::Backend`].
    fn prev(&mut self) -> Result<(), StoreError>;

    /// The entry under the cursor; `None` beyond the ends.
    fn entry(&self) -> Option<(&[u8], &[u8])>;
}

/// Keeps the bytes. Two implementations, [`RocksBackend`] and [`MemoryBackend`], pass one suite.
///
/// There is no snapshot here on purpose: a view pinned to a height reads `latest` first and `history` second, which is
/// consistent however many blocks are committed in between (see the crate documentation).
pub trait Backend: Send + Sync {
    /// The value at `key`.
    ///
    /// # Errors
    /// [`StoreError::Backend`].
    fn get(&self, column: Column, key: &[u8]) -> Result<Option<Value>, StoreError>;

    /// The values at `keys`, in their order; cheapest when the keys are sorted.
    ///
    /// # Errors
    /// [`StoreError::Backend`].
    fn get_many(&self, column: Column, keys: &[Vec<u8>]) -> Result<Vec<Option<Value>>, StoreError> {
        keys.iter().map(|key| self.get(column, key)).collect()
    }

    /// A cursor over `column`, not yet on any entry.
    fn cursor(&self, column: Column) -> Box<dyn Cursor + '_>;

    /// Applies `batch` atomically.
    ///
    /// # Errors
    /// [`StoreError::Backend`]; what is on disk is then unknown and the database must be opened again.
    fn write(&self, batch: Batch, durability: Durability) -> Result<(), StoreError>;

    /// Brings everything written so far to the disk.
    ///
    /// # Errors
    /// [`StoreError::Backend`].
    fn flush(&self) -> Result<(), StoreError>;

    /// Bytes occupied on disk (or in memory), as far as known.
    ///
    /// # Errors
    /// [`StoreError::Backend`].
    fn size(&self) -> Result<u64, StoreError>;
}
