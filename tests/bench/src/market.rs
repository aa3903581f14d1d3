//! Pools of every kind and many traders, on a state in memory and through the real runtime.

use agora_dex::proto::agora::dex::v1 as wire;
use agora_executor::{BlockExecutor, Program, Sequential};
use agora_framework::AppError;
use agora_primitives::Address;
use agora_proto::cosmos::base::v1beta1::DecCoin;
use agora_proto::pack;
use agora_runtime::{BlockOutcome, Runtime};
use agora_state::{Overlay, StateRead};
use agora_tests::Account;
use agora_tests::txs::{Draft, send, wire_coins};
use anyhow::{Context, ensure};
use parking_lot::Mutex;
use prost_types::Any;
use rand::Rng;
use rand::rngs::StdRng;
use rayon::prelude::*;

use crate::memory::Memory;
use crate::report::progress;
use crate::rounds::{Sample, sampled};
use crate::transfers::{CHAIN_ID, block, fee, genesis};

/// What everybody holds.
const HELD: [(&str, &str); 4] = [
    ("satoshi", "1000000000000000000"),
    ("uago", "1000000000000000000"),
    ("uusdc", "1000000000000000000"),
    ("uusdt", "1000000000000000000"),
];

/// Gas a transaction asks for.
const GAS: u64 = 1_000_000;

/// Each first reserve of a pool, in base units.
const RESERVE: &str = "10000000000000";

/// What a swap gives, in base units: too little for a block of them to take a price far.
const GIVEN: std::ops::Range<u64> = 1_000_000..1_000_000_000;

/// How far the ticks of the concentrated pool are apart.
const SPACING: i32 = 60;

/// A pool and the two of its coins that are exchanged.
#[derive(Clone, Debug)]
pub struct Pool {
    id: String,
    denoms: [&'static str; 2],
}

/// A chain with pools whose traders have all signed before. Blocks are executed and forgotten.
pub struct Market {
    /// The state machine.
    pub runtime: Runtime,
    /// Constant-product pools of the same two coins.
    pub pools: Vec<Pool>,
    /// A pool of three coins with weights.
    pub weighted: Pool,
    /// A pool of two coins of like worth.
    pub stable: Pool,
    /// A pool with one wide position and forty narrow ones side by side.
    pub concentrated: Pool,
    state: Memory,
    height: u64,
    maker: (Account, u64),
    traders: Vec<Account>,
}

impl Market {
    /// A market with that many traders and constant-product pools, and one pool of each other kind. As on the development network
    /// the chain takes its own fee of every exchange.
    ///
    /// # Errors
    /// Something that must succeed is refused.
    pub fn open(traders: usize, pools: usize) -> anyhow::Result<Self> {
        progress(format_args!("a market of {pools} pools and {traders} traders"));
        let runtime = Runtime::standard()?;
        let traders: Vec<Account> =
            (0..traders).into_par_iter().map(|i| Account::new(&format!("trader {i}"))).collect();
        let maker = Account::new("maker");
        let mut app_state = runtime.default_genesis();
        app_state["dex"]["params"]["taker_fee"]["rate"] = "0.001".into();
        let holders = traders.iter().chain([&maker]).map(|account| account.address);
        let state = Memory(genesis(&runtime, app_state, holders, &HELD)?);
        let none = Pool { id: String::new(), denoms: ["uago", "uusdc"] };
        let mut market = Self {
            runtime,
            pools: Vec::new(),
            weighted: none.clone(),
            stable: none.clone(),
            concentrated: none,
            state,
            height: 2,
            maker: (maker, 0),
            traders,
        };
        market.make_pools(pools)?;
        // So that nobody's first transaction is measured.
        let first = market.transfers(market.traders.len(), 0)?;
        market.commit(&first)?;
        Ok(market)
    }

