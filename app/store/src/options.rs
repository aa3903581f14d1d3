//! How a store is opened.

#[cfg(feature = "rocksdb")]
use std::path::PathBuf;
use std::sync::Arc;

use agora_state::StoreId;

use crate::backend::MemoryBackend;
use crate::checkpoint::Checkpoints;
use crate::memory;
use crate::tuning::Tuning;

/// How many past heights stay readable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pruning {
    /// The last 362,880 heights: three weeks of blocks every five seconds, as a Cosmos SDK node keeps.
    #[default]
    Default,
    /// Every height.
    Nothing,
    /// The last two heights.
    Everything,
    /// That many heights, at least two: queries still read the head while the next block is written.
    Custom(u64),
}

impl Pruning {
    /// How many heights are kept, the head included; `None` for all.
    #[must_use]
    pub const fn keep_recent(self) -> Option<u64> {
        match self {
            Self::Default => Some(362_880),
            Self::Nothing => None,
            Self::Everything => Some(2),
            Self::Custom(0 | 1) => Some(2),
            Self::Custom(count) => Some(count),
        }
    }
}

/// Where the bytes lie.
#[derive(Clone, Debug)]
pub enum Location {
    /// RocksDB below this folder, made when it is absent.
    #[cfg(feature = "rocksdb")]
    Disk(PathBuf),
    /// In memory. Clones of the backend share the bytes.
    Memory(MemoryBackend),
}

/// How far the tree is rebuilt at start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Values read so far.
    pub values: u64,
    /// Whether this is the last report.
    pub done: bool,
}

/// Receives the progress of a rebuild.
pub type ProgressFn = Arc<dyn Fn(Progress) + Send + Sync>;

/// What a store is opened with.
#[derive(Clone)]
pub struct Options {
    /// Where the bytes lie.
    pub location: Location,
    /// The stores, in any order. The set is part of the application hash.
    pub stores: Vec<StoreId>,
    /// How many past heights stay readable.
    pub pruning: Pruning,
    /// For how many heights, the head included, proofs can be given. At most as many as are readable.
    pub proofs: u64,
    /// Bytes of memory for recently committed values.
    pub cache_bytes: usize,
    /// Called while the tree is rebuilt.
    pub progress: Option<ProgressFn>,
    /// Changes of values after which a checkpoint of the trees is written beside the database, by a thread of the store; `None`
    /// writes none. A start reads the checkpoint and repeats the changes since, so it takes longer the more there are.
    pub checkpoint_every: Option<u64>,
    /// Bytes of memory the trees may take; `None` does not limit them. Beyond it the store refuses to open, or to go on.
    pub tree_memory: Option<u64>,
    /// Whether history is removed by a thread of the store; otherwise [`crate::Store::prune_step`] is called.
    pub background_pruning: bool,
    /// How RocksDB works; no result depends on it.
    pub tuning: Tuning,
}

impl Options {
    fn at(location: Location, stores: Vec<StoreId>) -> Self {
        Self {
            location,
            stores,
            pruning: Pruning::Default,
            proofs: 100,
            cache_bytes: 512 << 20,
            progress: None,
            checkpoint_every: Some(500_000),
            tree_memory: memory::share_of_machine(),
            background_pruning: true,
            tuning: Tuning::default(),
        }
    }

    /// RocksDB below `path`.
    #[cfg(feature = "rocksdb")]
    #[must_use]
    pub fn disk(path: impl Into<PathBuf>, stores: Vec<StoreId>) -> Self {
        Self::at(Location::Disk(path.into()), stores)
    }

    /// In memory, on a backend of its own.
    #[must_use]
    pub fn memory(stores: Vec<StoreId>) -> Self {
        Self::memory_on(MemoryBackend::new(), stores)
    }

    /// In memory, on `backend`.
    #[must_use]
    pub fn memory_on(backend: MemoryBackend, stores: Vec<StoreId>) -> Self {
        Self::at(Location::Memory(backend), stores)
    }

    /// What keeps checkpoints: nothing for a state in memory.
    pub(crate) fn checkpoints(&self) -> Option<Checkpoints> {
        match &self.location {
            #[cfg(feature = "rocksdb")]
            Location::Disk(path) => self.checkpoint_every.map(|every| Checkpoints::new(path, every)),
            Location::Memory(_) => None,
        }
    }

    /// Keeps as many heights as `pruning` says.
    #[must_use]
    pub fn pruning(mut self, pruning: Pruning) -> Self {
        self.pruning = pruning;
        self
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("location", &self.location)
            .field("stores", &self.stores)
            .field("pruning", &self.pruning)
            .field("proofs", &self.proofs)
            .field("cache_bytes", &self.cache_bytes)
            .field("tuning", &self.tuning)
            .finish_non_exhaustive()
    }
}
