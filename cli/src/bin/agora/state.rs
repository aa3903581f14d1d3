//! How a node keeps its state: the options that `devnet` and `start` share.

use std::sync::Arc;

use agora_cli::context::Context;
use agora_node::run::{Pruning, StateOptions, progress_line};
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
}

impl StateArgs {
    pub(crate) fn options(&self, context: &Context) -> StateOptions {
        let terminal = *context.terminal();
        StateOptions {
            pruning: self.pruning,
            tree_memory: self.state_memory.map(|gib| gib << 30),
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