    fn make_pools(&mut self, count: usize) -> anyhow::Result<()> {
        let sender = self.maker.0.address.to_string();
        let coins = |denoms: &[&str]| {
            wire_coins(&denoms.iter().map(|denom| format!("{RESERVE}{denom}")).collect::<Vec<_>>().join(","))
        };
        let figures = |list: &[(&str, &str)]| {
            let figure = |(denom, tenths): &(&str, &str)| DecCoin {
                denom: (*denom).to_owned(),
                amount: format!("{tenths}00000000000000000"),
            };
            list.iter().map(figure).collect::<Vec<_>>()
        };
        let swap_fee = "3000000000000000".to_owned();
        let constant_product = wire::MsgCreatePool {
            sender: sender.clone(),
            coins: coins(&["uago", "uusdc"]),
            swap_fee: swap_fee.clone(),
        };
        let mut messages = vec![pack(&constant_product); count];
        messages.push(pack(&wire::MsgCreateWeightedPool {
            sender: sender.clone(),
            coins: coins(&["satoshi", "uago", "uusdc"]),
            weights: figures(&[("satoshi", "4"), ("uago", "4"), ("uusdc", "2")]),
            swap_fee: swap_fee.clone(),
        }));
        messages.push(pack(&wire::MsgCreateStablePool {
            sender: sender.clone(),
            coins: coins(&["uusdc", "uusdt"]),
            amplification: 200,
            swap_fee: swap_fee.clone(),
            rates: figures(&[("uusdc", "10"), ("uusdt", "10")]),
            rate_provider: String::new(),
        }));
        messages.push(pack(&wire::MsgCreateConcentratedPool {
            sender: sender.clone(),
            denom_0: "satoshi".to_owned(),
            denom_1: "uago".to_owned(),
            swap_fee,
            price: "1000000000000000000".to_owned(),
            sqrt_price: String::new(),
        }));
        let made = self.make(messages)?;
        let pool = |at: usize, denoms| -> anyhow::Result<Pool> {
            let events = &made.results.get(at).context("a pool is missing")?.events;
            let id = events.iter().find_map(|event| event.get("pool_id")).context("no pool was made")?;
            Ok(Pool { id, denoms })
        };
        self.pools = (0..count).map(|at| pool(at, ["uago", "uusdc"])).collect::<Result<_, _>>()?;
        self.weighted = pool(count, ["uago", "uusdc"])?;
        self.stable = pool(count + 1, ["uusdc", "uusdt"])?;
        self.concentrated = pool(count + 2, ["satoshi", "uago"])?;
        let wide = (-100 * SPACING, 100 * SPACING);
        let ranges = (-20..20).map(|at| (at * SPACING, (at + 1) * SPACING)).chain([wide]);
        let open = |(tick_lower, tick_upper)| {
            pack(&wire::MsgOpenPosition {
                sender: sender.clone(),
                pool_id: self.concentrated.id.clone(),
                tick_lower,
                tick_upper,
                coins_max: coins(&["satoshi", "uago"]),
                liquidity_min: "0".to_owned(),
                deadline: None,
            })
        };
        let messages = ranges.map(open).collect();
        self.make(messages)?;
        Ok(())
    }

    /// Commits a block of the maker's messages, each in a transaction of its own.
    fn make(&mut self, messages: Vec<Any>) -> anyhow::Result<BlockOutcome> {
        let fee = fee(&self.state, GAS)?;
        let pool = self.runtime.registry().pool();
        let (maker, sequence) = &mut self.maker;
        let txs: Vec<Vec<u8>> = messages
            .into_iter()
            .map(|message| {
                *sequence += 1;
                Draft::new(pool, CHAIN_ID, maker, *sequence - 1).any(message).gas(GAS).fee(&fee).bytes()
            })
            .collect();
        self.commit(&txs)
    }

    fn commit(&mut self, txs: &[Vec<u8>]) -> anyhow::Result<BlockOutcome> {
        let outcome = self.execute(&Sequential, txs)?;
        self.height += 1;
        self.state.0.extend(outcome.writes.clone());
        Ok(outcome)
    }

