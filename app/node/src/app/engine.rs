//! What executes blocks: the state machine, the store and the threads. Nothing it does can be seen before the block is committed.

use std::sync::Arc;

use agora_executor::{BlockExecutor, Executor};
use agora_framework::errors::sdk;
use agora_framework::{AppError, BlockInfo};
use agora_runtime::Runtime;
use agora_state::{
    EmptyState, Entries, KeyRange, StateError, StateKey, StateRead, Value, WriteSet, overlay_range,
};
use agora_store::{Snapshot, Staged, Store};
use parking_lot::{Mutex, RwLock};
use prost::Message;
use tendermint_proto::google::protobuf::Timestamp;
use tendermint_proto::v0_38::abci::{RequestFinalizeBlock, ResponseFinalizeBlock};
use tendermint_proto::v0_38::types::{ConsensusParams, VersionParams};

use super::{BlockReport, Halt, convert};

/// The machine, the state, the threads.
pub(super) struct Engine {
    pub(super) runtime: Arc<Runtime>,
    pub(super) store: Arc<Store>,
    pub(super) executor: Executor,
    /// The first state, until the first block is committed.
    pub(super) genesis: RwLock<Option<Arc<Genesis>>>,
    /// The head, for the block that comes next.
    view: Mutex<Option<Snapshot>>,
    /// Where the node stops.
    pub(super) halt: Halt,
}

/// A block that was executed and waits for its commit.
pub(super) struct StagedBlock {
    pub(super) staged: Staged,
    pub(super) block: BlockInfo,
    pub(super) txs: Vec<bytes::Bytes>,
    /// Only if somebody wants to know.
    pub(super) report: Option<BlockReport>,
}

/// Why a block was not executed.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotExecuted {
    /// The request makes no sense, or the disk fails.
    #[error("{0}")]
    Refused(String),
    /// The state machine stops.
    #[error("{0}")]
    Stopped(AppError),
}

impl From<String> for NotExecuted {
    fn from(reason: String) -> Self {
        Self::Refused(reason)
    }
}

/// The state genesis made, before any block.
pub(super) struct Genesis {
    pub(super) chain_id: String,
    pub(super) initial_height: u64,
    pub(super) app_hash: Vec<u8>,
    pub(super) writes: WriteSet,
}

impl StateRead for Genesis {
    fn get(&self, key: &StateKey) -> Result<Option<Value>, StateError> {
        Ok(self.writes.get(key).cloned().flatten())
    }

    fn range(&self, range: &KeyRange) -> Result<Entries, StateError> {
        overlay_range(&EmptyState, &self.writes, range)
    }
}

impl Engine {
    pub(super) fn new(runtime: Arc<Runtime>, store: Arc<Store>, executor: Executor, halt: Halt) -> Self {
        Self { runtime, store, executor, genesis: RwLock::new(None), view: Mutex::new(None), halt }
    }

    /// The state a new block builds on. Whatever is done with that block (proposing, judging, executing) reads it through one
    /// view, which remembers, so that each key is read from the disk once.
    fn head_view(&self) -> Result<Snapshot, AppError> {
        let mut view = self.view.lock();
        if let Some(view) = &*view {
            return Ok(view.clone());
        }
        Ok(view.insert(self.store.execution_view()?).clone())
    }

    /// Makes a staged block the head.
    pub(super) fn commit(&self, staged: Staged) -> Result<(), String> {
        *self.view.lock() = None;
        self.store.commit(staged).map_err(|e| e.to_string())?;
        *self.genesis.write() = None;
        Ok(())
    }

    /// Runs `body` on the state a new block builds on; before the first block that is genesis.
    pub(super) fn with_base<T>(
        &self,
        body: impl FnOnce(&(dyn StateRead + Sync), &str) -> Result<T, AppError>,
    ) -> Result<T, AppError> {
        let genesis = self.genesis.read().clone();
        match genesis {
            Some(genesis) if self.store.latest().is_none() => body(&*genesis, &genesis.chain_id),
            _ => {
                let view = self.head_view()?;
                let chain_id = self.runtime.head(&view)?.chain_id;
                body(&view, &chain_id)
            }
        }
    }

