//! Giving a node work: transactions signed ahead and sent at a chosen rate, and what became of them.
//!
//! Reading order: [`Plan`] (what is wanted) -> `account` and `fund` (who sends) -> `kind`, [`mix`] and `sign` (what is sent) ->
//! `send` and `watch` (the load itself) -> [`report`]. Everything blocks; connections are threads.

mod account;
mod fund;
mod kind;
pub mod mix;
pub mod report;
mod send;
mod sign;
mod watch;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::amount::GasPrice;
use crate::client::Client;
use crate::error::{CliError, Result};
use crate::sign::SecretKey;
use account::{LoadAccount, Queue};
pub use kind::Kind;
use kind::Scene;
pub use mix::Mix;
pub use report::Report;
use report::Tally;
use send::{Pace, Sending};
use sign::Recipes;
use watch::{SeenBlock, Waiting};

/// What fees and transfers are paid in.
const FEE_DENOM: &str = "uago";

/// The most transactions of a load: they are signed ahead and held in memory, about half a kilobyte each.
pub const MAX_COUNT: u64 = 2_000_000;

/// What is to be sent.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The node's RPC.
    pub node: String,
    /// The key that pays.
    pub funder: SecretKey,
    /// Which kinds.
    pub mix: Mix,
    /// Transactions a second; none for as fast as the node takes them.
    pub rate: Option<u64>,
    /// How many are signed and sent at most, up to [`MAX_COUNT`].
    pub count: u64,
    /// How long is sent at most.
    pub duration: Duration,
    /// How many accounts send.
    pub accounts: usize,
    /// How many connections carry it.
    pub connections: usize,
    /// The gas each transaction asks for; none for a third more than it takes in a rehearsal.
    pub gas: Option<u64>,
    /// The price of gas offered; none for [`Plan::PRICE_FACTOR`] times what the chain asks.
    pub gas_price: Option<GasPrice>,
    /// How long is waited for blocks after the last transaction.
    pub drain: Duration,
}

impl Plan {
    /// Full blocks raise the chain's price by an eighth each: so much is left for a load of some seconds.
    pub const PRICE_FACTOR: u128 = 100;
}

/// How far a load is.
#[derive(Clone, Copy, Debug)]
pub enum Progress {
    /// Accounts are looked up and given what they need.
    Funding,
    /// Transactions are signed.
    Signing {
        /// Accounts done.
        accounts: usize,
        /// Accounts in all.
        of: usize,
    },
    /// Transactions are sent, or waited for.
    Sending {
        /// Since the first.
        elapsed: Duration,
        /// Handed in.
        sent: u64,
        /// Refused.
        refused: u64,
        /// Seen in blocks.
        committed: u64,
        /// Taken and in no block yet.
        waiting: usize,
    },
}

/// How often progress is told.
const TICK: Duration = Duration::from_millis(200);

/// Carries a plan out. `stop` ends it early, with the report of what was done until then.
///
/// # Errors
/// The node cannot be reached, the accounts cannot be funded, or nothing can be signed. What becomes of the transactions is
/// no error but the report's contents.
pub fn run(plan: &Plan, on_progress: &(dyn Fn(Progress) + Sync), stop: &AtomicBool) -> Result<Report> {
    let client = Client::new(&plan.node);
    let chain_id = client.status()?.node_info.network;
    on_progress(Progress::Funding);
    let (queues, signed) = prepare(plan, &client, &chain_id, on_progress, stop)?;
    let (mut report, ours) = carry(plan, &client, &chain_id, queues, signed, on_progress, stop)?;
    // Results are asked for only now: with their events they are many times what was sent.
    for block in &ours {
        let outcomes = client.block_outcomes(block.height)?;
        for outcome in block.ours.iter().filter_map(|one| outcomes.get(one.index)) {
            if outcome.code != 0 {
                report.fail(&outcome.codespace, outcome.code, &outcome.log);
            }
        }
    }
    report.interrupted = stop.load(Ordering::Relaxed);
    Ok(report)
}

