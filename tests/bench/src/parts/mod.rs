//! The parts, each a question that can be asked alone.

mod block_end;
mod block_parallel;
mod block_stages;
mod end_to_end;
mod execution;
mod state_commit;
mod state_reads;
mod state_sizes;
mod swaps;
mod transaction_stages;

use clap::Subcommand;

use crate::cli::Setting;
use crate::report::Report;

pub(crate) use state_sizes::open_and_tell;

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum Part {
    /// Only the machine
    Calibrate,
    /// Root and durable commit, against jmt and against the hashes needed
    StateCommit,
    /// How costs grow with the number of keys
    StateSizes,
    /// Reads and proofs, alone and while a block is committed
    StateReads,
    /// A block of signed transfers, by stage
    BlockStages,
    /// One signed transfer on one thread, against one signature check
    TransactionStages,
    /// A block of signed transfers on all threads, against the limit
    BlockParallel,
    /// The executor alone: threads, conflicts, hot accounts
    Execution,
    /// Swaps: fifty pools side by side, and each kind against a transfer
    Swaps,
    /// The end of a block: what is due, and what is not
    BlockEnd,
    /// Transfers through RPC, mempool and consensus, and a flood
    EndToEnd,
}

impl Part {
    /// Every part, in the order in which they run. The first is part of every run.
    pub const ALL: [Self; 11] = [
        Self::Calibrate,
        Self::StateCommit,
        Self::StateSizes,
        Self::StateReads,
        Self::BlockStages,
        Self::TransactionStages,
        Self::BlockParallel,
        Self::Execution,
        Self::Swaps,
        Self::BlockEnd,
        Self::EndToEnd,
    ];

    /// Measures it.
    ///
    /// # Errors
    /// Something could not be run, or two that must agree did not.
    pub fn run(self, setting: &Setting) -> anyhow::Result<Report> {
        match self {
            Self::Calibrate => {
                let mut report = Report::new("calibrate");
                report.tables.push(setting.calibration.table());
                Ok(report)
            }
            Self::StateCommit => state_commit::run(setting),
            Self::StateSizes => state_sizes::run(setting),
            Self::StateReads => state_reads::run(setting),
            Self::BlockStages => block_stages::run(setting),
            Self::TransactionStages => transaction_stages::run(setting),
            Self::BlockParallel => block_parallel::run(setting),
            Self::Execution => execution::run(setting),
            Self::Swaps => swaps::run(setting),
            Self::BlockEnd => block_end::run(setting),
            Self::EndToEnd => end_to_end::run(setting),
        }
    }
}
