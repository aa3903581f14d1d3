//! Checkpoints: the trees of a height in a file, so that a start need not hash every value again.
//!
//! A checkpoint is a convenience and never trusted: its trees must hash to what `meta` says of its height, and with the changes
//! of the heights since then to the head. Otherwise it is set aside and the trees are rebuilt from the values.

mod file;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use agora_state::{StateKey, StoreId};
use parking_lot::Mutex;

use crate::backend::Column;
use crate::background::Signal;
use crate::commit::tree_changes;
use crate::error::{StoreError, hex};
use crate::fail_point::fail_point;
use crate::inner::{Committed, Inner};
use crate::keys;
use crate::tree::{MAX_PAGE_BITS, Tree};
use crate::trees::Trees;
use file::{Header, Reader, Writer};

/// Values read and hashed at a time when a checkpoint is brought up to the head.
const STEP: usize = 1 << 16;

/// What the store knows of its checkpoint.
pub(crate) struct Checkpoints {
    path: PathBuf,
    /// Changes after which the next one is due.
    every: u64,
    /// Changes since the last one.
    changes: AtomicU64,
    /// The height of the last one; history since then must stay. `u64::MAX` when there is none.
    height: AtomicU64,
    writing: Mutex<()>,
    pub(crate) signal: Arc<Signal>,
}

impl Checkpoints {
    /// Checkpoints in the folder given, one after every `every` changes.
    pub(crate) fn new(folder: &std::path::Path, every: u64) -> Self {
        Self {
            path: folder.join("checkpoint"),
            every: every.max(1),
            changes: AtomicU64::new(0),
            height: AtomicU64::new(u64::MAX),
            writing: Mutex::default(),
            signal: Arc::default(),
        }
    }

    /// The height whose successors' history must be kept.
    pub(crate) fn height(&self) -> u64 {
        self.height.load(Ordering::SeqCst)
    }

    /// Counts the changes of a block.
    pub(crate) fn note(&self, changes: usize) {
        let before = self.changes.fetch_add(changes as u64, Ordering::SeqCst);
        if before.saturating_add(changes as u64) >= self.every {
            self.signal.work();
        }
    }

    /// A checkpoint of a later height is of no use any more: the state went back.
    pub(crate) fn go_back_to(&self, height: u64) {
        if self.height() > height {
            self.height.store(u64::MAX, Ordering::SeqCst);
        }
    }

    fn is_due(&self) -> bool {
        self.changes.load(Ordering::SeqCst) >= self.every
    }
}

/// Writes a checkpoint if one is due. A failure costs the next start some time and nothing else.
pub(crate) fn write_if_due(inner: &Inner) {
    if let Some(checkpoints) = inner.checkpoints.as_ref().filter(|checkpoints| checkpoints.is_due())
        && let Err(error) = write(inner)
    {
        checkpoints.changes.store(0, Ordering::SeqCst);
        tracing::warn!(%error, "no checkpoint could be written; the next start takes longer");
    }
}

/// Writes a checkpoint of the head, while blocks go on.
pub(crate) fn write(inner: &Inner) -> Result<Option<Committed>, StoreError> {
    let Some(checkpoints) = &inner.checkpoints else { return Ok(None) };
    let _writing = checkpoints.writing.lock();
    // Before the head is looked at: what is counted from here on may or may not be in it.
    let counted = checkpoints.changes.load(Ordering::SeqCst);
    let epoch = inner.epoch();
    let head = inner.head();
    let Some(committed) = head.committed else { return Ok(None) };
    fail_point("checkpoint:before_write")?;
    let mut writer = Writer::create(&checkpoints.path)?;
    let mut stores = BTreeMap::new();
    for (store, tree) in head.trees.iter() {
        tree.save(store.name(), &mut writer)?;
        stores.insert(store.name().to_owned(), tree.page_bits());
    }
    writer.finish(&Header { committed, stores })?;
    if inner.epoch() == epoch {
        checkpoints.height.store(committed.height, Ordering::SeqCst);
        checkpoints.changes.fetch_sub(counted, Ordering::SeqCst);
    }
    tracing::info!(height = committed.height, keys = head.trees.keys(), "checkpoint written");
    Ok(Some(committed))
}