/// Funds the accounts and signs.
fn prepare(
    plan: &Plan,
    client: &Client,
    chain_id: &str,
    on_progress: &(dyn Fn(Progress) + Sync),
    stop: &AtomicBool,
) -> Result<(Vec<Queue>, u64)> {
    let least = client.gas_prices()?.into_iter().find(|price| price.denom() == FEE_DENOM);
    let least = least.unwrap_or_else(|| GasPrice::from_atomics(0, FEE_DENOM));
    let offered = plan.gas_price.clone().unwrap_or_else(|| {
        GasPrice::from_atomics(least.atomics().saturating_mul(Plan::PRICE_FACTOR), FEE_DENOM)
    });
    let mut accounts = account::derive(&plan.funder, plan.accounts)?;
    let addresses = accounts.iter().map(|account| account.address.to_string()).collect();
    let scene = Scene::look_up(client, plan.mix.kinds(), addresses)?;
    let public = plan.funder.public_key();
    let mut funder =
        LoadAccount { address: public.address(), public, secret: plan.funder.clone(), sequence: 0 };
    funder.sequence = client.account(&funder.address)?.unwrap_or_default().sequence;
    let rehearsed = |kind| match plan.gas {
        Some(gas) => Ok(gas),
        None => sign::rehearse_kind(client, &funder, kind, &scene),
    };
    let recipes = Recipes::new(chain_id, &plan.mix, rehearsed, &offered, &least)?;
    // Each pays its fees and some coins, and must keep something, or it would be no account.
    let each = u128::from(plan.count.div_ceil(plan.accounts.max(1) as u64)) + 1;
    let needed = recipes.greatest_cost().saturating_add(10).saturating_mul(each);
    let held = account::look_up(client, &mut accounts, plan.connections)?;
    let wanted: Vec<(String, u128)> = scene
        .addresses
        .iter()
        .zip(held)
        .filter_map(|(address, held)| Some((address.clone(), needed.checked_sub(held).filter(|n| *n > 0)?)))
        .collect();
    let price = GasPrice::from_atomics(least.atomics().saturating_mul(2), FEE_DENOM);
    fund::Funding { client, chain_id, price: &price }.pay(&mut funder, &wanted)?;

    let done = AtomicUsize::new(0);
    let signing = AtomicBool::new(true);
    let queues = std::thread::scope(|scope| {
        scope.spawn(|| {
            while signing.load(Ordering::Relaxed) {
                let accounts = done.load(Ordering::Relaxed);
                on_progress(Progress::Signing { accounts, of: plan.accounts });
                std::thread::sleep(TICK);
            }
        });
        let queues = recipes.sign(&accounts, &scene, &plan.mix, plan.count, &done, stop);
        signing.store(false, Ordering::Relaxed);
        queues
    })?;
    if stop.load(Ordering::Relaxed) {
        return Err(CliError::usage("stopped before anything was sent"));
    }
    Ok((queues, plan.count))
}

/// Sends, watches, and waits for what is under way. Gives the report and the blocks with transactions of the load.
fn carry(
    plan: &Plan,
    client: &Client,
    chain_id: &str,
    queues: Vec<Queue>,
    signed: u64,
    on_progress: &(dyn Fn(Progress) + Sync),
    stop: &AtomicBool,
) -> Result<(Report, Vec<SeenBlock>)> {
    let mut shares: Vec<Vec<Queue>> = (0..plan.connections.max(1)).map(|_| Vec::new()).collect();
    for (at, queue) in queues.into_iter().enumerate() {
        let share = at % shares.len();
        if let Some(share) = shares.get_mut(share) {
            share.push(queue);
        }
    }
    let height = client.committed_height()?;
    let (waiting, tally) = (Waiting::default(), Mutex::new(Tally::default()));
    let committed = AtomicUsize::new(0);
    let deadline = Mutex::new(None::<Instant>);
    let pace = Pace::new(plan.rate, plan.duration);
    let sending = Sending { pace: &pace, waiting: &waiting, tally: &tally, stop };
    // Sending is over, and nothing is under way any more or it has had its time.
    let done = || {
        let deadline = *deadline.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        deadline.is_some_and(|deadline| waiting.len() == 0 || Instant::now() >= deadline)
    };
    let on_block = |block: &SeenBlock| {
        committed.fetch_add(block.ours.len(), Ordering::Relaxed);
    };
    std::thread::scope(|scope| {
        let watching = scope.spawn(|| watch::watch(client, height, &waiting, done, on_block));
        let connections: Vec<_> = shares
            .into_iter()
            .map(|share| {
                let sending = &sending;
                let client = Client::new(client.url());
                scope.spawn(move || sending.run(&client, share))
            })
            .collect();
        let tell = || {
            let tally = tally.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            on_progress(Progress::Sending {
                elapsed: pace.begun().elapsed(),
                sent: tally.sent,
                refused: tally.refusals(),
                committed: committed.load(Ordering::Relaxed) as u64,
                waiting: waiting.len(),
            });
        };
        while connections.iter().any(|connection| !connection.is_finished()) {
            tell();
            std::thread::sleep(TICK.min(Duration::from_millis(20)));
        }
        let sent_for = pace.begun().elapsed();
        let results = connections.into_iter().map(account::join).collect();
        *deadline.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
            Instant::now().checked_add(plan.drain);
        while !watching.is_finished() {
            tell();
            std::thread::sleep(TICK.min(Duration::from_millis(20)));
        }
        let blocks = account::join(watching)?;
        if let Some(error) = send::outcome(results) {
            return Err(error);
        }
        let tally = tally.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let left = waiting.len() as u64;
        let mix = plan.mix.to_string();
        let report = Report::new(chain_id, mix, signed, &tally, &blocks, left, pace.begun(), sent_for);
        let ours = blocks.into_iter().filter(|block| !block.ours.is_empty()).collect();
        Ok((report, ours))
    })
}
