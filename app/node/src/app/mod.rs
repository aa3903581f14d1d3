//! The application: the runtime and the store behind ABCI.
//!
//! The trait cannot return an error, and a node that cannot go on must not answer as if it could. So whatever is broken
//! beyond a transaction (disk, corruption, a failing block hook) panics here; the server that called turns that into
//! the end of the process.

mod convert;
mod query;

use std::sync::Arc;

use agora_executor::{Executor, Mode};
use agora_framework::errors::sdk;
use agora_framework::{AppError, BlockInfo};
use agora_runtime::{APP_VERSION, CheckKind, CheckState, GenesisOutcome, InitChain, PoolLimits, Runtime};
use agora_state::{
    EmptyState, Entries, KeyRange, StateError, StateKey, StateRead, Value, WriteSet, overlay_range,
};
use agora_store::{Snapshot, Staged, Store};
use parking_lot::{Mutex, RwLock};
use prost::Message;
pub use query::AppQueries;
use tendermint_abci::Application;
use tendermint_proto::v0_38::abci::{
    CheckTxType, RequestCheckTx, RequestFinalizeBlock, RequestInfo, RequestInitChain, RequestPrepareProposal,
    RequestProcessProposal, RequestQuery, ResponseCheckTx, ResponseCommit, ResponseFinalizeBlock,
    ResponseInfo, ResponseInitChain, ResponsePrepareProposal, ResponseProcessProposal, ResponseQuery,
    response_process_proposal,
};

use crate::query::QueryService;

/// The name the application gives itself.
pub const APP_NAME: &str = "agora";

/// The chain's application. Clones share everything.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    runtime: Arc<Runtime>,
    store: Arc<Store>,
    executor: Executor,
    /// The first state, until the first block is committed.
    genesis: RwLock<Option<Arc<Genesis>>>,
    /// The block that was executed and waits for its commit.
    staged: Mutex<Option<StagedBlock>>,
    /// What the mempool checks against.
    check: Mutex<Option<CheckState>>,
    /// How much it may hold.
    pool: PoolLimits,
    /// Who answers `abci_query` on gRPC paths beside the modules.
    services: RwLock<Option<Arc<dyn QueryService>>>,
}

/// A block that was executed.
struct StagedBlock {
    staged: Staged,
    block: BlockInfo,
    txs: Vec<bytes::Bytes>,
}

/// The state genesis made, before any block.
struct Genesis {
    chain_id: String,
    initial_height: u64,
    writes: WriteSet,
}

impl StateRead for Genesis {
    fn get(&self, key: &StateKey) -> Result<Option<Value>, StateError> {
        Ok(self.writes.get(key).cloned().flatten())
    }

