//! Which executor runs the blocks of a node.

use std::fmt;
use std::str::FromStr;

use agora_framework::AppError;
use agora_framework::errors::sdk;
use agora_state::{Overlay, StateRead};

use crate::{BlockExecutor, Parallel, Program, Sequential};

/// How blocks are executed. All ways give the same results; a chain's nodes may differ in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// One transaction after the other.
    Sequential,
    /// Independent transactions side by side.
    #[default]
    Parallel,
    /// Both, compared; a difference stops the node.
    Verify,
}

impl Mode {
    /// All modes, by name.
    pub const ALL: [Self; 3] = [Self::Sequential, Self::Parallel, Self::Verify];

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sequential => "sequential",
            Self::Parallel => "parallel",
            Self::Verify => "verify",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|mode| mode.name() == text);
        known.ok_or_else(|| format!("unknown mode {text:?}; use sequential, parallel or verify"))
    }
}

/// The executor of a node.
pub struct Executor(Way);

enum Way {
    Sequential,
    Parallel(Parallel),
    Verify(Parallel),
}

impl Executor {
    /// An executor of this mode; `threads` serve all modes but the sequential, which has none of its own.
    ///
    /// # Errors
    /// The system refuses the threads.
    pub fn new(mode: Mode, threads: usize) -> Result<Self, String> {
        match mode {
            Mode::Sequential => Ok(Self(Way::Sequential)),
            Mode::Parallel | Mode::Verify => Ok(Self::with(mode, Parallel::new(threads)?)),
        }
    }

    /// How it executes.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        match self.0 {
            Way::Sequential => Mode::Sequential,
            Way::Parallel(_) => Mode::Parallel,
            Way::Verify(_) => Mode::Verify,
        }
    }

    /// An executor that uses this one where it runs transactions side by side: for tests.
    #[must_use]
    pub fn with(mode: Mode, parallel: Parallel) -> Self {
        Self(match mode {
            Mode::Sequential => Way::Sequential,
            Mode::Parallel => Way::Parallel(parallel),
            Mode::Verify => Way::Verify(parallel),
        })
    }
}

/// Runs both ways and keeps the sequential result.
fn verify<B, P>(parallel: &Parallel, state: &mut Overlay<B>, program: &P) -> Result<Vec<P::Output>, AppError>
where
    B: StateRead + Send + Sync,
    P: Program,
{
    let differs = |what: String| {
        AppError {
            fatal: true,
            ..sdk::PANIC.wrap(format_args!(
                "parallel and sequential execution differ: {what}; start with --exec sequential and report this block"
            ))
        }
    };
    let mut side_by_side = state.fork();
    let parallel = parallel.execute(&mut side_by_side, program);
    let mut one_by_one = state.fork();
    let sequential = Sequential.execute(&mut one_by_one, program);
    let (parallel, sequential) = match (parallel, sequential) {
        (Ok(parallel), Ok(sequential)) => (parallel, sequential),
        (Err(parallel), Err(sequential)) if parallel == sequential => return Err(sequential),
        (parallel, sequential) => {
            return Err(differs(format!("one fails, {:?} against {:?}", parallel.err(), sequential.err())));
        }
    };
    if let Some(index) = (0..program.len()).find(|i| parallel.get(*i) != sequential.get(*i)) {
        let (a, b) = (parallel.get(index), sequential.get(index));
        return Err(differs(format!("transaction {index} gives {a:?} against {b:?}")));
    }
    if let Some(key) = side_by_side.difference(&one_by_one) {
        return Err(differs(format!("they leave different values at {key:?}")));
    }
    let changes = one_by_one.into_changes();
    state.replace(changes);
    Ok(sequential)
}

impl BlockExecutor for Executor {
    fn within<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match &self.0 {
            Way::Sequential => Sequential.within(work),
            Way::Parallel(parallel) | Way::Verify(parallel) => parallel.within(work),
        }
    }

    fn execute<B, P>(&self, state: &mut Overlay<B>, program: &P) -> Result<Vec<P::Output>, AppError>
    where
        B: StateRead + Send + Sync,
        P: Program,
    {
        match &self.0 {
            Way::Sequential => Sequential.execute(state, program),
            Way::Parallel(parallel) => parallel.execute(state, program),
            Way::Verify(parallel) => verify(parallel, state, program),
        }
    }
}
