//! The chain: blocks, time, validators.

use std::sync::Arc;
use std::time::Duration;

use agora_node::abci::proposal_of;
use agora_node::app::App;
use agora_runtime::Runtime;
use agora_store::MemoryBackend;
use serde_json::Value;
use tendermint_abci::Application;
use tendermint_proto::google::protobuf::Timestamp;
use tendermint_proto::v0_38::abci::{
    RequestFinalizeBlock, RequestInitChain, RequestPrepareProposal, response_process_proposal::ProposalStatus,
};
use tendermint_proto::v0_38::types::ConsensusParams;

use super::builder::{Builder, Modules};
use super::events::Event;
use super::opening::open;
use super::outcome::Outcome;
use super::recording::Recording;
use super::validators::Validators;

/// 2026-01-01, the time of genesis.
pub(super) const GENESIS_TIME: u64 = 1_767_225_600_000_000_000;

/// A running chain.
pub struct TestChain {
    pub(super) app: App,
    pub(super) modules: Modules,
    pub(super) backend: MemoryBackend,
    pub(super) chain_id: String,
    pub(super) height: u64,
    pub(super) time: u64,
    interval: u64,
    validators: Validators,
    recording: Option<Recording>,
}

/// What a block came to.
#[must_use = "the transactions of a block may have failed"]
pub struct Block {
    /// Its height.
    pub height: u64,
    /// The transactions' outcomes, in order.
    pub outcomes: Vec<Outcome>,
    /// The events of the hooks.
    pub events: Vec<Event>,
    /// The state's hash after it.
    pub app_hash: Vec<u8>,
    /// Changes of the set of validators: keys and powers.
    pub validator_updates: Vec<([u8; 32], u64)>,
    /// The parameters of consensus from the next block on, if they change.
    pub consensus_params: Option<ConsensusParams>,
}

impl Block {
    /// The outcome of the only transaction.
    ///
    /// # Panics
    /// If there is not exactly one.
    pub fn only(mut self) -> Outcome {
        assert_eq!(self.outcomes.len(), 1, "one transaction was expected");
        self.outcomes.remove(0)
    }
}

pub(super) fn timestamp(nanos: u64) -> Option<Timestamp> {
    let prost_types::Timestamp { seconds, nanos } = agora_framework::time::timestamp(nanos);
    Some(Timestamp { seconds, nanos })
}

pub(super) fn height_of(height: u64) -> i64 {
    i64::try_from(height).expect("a height")
}

