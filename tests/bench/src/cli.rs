//! Arguments, and the run from calibration to summary.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Parser, Subcommand};
use rand::SeedableRng;
use rand::rngs::StdRng;
use sha2::{Digest, Sha256};

use crate::calibrate::Calibration;
use crate::folder::{self, Folder};
use crate::machine;
use crate::parts::{self, Part};
use crate::record;
use crate::report::progress;
use crate::summary::{Figure, Summary};
use crate::workload;

/// Measures the chain against the limits of the machine it runs on.
#[derive(Clone, Debug, Parser)]
#[command(name = "agora-bench", version)]
pub struct Args {
    /// The small form: about a minute, with figures of its own names
    #[arg(long, global = true)]
    pub quick: bool,
    /// Threads of the chain and of the calibration [default: all]
    #[arg(long, global = true, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Where the data lies while the run lasts; it takes up to 6 GB [default: the target folder]
    #[arg(long, global = true, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
    /// Chooses keys and values
    #[arg(long, global = true, default_value_t = 1)]
    pub seed: u64,
    /// Rewrite the results in app/docs/benchmarks.md
    #[arg(long, global = true)]
    pub record: bool,
    /// Rewrite the results in this page instead
    #[arg(long, global = true, value_name = "FILE", requires = "record")]
    pub page: Option<PathBuf>,
    /// One part only
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Every part (the default)
    All,
    /// One part.
    #[command(flatten)]
    Part(Part),
    /// Open a store and tell what that took; the parts call this
    #[command(hide = true)]
    Open {
        /// The store's folder
        path: PathBuf,
        /// Without its checkpoint
        #[arg(long)]
        rebuild: bool,
    },
}

/// What the parts of a run share.
#[derive(Debug)]
pub struct Setting {
    /// Whether the small form is run.
    pub quick: bool,
    /// Threads of the chain.
    pub threads: usize,
    /// What keys and values are chosen by.
    pub seed: u64,
    /// The machine.
    pub calibration: Calibration,
    /// Where data lies until the run ends.
    pub folder: Folder,
    filled: RefCell<BTreeMap<u64, PathBuf>>,
}

impl Setting {
    /// Chance, the same in every run with the same seed.
    #[must_use]
    pub fn rng(&self, part: &str) -> StdRng {
        let seed = Sha256::new().chain_update(part).chain_update(self.seed.to_be_bytes()).finalize();
        StdRng::from_seed(seed.into())
    }

    /// A closed store with that many accounts, made when the first part asks for it. Parts add blocks to it.
    ///
    /// # Errors
    /// The disk fails.
    pub fn filled(&self, accounts: u64) -> anyhow::Result<PathBuf> {
        let path = self.folder.join(format!("accounts-{accounts}"));
        if self.filled.borrow_mut().insert(accounts, path.clone()).is_none() {
            workload::fill(&path, accounts)?;
        }
        Ok(path)
    }
}

/// Calibrates, runs what was asked for, prints it and merges its figures into the summary.
///
/// # Errors
/// Something could not be run, or two that must agree did not.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let threads = args.threads.map_or_else(machine::cores, usize::from);
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()
        .context("the threads do not start")?;
    let chosen = match &args.command {
        None | Some(Command::All) => Part::ALL.to_vec(),
        Some(Command::Part(Part::Calibrate)) => vec![Part::Calibrate],
        Some(Command::Part(part)) => vec![Part::Calibrate, *part],
        Some(Command::Open { path, rebuild }) => return parts::open_and_tell(path, *rebuild),
    };
    let target = folder::target();
    let folder = Folder::new(&args.folder.clone().unwrap_or_else(|| target.join("bench-data")))?;
    progress("calibrating");
    let calibration = Calibration::measure(threads, folder.path())?;
    let setting = Setting {
        quick: args.quick,
        threads,
        seed: args.seed,
        calibration,
        folder,
        filled: RefCell::default(),
    };
    println!("{}, {} of {} threads, seed {}", machine::processor(), threads, machine::cores(), args.seed);
    let (path, mut reports) = (target.join("bench-summary.json"), Vec::new());
    for part in chosen {
        let mut report = part.run(&setting)?;
        if args.quick {
            report.figures = report.figures.into_iter().map(Figure::quick).collect();
        }
        println!("{}", report.plain());
        // Part by part, so that a later one that fails takes nothing away.
        let mut summary = Summary::read(&path)?;
        summary.merge(&report.figures);
        summary.write(&path)?;
        reports.push(report);
    }
    println!("figures: {}", path.display());
    if args.record {
        let page = args.page.clone().unwrap_or_else(record::page);
        record::write(&page, &reports, &setting)?;
        println!("results: {}", page.display());
    }
    Ok(())
}
