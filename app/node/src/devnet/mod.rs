//! The embedded block producer: a chain of one validator inside the process, with CometBFT's headers, commits
//! and hashes, so that light clients and wallets cannot tell it from a CometBFT node.
//!
//! Per block: PrepareProposal, ProcessProposal, block stored, FinalizeBlock, results stored and flushed to
//! disk, Commit, state stored, mempool rechecked, event published. A process that dies anywhere in between
//! goes on from there at the next start (`replay`).

mod blocks;
mod clock;
mod config;
mod genesis;
mod guard;
mod hashes;
mod home;
mod index;
mod log;
mod mempool;
mod producer;
mod replay;
mod service;
mod state;
mod store;
mod validators;

use std::fs::{self, File};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::{Condvar, Mutex, RwLock};
use tendermint_abci::Application;
use tendermint_proto::v0_38::abci::ResponseFinalizeBlock;
use tendermint_proto::v0_38::types::Commit;
use tokio::sync::broadcast;

use crate::chain::{BlockEvent, BlockInfo};
pub use config::{BlockMode, DevnetConfig, DevnetError};
use genesis::Genesis;
use guard::guarded;
pub use home::Home;
use index::Index;
use mempool::Mempool;
pub use mempool::MempoolConfig;
use producer::{Orders, Producer, Step};
use state::State;
use store::Store;

/// The version of CometBFT whose behaviour and formats these are.
pub const VERSION: &str = "0.38.25";

/// Events a slow subscriber may be behind before it loses some.
const EVENT_BUFFER: usize = 256;

/// What is known of the newest block.
pub(crate) struct Head {
    state: Arc<State>,
    block: Option<Arc<BlockInfo>>,
    results: Option<Arc<ResponseFinalizeBlock>>,
    seen_commit: Option<Commit>,
}

/// What the producer's thread and the callers share.
pub(crate) struct Core<A> {
    config: DevnetConfig,
    home: Home,
    genesis: Genesis,
    genesis_text: Arc<str>,
    app: Mutex<A>,
    store: Store,
    index: RwLock<Index>,
    mempool: Mempool,
    head: RwLock<Head>,
    orders: Mutex<Orders>,
    /// Wakes the producer.
    work: Condvar,
    /// Wakes who waits for a block.
    done: Condvar,
    events: broadcast::Sender<BlockEvent>,
    failure: RwLock<Option<DevnetError>>,
    crash_at: Option<(u64, Step)>,
}

/// A running devnet. Dropping it stops it.
pub struct Devnet<A: Application> {
    core: Arc<Core<A>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    lock: Mutex<Option<File>>,
}

impl<A: Application> Devnet<A> {
    /// Starts the chain in `config.home`, from `genesis_json` if the home is new, otherwise from where it
    /// stopped. Returns after the first block, without which clients cannot connect.
    ///
    /// A genesis without validators gets the home's own key as its validator. In a home that has a genesis,
    /// `genesis_json` is compared by chain id only. Calls block; do not call from asynchronous code.
    ///
    /// # Errors
    /// A home that cannot be used, a genesis that is missing or wrong, an application that is ahead of the
    /// blocks or fails.
    pub fn start(config: DevnetConfig, app: A, genesis_json: Option<&str>) -> Result<Arc<Self>, DevnetError> {
        Self::start_with(config, app, genesis_json, None)
    }

    fn start_with(
        config: DevnetConfig,
        app: A,
        genesis_json: Option<&str>,
        crash_at: Option<(u64, Step)>,
    ) -> Result<Arc<Self>, DevnetError> {
        let home = Home::open(&config.home)?;
        let lock = home.lock()?;
        let genesis_text = load_genesis(&home, genesis_json)?;
        let genesis = Genesis::parse(&genesis_text)?;
        let store = Store::open(&home.blocks_path())?;
        let state = replay::handshake(&app, &store, &genesis)?;
        let index = open_index(&home, &store, genesis.initial_height, config.index_memory)?;
        let (mut block, mut seen_commit) = (None, None);
        if let Some(stored) = store.block(state.height)? {
            let (info, commit) = producer::block_info(stored);
            (block, seen_commit) = (Some(Arc::new(info)), Some(commit));
        }
        let results = store.results(state.height)?.map(Arc::new);
        let core = Arc::new(Core {
            mempool: Mempool::new(config.mempool, producer::limits(&state)),
            orders: Mutex::new(Orders { clock_offset: state.clock_offset, ..Orders::default() }),
            head: RwLock::new(Head { state: Arc::new(state), block, results, seen_commit }),
            app: Mutex::new(app.clone()),
            index: RwLock::new(index),
            work: Condvar::new(),
            done: Condvar::new(),
            events: broadcast::channel(EVENT_BUFFER).0,
            failure: RwLock::new(None),
            genesis_text: genesis_text.into(),
            config,
            home,
            genesis,
            store,
            crash_at,
        });
        let producer = Producer::new(Arc::clone(&core), app);
        let thread = std::thread::Builder::new()
            .name("devnet".to_owned())
            .spawn(move || produce(producer))
            .map_err(|e| DevnetError::Home(format!("no thread can be started: {e}")))?;
        let devnet = Arc::new(Self { core, thread: Mutex::new(Some(thread)), lock: Mutex::new(Some(lock)) });
        devnet.wait_until(|core, _| core.head.read().block.is_some())?;
        Ok(devnet)
    }

