//! Staging a block and making it durable.

use std::collections::BTreeMap;
use std::sync::Arc;

use agora_state::{MAX_KEY_LEN, MAX_VALUE_LEN, Space, StateError, StateKey, StoreId, Value, WriteSet};
use rayon::prelude::*;

use crate::backend::{Batch, Column};
use crate::error::StoreError;
use crate::fail_point::fail_point;
use crate::inner::{Committed, Head, Inner};
use crate::keys;
use crate::memory::BYTES_PER_KEY;
use crate::planted::persist;
use crate::snapshot::Snapshot;
use crate::tree::{Change, Hash};
use crate::trees::Trees;

/// From this many changes on, hashing them is worth more than one thread.
const PARALLEL_FROM: usize = 256;

/// A block whose root is known and of which nothing is stored. Dropping it forgets it.
pub struct Staged {
    base: Arc<Head>,
    height: u64,
    changes: Vec<Effect>,
    trees: Trees,
    /// Whether the block adds stores.
    widens: bool,
}

/// What a block may do to the set of stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stores {
    /// Nothing.
    Kept,
    /// It adds those that were declared and are not there.
    Widened,
}

/// A value that really changes.
struct Effect {
    key: StateKey,
    new: Option<Value>,
    previous: Option<Value>,
}

impl Staged {
    /// The height.
    #[must_use]
    pub fn height(&self) -> u64 {
        self.height
    }

    /// The application hash after the block.
    #[must_use]
    pub fn app_hash(&self) -> Hash {
        self.trees.app_hash()
    }

    /// The root of one store after the block; `None` for a store that is not declared.
    #[must_use]
    pub fn store_root(&self, store: StoreId) -> Option<Hash> {
        self.trees.store(store).map(crate::tree::Tree::root)
    }

    /// How many values the block really changes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Whether the block changes no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

impl std::fmt::Debug for Staged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Staged").field("height", &self.height).field("changes", &self.changes.len()).finish()
    }
}

/// Computes what the block `changes` at `height` leads to. See [`crate::Store::stage`].
pub(crate) fn stage(
    inner: &Arc<Inner>,
    view: Option<&Snapshot>,
    height: u64,
    (changes, stores): (WriteSet, Stores),
) -> Result<Staged, StoreError> {
    inner.check_usable()?;
    let (snapshot, base) = inner.snapshot(None, None)?;
    let widened = (stores == Stores::Widened).then(|| base.trees.with(&inner.stores));
    let before = widened.as_ref().unwrap_or(&base.trees);
    for (key, value) in &changes {
        check(before, key, value.as_ref())?;
    }
    check_height(&base, height)?;
    let view = view.unwrap_or(&snapshot);
    if !view.is_of(inner, base.height()) {
        return Err(StoreError::Stale { height });
    }
    let (trees, count) = (before, changes.len() as u64);
    let leaves = count.saturating_mul(BYTES_PER_KEY);
    inner.memory.check_block(trees.keys(), trees.bytes(), trees.bytes_for(count).saturating_add(leaves))?;
    if !trees.have_room_for(count) {
        return Err(StoreError::Backend("the trees have as many nodes as can be numbered".to_owned()));
    }
    let changes: Vec<(StateKey, Option<Value>)> = changes.into_iter().collect();
    let addresses: Vec<&StateKey> = changes.iter().map(|(key, _)| key).collect();
    let values = view.get_many(&addresses)?;
    let changes: Vec<Effect> = changes
        .into_iter()
        .zip(values)
        .filter(|((_, new), previous)| new != previous)
        .map(|((key, new), previous)| Effect { key, new, previous })
        .collect();
    let trees = before.update(&tree_changes(changes.iter().map(|effect| (&effect.key, effect.new.as_ref()))));
    let widens = trees.iter().count() > base.trees.iter().count();
    Ok(Staged { base, height, changes, trees, widens })
}

/// The changes of the trees: those of derived values left out, hashed on all threads when there are many.
pub(crate) fn tree_changes<'a>(
    changes: impl Iterator<Item = (&'a StateKey, Option<&'a Value>)>,
) -> BTreeMap<StoreId, Vec<Change<'a>>> {
    let mut by_store: BTreeMap<StoreId, Vec<(&'a StateKey, Option<&'a Value>)>> = BTreeMap::new();
    for (key, value) in changes.filter(|(key, _)| key.space == Space::Tree) {
        by_store.entry(key.store).or_default().push((key, value));
    }
    let hashed = |(key, value): &(&'a StateKey, Option<&Value>)| {
        Change::new(key.key.as_slice(), value.map(AsRef::as_ref))
    };
    let hash_all = |changes: Vec<(&'a StateKey, Option<&'a Value>)>| {
        if changes.len() >= PARALLEL_FROM {
            changes.par_iter().with_min_len(64).map(hashed).collect()
        } else {
            changes.iter().map(hashed).collect()
        }
    };
    by_store.into_iter().map(|(store, changes)| (store, hash_all(changes))).collect()
}

fn check(trees: &Trees, key: &StateKey, value: Option<&Value>) -> Result<(), StoreError> {
    let refused = |reason: &str| Err(StateError::Size(format!("{reason} ({key:?})")).into());
    if trees.store(key.store).is_none() {
        return Err(StoreError::UnknownStore(key.store.name().to_owned()));
    }
    if key.key.is_empty() || key.key.len() > MAX_KEY_LEN {
        return refused("a key has 1 to 1024 bytes");
    }
    if value.is_some_and(|value| value.is_empty() || value.len() > MAX_VALUE_LEN) {
        return refused("a value has 1 to 1048576 bytes");
    }
    Ok(())
}

