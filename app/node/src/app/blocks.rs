//! From genesis over proposals to committed blocks.

use std::sync::Arc;
use std::time::Instant;

use agora_executor::BlockExecutor;
use agora_framework::errors::sdk;
use agora_framework::{AppError, BlockInfo};
use agora_runtime::{CheckState, GenesisOutcome, InitChain, upgrades};
use agora_state::{
    EmptyState, Entries, KeyRange, StateError, StateKey, StateRead, Value, WriteSet, overlay_range,
};
use agora_store::{Snapshot, Staged};
use prost::Message;
use tendermint_proto::v0_38::abci::{
    RequestFinalizeBlock, RequestInitChain, ResponseFinalizeBlock, ResponseInitChain,
};
use tendermint_proto::v0_38::types::{ConsensusParams, VersionParams};

use super::{App, BlockReport, Halt, convert};

/// A block that was executed.
pub(super) struct StagedBlock {
    staged: Staged,
    block: BlockInfo,
    txs: Vec<bytes::Bytes>,
    /// Only if somebody wants to know.
    report: Option<BlockReport>,
}

/// The state genesis made, before any block.
pub(super) struct Genesis {
    chain_id: String,
    initial_height: u64,
    app_hash: Vec<u8>,
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

impl App {
    /// The state a new block builds on. Whatever is done with that block (proposing, judging, executing) reads it through one
    /// view, which remembers, so that each key is read from the disk once.
    fn head_view(&self) -> Result<Snapshot, AppError> {
        let mut view = self.inner.view.lock();
        if let Some(view) = &*view {
            return Ok(view.clone());
        }
        Ok(view.insert(self.inner.store.execution_view()?).clone())
    }

    /// Runs `body` on the state a new block builds on; before the first block that is genesis.
    pub(super) fn with_base<T>(
        &self,
        body: impl FnOnce(&(dyn StateRead + Sync), &str) -> Result<T, AppError>,
    ) -> Result<T, AppError> {
        let genesis = self.inner.genesis.read().clone();
        match genesis {
            Some(genesis) if self.inner.store.latest().is_none() => body(&*genesis, &genesis.chain_id),
            _ => {
                let view = self.head_view()?;
                let chain_id = self.inner.runtime.head(&view)?.chain_id;
                body(&view, &chain_id)
            }
        }
    }

    pub(super) fn start_chain(&self, request: RequestInitChain) -> Result<ResponseInitChain, String> {
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
            validators: convert::validators(&request.validators)?,
            app_state,
        };
        let GenesisOutcome { writes, validators } =
            self.inner.runtime.init_chain(&init).map_err(|e| e.to_string())?;
        let staged = self
            .inner
            .store
            .stage(init.initial_height, writes.clone())
            .map_err(|e| format!("the genesis state cannot be stored: {e}"))?;
        let app_hash = staged.app_hash().to_vec();
        let genesis = Arc::new(Genesis {
            chain_id: init.chain_id,
            initial_height: init.initial_height,
            app_hash: app_hash.clone(),
            writes,
        });
        let head = self.inner.runtime.head(&*genesis).map_err(|e| e.to_string())?;
        *self.inner.check.lock() = Some(CheckState::with_limits(genesis.clone(), head, self.inner.pool));
        *self.inner.genesis.write() = Some(genesis);
        Ok(ResponseInitChain {
            consensus_params: Some(ConsensusParams {
                // CometBFT asks for it in Info, but takes it from here when a node is rolled back.
                version: Some(self.version()),
                ..ConsensusParams::default()
            }),
            validators: validators.iter().map(convert::validator_update).collect(),
            app_hash: app_hash.into(),
        })
    }

    fn version(&self) -> VersionParams {
        VersionParams { app: self.inner.runtime.app_version() }
    }

    /// If a block was not executed because another release must, says so to people and tools.
    fn tell_of_upgrade(&self, state: &dyn StateRead, error: AppError) -> AppError {
        match upgrades::needed(state, &error) {
            Ok(None) => error,
            Ok(Some(plan)) => {
                tracing::error!("{}", upgrades::line(&plan));
                if let Some(hook) = &*self.inner.on_upgrade.read() {
                    hook(&plan);
                }
                error
            }
            Err(broken) => broken.into(),
        }
    }

