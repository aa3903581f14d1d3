//! Values at past heights: what a later block overwrote, or else what stands in `latest`.
//!
//! `latest` is always read before `history`. A block that lands in between has put the value it overwrote into `history`,
//! so the pair is consistent without a lock and without a snapshot of the database.

use agora_state::{Entries, KeyRange, Value};

use crate::backend::{Column, Cursor};
use crate::error::StoreError;
use crate::inner::Inner;
use crate::keys;

/// The value of `key` at `height`, where `latest` was read before.
pub(crate) fn value_at(
    inner: &Inner,
    key: &[u8],
    height: u64,
    latest: Option<Value>,
) -> Result<Option<Value>, StoreError> {
    let mut cursor = inner.backend.cursor(Column::History);
    Ok(overwritten(cursor.as_mut(), key, height)?.unwrap_or(latest))
}

/// What the first block after `height` that changed `key` has overwritten; the outer `None` when there is no such block.
fn overwritten(
    cursor: &mut dyn Cursor,
    key: &[u8],
    height: u64,
) -> Result<Option<Option<Value>>, StoreError> {
    let mut wanted = keys::previous_prefix(key);
    let prefix = wanted.len();
    wanted.extend_from_slice(&height.saturating_add(1).to_be_bytes());
    cursor.seek(&wanted)?;
    match cursor.entry() {
        Some((found, record)) if found.get(..prefix) == wanted.get(..prefix) => {
            keys::decode_previous(record).map(Some)
        }
        _ => Ok(None),
    }
}

/// The entries of an ascending range in `latest` alone, which is right where nothing was written since.
pub(crate) fn scan_latest(cursor: &mut dyn Cursor, range: &KeyRange) -> Result<Entries, StoreError> {
    let (start, end) = keys::latest_range(range);
    let prefix = keys::latest(range.store, range.space, &[]).len();
    let mut entries = Entries::new();
    if start >= end || range.limit == 0 {
        return Ok(entries);
    }
    cursor.seek(&start)?;
    while let Some((key, value)) = cursor.entry().filter(|(key, _)| *key < end.as_slice()) {
        entries.push((key.get(prefix..).unwrap_or_default().to_vec(), Value::from(value)));
        if entries.len() == range.limit {
            break;
        }
        cursor.next()?;
    }
    Ok(entries)
}

/// The entries of a range at a height: `latest`, corrected by what was overwritten since.
pub(crate) struct Merge<'a> {
    latest: Box<dyn Cursor + 'a>,
    /// Absent when nothing was written after the height.
    history: Option<Box<dyn Cursor + 'a>>,
    /// The next key overwritten since, in the order of the range, and what it was.
    pending: Option<(Vec<u8>, Option<Value>)>,
    start: Vec<u8>,
    end: Vec<u8>,
    reverse: bool,
    height: u64,
}

impl<'a> Merge<'a> {
    /// Begins a scan of `start..end`, which must not be empty.
    pub(crate) fn new(
        inner: &'a Inner,
        start: Vec<u8>,
        end: Vec<u8>,
        reverse: bool,
        height: u64,
    ) -> Result<Self, StoreError> {
        let mut latest = inner.backend.cursor(Column::Latest);
        if reverse {
            latest.seek_back(&end)?;
            if latest.entry().is_some_and(|(key, _)| key == end) {
                latest.prev()?;
            }
        } else {
            latest.seek(&start)?;
        }
        let history = inner.written_beyond(height).then(|| inner.backend.cursor(Column::History));
        let mut merge = Self { latest, history, pending: None, start, end, reverse, height };
        if let Some(cursor) = &mut merge.history {
            if reverse {
                cursor.seek_back(&keys::previous_prefix(&merge.end))?;
            } else {
                cursor.seek(&keys::previous_prefix(&merge.start))?;
            }
            merge.advance_history()?;
        }
        Ok(merge)
    }

    /// The next entry.
    pub(crate) fn next(&mut self) -> Result<Option<(Vec<u8>, Value)>, StoreError> {
        loop {
            let key = match self.latest.entry() {
                Some((key, _)) if self.within(key) => Some(key),
                _ => None,
            };
            let history_first = match (key, &self.pending) {
                (None, None) => return Ok(None),
                (Some(_), None) => false,
                (None, Some(_)) => true,
                // On equal keys history decides, and `latest` is passed by below.
                (Some(key), Some((changed, _))) if self.reverse => changed.as_slice() >= key,
                (Some(key), Some((changed, _))) => changed.as_slice() <= key,
            };
            if !history_first {
                let entry = self.latest.entry().map(|(key, value)| (key.to_vec(), Value::from(value)));
                self.advance_latest()?;
                return Ok(entry);
            }
            let Some((changed, value)) = self.pending.take() else { return Ok(None) };
            if key == Some(changed.as_slice()) {
                self.advance_latest()?;
            }
            self.advance_history()?;
            if let Some(value) = value {
                return Ok(Some((changed, value)));
            }
        }
    }

    fn within(&self, key: &[u8]) -> bool {
        key >= self.start.as_slice() && key < self.end.as_slice()
    }

    fn advance_latest(&mut self) -> Result<(), StoreError> {
        if self.reverse { self.latest.prev() } else { self.latest.next() }
    }

    /// Finds the next key that was overwritten after the height, and leaves the cursor beyond its records.
    fn advance_history(&mut self) -> Result<(), StoreError> {
        let Some(cursor) = &mut self.history else { return Ok(()) };
        while let Some((bytes, _)) = cursor.entry() {
            let Some((key, _)) = keys::parse_previous(bytes)? else { break };
            if key < self.start || key >= self.end {
                break;
            }
            let found = overwritten(cursor.as_mut(), &key, self.height)?;
            if self.reverse {
                cursor.seek_back(&keys::previous_prefix(&key))?;
            } else {
                cursor.seek(&keys::previous(&key, u64::MAX))?;
            }
            if let Some(value) = found {
                self.pending = Some((key, value));
                return Ok(());
            }
        }
        self.pending = None;
        Ok(())
    }
}
