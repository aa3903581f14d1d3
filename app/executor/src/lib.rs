#![doc = include_str!("../README.md")]
// The determinism and money rules; `.clippy.toml` has the lists.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        clippy::disallowed_methods,
        clippy::disallowed_types,
        clippy::expect_used,
        clippy::float_arithmetic,
        clippy::indexing_slicing,
        clippy::iter_over_hash_type,
        clippy::panic,
        clippy::unwrap_used
    )
)]

mod mode;
mod parallel;
mod sequential;

use agora_framework::{AccessHint, AppError};
use agora_state::{AccessLog, Changes, Overlay, StateRead};
pub use mode::{Executor, Mode};
pub use parallel::{Parallel, ParallelStats, Point};
pub use sequential::Sequential;

/// A transaction that was run.
#[derive(Clone, Debug)]
pub struct Executed<T> {
    /// What it changes.
    pub changes: Changes,
    /// What it saw.
    pub log: AccessLog,
    /// What it answers.
    pub output: T,
}

/// Executes the transactions of one block, each on any state it is given.
///
/// Running a transaction twice on equal states gives equal results; an executor may run it more than once.
pub trait Program: Sync {
    /// The answer of a transaction.
    type Output: Send + PartialEq + std::fmt::Debug;

    /// How many transactions there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What transaction `index` is likely to touch; empty where nobody knows. It decides speed, never results.
    fn access(&self, index: usize) -> &AccessHint;

    /// A number that transactions of about the same cost share. It decides speed, never results.
    fn class(&self, index: usize) -> u32 {
        let _ = index;
        0
    }

    /// Runs transaction `index` on `state`.
    ///
    /// # Errors
    /// Only what must stop the node: a transaction that fails is an output.
    fn run(&self, index: usize, state: &dyn StateRead) -> Result<Executed<Self::Output>, AppError>;
}

/// Runs all transactions of a block.
pub trait BlockExecutor: Send + Sync {
    /// Runs `program` on `state` and leaves the block's changes in it; the outputs come in block order.
    ///
    /// # Errors
    /// Only what must stop the node.
    fn execute<B, P>(&self, state: &mut Overlay<B>, program: &P) -> Result<Vec<P::Output>, AppError>
    where
        B: StateRead + Send + Sync,
        P: Program;

    /// Does `work`, what a block needs before and after its transactions run, on the threads that run them where there are such: it
    /// finds them awake, and they find what it made in their caches.
    fn within<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        work()
    }
}
