//! The application: the runtime and the store behind ABCI.
//!
//! The trait cannot return an error, and a node that cannot go on must not answer as if it could. So whatever is broken
//! beyond a transaction (disk, corruption, a failing block hook) panics here; the server that called turns that into
//! the end of the process.

mod ahead;
mod blocks;
mod convert;
mod engine;
mod query;
mod watch;

use std::sync::Arc;

use agora_executor::{Executor, Mode};
use agora_framework::AppError;
use agora_framework::errors::sdk;
use agora_runtime::upgrades::Plan;
use agora_runtime::{CheckKind, CheckState, PoolLimits, Runtime};
use agora_store::{Snapshot, Store};
use parking_lot::{Mutex, RwLock};
pub use query::AppQueries;
use tendermint_abci::Application;
use tendermint_proto::v0_38::abci::{
    CheckTxType, RequestCheckTx, RequestFinalizeBlock, RequestInfo, RequestInitChain, RequestPrepareProposal,
    RequestProcessProposal, RequestQuery, ResponseCheckTx, ResponseCommit, ResponseFinalizeBlock,
    ResponseInfo, ResponseInitChain, ResponsePrepareProposal, ResponseProcessProposal, ResponseQuery,
    response_process_proposal,
};
pub use watch::{BlockHook, BlockReport, Halt};

use self::ahead::ProposedBlock;
use self::engine::{Engine, StagedBlock};
use crate::query::QueryService;

/// The name the application gives itself.
pub const APP_NAME: &str = "agora";

/// The chain's application. Clones share everything.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Arc<Engine>,
    /// The proposal that was accepted last.
    proposed: Mutex<Option<ProposedBlock>>,
    /// The block that was executed and waits for its commit.
    staged: Mutex<Option<StagedBlock>>,
    /// What the mempool checks against.
    check: Mutex<Option<CheckState>>,
    /// How much it may hold.
    pool: PoolLimits,
    /// Told of every block.
    on_block: RwLock<Vec<BlockHook>>,
    /// Told of an upgrade that another release must go on with.
    on_upgrade: RwLock<Option<UpgradeHook>>,
    /// Who answers `abci_query` on gRPC paths beside the modules.
    services: RwLock<Option<Arc<dyn QueryService>>>,
}

/// Gets the plan that a node stops at.
pub type UpgradeHook = Box<dyn Fn(&Plan) + Send + Sync>;

/// Stops the node: see the module's documentation.
#[track_caller]
fn halt(what: &str, cause: impl std::fmt::Display) -> ! {
    tracing::error!(%cause, "{what}");
    panic!("{what}: {cause}");
}

/// The threads of the machine.
#[must_use]
pub fn all_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

impl App {
    /// An application on a store, which executes independent transactions side by side on all threads of the machine, behind a
    /// mempool as CometBFT sets it up.
    ///
    /// # Errors
    /// The store's state cannot be read, or the system refuses the threads.
    pub fn new(runtime: Arc<Runtime>, store: Arc<Store>) -> Result<Self, AppError> {
        let executor = Executor::new(Mode::default(), all_threads());
        let executor = executor.map_err(|e| sdk::PANIC.wrap(e))?;
        Self::with(runtime, store, executor, PoolLimits::default(), Halt::default())
    }

    /// An application that executes blocks in a way of one's own, behind a mempool of one's own size, as far as `halt`.
    ///
    /// # Errors
    /// The store's state cannot be read.
    pub fn with(
        runtime: Arc<Runtime>,
        store: Arc<Store>,
        executor: Executor,
        pool: PoolLimits,
        halt: Halt,
    ) -> Result<Self, AppError> {
        let inner = Inner {
            engine: Arc::new(Engine::new(runtime, store, executor, halt)),
            proposed: Mutex::new(None),
            staged: Mutex::new(None),
            check: Mutex::new(None),
            pool,
            on_block: RwLock::default(),
            on_upgrade: RwLock::default(),
            services: RwLock::new(None),
        };
        let app = Self { inner: Arc::new(inner) };
        if app.inner.engine.store.latest().is_some() {
            let snapshot = app.snapshot(None)?;
            let head = app.inner.engine.runtime.head(&snapshot)?;
            *app.inner.check.lock() = Some(CheckState::with_limits(Arc::new(snapshot), head, pool));
        }
        Ok(app)
    }