    /// Executes the next block, of which every transaction must succeed, and forgets it.
    ///
    /// # Errors
    /// One does not.
    pub fn execute(&self, executor: &impl BlockExecutor, txs: &[Vec<u8>]) -> anyhow::Result<BlockOutcome> {
        let outcome = self
            .runtime
            .finalize(executor, &self.state, &block(self.height), txs)
            .map_err(|e| anyhow::anyhow!("the block failed: {e}"))?;
        let failed = outcome.results.iter().find(|result| !result.is_ok());
        ensure!(failed.is_none(), "a transaction failed: {}", failed.context("none")?.log);
        Ok(outcome)
    }

    /// A transfer of each of the first `count` traders to an account of its own.
    ///
    /// # Errors
    /// The state cannot be read.
    pub fn transfers(&self, count: usize, sequence: u64) -> anyhow::Result<Vec<Vec<u8>>> {
        self.signed(count, sequence, |at, from| {
            pack(&send(&from.address, &Address::from_sha256(&at.to_be_bytes()), "1uago"))
        })
    }

    /// A swap of each of the first `count` traders, in any of the pools, either way.
    ///
    /// # Errors
    /// The state cannot be read.
    pub fn swaps(&self, rng: &mut StdRng, count: usize, pools: &[Pool]) -> anyhow::Result<Vec<Vec<u8>>> {
        let chosen: Vec<_> = (0..count)
            .map(|_| (&pools[rng.gen_range(0..pools.len())], rng.gen_bool(0.5), rng.gen_range(GIVEN)))
            .collect();
        self.signed(count, 1, |at, from| {
            let (Pool { id, denoms: [a, b] }, forth, given) = chosen[at];
            let (given_denom, taken_denom) = if forth { (a, b) } else { (b, a) };
            let hop =
                wire::Hop { pool_id: id.clone(), denom_out: (*taken_denom).to_owned(), limit: String::new() };
            pack(&wire::MsgSwapExactIn {
                sender: from.address.to_string(),
                token_in: wire_coins(&format!("{given}{given_denom}")).pop(),
                token_out_min: wire_coins(&format!("1{taken_denom}")).pop(),
                routes: vec![wire::Route { hops: vec![hop], weight: 1 }],
                deadline: None,
            })
        })
    }

    /// A transaction with one message of each of the first `count` traders.
    fn signed(
        &self,
        count: usize,
        sequence: u64,
        message: impl Fn(usize, &Account) -> Any + Sync,
    ) -> anyhow::Result<Vec<Vec<u8>>> {
        let fee = fee(&self.state, GAS)?;
        let pool = self.runtime.registry().pool();
        let sign = |(at, from): (usize, &Account)| {
            Draft::new(pool, CHAIN_ID, from, sequence).any(message(at, from)).gas(GAS).fee(&fee).bytes()
        };
        Ok(self.traders[..count].par_iter().enumerate().map(sign).collect())
    }
}

/// An executor that is timed, apart from what the rest of a block takes.
pub struct Timed<'a, E> {
    executor: &'a E,
    taken: Mutex<Sample>,
}

impl<'a, E> Timed<'a, E> {
    /// Times `executor`.
    pub fn new(executor: &'a E) -> Self {
        Self { executor, taken: Mutex::default() }
    }

    /// What the last block took of it.
    pub fn taken(self) -> Sample {
        self.taken.into_inner()
    }
}

impl<E: BlockExecutor> BlockExecutor for Timed<'_, E> {
    fn within<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        self.executor.within(work)
    }

    fn execute<B, P>(&self, state: &mut Overlay<B>, program: &P) -> Result<Vec<P::Output>, AppError>
    where
        B: StateRead + Send + Sync,
        P: Program,
    {
        let (outputs, sample) = sampled(|| self.executor.execute(state, program));
        *self.taken.lock() = sample;
        outputs
    }
}
