//! Assembling a node: application, whoever makes its blocks, and the servers around them.

mod devnet;
mod servers;

pub use devnet::{DevnetOptions, RunningDevnet};
pub use servers::Listen;
