//! Assembling a node: application, whoever makes its blocks, and the servers around them.

mod devnet;
mod faucet;
mod genesis;
mod init;
mod offline;
mod pool;
mod servers;
mod start;
mod state;
mod testnet;
mod upgrade;

pub use devnet::{DevnetOptions, RunningDevnet};
pub use init::{NewNode, init_node};
pub use offline::{Offline, Pruned};
pub use servers::Listen;
pub use start::{AbciOnly, NodeEnd, RunningNode, StartOptions};
pub use state::{Halt, Mode, Pruning, StateOptions, progress_line};
pub use testnet::{LaidOut, MOST_VALIDATORS, Ports, TestnetOptions, is_laid_out, lay_out};