    /// The hash of the state the next block builds on, as its header has it.
    fn app_hash(&self) -> Vec<u8> {
        match self.inner.store.latest() {
            Some(commit) => commit.app_hash.to_vec(),
            None => self.inner.genesis.read().as_ref().map(|g| g.app_hash.clone()).unwrap_or_default(),
        }
    }

    pub(super) fn execute_block(
        &self,
        request: RequestFinalizeBlock,
    ) -> Result<ResponseFinalizeBlock, String> {
        let time = request.time.as_ref().map(convert::nanoseconds).transpose()?.unwrap_or_default();
        let height = u64::try_from(request.height).map_err(|_| "a block has a negative height".to_owned())?;
        let start = Instant::now();
        let decided = convert::decided(&request, self.app_hash())?;
        let (block, mut outcome) = self
            .with_base(|state, chain_id| {
                self.require_going_on(state)?;
                let block = BlockInfo { chain_id: chain_id.to_owned(), height, time };
                let (executor, txs) = (&self.inner.executor, &request.txs);
                let outcome = self.inner.runtime.finalize_decided(executor, state, &block, &decided, txs);
                Ok((block, outcome.map_err(|error| self.tell_of_upgrade(state, error))?))
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
        let view = self.head_view().map_err(|e| e.to_string())?;
        let store = &self.inner.store;
        let staged = self.inner.executor.within(|| match outcome.upgraded {
            true => store.stage_upgrade(&view, height, writes),
            false => store.stage_on(&view, height, writes),
        });
        let staged = staged.map_err(|e| e.to_string())?;
        let app_hash = staged.app_hash().to_vec();
        let watched = !self.inner.on_block.read().is_empty();
        let report = watched.then(|| BlockReport::of(&block, &outcome.results, start));
        *self.inner.staged.lock() = Some(StagedBlock { staged, block, txs: request.txs, report });
        // From the next header on.
        let mut consensus_param_updates = outcome
            .consensus_params
            .map(|params| ConsensusParams::decode(params.encode_to_vec().as_slice()))
            .transpose()
            .map_err(|e| e.to_string())?;
        if outcome.upgraded {
            consensus_param_updates.get_or_insert_default().version = Some(self.version());
        }
        Ok(ResponseFinalizeBlock {
            events: convert::events(&outcome.events),
            tx_results: convert::tx_results(outcome.results),
            validator_updates: outcome.validator_updates.iter().map(convert::validator_update).collect(),
            consensus_param_updates,
            app_hash: app_hash.into(),
        })
    }

    pub(super) fn commit_block(&self) -> Result<(), String> {
        let start = Instant::now();
        let StagedBlock { staged, block, txs, report } =
            self.inner.staged.lock().take().ok_or("commit was asked for before a block was executed")?;
        *self.inner.view.lock() = None;
        self.inner.store.commit(staged).map_err(|e| e.to_string())?;
        *self.inner.genesis.write() = None;
        let snapshot = self.snapshot(None).map_err(|e| e.to_string())?;
        let state = Arc::new(snapshot);
        match &mut *self.inner.check.lock() {
            Some(check) => check.next_block(state, block, &txs),
            check => *check = Some(CheckState::with_limits(state, block, self.inner.pool)),
        }
        if let Some(mut report) = report {
            report.committed = start.elapsed();
            self.inner.on_block.read().iter().for_each(|hook| hook(&report));
        }
        Ok(())
    }

    /// Refuses a block beyond the one this node stops at.
    fn require_going_on(&self, head: &dyn StateRead) -> Result<(), AppError> {
        if self.inner.halt == Halt::default() || self.inner.store.latest().is_none() {
            return Ok(());
        }
        let head = self.inner.runtime.head(head)?;
        if self.inner.halt.is_reached(&head) {
            return Err(sdk::INVALID_REQUEST.wrap(format_args!(
                "this node is set to stop at height {} (halt-height, halt-time)",
                head.height
            )));
        }
        Ok(())
    }

    pub(super) fn next_block(
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
