//! A chain without consensus and network: runtime and store, block by block.

use std::sync::Arc;

use agora_executor::{Executor, Mode, Parallel};
use agora_framework::BlockInfo;
use agora_runtime::{InitChain, Runtime};
use agora_state::{
    EmptyState, Entries, KeyRange, StateError, StateKey, StateRead, Value, WriteSet, overlay_range,
};
use agora_store::{Options, Store};
use anyhow::{Context, Result, ensure};

use crate::digest::{self, BlockHashes};
use crate::plants::{Cached, Plant, Planted, StaleCache};
use crate::steward::Steward;

/// A state that can be handed to other threads.
pub type SharedState = Arc<dyn StateRead + Send + Sync>;

/// A running chain. Its blocks are made durable as a node makes them.
pub struct Chain {
    runtime: Arc<Runtime>,
    store: Arc<Store>,
    executor: Arc<Executor>,
    options: Options,
    plant: Option<Plant>,
    pub(crate) stale_cache: Option<Arc<StaleCache>>,
    /// The first state, until a block is committed.
    genesis: Option<Arc<Genesis>>,
    head: BlockInfo,
}

struct Genesis(WriteSet);

impl StateRead for Genesis {
    fn get(&self, key: &StateKey) -> Result<Option<Value>, StateError> {
        Ok(self.0.get(key).cloned().flatten())
    }

    fn range(&self, range: &KeyRange) -> Result<Entries, StateError> {
        overlay_range(&EmptyState, &self.0, range)
    }
}

/// What a block came to.
#[derive(Clone, Debug)]
pub struct Block {
    /// What it is compared by.
    pub hashes: BlockHashes,
    /// The transactions' codes.
    pub codes: Vec<u32>,
}

/// The machine: the chain's modules and the steward, and the planted one if it is asked for.
fn machine(plant: Option<Plant>, options: &Options) -> Result<Runtime> {
    let mut modules = agora_runtime::modules();
    modules.push(Arc::new(Steward));
    if let Some(plant) = plant {
        modules.push(Arc::new(Planted::new(
            plant,
            format!("{:?} {} {:?}", options.pruning, options.cache_bytes, options.tuning),
        )));
    }
    Ok(Runtime::new(modules)?)
}

fn executor(threads: usize) -> Result<Executor> {
    let mode = if threads == 0 { Mode::Sequential } else { Mode::Parallel };
    let parallel = Parallel::new(threads).map_err(anyhow::Error::msg)?;
    Ok(Executor::with(mode, parallel.always(1_000)))
}

fn open(runtime: &Runtime, options: &Options) -> Result<Store> {
    let options = Options { stores: runtime.registry().stores().to_vec(), ..options.clone() };
    Ok(Store::open(options)?)
}

impl Chain {
    /// Starts a chain from a genesis. The stores of `options` are filled in.
    ///
    /// # Errors
    /// There is a chain already, the genesis is malformed, or the disk fails.
    pub fn start(options: Options, plant: Option<Plant>, init: &InitChain) -> Result<Self> {
        let runtime = machine(plant, &options)?;
        let store = open(&runtime, &options)?;
        ensure!(store.latest().is_none(), "there is a chain already; choose an empty folder");
        let genesis = Genesis(runtime.init_chain(init)?.writes);
        let head = runtime.head(&genesis)?;
        let stale_cache = (plant == Some(Plant::StaleCache)).then(Arc::default);
        let (runtime, store) = (Arc::new(runtime), Arc::new(store));
        let executor = Arc::new(executor(0)?);
        let genesis = Some(Arc::new(genesis));
        Ok(Self { runtime, store, executor, options, plant, stale_cache, genesis, head })
    }

    /// The same chain with blocks executed by so many threads side by side, however small they are; 0 for one transaction after
    /// the other.
    ///
    /// # Errors
    /// The system refuses the threads.
    pub fn executed_by(self, threads: usize) -> Result<Self> {
        Ok(Self { executor: Arc::new(executor(threads)?), ..self })
    }

    /// Closes and opens it again, with nothing remembered in memory.
    ///
    /// # Errors
    /// Another thread still reads, the disk fails, or the state found is not the state left.
    pub fn restart(self) -> Result<Self> {
        let before = self.store.latest();
        let store = Arc::into_inner(self.store).context("the store is still being read")?;
        store.close()?;
        let runtime = machine(self.plant, &self.options)?;
        let store = open(&runtime, &self.options)?;
        ensure!(
            store.latest() == before,
            "after a restart the head is {:?}, before {before:?}",
            store.latest()
        );
        Ok(Self { runtime: Arc::new(runtime), store: Arc::new(store), ..self })
    }

    /// The state machine.
    #[must_use]
    pub fn runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// The last block: before the first one, what genesis says.
    #[must_use]
    pub fn head(&self) -> &BlockInfo {
        &self.head
    }

    /// The state the next block builds on.
    ///
    /// # Errors
    /// The disk fails.
    pub fn state(&self) -> Result<SharedState> {
        match &self.genesis {
            Some(genesis) => Ok(genesis.clone()),
            None => Ok(Arc::new(self.store.snapshot(None)?)),
        }
    }

    /// The genesis that starts a chain from here, at the next height.
    ///
    /// # Errors
    /// The state cannot be read.
    pub fn export(&self) -> Result<InitChain> {
        Ok(self.runtime.export_chain(&*self.state()?)?)
    }

    /// The application hash of the state the next block builds on.
    ///
    /// # Errors
    /// The disk fails.
    pub fn app_hash(&self) -> Result<digest::Hash> {
        match &self.genesis {
            Some(genesis) => Ok(self.store.stage(self.head.height + 1, genesis.0.clone())?.app_hash()),
            None => Ok(self.store.latest().context("a chain without genesis has a block")?.app_hash),
        }
    }

    /// Executes and commits the next block.
    ///
    /// # Errors
    /// What would stop a node.
    pub fn execute(&mut self, time: u64, txs: &[Vec<u8>]) -> Result<Block> {
        let block = BlockInfo { chain_id: self.head.chain_id.clone(), height: self.head.height + 1, time };
        let view = Arc::new(self.store.execution_view()?);
        let state: SharedState = match &self.genesis {
            Some(genesis) => genesis.clone(),
            None => view.clone(),
        };
        let mut outcome = match &self.stale_cache {
            Some(cache) => {
                let cached = Cached { cache, state: &*state };
                self.runtime.finalize(&*self.executor, &cached, &block, txs)?
            }
            None => self.runtime.finalize(&*self.executor, &*state, &block, txs)?,
        };
        drop(state);
        let mut writes = std::mem::take(&mut outcome.writes);
        if let Some(genesis) = &self.genesis {
            // The first block carries genesis: nothing of it was stored before.
            let mut all = genesis.0.clone();
            all.extend(writes);
            writes = all;
        }
        if let Some(cache) = &self.stale_cache {
            cache.evict_before_commit(&writes);
        }
        let committed = self.store.commit(self.store.stage_on(&view, block.height, writes)?)?;
        self.genesis = None;
        self.head = block;
        let hashes = BlockHashes {
            height: committed.height,
            app: committed.app_hash,
            results: digest::results(&outcome),
            logs: digest::logs(&outcome),
        };
        Ok(Block { hashes, codes: outcome.results.iter().map(|result| result.code).collect() })
    }
}
