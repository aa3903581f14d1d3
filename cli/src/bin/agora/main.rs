//! The `agora` binary: the wallet, and the commands that run a node.

mod devnet;
mod interrupts;
mod load;
mod logging;
mod start;
mod state;

use std::process::ExitCode;

use agora_cli::commands::{self, Group};

/// The commands that need a node in this process, or signals.
const NODE_GROUPS: &[Group] = &[devnet::GROUP, start::GROUP, load::GROUP];

fn main() -> ExitCode {
    commands::add(NODE_GROUPS);
    agora_cli::run(std::env::args_os())
}