/// The trees of the head from the checkpoint, if there is one that fits; `report` hears how many values were hashed, and when that is all.
pub(crate) fn load(
    inner: &Inner,
    there: &[StoreId],
    head: Committed,
    report: impl Fn(u64, bool),
) -> Result<Option<Trees>, StoreError> {
    let Some(checkpoints) = &inner.checkpoints else { return Ok(None) };
    let outcome = Reader::open(&checkpoints.path).and_then(|reader| match reader {
        Some(reader) => trees_of(inner, there, &reader, (head, report)).map(Some),
        None => Ok(None),
    });
    let reason = match outcome {
        Ok(None) => return Ok(None),
        Ok(Some(Ok((at, trees, changes)))) => {
            checkpoints.height.store(at, Ordering::SeqCst);
            checkpoints.changes.store(changes, Ordering::SeqCst);
            tracing::info!(
                checkpoint = at,
                height = head.height,
                changes,
                "the trees come from the checkpoint"
            );
            return Ok(Some(trees));
        }
        Ok(Some(Err(reason))) => reason,
        Err(error @ StoreError::Corrupt(_)) => error.to_string(),
        // The disk fails: it would for the values as well.
        Err(error) => return Err(error),
    };
    tracing::warn!(reason, "the checkpoint is of no use; the trees are rebuilt from the values");
    if let Err(e) = std::fs::remove_file(&checkpoints.path) {
        tracing::debug!(error = %e, "the checkpoint could not be removed");
    }
    Ok(None)
}

/// The trees of `head` with the checkpoint's height and the changes since, or why the checkpoint does not fit.
type Fitting = Result<(u64, Trees, u64), String>;

fn trees_of(
    inner: &Inner,
    there: &[StoreId],
    reader: &Reader,
    (head, report): (Committed, impl Fn(u64, bool)),
) -> Result<Fitting, StoreError> {
    let Header { committed, stores } = &reader.header;
    let recorded = inner.backend.get(Column::Meta, &keys::root(committed.height))?;
    let fits = committed.height <= head.height
        && recorded.is_some_and(|recorded| recorded.as_ref() == committed.app_hash)
        && stores.keys().map(String::as_str).eq(there.iter().map(StoreId::name))
        && stores.values().all(|bits| *bits <= MAX_PAGE_BITS);
    if !fits {
        return Ok(Err(format!("it is of height {} of another state", committed.height)));
    }
    let mut trees = BTreeMap::new();
    for store in there {
        let bits = stores.get(store.name()).copied().unwrap_or(0);
        trees.insert(*store, Tree::load(store.name(), bits, reader)?);
    }
    let trees = Trees::new(trees);
    if trees.app_hash() != committed.app_hash {
        return Ok(Err(format!("it hashes to {}", hex(&trees.app_hash()))));
    }
    let (trees, changes) = bring_to_head(inner, trees, committed.height, head.height, report)?;
    if trees.app_hash() != head.app_hash {
        return Ok(Err(format!("with the changes since it hashes to {}", hex(&trees.app_hash()))));
    }
    Ok(Ok((committed.height, trees, changes)))
}

/// Sets every value changed after `from` to what it is at the head. Also: how many changes there were, repeated ones included.
fn bring_to_head(
    inner: &Inner,
    mut trees: Trees,
    from: u64,
    head: u64,
    report: impl Fn(u64, bool),
) -> Result<(Trees, u64), StoreError> {
    let mut changed = BTreeSet::new();
    let mut changes = 0_u64;
    let mut cursor = inner.backend.cursor(Column::History);
    cursor.seek(&keys::changes(from.saturating_add(1), 0))?;
    while let Some((key, record)) = cursor.entry() {
        if keys::parse_changes(key)?.is_none_or(|height| height > head) {
            break;
        }
        let listed = keys::decode_changes(record)?;
        changes = changes.saturating_add(listed.len() as u64);
        changed.extend(listed);
        cursor.next()?;
    }
    let changed: Vec<Vec<u8>> = changed.into_iter().collect();
    let mut done = 0_u64;
    for step in changed.chunks(STEP) {
        let values = inner.backend.get_many(Column::Latest, step)?;
        let addresses: Vec<StateKey> =
            step.iter().map(|key| keys::parse_latest(&inner.stores, key)).collect::<Result<_, _>>()?;
        let effects = addresses.iter().zip(values.iter().map(Option::as_ref));
        trees = trees.update(&tree_changes(effects));
        done = done.saturating_add(step.len() as u64);
        report(done, false);
    }
    report(done, true);
    Ok((trees, changes))
}
