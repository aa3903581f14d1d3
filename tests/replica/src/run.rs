//! A whole run: blocks of a seed in given surroundings.

use std::collections::BTreeMap;

use agora_runtime::Runtime;
use agora_store::Options;
use anyhow::Result;

use crate::chain::{Block, Chain};
use crate::digest::BlockHashes;
use crate::life::Life;
use crate::plants::Plant;
use crate::readers::{ReadCounts, Readers};

/// What is run, and in which surroundings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The seed of the blocks.
    pub seed: u64,
    /// How many blocks.
    pub blocks: u64,
    /// How the store is opened; its list of stores is filled in.
    pub options: Options,
    /// How many threads execute transactions side by side; 0 for one transaction after the other.
    pub executors: usize,
    /// How many threads read while blocks go on.
    pub readers: usize,
    /// After how many blocks everything is closed and opened again; 0 for never. Not together with readers.
    pub restart_every: u64,
    /// A bug to be found.
    pub plant: Option<Plant>,
}

impl Settings {
    /// So many blocks of a seed, in memory, executed by two threads.
    #[must_use]
    pub fn memory(seed: u64, blocks: u64) -> Self {
        let options = Options::memory(Vec::new());
        Self { seed, blocks, options, executors: 2, readers: 0, restart_every: 0, plant: None }
    }
}

/// What a run came to, beside its hashes.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// How many transactions ended with which code.
    pub codes: BTreeMap<u32, u64>,
    /// What the readers did.
    pub reads: ReadCounts,
}

/// Starts the chain of a life.
///
/// # Errors
/// As [`Chain::start`].
pub fn start(life: &Life, options: Options, plant: Option<Plant>) -> Result<Chain> {
    let genesis = life.genesis(Runtime::standard()?.default_genesis());
    Chain::start(options, plant, &genesis)
}

/// Runs the blocks and hands out the hashes of each.
///
/// # Errors
/// What would stop a node; a reader that saw what it must not see.
pub fn run(settings: &Settings, mut each: impl FnMut(&BlockHashes)) -> Result<Summary> {
    anyhow::ensure!(
        settings.readers == 0 || settings.restart_every == 0,
        "readers hold the store open, so it cannot be restarted; leave one of them out"
    );
    let mut life = Life::new(settings.seed);
    let mut chain =
        start(&life, settings.options.clone(), settings.plant)?.executed_by(settings.executors)?;
    let mut summary = Summary::default();
    let mut readers: Option<Readers> = None;
    for _ in 0..settings.blocks {
        let plan = life.plan(&chain)?;
        if let Some(readers) = &readers {
            readers.announce(&life, &plan);
        }
        let Block { hashes, codes } = chain.execute(plan.time, &plan.txs)?;
        each(&hashes);
        for code in codes {
            *summary.codes.entry(code).or_default() += 1;
        }
        if readers.is_none() && settings.readers > 0 {
            // There is something to read now.
            readers = Some(Readers::start(&chain, settings.readers));
        }
        if let Some(readers) = &readers {
            readers.pace()?;
        }
        if settings.restart_every > 0 && hashes.height.is_multiple_of(settings.restart_every) {
            chain = chain.restart()?;
        }
    }
    if let Some(readers) = readers {
        summary.reads = readers.finish(&chain)?;
    }
    Ok(summary)
}
