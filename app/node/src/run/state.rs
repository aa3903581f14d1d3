//! The state of a node: where it lies, how it is kept, and how blocks change it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use agora_executor::Executor;
pub use agora_executor::Mode;
use agora_runtime::{PoolLimits, Runtime};
pub use agora_store::Pruning;
use agora_store::{Options, Progress, ProgressFn, Store, StoreError};
use anyhow::bail;

pub use crate::app::Halt;
use crate::app::{App, all_threads};

/// How a node keeps its state and executes blocks on it.
#[derive(Clone, Default)]
pub struct StateOptions {
    /// How many past heights stay readable.
    pub pruning: Pruning,
    /// Bytes of memory for the state's trees; `None` is three fifths of the machine's. A state that needs more is refused.
    pub tree_memory: Option<u64>,
    /// How blocks are executed; whatever it is, the results are the same.
    pub exec: Mode,
    /// Threads that execute them; `None` is as many as the machine has.
    pub exec_threads: Option<usize>,
    /// Where the node stops.
    pub halt: Halt,
    /// Called while the trees are made at start.
    pub on_progress: Option<ProgressFn>,
}

impl std::fmt::Debug for StateOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StateOptions")
            .field("pruning", &self.pruning)
            .field("tree_memory", &self.tree_memory)
            .field("exec", &self.exec)
            .field("exec_threads", &self.exec_threads)
            .field("halt", &self.halt)
            .finish_non_exhaustive()
    }
}

/// Where the application's data lies in a home.
pub(super) fn path(home: &Path) -> PathBuf {
    home.join("data").join("state")
}

/// Opens the state in `home`, making an empty one when there is none.
pub(super) fn open(home: &Path, runtime: &Runtime, state: &StateOptions) -> Result<Arc<Store>, StoreError> {
    let defaults = Options::disk(path(home), runtime.registry().stores().to_vec());
    let tree_memory = state.tree_memory.or(defaults.tree_memory);
    let progress = state.on_progress.clone();
    let options = Options { tree_memory, progress, ..defaults }.pruning(state.pruning);
    Store::open(options).map(Arc::new)
}

/// Opens the state in `home` and the application on it.
pub(super) fn open_app(
    home: &Path,
    runtime: &Arc<Runtime>,
    state: &StateOptions,
    pool: PoolLimits,
) -> anyhow::Result<App> {
    let store = open(home, runtime, state)?;
    if store.latest().is_some() {
        let snapshot = store.snapshot(None)?;
        runtime.check_start(&snapshot)?;
        let head = runtime.head(&snapshot)?;
        if state.halt.is_reached(&head) {
            bail!(
                "the state is at height {} already, where this node is set to stop; raise halt-height and halt-time \
                 in app.toml, or take them out",
                head.height
            );
        }
    }
    let threads = state.exec_threads.unwrap_or_else(all_threads);
    let executor = Executor::new(state.exec, threads).map_err(anyhow::Error::msg)?;
    Ok(App::with(Arc::clone(runtime), store, executor, pool, state.halt)?)
}

/// What to tell a person who waits for a start; `None` for what comes too fast to be read.
#[must_use]
pub fn progress_line(progress: Progress) -> Option<String> {
    /// Values between two lines: a second or so.
    const EVERY: u64 = 1 << 20;
    (!progress.done && progress.values > 0 && progress.values.is_multiple_of(EVERY))
        .then(|| format!("making the state's tree: {} million values so far", progress.values >> 20))
}