    /// Stops after the block under way and waits for it; everything is on disk afterwards.
    ///
    /// # Errors
    /// What had stopped the devnet before, if it failed.
    pub fn stop(&self) -> Result<(), DevnetError> {
        self.core.orders.lock().stop = true;
        self.core.work.notify_all();
        if let Some(thread) = self.thread.lock().take() {
            // A panic on the thread was caught there and is kept as the failure.
            let _ = thread.join();
        }
        drop(self.lock.lock().take());
        self.failure().map_or(Ok(()), Err)
    }

    /// Why the devnet has stopped, if it was not told to.
    pub fn failure(&self) -> Option<DevnetError> {
        self.core.failure.read().clone()
    }

    /// Makes `blocks` blocks at once and waits for them; returns the new height.
    ///
    /// # Errors
    /// The devnet has stopped or stops meanwhile.
    pub fn mine(&self, blocks: u64) -> Result<u64, DevnetError> {
        let target = {
            let mut orders = self.core.orders.lock();
            orders.to_mine = orders.to_mine.saturating_add(blocks);
            orders.mined.saturating_add(orders.to_mine)
        };
        self.core.work.notify_all();
        self.wait_until(|_, orders| orders.mined >= target)?;
        Ok(self.core.head.read().state.height)
    }

    /// Moves the clock of the chain forward: the next block, whenever it is made, is `by` later. The shift is
    /// kept over restarts once a block was made after it.
    ///
    /// # Errors
    /// More than 200 years in all.
    pub fn advance_time(&self, by: Duration) -> Result<(), DevnetError> {
        const LIMIT: i64 = 200 * 31_557_600 * 1_000_000_000;
        let mut orders = self.core.orders.lock();
        let offset = i64::try_from(by.as_nanos()).ok().and_then(|by| orders.clock_offset.checked_add(by));
        match offset.filter(|offset| *offset <= LIMIT) {
            Some(offset) => {
                orders.clock_offset = offset;
                Ok(())
            }
            None => Err(DevnetError::Refused("the clock can be moved by at most 200 years in all".into())),
        }
    }

    /// The home: keys and node id.
    pub fn home(&self) -> &Home {
        &self.core.home
    }

    /// Waits until `is_so`, or the end of the producer.
    fn wait_until(&self, is_so: impl Fn(&Core<A>, &Orders) -> bool) -> Result<(), DevnetError> {
        let mut orders = self.core.orders.lock();
        while !is_so(&self.core, &orders) {
            if orders.ended {
                drop(orders);
                return Err(self.failure().unwrap_or(DevnetError::Stopped));
            }
            self.core.done.wait(&mut orders);
        }
        Ok(())
    }
}

impl<A: Application> Drop for Devnet<A> {
    fn drop(&mut self) {
        // Whoever wants the reason of a failure calls `stop`.
        let _ = self.stop();
    }
}

impl<A: Application> std::fmt::Debug for Devnet<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Devnet").field("config", &self.core.config).finish_non_exhaustive()
    }
}

fn produce<A: Application>(mut producer: Producer<A>) {
    let core = Arc::clone(&producer.core);
    let outcome = guarded("the block producer", || producer.run()).map_err(DevnetError::from).and_then(|r| r);
    if let Err(reason) = outcome {
        tracing::error!(%reason, "the devnet has stopped");
        *core.failure.write() = Some(reason);
    }
    core.orders.lock().ended = true;
    core.done.notify_all();
}

/// The genesis in the home, put there now if the home is new.
fn load_genesis(home: &Home, given: Option<&str>) -> Result<String, DevnetError> {
    let path = home.genesis_path();
    if path.exists() {
        let text = fs::read_to_string(&path).map_err(|e| DevnetError::io("read", &path, &e))?;
        let (chain_id, wanted) = (Genesis::parse(&text)?.chain_id, given.map(Genesis::parse).transpose()?);
        return match wanted {
            Some(wanted) if wanted.chain_id != chain_id => Err(DevnetError::Genesis(format!(
                "the home belongs to chain {chain_id}, not {}; choose another home or reset this one",
                wanted.chain_id
            ))),
            _ => Ok(text),
        };
    }
    let given = given.ok_or_else(|| {
        DevnetError::Genesis(format!("{} does not exist; a new home needs a genesis", path.display()))
    })?;
    let text = Genesis::complete(given, &home.validator_pub_key(), &home.validator_address())?;
    home::write_atomic(&path, text.as_bytes(), 0o644)?;
    Ok(text)
}

/// Opens the index and adds the blocks it lacks.
fn open_index(home: &Home, store: &Store, initial_height: u64, memory: usize) -> Result<Index, DevnetError> {
    let hash_at = |height| Ok(store.block(height)?.map(|stored| stored.id.hash));
    let mut index = Index::open(&home.index_path(), initial_height, memory, hash_at)?;
    if let Some(last) = store.last_block() {
        for height in index.next_height()..=last {
            if let (Some(block), Some(results)) = (store.block(height)?, store.results(height)?) {
                index.add(&producer::block_info(block).0, &results)?;
            }
        }
    }
    Ok(index)
}

#[cfg(test)]
mod tests;
