//! Going back: by heights, or to nothing.

use agora_state::{StateKey, Value};

use crate::backend::{Batch, Column, Durability};
use crate::commit::tree_changes;
use crate::error::{StoreError, hex};
use crate::fail_point::fail_point;
use crate::inner::{Committed, Head, Inner};
use crate::keys;
use crate::planted::planted;
use crate::trees::Trees;

/// Records removed at a time when everything goes.
const CLEAR_STEP: usize = 10_000;

/// What undoes one height.
pub(crate) struct Undo {
    /// Each changed key with its bytes in `latest` and the value before the height.
    pub(crate) values: Vec<(StateKey, Vec<u8>, Option<Value>)>,
    /// The lists of changed keys.
    records: Vec<Vec<u8>>,
}

impl Undo {
    /// Reads what undoes `height`.
    pub(crate) fn of(inner: &Inner, height: u64) -> Result<Self, StoreError> {
        let mut undo = Self { values: Vec::new(), records: Vec::new() };
        let mut cursor = inner.backend.cursor(Column::History);
        cursor.seek(&keys::changes(height, 0))?;
        while let Some((key, record)) = cursor.entry() {
            if keys::parse_changes(key)? != Some(height) {
                break;
            }
            undo.records.push(key.to_vec());
            for changed in keys::decode_changes(record)? {
                let record = inner.backend.get(Column::History, &keys::previous(&changed, height))?;
                let record = record.ok_or_else(|| {
                    StoreError::Corrupt(format!("the value before height {height} of {}", hex(&changed)))
                })?;
                let key = keys::parse_latest(&inner.stores, &changed)?;
                undo.values.push((key, changed, keys::decode_previous(&record)?));
            }
            cursor.next()?;
        }
        Ok(undo)
    }

    /// The trees before the height.
    pub(crate) fn apply(&self, trees: &Trees) -> Trees {
        trees.update(&tree_changes(self.values.iter().map(|(key, _, value)| (key, value.as_ref()))))
    }
}

/// Goes back to `height`, one durable step per height. See [`crate::Store::rollback`].
pub(crate) fn rollback(inner: &Inner, height: u64) -> Result<Committed, StoreError> {
    let _writer = inner.writer.lock();
    let _maintenance = inner.maintenance.lock();
    inner.check_usable()?;
    // Held to the end: no snapshot is made while the state goes back.
    let pins = inner.pins.lock();
    let head = inner.head();
    let latest = head.height();
    let Some(mut committed) = head.committed.filter(|_| (pins.earliest..=latest).contains(&height)) else {
        return Err(StoreError::RollbackRange { height, earliest: pins.earliest, latest });
    };
    if height == latest {
        return Ok(committed);
    }
    inner.next_epoch();
    let mut trees = head.trees.clone();
    while committed.height > height {
        (committed, trees) = step_back(inner, committed.height, &trees).map_err(|error| inner.fail(error))?;
    }
    inner.cache.clear();
    if let Some(checkpoints) = &inner.checkpoints {
        checkpoints.go_back_to(height);
    }
    inner.set_writing(height);
    inner.recent.lock().retain(|recent, _| *recent <= height);
    inner.publish(Head { committed: Some(committed), trees });
    Ok(committed)
}

/// Undoes `height`, the head.
fn step_back(inner: &Inner, height: u64, trees: &Trees) -> Result<(Committed, Trees), StoreError> {
    let before = height.saturating_sub(1);
    let recorded = inner.backend.get(Column::Meta, &keys::root(before))?;
    let recorded =
        recorded.ok_or_else(|| StoreError::Corrupt(format!("the application hash of height {before}")))?;
    let undo = Undo::of(inner, height)?;
    let mut trees = undo.apply(trees);
    let fewer = inner.backend.get(Column::Meta, &keys::stores_before(height))?;
    if let Some(fewer) = &fewer {
        trees = trees.only(&keys::decode_stores(fewer)?);
    }
    let committed = Committed { height: before, app_hash: trees.app_hash() };
    if committed.app_hash.as_slice() != recorded.as_ref() {
        return Err(StoreError::RootMismatch {
            height: before,
            committed: hex(&recorded),
            rebuilt: hex(&committed.app_hash),
        });
    }
    let mut batch = Batch::default();
    for (_, key, value) in undo.values {
        batch.delete(Column::History, &keys::previous(&key, height));
        match value {
            Some(value) => batch.put(Column::Latest, &key, &value),
            None => batch.delete(Column::Latest, &key),
        }
    }
    for record in undo.records {
        batch.delete(Column::History, &record);
    }
    if let Some(fewer) = fewer {
        batch.put(Column::Meta, keys::META_STORES, &fewer);
        batch.delete(Column::Meta, &keys::stores_before(height));
    }
    batch.delete(Column::Meta, &keys::root(height));
    batch.put(Column::Meta, keys::META_HEAD, &keys::encode_head(before, &committed.app_hash));
    fail_point("rollback:before_batch")?;
    inner.backend.write(batch, Durability::Synced)?;
    fail_point("rollback:after_batch")?;
    Ok((committed, trees))
}

/// Removes every value. See [`crate::Store::clear`].
pub(crate) fn clear(inner: &Inner) -> Result<(), StoreError> {
    let _writer = inner.writer.lock();
    let _maintenance = inner.maintenance.lock();
    inner.check_usable()?;
    let mut pins = inner.pins.lock();
    inner.next_epoch();
    let cleared = || {
        let mut batch = Batch::default();
        batch.put(Column::Meta, keys::META_CLEARING, &[1]);
        inner.backend.write(batch, Durability::Synced)?;
        finish_clearing(inner)
    };
    cleared().map_err(|error| inner.fail(error))?;
    (pins.earliest, pins.stored) = (0, 0);
    if let Some(checkpoints) = &inner.checkpoints {
        checkpoints.go_back_to(0);
    }
    inner.cache.clear();
    inner.set_writing(0);
    inner.publish(Head { committed: None, trees: Trees::empty(&inner.stores) });
    Ok(())
}

/// Removes everything but the format and the mark that says so, then makes of that an empty database. Can be begun again
/// after a crash.
pub(crate) fn finish_clearing(inner: &Inner) -> Result<(), StoreError> {
    fail_point("clear:before_batch")?;
    for column in Column::ALL {
        let mut cursor = inner.backend.cursor(column);
        cursor.seek(&[])?;
        loop {
            let mut batch = Batch::default();
            let mut removed = 0;
            while removed < CLEAR_STEP
                && let Some((key, _)) = cursor.entry()
            {
                if column != Column::Meta || (key != keys::META_CLEARING && key != keys::META_FORMAT) {
                    batch.delete(column, key);
                }
                removed = removed.saturating_add(1);
                cursor.next()?;
            }
            if removed == 0 {
                break;
            }
            inner.backend.write(batch, Durability::Lazy)?;
        }
    }
    fail_point("clear:after_batch")?;
    // In one batch: without the mark and without its first records a database would be a damaged one.
    let mut batch =
        if planted("clear:records_later") { Batch::default() } else { crate::open::first_records(inner) };
    batch.delete(Column::Meta, keys::META_CLEARING);
    inner.backend.write(batch, Durability::Synced)?;
    fail_point("clear:after_end")
}
