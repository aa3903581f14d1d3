//! Runs the random chain and prints `height application-hash results-hash logs-hash` for each block.

use std::io::Write;
use std::path::PathBuf;

use agora_replica::golden::Collector;
use agora_replica::{Plant, Settings, run};
use agora_store::{Options, Pruning};
use anyhow::{Result, ensure};
use clap::{Parser, ValueEnum};

/// A random but repeatable chain: the same blocks for the same seed, wherever it runs.
#[derive(Debug, Parser)]
#[command(name = "agora-replica")]
struct Arguments {
    /// Seed of the blocks.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many blocks.
    #[arg(long, default_value_t = 100)]
    blocks: u64,
    /// Where the state lies.
    #[arg(long, value_enum, default_value_t = Place::Memory)]
    backend: Place,
    /// Folder of the database; a temporary one unless given. Must not hold a chain yet.
    #[arg(long)]
    home: Option<PathBuf>,
    /// Size of the worker pool, as many as there are processors unless given; with 2 or more, transactions are executed side
    /// by side.
    #[arg(long)]
    threads: Option<usize>,
    /// Threads that read, prove, simulate and query while blocks go on.
    #[arg(long, default_value_t = 0)]
    readers: usize,
    /// Bytes of the store's cache of values.
    #[arg(long)]
    cache_bytes: Option<usize>,
    /// Heights that stay readable; three weeks of them unless given.
    #[arg(long)]
    keep: Option<u64>,
    /// Close and open everything again after so many blocks.
    #[arg(long, default_value_t = 0)]
    restart_every: u64,
    /// Print the file of the golden chain instead of full hashes.
    #[arg(long)]
    golden: bool,
    /// A bug to be found by comparison.
    #[arg(long, value_enum)]
    plant: Option<Plant>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Place {
    /// In memory.
    Memory,
    /// On disk.
    #[cfg(feature = "rocksdb")]
    Rocksdb,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(threads) = arguments.threads {
        ensure!(threads > 0, "--threads must be at least 1");
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    }
    let folder = tempfile::tempdir()?;
    let mut options = match arguments.backend {
        Place::Memory => Options::memory(Vec::new()),
        #[cfg(feature = "rocksdb")]
        Place::Rocksdb => {
            Options::disk(arguments.home.clone().unwrap_or_else(|| folder.path().to_owned()), Vec::new())
        }
    };
    options.cache_bytes = arguments.cache_bytes.unwrap_or(options.cache_bytes);
    options.pruning = arguments.keep.map_or(options.pruning, Pruning::Custom);
    let Arguments { seed, blocks, readers, restart_every, plant, golden, .. } = arguments;
    let executors = arguments.threads.filter(|threads| *threads > 1).unwrap_or(0);
    let settings = Settings { seed, blocks, options, executors, readers, restart_every, plant };

    let mut out = std::io::stdout().lock();
    let mut collector = Collector::default();
    let mut lines = String::new();
    let summary = run(&settings, |block| {
        if golden {
            collector.add(block);
        } else {
            lines = format!("{block}\n");
            // A reader that has gone away is no reason to stop in the middle of a block.
            let _ = out.write_all(lines.as_bytes());
        }
    })?;
    if golden {
        write!(out, "{}", collector.finish(agora_runtime::APP_VERSION, seed))?;
    }
    out.flush()?;
    eprintln!("transactions by code: {:?}; reads: {}", summary.codes, summary.reads);
    Ok(())
}
