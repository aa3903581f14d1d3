//! Closing the application and opening it again, on the same data.

use std::sync::Arc;

use agora_executor::{Executor, Mode, Parallel};
use agora_node::app::{App, Halt};
use agora_runtime::{PoolLimits, Runtime};
use agora_store::{MemoryBackend, Options, Store};

use super::chain::TestChain;

pub(super) fn open(runtime: Runtime, backend: &MemoryBackend) -> App {
    let stores = runtime.registry().stores().to_vec();
    let mut options = Options::memory_on(backend.clone(), stores);
    options.background_pruning = false;
    let store = Store::open(options).expect("a store in memory opens");
    // Every block goes side by side and in sequence, however small it is; a difference ends the test.
    let parallel = Parallel::new(2).expect("two threads").always(64);
    let executor = Executor::with(Mode::Verify, parallel);
    App::with(Arc::new(runtime), Arc::new(store), executor, PoolLimits::default(), Halt::default())
        .expect("the application starts")
}

impl TestChain {
    /// Closes the application and opens it again on the same data, with nothing remembered in memory.
    ///
    /// # Panics
    /// If it does not start again.
    pub fn restart(&mut self) {
        let before = self.app_hash();
        let runtime = Runtime::new((self.modules)()).expect("a consistent list of modules");
        self.app = open(runtime, &self.backend);
        assert_eq!(self.app_hash(), before, "the state survives a restart");
    }

    /// Goes back to `height`, as an operator does with the node stopped, and starts again: the later blocks are forgotten, and
    /// time goes on from the block at `height`.
    ///
    /// # Panics
    /// If the height is not kept.
    pub fn rollback(&mut self, height: u64) {
        self.app.store().rollback(height).expect("a height that is kept");
        self.restart();
        let head = self.runtime().head(&self.state()).expect("a head");
        assert_eq!(head.height, height);
        (self.height, self.time) = (head.height, head.time);
    }
}