    /// The release, as consensus has it.
    pub(super) fn version(&self) -> VersionParams {
        VersionParams { app: self.runtime.app_version() }
    }

    /// The hash of the state the next block builds on, as its header has it.
    fn app_hash(&self) -> Vec<u8> {
        match self.store.latest() {
            Some(commit) => commit.app_hash.to_vec(),
            None => self.genesis.read().as_ref().map(|g| g.app_hash.clone()).unwrap_or_default(),
        }
    }

    /// The block that is proposed.
    pub(super) fn next_block(
        &self,
        height: i64,
        time: Option<&Timestamp>,
        chain_id: &str,
    ) -> Result<BlockInfo, String> {
        Ok(BlockInfo {
            chain_id: chain_id.to_owned(),
            height: u64::try_from(height).map_err(|_| "a proposal has a negative height".to_owned())?,
            time: time.map(convert::nanoseconds).transpose()?.unwrap_or_default(),
        })
    }

    /// Executes a block on the head, computes the state after it and the answer, with a report on it if it is `watched`.
    pub(super) fn execute(
        &self,
        request: &RequestFinalizeBlock,
        watched: bool,
    ) -> Result<(StagedBlock, ResponseFinalizeBlock), NotExecuted> {
        let time = request.time.as_ref().map(convert::nanoseconds).transpose()?.unwrap_or_default();
        let height = u64::try_from(request.height).map_err(|_| "a block has a negative height".to_owned())?;
        let decided = convert::decided(request, self.app_hash())?;
        let (block, mut outcome) = self
            .with_base(|state, chain_id| {
                self.require_going_on(state)?;
                let block = BlockInfo { chain_id: chain_id.to_owned(), height, time };
                let outcome =
                    self.runtime.finalize_decided(&self.executor, state, &block, &decided, &request.txs);
                Ok((block, outcome?))
            })
            .map_err(NotExecuted::Stopped)?;
        let mut writes = std::mem::take(&mut outcome.writes);
        if self.store.latest().is_none()
            && let Some(genesis) = self.genesis.read().as_ref()
        {
            if height != genesis.initial_height {
                let reason =
                    format!("the first block must have height {}, got {height}", genesis.initial_height);
                return Err(NotExecuted::Refused(reason));
            }
            // The first block carries genesis: nothing of it was stored before.
            let mut all = genesis.writes.clone();
            all.extend(writes);
            writes = all;
        }
        let view = self.head_view().map_err(NotExecuted::Stopped)?;
        let staged = self.executor.within(|| match outcome.upgraded {
            true => self.store.stage_upgrade(&view, height, writes),
            false => self.store.stage_on(&view, height, writes),
        });
        let staged = staged.map_err(|e| e.to_string())?;
        let app_hash = staged.app_hash().to_vec();
        let report = watched.then(|| BlockReport::of(&block, &outcome.results));
        // From the next header on.
        let mut consensus_param_updates = outcome
            .consensus_params
            .map(|params| ConsensusParams::decode(params.encode_to_vec().as_slice()))
            .transpose()
            .map_err(|e| e.to_string())?;
        if outcome.upgraded {
            consensus_param_updates.get_or_insert_default().version = Some(self.version());
        }
        let response = ResponseFinalizeBlock {
            events: convert::events(&outcome.events),
            tx_results: convert::tx_results(outcome.results),
            validator_updates: outcome.validator_updates.iter().map(convert::validator_update).collect(),
            consensus_param_updates,
            app_hash: app_hash.into(),
        };
        Ok((StagedBlock { staged, block, txs: request.txs.clone(), report }, response))
    }

    /// Refuses a block beyond the one this node stops at.
    fn require_going_on(&self, head: &dyn StateRead) -> Result<(), AppError> {
        if self.halt == Halt::default() || self.store.latest().is_none() {
            return Ok(());
        }
        let head = self.runtime.head(head)?;
        if self.halt.is_reached(&head) {
            return Err(sdk::INVALID_REQUEST.wrap(format_args!(
                "this node is set to stop at height {} (halt-height, halt-time)",
                head.height
            )));
        }
        Ok(())
    }
}
