//! How a node keeps its state and executes blocks: the options that `devnet` and `start` share.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::context::Context;
use agora_node::run::{Halt, Mode, Pruning, StateOptions, progress_line};
use clap::Args;

use crate::program::settings::Settings;

#[derive(Args, Debug)]
pub(crate) struct StateArgs {
    /// Past heights that stay readable: default (362880), nothing (keep all), everything (keep two), or a number
    #[arg(long, value_name = "HEIGHTS", value_parser = pruning)]
    pruning: Option<Pruning>,
    /// Memory for the state's tree in GiB, about 160 bytes a key; a state that needs more is refused [default: 3/5 of
    /// the machine's]
    #[arg(long, value_name = "GIB", value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
    state_memory: Option<u64>,
    /// How blocks are executed: parallel (independent transactions side by side, as usual), sequential, or verify (both,
    /// compared; a difference stops the node). The results are the same
    #[arg(long, value_name = "MODE")]
    exec: Option<Mode>,
    /// Threads that execute transactions [default: as many as the machine has]
    #[arg(long, value_name = "THREADS", value_parser = clap::value_parser!(u16).range(1..=256))]
    exec_threads: Option<u16>,
}

impl StateArgs {
    /// What flags say, and `settings` where they say nothing.
    pub(crate) fn options(&self, context: &Context, settings: &Settings) -> StateOptions {
        let terminal = *context.terminal();
        let nanos = |time: SystemTime| {
            let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
            u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
        };
        StateOptions {
            pruning: self.pruning.unwrap_or(settings.pruning),
            tree_memory: self.state_memory.or(settings.state_memory).map(|gib| gib << 30),
            exec: self.exec.unwrap_or(settings.exec),
            exec_threads: self.exec_threads.or(settings.exec_threads).map(usize::from),
            halt: Halt { height: settings.halt_height, time: settings.halt_time.map(nanos) },
            on_progress: Some(Arc::new(move |progress| {
                if let Some(line) = progress_line(progress) {
                    terminal.note(line);
                }
            })),
        }
    }
}

pub(crate) fn pruning(text: &str) -> Result<Pruning, String> {
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
