//! Opening: checks, and the trees rebuilt from the values.

use std::collections::BTreeMap;
use std::sync::Arc;

use agora_state::{StateKey, StoreId, Value};

use crate::backend::{Backend, Batch, Column, Durability};
use crate::checkpoint;
use crate::commit::tree_changes;
use crate::error::{StoreError, hex};
use crate::inner::{Committed, Head, Inner, Pins};
use crate::keys;
use crate::options::{Location, Options, Progress};
use crate::planted::planted;
use crate::rollback;
use crate::tree::Change;
use crate::trees::Trees;

/// Values read and hashed at a time.
const REBUILD_STEP: usize = 1 << 16;

/// Hashed values taken into the trees at a time: fewer and larger is faster, and this many cost about 70 MB.
const REBUILD_BATCH: usize = 1 << 19;

/// Opens the backend, checks what it holds, rebuilds the trees and checks them.
pub(crate) fn open(options: &Options) -> Result<Arc<Inner>, StoreError> {
    let backend: Box<dyn Backend> = match &options.location {
        #[cfg(feature = "rocksdb")]
        Location::Disk(path) => Box::new(crate::backend::RocksBackend::open(path, &options.tuning)?),
        Location::Memory(memory) => Box::new(memory.clone()),
    };
    let mut stores = options.stores.clone();
    stores.sort_unstable();
    stores.dedup();
    check_names(&stores)?;
    let inner = Inner::new(backend, stores, options);
    let there = prepare(&inner)?;
    load(&inner, options, &there)?;
    Ok(Arc::new(inner))
}

fn check_names(stores: &[StoreId]) -> Result<(), StoreError> {
    // A zero byte would end the name early within a key.
    let fits = |name: &str| {
        (1..=32).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
    };
    match stores.iter().find(|store| !fits(store.name())) {
        Some(store) => Err(StoreError::UnknownStore(format!(
            "{:?} (a name has 1 to 32 lower-case letters, digits, - and _)",
            store.name()
        ))),
        None => Ok(()),
    }
}

/// Checks format and stores, or writes them into an empty database. Gives the stores that are there: more may be declared, for an
/// upgrade to add.
fn prepare(inner: &Inner) -> Result<Vec<StoreId>, StoreError> {
    let all = inner.stores.clone();
    let meta = |key: &[u8]| inner.backend.get(Column::Meta, key);
    let Some(format) = meta(keys::META_FORMAT)? else {
        let mut cursor = inner.backend.cursor(Column::Latest);
        cursor.seek(&[])?;
        if cursor.entry().is_some() {
            return Err(StoreError::Corrupt("the format record is missing".to_owned()));
        }
        return inner.backend.write(first_records(inner), Durability::Synced).map(|()| all);
    };
    let bytes = <[u8; 4]>::try_from(format.as_ref()).map_err(|_| StoreError::Corrupt("format".to_owned()))?;
    let found = u32::from_be_bytes(bytes);
    if found > keys::FORMAT {
        return Err(StoreError::NewerFormat { found, supported: keys::FORMAT });
    }
    if meta(keys::META_CLEARING)?.is_some() {
        return rollback::finish_clearing(inner).map(|()| all);
    }
    let listed =
        meta(keys::META_STORES)?.ok_or_else(|| StoreError::Corrupt("the stores are missing".to_owned()))?;
    let there = keys::decode_stores(&listed)?;
    let wanted: Vec<&str> = inner.stores.iter().map(StoreId::name).collect();
    let without = |a: &[&str], b: &[&str]| {
        a.iter().filter(|name| !b.contains(name)).copied().collect::<Vec<_>>().join(", ")
    };
    let (missing, extra) = (without(&wanted, &there), without(&there, &wanted));
    if !extra.is_empty() {
        return Err(StoreError::StoresDiffer { missing, extra });
    }
    if !missing.is_empty() && meta(keys::META_HEAD)?.is_none() {
        // Before genesis there is nothing to upgrade.
        return inner.backend.write(first_records(inner), Durability::Synced).map(|()| all);
    }
    Ok(all.into_iter().filter(|store| there.contains(&store.name())).collect())
}

