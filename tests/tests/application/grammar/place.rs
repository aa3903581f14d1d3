//! Where the application keeps its state, and how it is opened on it.

use std::path::PathBuf;
use std::sync::Arc;

use agora_executor::{Executor, Mode, Parallel};
use agora_node::app::{App, Halt};
use agora_runtime::{PoolLimits, Runtime};
use agora_store::{MemoryBackend, Options, Store};
use tempfile::TempDir;

/// A disk, or memory that outlives the application.
pub(super) enum Place {
    Memory(MemoryBackend),
    Disk { folder: TempDir, lives: u32 },
}

impl Place {
    pub(super) fn memory() -> Self {
        Self::Memory(MemoryBackend::new())
    }

    pub(super) fn disk() -> Self {
        Self::Disk { folder: tempfile::tempdir().unwrap(), lives: 0 }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        match self {
            Self::Memory(backend) => *backend = MemoryBackend::new(),
            Self::Disk { lives, .. } => *lives += 1,
        }
    }

    fn path(folder: &TempDir, lives: u32) -> PathBuf {
        folder.path().join(lives.to_string())
    }

    fn store(&self, runtime: &Runtime) -> Store {
        let stores = runtime.registry().stores().to_vec();
        let mut options = match self {
            Self::Memory(backend) => Options::memory_on(backend.clone(), stores),
            Self::Disk { folder, lives } => Options::disk(Self::path(folder, *lives), stores),
        };
        options.background_pruning = false;
        options.cache_bytes = 1 << 20;
        Store::open(options).expect("the store opens")
    }

    /// Opens the application as a new process does.
    pub(super) fn open(&self, runtime: Arc<Runtime>, side_by_side: bool) -> App {
        let store = self.store(&runtime);
        let executor = if side_by_side {
            Executor::with(Mode::Verify, Parallel::new(2).expect("two threads").always(64))
        } else {
            Executor::new(Mode::Sequential, 1).expect("an executor")
        };
        App::with(runtime, Arc::new(store), executor, PoolLimits::default(), Halt::default())
            .expect("the application starts")
    }

    /// Takes the state back to `height`, as an operator does with the node stopped.
    pub(super) fn roll_back(&self, runtime: &Runtime, height: u64) {
        self.store(runtime).rollback(height).expect("a height that is kept");
    }
}
