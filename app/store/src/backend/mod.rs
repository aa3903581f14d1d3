//! The seam to what keeps bytes: sorted columns, consistent cursors, one atomic batch at a time.

#[cfg(test)]
mod conformance;
#[cfg(feature = "rocksdb")]
mod framing;
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

/// Puts and deletions that become visible together or not at all. Their bytes lie in a row: a block has tens of thousands.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    columns: [Ops; 3],
}

/// The operations on one column.
#[derive(Clone, Debug, Default)]
struct Ops {
    bytes: Vec<u8>,
    places: Vec<Op>,
}

/// Where the key of an operation lies, and the value behind it; a deletion has none.
#[derive(Clone, Copy, Debug)]
struct Op {
    key: usize,
    value: usize,
    /// The end of the value.
    end: Option<usize>,
}

impl Batch {
    /// Stores `value` at `key`.
    pub fn put(&mut self, column: Column, key: &[u8], value: &[u8]) {
        self.column(column).push(key, Some(&[value]));
    }

    /// Stores the parts of a value, joined, at `key`.
    pub(crate) fn put_parts(&mut self, column: Column, key: &[u8], parts: &[&[u8]]) {
        self.column(column).push(key, Some(parts));
    }

    /// Removes `key`.
    pub fn delete(&mut self, column: Column, key: &[u8]) {
        self.column(column).push(key, None);
    }

    /// Adds the operations of `later` after the own ones.
    pub(crate) fn append(&mut self, later: Self) {
        for (own, later) in self.columns.iter_mut().zip(later.columns) {
            own.append(later);
        }
    }

    /// Whether the batch holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.columns.iter().all(|ops| ops.places.is_empty())
    }

    fn column(&mut self, column: Column) -> &mut Ops {
        let [latest, history, meta] = &mut self.columns;
        match column {
            Column::Latest => latest,
            Column::History => history,
            Column::Meta => meta,
        }
    }

    /// Passes on the operations by column and key, `None` being a deletion: sorted writes cost RocksDB less than half of
    /// unsorted ones.
    ///
    /// Of two operations on the same key the later one wins, because the sort is stable.
    pub(crate) fn in_order<E>(
        &mut self,
        mut each: impl FnMut(Column, &[u8], Option<&[u8]>) -> Result<(), E>,
    ) -> Result<(), E> {
        for (column, ops) in Column::ALL.into_iter().zip(&mut self.columns) {
            let Ops { bytes, places } = ops;
            let at = |from: usize, to: usize| bytes.get(from..to).unwrap_or_default();
            places.sort_by(|a, b| at(a.key, a.value).cmp(at(b.key, b.value)));
            for op in places {
                each(column, at(op.key, op.value), op.end.map(|end| at(op.value, end)))?;
            }
        }
        Ok(())
    }
}

impl Ops {
    fn append(&mut self, later: Self) {
        if self.places.is_empty() {
            *self = later;
            return;
        }
        let start = self.bytes.len();
        let moved = |place: usize| place.saturating_add(start);
        self.bytes.extend_from_slice(&later.bytes);
        self.places.extend(later.places.into_iter().map(|Op { key, value, end }| Op {
            key: moved(key),
            value: moved(value),
            end: end.map(moved),
        }));
    }

    fn push(&mut self, key: &[u8], value: Option<&[&[u8]]>) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(key);
        let middle = self.bytes.len();
        let end = value.map(|parts| {
            for part in parts {
                self.bytes.extend_from_slice(part);
            }
            self.bytes.len()
        });
        self.places.push(Op { key: start, value: middle, end });
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

    /// Gives back the room of what was removed, and waits for it. It may need as much room again while it lasts.
    ///
    /// # Errors
    /// [`StoreError::Backend`].
    fn compact(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Bytes occupied on disk (or in memory), as far as known.
    ///
    /// # Errors
    /// [`StoreError::Backend`].
    fn size(&self) -> Result<u64, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Column, key, and value; without one it is a deletion.
    type Operation = (Column, &'static [u8], Option<&'static [u8]>);

    #[test]
    fn appended_operations_come_after_the_own_ones() {
        let operations: [Operation; 6] = [
            (Column::Latest, &[2], Some(&[1])),
            (Column::Latest, &[1], Some(&[2, 3])),
            (Column::Meta, &[1], Some(&[4])),
            (Column::Latest, &[2], None),
            (Column::History, &[7], Some(&[])),
            (Column::Latest, &[1, 1], Some(&[5, 6, 7])),
        ];
        let batch = |operations: &[Operation]| {
            let mut batch = Batch::default();
            for (column, key, value) in operations {
                match value {
                    Some(value) => batch.put(*column, key, value),
                    None => batch.delete(*column, key),
                }
            }
            batch
        };
        let in_order = |mut batch: Batch| {
            let mut all = Vec::new();
            let each = |column, key: &[u8], value: Option<&[u8]>| {
                all.push((column, key.to_vec(), value.map(<[u8]>::to_vec)));
                Ok::<_, ()>(())
            };
            batch.in_order(each).unwrap();
            all
        };
        for split in 0..=operations.len() {
            let (first, later) = operations.split_at(split);
            let mut appended = batch(first);
            appended.append(batch(later));
            assert_eq!(in_order(appended), in_order(batch(&operations)), "split at {split}");
        }
    }
}