/// What an empty database begins with.
pub(crate) fn first_records(inner: &Inner) -> Batch {
    let names = keys::encode_stores(inner.stores.iter().copied());
    let mut batch = Batch::default();
    batch.put(Column::Meta, keys::META_FORMAT, &keys::FORMAT.to_be_bytes());
    batch.put(Column::Meta, keys::META_STORES, &names);
    batch
}

/// Takes the head from `meta` and the trees from the checkpoint or else from `latest`; they must agree.
fn load(inner: &Inner, options: &Options, there: &[StoreId]) -> Result<(), StoreError> {
    let Some(record) = inner.backend.get(Column::Meta, keys::META_HEAD)? else {
        if rebuild(inner, options, there, 0)?.app_hash() != Trees::empty(&inner.stores).app_hash() {
            return Err(StoreError::Corrupt("there are values but no head".to_owned()));
        }
        return Ok(());
    };
    if let Some(record) = inner.backend.get(Column::Meta, keys::META_KEYS)? {
        inner.memory.check_keys(keys::decode_u64(&record)?)?;
    }
    let (height, app_hash) = keys::decode_head(&record)?;
    let report = |values, done| {
        if let Some(progress) = &options.progress {
            progress(Progress { values, done });
        }
    };
    let trees = match checkpoint::load(inner, there, Committed { height, app_hash }, report)? {
        Some(trees) => trees,
        None => rebuild(inner, options, there, height)?,
    };
    if trees.app_hash() != app_hash && !planted("open:root_unchecked") {
        return Err(StoreError::RootMismatch {
            height,
            committed: hex(&app_hash),
            rebuilt: hex(&trees.app_hash()),
        });
    }
    let earliest = inner
        .backend
        .get(Column::Meta, keys::META_EARLIEST)?
        .ok_or_else(|| StoreError::Corrupt("the earliest height is missing".to_owned()))?;
    *inner.pins.lock() = Pins::new(keys::decode_u64(&earliest)?);
    inner.set_writing(height);
    inner.publish(Head { committed: Some(Committed { height, app_hash }), trees });
    Ok(())
}

/// The trees of the values in `latest`. Fills the cache on the way, as far as it reaches.
fn rebuild(inner: &Inner, options: &Options, there: &[StoreId], height: u64) -> Result<Trees, StoreError> {
    let report = |values, done| {
        if let Some(progress) = &options.progress {
            progress(Progress { values, done });
        }
    };
    let mut trees = Trees::empty(there);
    let mut cursor = inner.backend.cursor(Column::Latest);
    let (mut values, mut cached) = (0_u64, 0_usize);
    let mut step: Vec<(StateKey, Value)> = Vec::with_capacity(REBUILD_STEP);
    let (mut batch, mut batched) = (BTreeMap::<StoreId, Vec<Change<'static>>>::new(), 0_usize);
    cursor.seek(&[])?;
    loop {
        let entry = match cursor.entry() {
            Some((key, value)) => Some((keys::parse_latest(&inner.stores, key)?, Value::from(value))),
            None => None,
        };
        let ended = entry.is_none();
        if let Some((key, value)) = entry {
            if cached < options.cache_bytes / 2 {
                cached = cached.saturating_add(key.key.len()).saturating_add(value.len()).saturating_add(96);
                inner.cache.put(&key, height, Some(value.clone()));
            }
            step.push((key, value));
            cursor.next()?;
        }
        if ended || step.len() >= REBUILD_STEP {
            values = values.saturating_add(step.len() as u64);
            for (store, changes) in tree_changes(step.iter().map(|(key, value)| (key, Some(value)))) {
                batch.entry(store).or_default().extend(changes.into_iter().map(Change::into_owned));
            }
            batched = batched.saturating_add(step.len());
            step.clear();
            if ended || batched >= REBUILD_BATCH {
                trees = trees.update(&std::mem::take(&mut batch));
                batched = 0;
                inner.memory.check(trees.keys(), trees.bytes())?;
            }
            report(values, ended);
            tracing::debug!(values, "rebuilding the trees");
        }
        if ended {
            tracing::info!(values, height, app_hash = hex(&trees.app_hash()), "the trees are rebuilt");
            return Ok(trees);
        }
    }
}
