//! What the handles of a store share.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use agora_state::{StateError, StoreId};
use parking_lot::{Mutex, RwLock};

use crate::backend::Backend;
use crate::background::Signal;
use crate::cache::Cache;
use crate::checkpoint::Checkpoints;
use crate::error::StoreError;
use crate::memory::MemoryLimit;
use crate::reads::Reads;
use crate::snapshot::Snapshot;
use crate::tree::Hash;
use crate::trees::Trees;

/// A height that is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The height.
    pub height: u64,
    /// The application hash after it.
    pub app_hash: Hash,
}

/// The newest state. Replaced as a whole, so a reader sees one height or the other.
pub(crate) struct Head {
    /// `None` before genesis.
    pub(crate) committed: Option<Committed>,
    pub(crate) trees: Trees,
}

impl Head {
    /// The height; 0 before genesis.
    pub(crate) fn height(&self) -> u64 {
        self.committed.map_or(0, |committed| committed.height)
    }
}

/// Which heights can be read, and which are being read.
pub(crate) struct Pins {
    /// The earliest height that can be read; 0 before genesis.
    pub(crate) earliest: u64,
    /// The earliest height as the database has it, which is behind while a block is being written: what a start after a crash
    /// would serve must not be removed.
    pub(crate) stored: u64,
    /// How many snapshots read a height.
    heights: BTreeMap<u64, u64>,
}

impl Pins {
    pub(crate) fn new(earliest: u64) -> Self {
        Self { earliest, stored: earliest, heights: BTreeMap::new() }
    }

    /// The lowest height being read.
    pub(crate) fn lowest(&self) -> Option<u64> {
        self.heights.keys().next().copied()
    }
}

/// The shared part of a store.
pub(crate) struct Inner {
    pub(crate) backend: Box<dyn Backend>,
    /// Sorted.
    pub(crate) stores: Vec<StoreId>,
    pub(crate) cache: Cache,
    pub(crate) keep_recent: Option<u64>,
    pub(crate) proofs: u64,
    head: RwLock<Arc<Head>>,
    /// The trees of the heights that can be proven, as far as they are in memory.
    pub(crate) recent: Mutex<BTreeMap<u64, Trees>>,
    /// The height of the newest batch that was begun; set before the batch is written.
    writing: AtomicU64,
    /// Counts rollbacks.
    epoch: AtomicU64,
    pub(crate) pins: Mutex<Pins>,
    /// Held by whoever changes the head.
    pub(crate) writer: Mutex<()>,
    /// Held by whoever removes history.
    pub(crate) maintenance: Mutex<()>,
    failed: Mutex<Option<String>>,
    pub(crate) prune_signal: Arc<Signal>,
    /// `None` in memory, where they would outlive nothing.
    pub(crate) checkpoints: Option<Checkpoints>,
    pub(crate) memory: MemoryLimit,
}

impl Inner {
    pub(crate) fn new(backend: Box<dyn Backend>, stores: Vec<StoreId>, options: &crate::Options) -> Self {
        let head = Head { committed: None, trees: Trees::empty(&stores) };
        Self {
            backend,
            stores,
            cache: Cache::new(options.cache_bytes),
            keep_recent: options.pruning.keep_recent(),
            proofs: options.proofs.max(1),
            head: RwLock::new(Arc::new(head)),
            recent: Mutex::default(),
            writing: AtomicU64::new(0),
            epoch: AtomicU64::new(0),
            pins: Mutex::new(Pins::new(0)),
            writer: Mutex::default(),
            maintenance: Mutex::default(),
            failed: Mutex::default(),
            prune_signal: Arc::default(),
            checkpoints: options.checkpoints(),
            memory: MemoryLimit::new(options.tree_memory),
        }
    }

    /// The newest state.
    pub(crate) fn head(&self) -> Arc<Head> {
        self.head.read().clone()
    }

    /// Makes `head` the newest state.
    pub(crate) fn publish(&self, head: Head) {
        let mut gone;
        let mut recent = self.recent.lock();
        if let Some(committed) = head.committed {
            recent.insert(committed.height, head.trees.clone());
            let first = committed.height.saturating_sub(self.proofs.saturating_sub(1));
            gone = std::mem::take(&mut *recent);
            *recent = gone.split_off(&first);
        } else {
            gone = std::mem::take(&mut *recent);
        }
        drop(recent);
        let old = std::mem::replace(&mut *self.head.write(), Arc::new(head));
        // Outside the locks: what nobody reads any more gives its nodes back.
        drop((gone, old));
    }

    /// Whether a batch of a later height was begun.
    pub(crate) fn written_beyond(&self, height: u64) -> bool {
        self.writing.load(Ordering::SeqCst) > height
    }

    pub(crate) fn set_writing(&self, height: u64) {
        self.writing.store(height, Ordering::SeqCst);
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::SeqCst)
    }

    /// Makes every snapshot there is invalid.
    pub(crate) fn next_epoch(&self) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
    }

    /// A snapshot of `height`, or of the head, which remembers in `reads` what it reads.
    pub(crate) fn snapshot(
        self: &Arc<Self>,
        height: Option<u64>,
        reads: Option<Reads>,
    ) -> Result<(Snapshot, Arc<Head>), StateError> {
        let mut pins = self.pins.lock();
        let head = self.head();
        let latest = head.height();
        let height = height.unwrap_or(latest);
        if height > latest || height < pins.earliest {
            return Err(StateError::UnknownHeight { height, earliest: pins.earliest, latest });
        }
        let empty = head.committed.is_none();
        if !empty {
            let count = pins.heights.entry(height).or_default();
            *count = count.saturating_add(1);
        }
        Ok((Snapshot::pinned(self.clone(), height, self.epoch(), (empty, reads)), head))
    }

    pub(crate) fn unpin(&self, height: u64) {
        let mut pins = self.pins.lock();
        if let Some(count) = pins.heights.get_mut(&height) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                pins.heights.remove(&height);
            }
        }
    }

    /// Refuses to go on after a failed write: what reached the disk is unknown until the database is opened again.
    pub(crate) fn check_usable(&self) -> Result<(), StoreError> {
        self.failed.lock().as_ref().map_or(Ok(()), |reason| Err(StoreError::Failed(reason.clone())))
    }

    /// Notes a failed write.
    pub(crate) fn fail(&self, error: StoreError) -> StoreError {
        tracing::error!(%error, "storage failed; nothing more is written");
        self.failed.lock().get_or_insert_with(|| error.to_string());
        error
    }
}
