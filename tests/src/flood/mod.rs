//! A node under more than it can take: invalid, repeated and cheap transactions, while somebody with a better fee wants in.
//!
//! Blocks are filled by gas wanted, so few transactions that want much saturate a chain on any machine: a hundred fill a block.

mod measure;
mod probe;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::Value;

use crate::process::Node;
use crate::program;
pub use measure::resident;
use probe::Prober;

/// Gas each transaction of the flood wants: a hundredth of a block.
const GAS: u64 = 3_000_000;
/// Transactions of the flood that fill a block.
pub const PER_BLOCK: u64 = 300_000_000 / GAS;
/// What those that do not offer the minimum offer, in uago for a unit of gas: 400 times the lowest price.
const PRICE: u128 = 1;
/// The pause between two looks.
const LOOK: Duration = Duration::from_millis(200);

/// How hard and how long.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How long.
    pub duration: Duration,
    /// Transactions a second, all kinds together.
    pub rate: u64,
    /// How many transactions with a better fee are sent meanwhile, one after the other.
    pub probes: usize,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Findings {
    /// For each transaction with a better fee: how many blocks after the head at that moment the one is that holds it.
    pub blocks_until_included: Vec<u64>,
    /// Transactions handed in, by those who flood.
    pub sent: u64,
    /// Those that were refused.
    pub refused: u64,
    /// Those in blocks.
    pub committed: u64,
    /// Transactions in the fullest block.
    pub largest_block: u64,
    /// The most transactions that waited.
    pub most_waiting: u64,
    /// Bytes of memory of the application's process before the flood, and the most during it.
    pub memory: (u64, u64),
    /// How long after the flood a transaction that offers what the chain asks for was in a block.
    pub recovery: Duration,
}

impl Findings {
    /// The most blocks anybody waited.
    #[must_use]
    pub fn worst(&self) -> u64 {
        self.blocks_until_included.iter().copied().max().unwrap_or(u64::MAX)
    }

    /// The mean of the blocks waited.
    #[must_use]
    pub fn mean(&self) -> f64 {
        let sum: u64 = self.blocks_until_included.iter().sum();
        sum as f64 / self.blocks_until_included.len().max(1) as f64
    }

    /// How many times what blocks took was handed in.
    #[must_use]
    pub fn saturation(&self) -> f64 {
        self.sent as f64 / self.committed.max(1) as f64
    }
}

/// Floods a node.
///
/// # Errors
/// A load could not be carried out, or a transaction with a better fee was refused or came into no block.
pub fn run(node: &Node, plan: Plan) -> anyhow::Result<Findings> {
    let rpc = node.field("rpc").to_owned();
    // A chain without blocks has nobody to ask for coins.
    node.wait_height(2);
    let mut prober = Prober::new(&rpc, node.field("faucet"), node.field("chain_id"))?;
    let pid = node.process.pid();
    let before = resident(pid)?;
    // Two purses, for each sends in its own order.
    let half = plan.rate / 2;
    let mut loads = [
        load(node, plan.duration, half, &["--mix", "send=1"], &["--from", "alice"])?,
        load(node, plan.duration, half, &["--mix", "minimum=1,invalid=1,duplicate=1"], &["--from", "bob"])?,
    ];
    let (mut peak, mut most_waiting) = (before, 0);
    let mut look = || -> anyhow::Result<u64> {
        peak = peak.max(resident(pid)?);
        let waiting = measure::waiting(&rpc)?;
        most_waiting = most_waiting.max(waiting);
        Ok(waiting)
    };
    // Probes begin when the flood has filled what is free.
    let begun = Instant::now();
    while look()? < 2 * PER_BLOCK {
        if begun.elapsed() > Duration::from_secs(120) {
            bail!("the flood does not come: {} transactions wait", measure::waiting(&rpc)?);
        }
        std::thread::sleep(LOOK);
    }
    let mut blocks_until_included = Vec::new();
    for _ in 0..plan.probes {
        blocks_until_included.push(prober.probe(PRICE * 8)?);
        look()?;
        std::thread::sleep(LOOK);
    }
    while loads.iter_mut().any(|load| matches!(load.try_wait(), Ok(None))) {
        look()?;
        std::thread::sleep(LOOK);
    }
    let ended = Instant::now();
    prober.pay_what_is_asked()?;
    let recovery = ended.elapsed();
    let mut sums = [0; 4];
    for load in loads {
        let report = report(load)?;
        let refused: u64 =
            report["refused"].as_array().into_iter().flatten().filter_map(|r| r["count"].as_u64()).sum();
        let of = |name: &str| report[name].as_u64().unwrap_or_default();
        sums = [
            sums[0] + of("sent"),
            sums[1] + refused,
            sums[2] + of("committed"),
            sums[3].max(of("largest_block")),
        ];
    }
    let [sent, refused, committed, largest_block] = sums;
    let memory = (before, peak);
    Ok(Findings {
        blocks_until_included,
        sent,
        refused,
        committed,
        largest_block,
        most_waiting,
        memory,
        recovery,
    })
}

/// Starts `agora load`.
fn load(node: &Node, duration: Duration, rate: u64, mix: &[&str], from: &[&str]) -> anyhow::Result<Child> {
    let mut command = Command::new(program());
    command.arg("--home").arg(node.home.path()).args([
        "--output",
        "json",
        "--node",
        node.field("rpc"),
        "load",
    ]);
    command.args(["--duration", &format!("{}s", duration.as_secs()), "--rate", &rate.to_string()]);
    command.args(["--gas", &GAS.to_string(), "--gas-price", &format!("{PRICE}uago"), "--drain", "0s"]);
    command.args(mix).args(from).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().context("agora load cannot be started")
}

fn report(load: Child) -> anyhow::Result<Value> {
    let output = load.wait_with_output()?;
    // A load of which nothing came into a block says so with its exit code; its report is on standard output all the same.
    serde_json::from_slice(&output.stdout)
        .with_context(|| format!("agora load: {}", String::from_utf8_lossy(&output.stderr)))
}
