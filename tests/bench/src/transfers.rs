//! A chain with many accounts, and blocks of signed transfers for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use agora_executor::{BlockExecutor, Parallel};
use agora_feemarket::api as feemarket;
use agora_framework::BlockInfo;
use agora_primitives::Address;
use agora_runtime::{InitChain, Runtime};
use agora_state::{StateKey, StateRead, WriteSet, decode_sum, encode_sum};
use agora_store::{Options, Snapshot, Store};
use agora_tests::Account;
use agora_tests::txs::Draft;
use anyhow::Context;
use rand::Rng;
use rand::rngs::StdRng;
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::folder::Folder;
use crate::report::progress;
use crate::workload;

/// The chain that everything is signed for.
pub(crate) const CHAIN_ID: &str = "agora-bench-1";

/// 2026-01-01 in nanoseconds since 1970.
pub(crate) const GENESIS_TIME: u64 = 1_767_225_600_000_000_000;

/// Accounts of one call of genesis: its JSON takes some kilobytes an account while it is read.
const GENESIS_AT_ONCE: u64 = 50_000;

/// Gas a transfer asks for.
const GAS: u64 = 150_000;

/// Gas of a block.
const MAX_BLOCK_GAS: u64 = 10_000 * GAS;

/// What every account holds.
const HELD: [(&str, &str); 1] = [("uago", "1000000000000")];

/// A chain on RocksDB whose accounts all hold something; some of them can sign.
pub struct Chain {
    /// The state machine.
    pub runtime: Arc<Runtime>,
    /// The same with nothing remembered of the first.
    pub other: Runtime,
    /// Its state.
    pub store: Arc<Store>,
    accounts: u64,
    signers: Vec<(Account, u64)>,
}

impl Chain {
    /// Hashes what a block has written and makes it durable, as a node does.
    ///
    /// # Errors
    /// The disk fails.
    pub fn commit(
        &self,
        executor: &Parallel,
        state: &Snapshot,
        height: u64,
        writes: WriteSet,
    ) -> anyhow::Result<()> {
        let staged = executor.within(|| self.store.stage_on(state, height, writes))?;
        self.store.commit(staged)?;
        Ok(())
    }

    /// A chain of `accounts` accounts, of which `signers` sign, in the folder `name`.
    ///
    /// Genesis is run for some accounts at a time and committed block by block, because the JSON of a million would not fit.
    ///
    /// # Errors
    /// The disk fails, or genesis is refused.
    pub fn create(folder: &Folder, name: &str, accounts: u64, signers: u64) -> anyhow::Result<Self> {
        progress(format_args!("genesis of {accounts} accounts"));
        let runtime = Arc::new(Runtime::standard()?);
        let stores = runtime.registry().stores().to_vec();
        let options = Options { stores, ..workload::options(&folder.join(name)) };
        let store = Arc::new(Store::open(options)?);
        let keys: Vec<Account> =
            (0..signers).into_par_iter().map(|i| Account::new(&format!("signer {i}"))).collect();
        let mut totals = BTreeMap::new();
        for (height, first) in (1_u64..).zip((0..accounts).step_by(GENESIS_AT_ONCE as usize)) {
            let held = first..accounts.min(first + GENESIS_AT_ONCE);
            let addresses = held.map(|i| keys.get(i as usize).map_or_else(|| address(i), |key| key.address));
            let mut state = runtime.default_genesis();
            // A block of the benchmarks holds more than a network would let into a proposal.
            state["feemarket"]["params"]["max_block_utilization"] = json!(MAX_BLOCK_GAS.to_string());
            let mut part = genesis(&runtime, state, addresses, &HELD)?;
            add_up(&runtime, &mut totals, &mut part)?;
            store.commit(store.stage(height, part)?)?;
        }
        let signers = keys.into_iter().map(|key| (key, 0)).collect();
        Ok(Self { runtime, other: Runtime::standard()?, store, accounts, signers })
    }

    /// The block after the head.
    #[must_use]
    pub fn next_block(&self) -> BlockInfo {
        block(workload::next_height(&self.store))
    }

    /// Closes the state, which nobody else may hold any more.
    ///
    /// # Errors
    /// The disk fails.
    pub fn close(self) -> anyhow::Result<()> {
        Ok(Arc::into_inner(self.store).context("the state is still in use")?.close()?)
    }

    /// Signed transfers from signers to any account, each signer with its next sequence.
    ///
    /// # Errors
    /// The state cannot be read.
    pub fn transfers(&mut self, rng: &mut StdRng, count: usize) -> anyhow::Result<Vec<Vec<u8>>> {
        let fee = fee(&self.store.snapshot(None)?, GAS)?;
        let runtime = &self.runtime;
        let drafts: Vec<Draft> = (0..count)
            .map(|_| {
                let at = rng.gen_range(0..self.signers.len());
                let to = rng.gen_range(self.signers.len() as u64..self.accounts);
                let (signer, sequence) = &mut self.signers[at];
                *sequence += 1;
                transfer(runtime, signer, *sequence - 1, &address(to), &fee)
            })
            .collect();
        Ok(drafts.par_iter().map(Draft::bytes).collect())
    }