    fn range(&self, range: &KeyRange) -> Result<Entries, StateError> {
        overlay_range(&EmptyState, &self.writes, range)
    }
}

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
        Self::with(runtime, store, executor.map_err(|e| sdk::PANIC.wrap(e))?, PoolLimits::default())
    }

    /// An application that executes blocks in a way of one's own, behind a mempool of one's own size.
    ///
    /// # Errors
    /// The store's state cannot be read.
    pub fn with(
        runtime: Arc<Runtime>,
        store: Arc<Store>,
        executor: Executor,
        pool: PoolLimits,
    ) -> Result<Self, AppError> {
        let inner = Inner {
            runtime,
            store,
            executor,
            genesis: RwLock::new(None),
            staged: Mutex::new(None),
            check: Mutex::new(None),
            pool,
            services: RwLock::new(None),
        };
        let app = Self { inner: Arc::new(inner) };
        if app.inner.store.latest().is_some() {
            let snapshot = app.snapshot(None)?;
            let head = app.inner.runtime.head(&snapshot)?;
            *app.inner.check.lock() = Some(CheckState::with_limits(Arc::new(snapshot), head, pool));
        }
        Ok(app)
    }

    /// The state machine.
    #[must_use]
    pub fn runtime(&self) -> &Arc<Runtime> {
        &self.inner.runtime
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Arc<Store> {
        &self.inner.store
    }

    /// Lets `abci_query` reach services that are not modules.
    pub fn set_services(&self, services: Arc<dyn QueryService>) {
        *self.inner.services.write() = Some(services);
    }

    fn snapshot(&self, height: Option<u64>) -> Result<Snapshot, AppError> {
        Ok(self.inner.store.snapshot(height)?)
    }

    /// Runs `body` on the state a new block builds on.
    fn with_base<T>(
        &self,
        body: impl FnOnce(&(dyn StateRead + Sync), &str) -> Result<T, AppError>,
    ) -> Result<T, AppError> {
        self.with_view(&self.snapshot(None)?, body)
    }

    /// The same with the head as `view` shows it; before the first block it is genesis all the same.
    fn with_view<T>(
        &self,
        view: &Snapshot,
        body: impl FnOnce(&(dyn StateRead + Sync), &str) -> Result<T, AppError>,
    ) -> Result<T, AppError> {
        let genesis = self.inner.genesis.read().clone();
        match genesis {
            Some(genesis) if self.inner.store.latest().is_none() => body(&*genesis, &genesis.chain_id),
            _ => {
                let chain_id = self.inner.runtime.head(view)?.chain_id;
                body(view, &chain_id)
            }
        }
    }

    fn start_chain(&self, request: RequestInitChain) -> Result<ResponseInitChain, String> {
        let app_state = match request.app_state_bytes.as_ref() {
            [] => serde_json::Value::Object(serde_json::Map::new()),
            bytes => serde_json::from_slice(bytes).map_err(|e| format!("app_state is not JSON: {e}"))?,
        };
        let params = request.consensus_params.map(|p| p.encode_to_vec()).unwrap_or_default();
        let init = InitChain {
            chain_id: request.chain_id,
            initial_height: u64::try_from(request.initial_height).unwrap_or(1).max(1),
            time: request.time.as_ref().map(convert::nanoseconds).transpose()?.unwrap_or_default(),
            params: Message::decode(params.as_slice()).map_err(|e| format!("consensus parameters: {e}"))?,
            app_state,
        };
        let GenesisOutcome { writes, validators } =
            self.inner.runtime.init_chain(&init).map_err(|e| e.to_string())?;
        let staged = self
            .inner
            .store
            .stage(init.initial_height, writes.clone())
            .map_err(|e| format!("the genesis state cannot be stored: {e}"))?;
        let genesis =
            Arc::new(Genesis { chain_id: init.chain_id, initial_height: init.initial_height, writes });
        let head = self.inner.runtime.head(&*genesis).map_err(|e| e.to_string())?;
        *self.inner.check.lock() = Some(CheckState::with_limits(genesis.clone(), head, self.inner.pool));
        *self.inner.genesis.write() = Some(genesis);
        Ok(ResponseInitChain {
            consensus_params: None,
            validators: validators.iter().map(convert::validator_update).collect(),
            app_hash: staged.app_hash().to_vec().into(),
        })
    }

    fn execute_block(&self, request: RequestFinalizeBlock) -> Result<ResponseFinalizeBlock, String> {
        let time = request.time.as_ref().map(convert::nanoseconds).transpose()?.unwrap_or_default();
        let height = u64::try_from(request.height).map_err(|_| "a block has a negative height".to_owned())?;
        // What execution reads, staging does not read again.
        let view = self.inner.store.execution_view().map_err(|e| e.to_string())?;
        let (block, mut outcome) = self
            .with_view(&view, |state, chain_id| {
                let block = BlockInfo { chain_id: chain_id.to_owned(), height, time };
                let outcome =
                    self.inner.runtime.finalize(&self.inner.executor, state, &block, &request.txs)?;
                Ok((block, outcome))
            })
            .map_err(|e| e.to_string())?;
        let mut writes = std::mem::take(&mut outcome.writes);
        if self.inner.store.latest().is_none()
            && let Some(genesis) = self.inner.genesis.read().as_ref()
        {
            if height != genesis.initial_height {
                return Err(format!(
                    "the first block must have height {}, got {height}",
                    genesis.initial_height
                ));
            }
            // The first block carries genesis: nothing of it was stored before.
            let mut all = genesis.writes.clone();
            all.extend(writes);
            writes = all;
        }
        let staged = self.inner.store.stage_on(&view, height, writes).map_err(|e| e.to_string())?;
        let app_hash = staged.app_hash().to_vec();
        *self.inner.staged.lock() = Some(StagedBlock { staged, block, txs: request.txs });
        Ok(ResponseFinalizeBlock {
            events: convert::events(outcome.events),
            tx_results: convert::tx_results(outcome.results),
            validator_updates: outcome.validator_updates.iter().map(convert::validator_update).collect(),
            consensus_param_updates: None,
            app_hash: app_hash.into(),
        })
    }

    fn commit_block(&self) -> Result<(), String> {
        let StagedBlock { staged, block, txs } =
            self.inner.staged.lock().take().ok_or("commit was asked for before a block was executed")?;
        self.inner.store.commit(staged).map_err(|e| e.to_string())?;
        *self.inner.genesis.write() = None;
        let snapshot = self.snapshot(None).map_err(|e| e.to_string())?;
        let state = Arc::new(snapshot);
        match &mut *self.inner.check.lock() {
            Some(check) => check.next_block(state, block, &txs),
            check => *check = Some(CheckState::with_limits(state, block, self.inner.pool)),
        }
        Ok(())
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
        let result = self.inner.runtime.check(&chain_id, bytes, kind, || {
            parking_lot::MutexGuard::try_map(self.inner.check.lock(), Option::as_mut).unwrap_or_else(|_| {
                halt("the mempool's state is gone", "it is set at genesis and never removed")
            })
        })?;
        Ok(convert::check_result(result))
    }

    fn next_block(
        &self,
        height: i64,
        time: Option<&tendermint_proto::google::protobuf::Timestamp>,
        chain_id: &str,
    ) -> Result<BlockInfo, String> {
        Ok(BlockInfo {
            chain_id: chain_id.to_owned(),
            height: u64::try_from(height).map_err(|_| "a proposal has a negative height".to_owned())?,
            time: time.map(convert::nanoseconds).transpose()?.unwrap_or_default(),
        })
    }
}

impl Application for App {
    fn info(&self, _: RequestInfo) -> ResponseInfo {
        let latest = self.inner.store.latest();
        ResponseInfo {
            data: APP_NAME.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            app_version: APP_VERSION,
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
        let txs = self.with_base(|state, chain_id| {
            let block = self
                .next_block(request.height, request.time.as_ref(), chain_id)
                .unwrap_or_else(|e| halt("a proposal cannot be made", e));
            self.inner.runtime.propose(&self.inner.executor, state, &block, waiting, max_bytes)
        });
        let txs = txs.unwrap_or_else(|e| halt("a proposal cannot be made", e));
        ResponsePrepareProposal { txs: txs.into_iter().map(Into::into).collect() }
    }

    fn process_proposal(&self, request: RequestProcessProposal) -> ResponseProcessProposal {
        let accepted = self.with_base(|state, chain_id| {
            match self.next_block(request.height, request.time.as_ref(), chain_id) {
                Ok(block) => self.inner.runtime.accept(&self.inner.executor, state, &block, &request.txs),
                Err(_) => Ok(false),
            }
        });
        let status = if accepted.unwrap_or_else(|e| halt("a proposal cannot be checked", e)) {
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
