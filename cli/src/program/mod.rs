//! The whole program: the wallet, and the commands that run a node.

mod devnet;
mod genesis;
mod init;
mod interrupts;
mod load;
mod logging;
mod offline;
mod settings;
mod start;
mod state;
mod testnet;

use std::process::ExitCode;

use crate::commands::{self, Group};

/// The commands that need a node in this process, or signals.
const NODE_GROUPS: &[Group] = &[
    devnet::GROUP,
    testnet::GROUP,
    init::GROUP,
    start::GROUP,
    offline::EXPORT,
    offline::ROLLBACK,
    offline::PRUNE,
    genesis::GROUP,
    load::GROUP,
];

/// Runs the program with the arguments of its process.
#[must_use]
pub fn main() -> ExitCode {
    commands::add(NODE_GROUPS);
    crate::run(std::env::args_os())
}