impl TestChain {
    /// A chain to be set up.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(super) fn start(
        runtime: Runtime,
        modules: Modules,
        chain_id: &str,
        (initial_height, genesis_time): (u64, u64),
        state: &Value,
        validators: Vec<([u8; 32], u64)>,
        recorded: bool,
    ) -> Self {
        let backend = MemoryBackend::new();
        let app = open(runtime, &backend);
        let request = RequestInitChain {
            time: timestamp(genesis_time),
            chain_id: chain_id.to_owned(),
            app_state_bytes: serde_json::to_vec(state).expect("JSON").into(),
            initial_height: height_of(initial_height),
            validators: super::validators::abci(&validators),
            ..Default::default()
        };
        let started = app.init_chain(request.clone());
        let validators = Validators::start(validators, &started.validators);
        assert_eq!(started.app_hash.len(), 32, "genesis has a hash");
        let mut chain = Self {
            app,
            modules,
            backend,
            chain_id: chain_id.to_owned(),
            height: initial_height - 1,
            time: genesis_time,
            interval: 1_000_000_000,
            validators,
            recording: recorded.then(|| Recording::begin(request, started)),
        };
        let first = chain.block(Vec::new());
        assert_eq!(first.height, initial_height);
        chain
    }

    /// The application.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The state machine.
    #[must_use]
    pub fn runtime(&self) -> &Arc<Runtime> {
        self.app.runtime()
    }

    /// The chain id.
    #[must_use]
    pub fn chain_id(&self) -> &str {
        &self.chain_id
    }

    /// The height of the last block.
    #[must_use]
    pub fn height(&self) -> u64 {
        self.height
    }

    /// The time of the last block, in nanoseconds since 1970.
    #[must_use]
    pub fn time(&self) -> u64 {
        self.time
    }

    /// The time the next block will have.
    #[must_use]
    pub fn next_time(&self) -> u64 {
        self.time + self.interval
    }

    /// Lets so much time pass before the next block.
    pub fn advance(&mut self, by: Duration) {
        self.time += u64::try_from(by.as_nanos()).expect("a duration");
    }

    /// What an honest proposer makes of these transactions.
    #[must_use]
    pub fn propose(&self, txs: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        let request = RequestPrepareProposal {
            max_tx_bytes: 4 << 20,
            txs: txs.into_iter().map(Into::into).collect(),
            height: height_of(self.height + 1),
            time: timestamp(self.next_time()),
            ..Default::default()
        };
        self.app.prepare_proposal(request).txs.into_iter().map(|tx| tx.to_vec()).collect()
    }

    /// Whether a proposal of these transactions is accepted.
    #[must_use]
    pub fn accepts(&self, txs: Vec<Vec<u8>>) -> bool {
        let request = proposal_of(&self.next_block(txs));
        self.app.process_proposal(request).status == i32::from(ProposalStatus::Accept)
    }

    /// What consensus says of the next block if it has these transactions.
    fn next_block(&self, txs: Vec<Vec<u8>>) -> RequestFinalizeBlock {
        RequestFinalizeBlock {
            txs: txs.into_iter().map(Into::into).collect(),
            height: height_of(self.height + 1),
            time: timestamp(self.next_time()),
            decided_last_commit: self.validators.votes(),
            misbehavior: self.validators.faults(),
            proposer_address: self.validators.proposer().into(),
            ..Default::default()
        }
    }

    /// A block as an honest network makes it: proposed, accepted, executed.
    ///
    /// # Panics
    /// If the chain does not accept its own proposal.
    pub fn mine(&mut self, txs: Vec<Vec<u8>>) -> Block {
        let txs = self.propose(txs);
        assert!(self.accepts(txs.clone()), "a proposal of one's own must be accepted");
        self.block(txs)
    }

    /// Executes and commits a block of these transactions, whatever they are.
    ///
    /// # Panics
    /// If the application panics: it must not.
    pub fn block(&mut self, txs: Vec<Vec<u8>>) -> Block {
        let count = txs.len();
        let request = self.next_block(txs);
        self.time = self.next_time();
        self.height += 1;
        let asked = self.recording.is_some().then(|| request.clone());
        let response = self.app.finalize_block(request);
        let _ = self.app.commit();
        if let (Some(recording), Some(request)) = (&mut self.recording, asked) {
            recording.blocks.push((request, response.clone()));
        }
        let validator_updates = self.validators.next(&response.validator_updates);
        assert_eq!(response.tx_results.len(), count, "one result for each transaction");
        let store = self.app.store();
        Block {
            height: self.height,
            outcomes: response.tx_results.iter().map(|r| Outcome::delivered(r, self.height, store)).collect(),
            events: response.events.iter().map(Event::from).collect(),
            app_hash: response.app_hash.to_vec(),
            validator_updates,
            consensus_params: response.consensus_param_updates,
        }
    }

    /// The validators as consensus has them, to let one be silent or sign twice.
    pub fn validators(&mut self) -> &mut Validators {
        &mut self.validators
    }

    /// What consensus asked and was answered so far.
    ///
    /// # Panics
    /// If the chain was not built with [`Builder::recorded`].
    #[must_use]
    pub fn recording(&self) -> &Recording {
        self.recording.as_ref().expect("a chain built with `recorded`")
    }

    /// Makes blocks without transactions.
    pub fn empty_blocks(&mut self, count: u64) {
        for _ in 0..count {
            let _ = self.block(Vec::new());
        }
    }
}
