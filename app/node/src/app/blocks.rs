//! From genesis over proposals to committed blocks.

use std::sync::Arc;
use std::time::Instant;

use agora_framework::AppError;
use agora_runtime::{CheckState, GenesisOutcome, InitChain, upgrades};
use prost::Message;
use tendermint_proto::v0_38::abci::{
    RequestFinalizeBlock, RequestInitChain, RequestProcessProposal, ResponseFinalizeBlock, ResponseInitChain,
};
use tendermint_proto::v0_38::types::ConsensusParams;

use super::ahead::ProposedBlock;
use super::engine::{Genesis, NotExecuted, StagedBlock};
use super::{App, convert};

impl App {
    pub(super) fn start_chain(&self, request: RequestInitChain) -> Result<ResponseInitChain, String> {
        self.forget_proposal();
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
            self.inner.engine.runtime.init_chain(&init).map_err(|e| e.to_string())?;
        let staged = self
            .inner
            .engine
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
        let head = self.inner.engine.runtime.head(&*genesis).map_err(|e| e.to_string())?;
        *self.inner.check.lock() = Some(CheckState::with_limits(genesis.clone(), head, self.inner.pool));
        *self.inner.engine.genesis.write() = Some(genesis);
        Ok(ResponseInitChain {
            consensus_params: Some(ConsensusParams {
                // CometBFT asks for it in Info, but takes it from here when a node is rolled back.
                version: Some(self.inner.engine.version()),
                ..ConsensusParams::default()
            }),
            validators: validators.iter().map(convert::validator_update).collect(),
            app_hash: app_hash.into(),
        })
    }

    /// If a block was not executed because another release must, says so to people and tools.
    fn tell_of_upgrade(&self, error: AppError) -> AppError {
        match self.inner.engine.with_base(|state, _| Ok(upgrades::needed(state, &error)?)) {
            Ok(None) => error,
            Ok(Some(plan)) => {
                tracing::error!("{}", upgrades::line(&plan));
                if let Some(hook) = &*self.inner.on_upgrade.read() {
                    hook(&plan);
                }
                error
            }
            Err(broken) => broken,
        }
    }

    /// Judges a proposal, and begins to execute one that is accepted.
    pub(super) fn judge(&self, proposal: RequestProcessProposal) -> Result<bool, AppError> {
        // What another round proposed was not decided.
        self.forget_proposal();
        let engine = &self.inner.engine;
        let accepted = engine.with_base(|state, chain_id| {
            match engine.next_block(proposal.height, proposal.time.as_ref(), chain_id) {
                Ok(block) => engine.runtime.accept(&engine.executor, state, &block, &proposal.txs),
                Err(_) => Ok(false),
            }
        })?;
        if accepted {
            *self.inner.proposed.lock() = ProposedBlock::begin(engine, proposal, self.is_watched());
        }
        Ok(accepted)
    }

    fn forget_proposal(&self) {
        // Taken out first: dropping it waits, and must not hold the lock meanwhile.
        let proposed = self.inner.proposed.lock().take();
        drop(proposed);
    }

    fn is_watched(&self) -> bool {
        !self.inner.on_block.read().is_empty()
    }

    pub(super) fn execute_block(
        &self,
        request: RequestFinalizeBlock,
    ) -> Result<ResponseFinalizeBlock, String> {
        let start = Instant::now();
        let engine = &self.inner.engine;
        let proposed = self.inner.proposed.lock().take();
        let ahead = proposed.and_then(|proposed| proposed.take(&request, engine));
        let was_ahead = ahead.is_some();
        let executed = ahead.map_or_else(|| engine.execute(&request, self.is_watched()), Ok);
        let (mut staged, response) = executed.map_err(|error| match error {
            NotExecuted::Refused(reason) => reason,
            NotExecuted::Stopped(error) => self.tell_of_upgrade(error).to_string(),
        })?;
        if let Some(report) = &mut staged.report {
            (report.ahead, report.executed) = (was_ahead, start.elapsed());
        }
        *self.inner.staged.lock() = Some(staged);
        Ok(response)
    }

    pub(super) fn commit_block(&self) -> Result<(), String> {
        let start = Instant::now();
        let StagedBlock { staged, block, txs, report } =
            self.inner.staged.lock().take().ok_or("commit was asked for before a block was executed")?;
        self.inner.engine.commit(staged)?;
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
}
