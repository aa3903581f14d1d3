//! Assembling a node: application, whoever makes its blocks, and the servers around them.

mod devnet;
mod faucet;
mod genesis;
mod pool;
mod servers;
mod start;
mod state;

pub use devnet::{DevnetOptions, RunningDevnet};
pub use servers::Listen;
pub use start::{AbciOnly, NodeEnd, RunningNode, StartOptions};
pub use state::{Mode, Pruning, StateOptions, progress_line};
