//! How a node keeps its state and executes blocks: the options that `devnet` and `start` share.

use std::sync::Arc;

use agora_cli::context::Context;
use agora_node::run::{Mode, Pruning, StateOptions, progress_line};
use clap::Args;

#[derive(Args, Debug)]
pub(crate) struct StateArgs {
    /// Past heights that stay readable: default (362880), nothing (keep all), everything (keep two), or a number
    #[arg(long, value_name = "HEIGHTS", default_value = "default", value_parser = pruning)]
    pruning: Pruning,
    /// Memory for the state's tree in GiB, about 160 bytes a key; a state that needs more is refused [default: 3/5 of
    /// the machine's]
    #[arg(long, value_name = "GIB", value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
    state_memory: Option<u64>,
    /// How blocks are executed: parallel (independent transactions side by side), sequential, or verify (both, compared; a
    /// difference stops the node). The results are the same
    #[arg(long, value_name = "MODE", default_value_t)]
    exec: Mode,
    /// Threads that execute transactions [default: as many as the machine has]
    #[arg(long, value_name = "THREADS", value_parser = clap::value_parser!(u16).range(1..=256))]
    exec_threads: Option<u16>,
}

impl StateArgs {
    pub(crate) fn options(&self, context: &Context) -> StateOptions {
        let terminal = *context.terminal();
        StateOptions {
            pruning: self.pruning,
            tree_memory: self.state_memory.map(|gib| gib << 30),
            exec: self.exec,
            exec_threads: self.exec_threads.map(usize::from),
            on_progress: Some(Arc::new(move |progress| {
                if let Some(line) = progress_line(progress) {
                    terminal.note(line);
                }
            })),
        }
    }
}

fn pruning(text: &str) -> Result<Pruning, String> {
    match text {
        "default" => Ok(Pruning::Default),
        "nothing" => Ok(Pruning::Nothing),
        "everything" => Ok(Pruning::Everything),
        number => match number.parse() {
            Ok(heights @ 2..) => Ok(Pruning::Custom(heights)),
            _ => Err("expected default, nothing, everything, or a number of heights from 2".to_owned()),
        },
    }
}
