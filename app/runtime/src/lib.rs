#![doc = include_str!("../README.md")]

mod ante;
mod block;
mod check;
mod genesis;
mod modules;
mod proposal;
mod query;
mod runtime;
mod signature;
mod tx;
mod tx_exec;

pub use block::{BlockOutcome, BlockProgram};
pub use check::CheckState;
pub use genesis::{GenesisOutcome, InitChain};
pub use modules::modules;
pub use proposal::MAX_TX_BYTES;
pub use runtime::{Runtime, VerdictCache};
pub use tx::Tx;
pub use tx_exec::TxResult;

/// The version of the state machine. A change of any result or hash raises it.
pub const APP_VERSION: u64 = 1;
