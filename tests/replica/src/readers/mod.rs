//! Threads that read all the time while blocks go on.

mod balances;
mod checks;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use agora_primitives::Address;
use agora_runtime::Runtime;
use agora_store::Store;
use anyhow::{Context, Result, anyhow, ensure};
use parking_lot::{Mutex, RwLock};

use crate::chain::Chain;
use crate::digest::Hash;
use crate::life::{Life, Plan};
use crate::plants::StaleCache;
use crate::rng::Rng;

/// Heights whose contents are remembered, for comparison among readers and for a second look when all is quiet.
const REMEMBERED: usize = 500;

/// The kinds of reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Whole,
    Past,
    Points,
    Present,
    Absent,
    Transactions,
    Queries,
}

const KINDS: [(Kind, &str); 7] = [
    (Kind::Whole, "whole states at the head"),
    (Kind::Past, "whole states at past heights"),
    (Kind::Points, "points"),
    (Kind::Present, "proofs of presence"),
    (Kind::Absent, "proofs of absence"),
    (Kind::Transactions, "simulations and checks"),
    (Kind::Queries, "queries"),
];

/// What readers did: how often, by kind, and how many heights were looked at again when all was quiet.
#[derive(Clone, Debug, Default)]
pub struct ReadCounts {
    counts: Vec<(&'static str, u64)>,
    /// Heights that were read during the run and hold the same after it.
    pub confirmed: u64,
}

impl ReadCounts {
    /// The least count of any kind; 0 without readers.
    #[must_use]
    pub fn least(&self) -> u64 {
        self.counts.iter().map(|(_, count)| *count).min().unwrap_or_default()
    }
}

impl fmt::Display for ReadCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, count) in &self.counts {
            write!(f, "{count} {name}, ")?;
        }
        write!(f, "{} heights confirmed", self.confirmed)
    }
}

/// What readers ask about.
#[derive(Default)]
struct Known {
    addresses: Vec<Address>,
    swing: [Option<Address>; 2],
    txs: Vec<Vec<u8>>,
    time: u64,
}

/// What the threads share.
struct Shared {
    runtime: Arc<Runtime>,
    store: Arc<Store>,
    /// Only with the bug planted.
    stale_cache: Option<Arc<StaleCache>>,
    stop: AtomicBool,
    failure: Mutex<Option<String>>,
    known: RwLock<Arc<Known>>,
    /// The hash of all balances by height.
    contents: Mutex<BTreeMap<u64, Hash>>,
    counts: [AtomicU64; KINDS.len()],
}

impl Shared {
    fn count(&self, kind: Kind) {
        if let Some((counter, _)) = self.counts.iter().zip(KINDS).find(|(_, (of, _))| *of == kind) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn total(&self) -> u64 {
        self.counts.iter().map(|counter| counter.load(Ordering::Relaxed)).sum()
    }

    /// Every reader that comes to a height must find what the first one found there.
    fn agree(&self, height: u64, found: Hash) -> Result<()> {
        let mut contents = self.contents.lock();
        let first = *contents.entry(height).or_insert(found);
        while contents.len() > REMEMBERED {
            contents.pop_first();
        }
        ensure!(first == found, "two reads of height {height} found different balances");
        Ok(())
    }
}

/// The threads.
pub(crate) struct Readers {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    seen: Mutex<u64>,
}

impl Readers {
    /// Starts so many threads.
    pub(crate) fn start(chain: &Chain, count: usize) -> Self {
        let shared = Arc::new(Shared {
            runtime: chain.runtime().clone(),
            store: chain.store().clone(),
            stale_cache: chain.stale_cache.clone(),
            stop: AtomicBool::new(false),
            failure: Mutex::new(None),
            known: RwLock::default(),
            contents: Mutex::default(),
            counts: Default::default(),
        });
        let threads = (0..count)
            .map(|index| {
                let shared = shared.clone();
                std::thread::spawn(move || read_on(&shared, Rng::new(index as u64)))
            })
            .collect();
        Self { shared, threads, seen: Mutex::new(0) }
    }

    /// Tells the readers what comes next, before it is executed.
    pub(crate) fn announce(&self, life: &Life, plan: &Plan) {
        let known = Known {
            addresses: life.addresses().collect(),
            swing: life.swinging_accounts().map(Some),
            txs: plan.txs.clone(),
            time: plan.time,
        };
        *self.shared.known.write() = Arc::new(known);
    }

    /// Waits until there were as many reads since the last call as there are threads, so that blocks do not outrun them.
    pub(crate) fn pace(&self) -> Result<()> {
        let mut seen = self.seen.lock();
        loop {
            if let Some(failure) = self.shared.failure.lock().clone() {
                return Err(anyhow!(failure));
            }
            let total = self.shared.total();
            if total >= *seen + self.threads.len() as u64 {
                *seen = total;
                return Ok(());
            }
            ensure!(self.threads.iter().all(|thread| !thread.is_finished()), "a reader has ended early");
            std::thread::sleep(Duration::from_micros(100));
        }
    }

    /// Ends the threads and reads again, with nobody else at work, what they read.
    pub(crate) fn finish(self, chain: &Chain) -> Result<ReadCounts> {
        self.shared.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().map_err(|_| anyhow!("a reader panicked"))?;
        }
        if let Some(failure) = self.shared.failure.lock().clone() {
            return Err(anyhow!(failure));
        }
        let mut confirmed = 0;
        for (height, found) in std::mem::take(&mut *self.shared.contents.lock()) {
            // What has been pruned meanwhile cannot be looked at again.
            if chain.store().earliest_height().is_none_or(|earliest| height < earliest) {
                continue;
            }
            let snapshot = chain.store().snapshot(Some(height))?;
            let again = balances::balances(&snapshot, false)
                .with_context(|| format!("reading height {height} again"))?;
            ensure!(again == found, "height {height} is not what readers saw while blocks went on");
            confirmed += 1;
        }
        let counts = self.shared.counts.iter().zip(KINDS);
        let counts = counts.map(|(counter, (_, name))| (name, counter.load(Ordering::Relaxed))).collect();
        Ok(ReadCounts { counts, confirmed })
    }
}

fn read_on(shared: &Shared, mut rng: Rng) {
    while !shared.stop.load(Ordering::Relaxed) {
        if let Err(error) = checks::any(shared, &mut rng) {
            shared.failure.lock().get_or_insert_with(|| format!("a reader failed: {error:#}"));
            return;
        }
    }
}