/// The first height is free (a chain may begin anywhere above 0), every other follows the head.
fn check_height(base: &Head, height: u64) -> Result<(), StoreError> {
    let expected = match base.committed {
        Some(committed) => committed.height.saturating_add(1),
        None if height == 0 => 1,
        None => height,
    };
    if height == expected { Ok(()) } else { Err(StoreError::WrongHeight { height, expected }) }
}

/// Makes `staged` durable and then visible. See [`crate::Store::commit`].
pub(crate) fn commit(inner: &Inner, staged: Staged) -> Result<Committed, StoreError> {
    let _writer = inner.writer.lock();
    inner.check_usable()?;
    if !Arc::ptr_eq(&inner.head(), &staged.base) {
        return Err(StoreError::Stale { height: staged.height });
    }
    let committed = Committed { height: staged.height, app_hash: staged.app_hash() };
    // The first block is genesis: it carries everything and has nothing before it.
    let (before, after) = match staged.base.committed {
        Some(_) => ("commit:before_batch", "commit:after_batch"),
        None => ("genesis:before_batch", "genesis:after_batch"),
    };
    fail_point(before).map_err(|error| inner.fail(error))?;
    let earliest = advance_earliest(inner, &staged);
    let batch = batch(&staged, &committed, earliest);
    inner.set_writing(staged.height);
    // The cache is filled while the disk works, and before the head is published: no reader of the new height may find a value of
    // the old one, and to readers of older heights the new entries say nothing.
    let fill = |effect: &Effect| inner.cache.put(&effect.key, staged.height, effect.new.clone());
    let (written, ()) = rayon::join(|| persist(inner, batch), || staged.changes.iter().for_each(fill));
    written.map_err(|error| inner.fail(error))?;
    inner.pins.lock().stored = earliest;
    fail_point(after).map_err(|error| inner.fail(error))?;
    let count = staged.changes.len();
    inner.publish(Head { committed: Some(committed), trees: staged.trees });
    inner.prune_signal.work();
    if let Some(checkpoints) = &inner.checkpoints {
        checkpoints.note(count);
    }
    Ok(committed)
}

/// Moves the window of readable heights, but never past a height that is being read.
fn advance_earliest(inner: &Inner, staged: &Staged) -> u64 {
    let mut pins = inner.pins.lock();
    let Some(head) = staged.base.committed else {
        pins.earliest = staged.height;
        return pins.earliest;
    };
    if let Some(keep) = inner.keep_recent {
        // The old head stays readable until the new one is published.
        let wanted = staged.height.saturating_sub(keep.saturating_sub(1)).min(head.height);
        let allowed = pins.lowest().map_or(wanted, |lowest| wanted.min(lowest));
        pins.earliest = pins.earliest.max(allowed);
    }
    pins.earliest
}

fn batch(staged: &Staged, committed: &Committed, earliest: u64) -> Batch {
    let height = committed.height;
    // Before the first block there is no state to go back to, so it needs no history.
    let first = staged.base.committed.is_none();
    let before = if first { &[] } else { staged.changes.as_slice() };
    let (mut batch, history) = rayon::join(|| latest(&staged.changes), || history(before, height));
    batch.append(history);
    if staged.widens {
        let names = |trees: &Trees| keys::encode_stores(trees.iter().map(|(store, _)| store));
        batch.put(Column::Meta, &keys::stores_before(height), &names(&staged.base.trees));
        batch.put(Column::Meta, keys::META_STORES, &names(&staged.trees));
    }
    batch.put(Column::Meta, keys::META_HEAD, &keys::encode_head(height, &committed.app_hash));
    batch.put(Column::Meta, keys::META_EARLIEST, &earliest.to_be_bytes());
    batch.put(Column::Meta, keys::META_KEYS, &staged.trees.keys().to_be_bytes());
    batch.put(Column::Meta, &keys::root(height), &committed.app_hash);
    batch
}

/// The new values.
fn latest(changes: &[Effect]) -> Batch {
    let (mut batch, mut key) = (Batch::default(), Vec::new());
    for effect in changes {
        key.clear();
        keys::write_latest(&mut key, effect.key.store, effect.key.space, &effect.key.key);
        match &effect.new {
            Some(value) => batch.put(Column::Latest, &key, value),
            None => batch.delete(Column::Latest, &key),
        }
    }
    batch
}

/// The values before `height`, and which keys it has changed.
fn history(effects: &[Effect], height: u64) -> Batch {
    let mut batch = Batch::default();
    let (mut key, mut record, mut listed) = (Vec::new(), Vec::new(), 0_usize);
    let (mut changes, mut chunk) = (Vec::new(), 0_u32);
    for effect in effects {
        key.clear();
        keys::write_latest(&mut key, effect.key.store, effect.key.space, &effect.key.key);
        record.clear();
        keys::write_previous(&mut record, &key, height);
        match &effect.previous {
            Some(value) => batch.put_parts(Column::History, &record, &[&[keys::PRESENT], value]),
            None => batch.put(Column::History, &record, &[keys::ABSENT]),
        }
        keys::write_change(&mut changes, &key);
        listed = listed.saturating_add(1);
        if listed >= keys::CHANGES_PER_RECORD {
            batch.put(Column::History, &keys::changes(height, chunk), &changes);
            changes.clear();
            (listed, chunk) = (0, chunk.saturating_add(1));
        }
    }
    if !changes.is_empty() {
        batch.put(Column::History, &keys::changes(height, chunk), &changes);
    }
    batch
}