    /// The state machine.
    #[must_use]
    pub fn runtime(&self) -> &Arc<Runtime> {
        &self.inner.engine.runtime
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Arc<Store> {
        &self.inner.engine.store
    }

    /// Has `hook` told of every block from now on.
    pub fn on_block(&self, hook: BlockHook) {
        self.inner.on_block.write().push(hook);
    }

    /// Has `hook` told of the upgrade that another release must go on with, before this one stops.
    pub fn on_upgrade(&self, hook: UpgradeHook) {
        *self.inner.on_upgrade.write() = Some(hook);
    }

    /// Where it stops.
    #[must_use]
    pub fn halt(&self) -> Halt {
        self.inner.engine.halt
    }

    /// How many transactions its mempool has admitted that are in no block yet.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.inner.check.lock().as_ref().map_or(0, CheckState::waiting)
    }

    /// Lets `abci_query` reach services that are not modules.
    pub fn set_services(&self, services: Arc<dyn QueryService>) {
        *self.inner.services.write() = Some(services);
    }

    fn snapshot(&self, height: Option<u64>) -> Result<Snapshot, AppError> {
        Ok(self.inner.engine.store.snapshot(height)?)
    }

    fn check(&self, bytes: &[u8], kind: CheckKind) -> Result<ResponseCheckTx, AppError> {
        if bytes.len() > agora_runtime::MAX_TX_BYTES {
            return Ok(convert::too_large(bytes.len()));
        }
        // The chain id is read first, so that the signatures are checked without holding the state.
        let chain_id = match self.inner.check.lock().as_ref() {
            Some(state) => state.block().chain_id.clone(),
            None => return Ok(convert::not_ready()),
        };
        let result = self.inner.engine.runtime.check(&chain_id, bytes, kind, || {
            parking_lot::MutexGuard::try_map(self.inner.check.lock(), Option::as_mut).unwrap_or_else(|_| {
                halt("the mempool's state is gone", "it is set at genesis and never removed")
            })
        })?;
        Ok(convert::check_result(result))
    }
}

impl Application for App {
    fn info(&self, _: RequestInfo) -> ResponseInfo {
        let latest = self.inner.engine.store.latest();
        ResponseInfo {
            data: APP_NAME.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            app_version: self.inner.engine.runtime.app_version(),
            last_block_height: latest.as_ref().and_then(|c| i64::try_from(c.height).ok()).unwrap_or_default(),
            last_block_app_hash: latest.map(|c| c.app_hash.to_vec()).unwrap_or_default().into(),
        }
    }

    fn init_chain(&self, request: RequestInitChain) -> ResponseInitChain {
        self.start_chain(request).unwrap_or_else(|e| halt("the genesis cannot be used", e))
    }

    fn query(&self, request: RequestQuery) -> ResponseQuery {
        query::answer(self, &request)
    }

    fn check_tx(&self, request: RequestCheckTx) -> ResponseCheckTx {
        let kind = match request.r#type() {
            CheckTxType::New => CheckKind::New,
            CheckTxType::Recheck => CheckKind::Recheck,
        };
        self.check(&request.tx, kind).unwrap_or_else(|e| halt("a transaction could not be checked", e))
    }

    fn prepare_proposal(&self, request: RequestPrepareProposal) -> ResponsePrepareProposal {
        let max_bytes = usize::try_from(request.max_tx_bytes).unwrap_or_default();
        let waiting = request.txs.iter().map(|tx| tx.to_vec()).collect();
        let engine = &self.inner.engine;
        let txs = engine.with_base(|state, chain_id| {
            let block = engine
                .next_block(request.height, request.time.as_ref(), chain_id)
                .unwrap_or_else(|e| halt("a proposal cannot be made", e));
            engine.runtime.propose(&engine.executor, state, &block, waiting, max_bytes)
        });
        let txs = txs.unwrap_or_else(|e| halt("a proposal cannot be made", e));
        ResponsePrepareProposal { txs: txs.into_iter().map(Into::into).collect() }
    }

    fn process_proposal(&self, request: RequestProcessProposal) -> ResponseProcessProposal {
        let status = if self.judge(request).unwrap_or_else(|e| halt("a proposal cannot be checked", e)) {
            response_process_proposal::ProposalStatus::Accept
        } else {
            response_process_proposal::ProposalStatus::Reject
        };
        ResponseProcessProposal { status: status.into() }
    }

    fn finalize_block(&self, request: RequestFinalizeBlock) -> ResponseFinalizeBlock {
        self.execute_block(request).unwrap_or_else(|e| halt("the block cannot be executed", e))
    }

    fn commit(&self) -> ResponseCommit {
        self.commit_block().unwrap_or_else(|e| halt("the block cannot be committed", e));
        ResponseCommit { retain_height: 0 }
    }
}