    /// Every key under the application hash, as it is stored.
    ///
    /// # Errors
    /// The disk fails.
    pub fn keys(&self) -> anyhow::Result<Vec<StateKey>> {
        self.store.export()?.map(|entry| Ok(entry?.0)).collect()
    }
}

/// Accounts that each send one transfer a round; their state is kept by the caller.
pub struct Senders(Vec<(Account, u64)>);

impl Senders {
    /// That many of them.
    #[must_use]
    pub fn new(count: usize) -> Self {
        Self((0..count).into_par_iter().map(|i| (Account::new(&format!("sender {i}")), 0)).collect())
    }

    /// A state in which all of them hold something.
    ///
    /// # Errors
    /// Genesis is refused.
    pub fn first_state(&self, runtime: &Runtime) -> anyhow::Result<WriteSet> {
        genesis(runtime, runtime.default_genesis(), self.0.iter().map(|(account, _)| account.address), &HELD)
    }

    /// A transfer of each, to an account of its own, at the price the state says.
    ///
    /// # Errors
    /// The state cannot be read.
    pub fn round(&mut self, runtime: &Runtime, state: &dyn StateRead) -> anyhow::Result<Vec<Vec<u8>>> {
        let fee = fee(state, GAS)?;
        let signed = (0_u64..).zip(&mut self.0).map(|(i, (account, sequence))| {
            *sequence += 1;
            transfer(runtime, account, *sequence - 1, &address(i), &fee)
        });
        Ok(signed.collect::<Vec<_>>().par_iter().map(Draft::bytes).collect())
    }
}

/// A block of the chain that everything is signed for.
#[must_use]
pub fn block(height: u64) -> BlockInfo {
    BlockInfo { chain_id: CHAIN_ID.to_owned(), height, time: GENESIS_TIME + height * 1_000_000_000 }
}

/// What so much gas costs.
///
/// # Errors
/// The state cannot be read, or the fee has no bound.
pub(crate) fn fee(state: &dyn StateRead, gas: u64) -> anyhow::Result<String> {
    let price = feemarket::gas_price(state)?;
    Ok(format!("{}{}", price.fee(gas).context("the fee has no bound")?, price.denom))
}

fn transfer(runtime: &Runtime, from: &Account, sequence: u64, to: &Address, fee: &str) -> Draft {
    Draft::new(runtime.registry().pool(), CHAIN_ID, from, sequence).send(to, "1uago").gas(GAS).fee(fee)
}

/// The address of an account that never signs.
pub(crate) fn address(account: u64) -> Address {
    Address::from_sha256(&account.to_be_bytes())
}

/// The first state of a chain in which only these accounts hold something, each of them `held`.
///
/// # Errors
/// Genesis is refused.
pub(crate) fn genesis(
    runtime: &Runtime,
    mut app_state: Value,
    holders: impl Iterator<Item = Address>,
    held: &[(&str, &str)],
) -> anyhow::Result<WriteSet> {
    let coins: Value = held.iter().map(|(denom, amount)| json!({"denom": denom, "amount": amount})).collect();
    let balances: Vec<Value> =
        holders.map(|holder| json!({"address": holder.to_string(), "coins": coins})).collect();
    app_state["bank"]["balances"] = Value::Array(balances);
    first_writes(runtime, app_state)
}

/// What a chain that begins with this state writes.
///
/// # Errors
/// Genesis is refused.
pub(crate) fn first_writes(runtime: &Runtime, app_state: Value) -> anyhow::Result<WriteSet> {
    let init = InitChain {
        chain_id: CHAIN_ID.to_owned(),
        initial_height: 1,
        time: GENESIS_TIME,
        params: Default::default(),
        validators: Vec::new(),
        app_state,
    };
    runtime.init_chain(&init).map(|outcome| outcome.writes).map_err(|e| anyhow::anyhow!("genesis: {e}"))
}

/// Makes the supplies that `part` writes those of all parts so far. Whatever else two parts both write is the same in both.
fn add_up(
    runtime: &Runtime,
    totals: &mut BTreeMap<StateKey, i128>,
    part: &mut WriteSet,
) -> anyhow::Result<()> {
    let collections = runtime.registry().collections().iter();
    let supply = collections
        .copied()
        .find(|collection| collection.store.name() == "bank" && collection.name == "SUPPLY")
        .context("bank declares no supply")?;
    let of_supply = |key: &StateKey| key.store == supply.store && key.key.first() == Some(&supply.id);
    for (key, value) in part.iter_mut().filter(|(key, _)| of_supply(key)) {
        let total = totals.entry(key.clone()).or_default();
        *total += decode_sum(key, value.as_deref())?;
        *value = encode_sum(*total);
    }
    Ok(())
}
