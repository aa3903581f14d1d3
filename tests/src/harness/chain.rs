//! The chain: blocks, time, queries, restarts.

use std::sync::Arc;
use std::time::Duration;

use agora_executor::{Executor, Mode, Parallel};
use agora_framework::Invariant;
use agora_node::app::{App, Halt};
use agora_primitives::{Amount, Denom};
use agora_runtime::{PoolLimits, Runtime};
use agora_store::{MemoryBackend, Options, Snapshot, Store};
use prost::Message;
use serde_json::Value;
use tendermint_abci::Application;
use tendermint_proto::google::protobuf::Timestamp;
use tendermint_proto::v0_38::abci::{
    RequestCheckTx, RequestFinalizeBlock, RequestInitChain, RequestPrepareProposal, RequestProcessProposal,
    RequestQuery, ResponseQuery, response_process_proposal::ProposalStatus,
};

use super::builder::{Builder, Modules};
use super::events::Event;
use super::outcome::Outcome;
use super::validators::Validators;
use crate::txs::{Account, Addressed, Draft};

/// 2026-01-01, the time of genesis.
pub(super) const GENESIS_TIME: u64 = 1_767_225_600_000_000_000;

/// A running chain.
pub struct TestChain {
    app: App,
    modules: Modules,
    backend: MemoryBackend,
    chain_id: String,
    height: u64,
    time: u64,
    interval: u64,
    validators: Validators,
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

fn open(runtime: Runtime, backend: &MemoryBackend) -> App {
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

fn timestamp(nanos: u64) -> Option<Timestamp> {
    Some(Timestamp {
        seconds: i64::try_from(nanos / 1_000_000_000).expect("seconds"),
        nanos: i32::try_from(nanos % 1_000_000_000).expect("nanoseconds"),
    })
}

fn height_of(height: u64) -> i64 {
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
        backend: MemoryBackend,
        chain_id: &str,
        (initial_height, genesis_time): (u64, u64),
        state: &Value,
        validators: Vec<([u8; 32], u64)>,
    ) -> Self {
        let app = open(runtime, &backend);
        let request = RequestInitChain {
            time: timestamp(genesis_time),
            chain_id: chain_id.to_owned(),
            app_state_bytes: serde_json::to_vec(state).expect("JSON").into(),
            initial_height: height_of(initial_height),
            validators: super::validators::abci(&validators),
            ..Default::default()
        };
        let started = app.init_chain(request);
        let validators = Validators::start(validators, &started.validators);
        let genesis_hash = started.app_hash;
        assert_eq!(genesis_hash.len(), 32, "genesis has a hash");
        let mut chain = Self {
            app,
            modules,
            backend,
            chain_id: chain_id.to_owned(),
            height: initial_height - 1,
            time: genesis_time,
            interval: 1_000_000_000,
            validators,
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

    /// The state after the last block.
    ///
    /// # Panics
    /// If it cannot be read.
    #[must_use]
    pub fn state(&self) -> Snapshot {
        self.app.store().snapshot(None).expect("a state")
    }

    /// The hash of the state after the last block.
    ///
    /// # Panics
    /// Never: every chain has a block.
    #[must_use]
    pub fn app_hash(&self) -> Vec<u8> {
        self.app.store().latest().expect("a block").app_hash.to_vec()
    }

    /// Starts a transaction of `account`: its next sequence, 200,000 gas, the fee that takes at present.
    pub fn tx(&mut self, account: &Account) -> Draft<&mut Self> {
        let sequence = self.sequence(account);
        let fee = self.fee_for(200_000);
        let (pool, chain_id) = (self.runtime().registry().pool().clone(), self.chain_id.clone());
        Draft::of(self, &pool, &chain_id, account, sequence).fee(&fee)
    }

    /// As [`TestChain::tx`], for bytes.
    pub fn draft(&self, account: &Account) -> Draft {
        let pool = self.runtime().registry().pool();
        Draft::new(pool, &self.chain_id, account, self.sequence(account)).fee(&self.fee_for(200_000))
    }

    /// The least fee for so much gas at present.
    ///
    /// # Panics
    /// If the price cannot be read.
    #[must_use]
    pub fn fee_for(&self, gas: u64) -> String {
        let price = agora_feemarket::api::gas_price(&self.state()).expect("a price");
        format!("{}{}", price.fee(gas).expect("a fee"), price.denom)
    }

    /// What CheckTx says.
    pub fn check(&self, bytes: &[u8]) -> Outcome {
        self.check_as(bytes, 0)
    }

    /// What CheckTx says when it is asked again after a block.
    pub fn recheck(&self, bytes: &[u8]) -> Outcome {
        self.check_as(bytes, 1)
    }

    fn check_as(&self, bytes: &[u8], kind: i32) -> Outcome {
        let result = self.app.check_tx(RequestCheckTx { tx: bytes.to_vec().into(), r#type: kind });
        Outcome::checked(&result, self.height, self.app.store())
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
        let request = RequestProcessProposal {
            txs: txs.into_iter().map(Into::into).collect(),
            height: height_of(self.height + 1),
            time: timestamp(self.next_time()),
            ..Default::default()
        };
        self.app.process_proposal(request).status == i32::from(ProposalStatus::Accept)
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
        self.time = self.next_time();
        self.height += 1;
        let request = RequestFinalizeBlock {
            txs: txs.into_iter().map(Into::into).collect(),
            height: height_of(self.height),
            time: timestamp(self.time),
            decided_last_commit: self.validators.votes(),
            misbehavior: self.validators.take_faults(),
            proposer_address: self.validators.proposer().into(),
            ..Default::default()
        };
        let response = self.app.finalize_block(request);
        let _ = self.app.commit();
        let validator_updates = self.validators.next(&response.validator_updates);
        assert_eq!(response.tx_results.len(), count, "one result for each transaction");
        let store = self.app.store();
        Block {
            height: self.height,
            outcomes: response.tx_results.iter().map(|r| Outcome::delivered(r, self.height, store)).collect(),
            events: response.events.iter().map(Event::from).collect(),
            app_hash: response.app_hash.to_vec(),
            validator_updates,
        }
    }

    /// The validators as consensus has them, to let one be silent or sign twice.
    pub fn validators(&mut self) -> &mut Validators {
        &mut self.validators
    }

    /// Makes blocks without transactions.
    pub fn empty_blocks(&mut self, count: u64) {
        for _ in 0..count {
            let _ = self.block(Vec::new());
        }
    }

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

    /// The genesis that would start a chain from here.
    ///
    /// # Panics
    /// If the state cannot be read.
    #[must_use]
    pub fn export(&self) -> Value {
        self.runtime().export(&self.state()).expect("an export")
    }

    /// An ABCI query at a height; `None` for the latest.
    #[must_use]
    pub fn abci_query(&self, path: &str, data: Vec<u8>, height: Option<u64>) -> ResponseQuery {
        let height = height.map_or(0, height_of);
        self.app.query(RequestQuery { data: data.into(), path: path.to_owned(), height, prove: false })
    }

    /// A gRPC query over ABCI.
    ///
    /// # Errors
    /// The log of the refusal.
    ///
    /// # Panics
    /// If the answer is malformed.
    pub fn query<Req: Message, Res: Message + Default>(
        &self,
        path: &str,
        request: &Req,
    ) -> Result<Res, String> {
        let answer = self.abci_query(path, request.encode_to_vec(), None);
        match answer.code {
            0 => Ok(Res::decode(answer.value).expect("the response of the definition")),
            _ => Err(answer.log),
        }
    }

    /// What an account holds.
    ///
    /// # Panics
    /// If the state cannot be read.
    #[must_use]
    pub fn balance(&self, holder: &impl Addressed, denom: &str) -> Amount {
        let denom: Denom = denom.parse().expect("a denom");
        agora_bank::api::balance(&self.state(), &holder.address(), &denom).expect("a balance")
    }

    /// How much of a denom there is.
    ///
    /// # Panics
    /// If the state cannot be read.
    #[must_use]
    pub fn supply(&self, denom: &str) -> Amount {
        agora_bank::api::supply(&self.state(), &denom.parse().expect("a denom")).expect("a supply")
    }

    /// The sequence an account must use next.
    ///
    /// # Panics
    /// If the state cannot be read.
    #[must_use]
    pub fn sequence(&self, account: &impl Addressed) -> u64 {
        agora_auth::api::account(&self.state(), &account.address()).expect("an account").sequence
    }

    /// Checks every invariant of every module.
    ///
    /// # Errors
    /// The invariants that do not hold, and why.
    pub fn check_invariants(&self) -> Result<(), String> {
        let state = self.state();
        let broken: Vec<String> = self
            .runtime()
            .registry()
            .modules()
            .iter()
            .flat_map(|module| module.invariants().into_iter().map(|invariant| (module.name(), invariant)))
            .filter_map(|(module, Invariant { name, check })| {
                check(&state)
                    .err()
                    .map(|why| format!("{module}: {name:?} does not hold at height {}: {why}", self.height))
            })
            .collect();
        if broken.is_empty() { Ok(()) } else { Err(broken.join("\n")) }
    }
}

impl Draft<&mut TestChain> {
    /// Executes it alone in a block.
    pub fn run(self) -> Outcome {
        let bytes = self.bytes();
        self.chain.block(vec![bytes]).only()
    }

    /// What CheckTx says.
    pub fn check(self) -> Outcome {
        let bytes = self.bytes();
        self.chain.check(&bytes)
    }

    /// Gas limit and the fee it takes at present.
    pub fn gas_and_fee(self, limit: u64) -> Self {
        let fee = self.chain.fee_for(limit);
        self.gas(limit).fee(&fee)
    }
}
