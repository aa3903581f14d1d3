//! The chain of a simulation and who lives there.

use std::sync::Arc;
use std::time::Duration;

use agora_framework::Module;
use agora_tests::faults::Faults;
use agora_tests::harness::FIRST_KEY;
use agora_tests::txs::{Draft, SignMode};
use agora_tests::{Account, TestChain};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use serde_json::json;

use super::done::Done;

/// What accounts hold at first.
const PURSE: &str = "100000000uatom,1000000000uago,100000000uusdc";

/// The gas a message of a module may use.
const GAS: u64 = 900_000;

pub(super) struct World {
    pub(super) chain: TestChain,
    pub(super) accounts: Vec<Account>,
    pub(super) committee: Account,
    /// Who operates a validator, with its key; the first never leaves, falls silent or signs twice.
    pub(super) operators: Vec<(Account, [u8; 32])>,
    pub(super) rng: StdRng,
    /// The last transaction made.
    pub(super) last: Vec<u8>,
}

pub(super) fn modules() -> Vec<Arc<dyn Module>> {
    let mut modules = agora_runtime::modules();
    modules.push(Arc::new(Faults));
    modules
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let account = |i: usize| match i % 5 {
            4 => Account::ed25519(&format!("sim {i}")),
            _ => Account::new(&format!("sim {i}")),
        };
        let accounts: Vec<Account> = (0..12).map(account).collect();
        let committee = Account::multisig("committee", 2, &[&accounts[0], &accounts[1], &accounts[2]]);
        let steward = Account::new("steward");
        let holders = accounts.iter().chain([&committee, &steward]);
        let chain = TestChain::builder()
            .modules(modules)
            .balances(holders.map(|account| (account, PURSE)))
            .validator(&steward)
            .genesis("/staking/params/unbonding_time", json!("700s"))
            .genesis("/staking/params/max_validators", json!(4))
            .genesis("/slashing/params/signed_blocks_window", json!("12"))
            .genesis("/slashing/params/downtime_jail_duration", json!("30s"))
            .genesis("/gov/params/max_deposit_period", json!("40s"))
            .genesis("/gov/params/voting_period", json!("50s"))
            .genesis("/gov/params/expedited_voting_period", json!("25s"))
            .build();
        let rng = StdRng::seed_from_u64(seed);
        let operators = vec![(steward, FIRST_KEY)];
        Self { chain, accounts, committee, operators, rng, last: vec![] }
    }

    /// Anybody.
    pub(super) fn pick(&mut self) -> Account {
        self.accounts.choose(&mut self.rng).expect("accounts").clone()
    }

    /// The account with this address, if it can sign.
    pub(super) fn find(&self, address: &str) -> Option<Account> {
        self.accounts.iter().find(|account| account.address.to_string() == address).cloned()
    }

    /// The address of a validator there is, or was meant to be.
    pub(super) fn validator(&mut self) -> String {
        let (operator, _) = self.operators.choose(&mut self.rng).expect("an operator");
        operator.address.to_bech32("agoravaloper")
    }

    /// One of these, by weight.
    pub(super) fn choose<T: Copy>(&mut self, of: &[(u32, T)]) -> T {
        of.choose_weighted(&mut self.rng, |(weight, _)| *weight).expect("weights").1
    }

    /// Some base units: few or many.
    pub(super) fn units(&mut self, most: u64) -> u64 {
        let bits = self.rng.gen_range(1..=64 - most.leading_zeros());
        self.rng.gen_range(1..=most.min(1 << bits.min(63)))
    }

    /// A transaction to be: signed in one of the ways.
    pub(super) fn draft(&mut self, from: &Account) -> Draft {
        let draft = self.chain.draft(from);
        if from.members().is_empty() && self.rng.gen_bool(0.3) { draft.mode(SignMode::Amino) } else { draft }
    }

    /// The same with gas for any message.
    pub(super) fn rich_draft(&mut self, from: &Account) -> Draft {
        let fee = self.chain.fee_for(GAS);
        self.draft(from).gas(GAS).fee(&fee)
    }

    /// Executes a block and says what became of its transactions. Now and then time jumps, or the node restarts.
    pub(super) fn block(&mut self, mut txs: Vec<Vec<u8>>) -> Vec<Done> {
        if self.rng.gen_ratio(1, 40) {
            let jump = Duration::from_secs(self.rng.gen_range(1..1_000));
            self.chain.advance(jump);
        }
        if self.rng.gen_ratio(1, 60) {
            self.chain.restart();
        }
        // Half of the blocks come from an honest proposer, the others from one who takes anything.
        if self.rng.gen_bool(0.5) {
            txs = self.chain.propose(txs);
            assert!(self.chain.accepts(txs.clone()), "a proposal of one's own must be accepted");
        }
        let outcomes = self.chain.block(txs.clone()).outcomes;
        txs.into_iter().zip(outcomes).map(|(bytes, outcome)| Done { bytes, outcome }).collect()
    }
}
