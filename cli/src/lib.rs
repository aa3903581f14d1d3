//! The `agora` wallet as a library: everything the binary does, callable in tests.
//!
//! Reading order, downwards only: [`commands`] (what a person types) -> [`context`] (what every command needs) ->
//! [`keyring`], [`profile`], [`address_book`], [`amount`] -> [`sign`] and [`address`]. [`dynamic`] makes commands and
//! messages of the chain's definitions, [`client`] asks the node, [`load`] gives it work, [`render`] lays answers out. [`terminal`]
//! writes results, [`error`] says what went wrong. [`program`] adds the commands that run a node.

pub mod address;
pub mod address_book;
pub mod amount;
pub mod client;
pub mod commands;
pub mod context;
pub mod dynamic;
pub mod error;
mod files;
pub mod keyring;
pub mod load;
pub mod profile;
pub mod program;
pub mod render;
pub mod sign;
pub mod terminal;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;

use terminal::{OutputFormat, Terminal};

/// Runs the command line in `args`, the program's name first, and gives the process's exit code.
///
/// Exit codes are those of [`error::ErrorKind::exit_code`]; help and version are 0.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    let matches = match commands::root().try_get_matches_from(&args) {
        Ok(matches) => matches,
        Err(error) => return explain(&error, &args),
    };
    let (terminal, result) = commands::dispatch(&matches);
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal.error(&error);
            ExitCode::from(error.kind().exit_code())
        }
    }
}

/// Prints help, or what is wrong with the arguments: as JSON where that was asked for.
fn explain(error: &clap::Error, args: &[OsString]) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // A closed pipe must not turn help into a panic.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let usage = error::ErrorKind::Usage;
    if wants_json(args) {
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default();
        let message = first.strip_prefix("error: ").unwrap_or(first);
        let error = error::CliError::new(usage, message).hint("--help shows the arguments");
        Terminal::detect(OutputFormat::Json, true, false).error(&error);
    } else {
        let _ = error.print();
    }
    ExitCode::from(usage.exit_code())
}

/// Whether JSON output was asked for in arguments that could not be parsed, or in the environment.
fn wants_json(args: &[OsString]) -> bool {
    let words: Vec<&str> = args.iter().filter_map(|word| word.to_str()).collect();
    words.windows(2).any(|pair| matches!(pair, ["--output" | "-o", "json"]))
        || words.iter().any(|word| matches!(*word, "--output=json" | "-ojson" | "-o=json"))
        || std::env::var("AGORA_OUTPUT").is_ok_and(|format| format == "json")
}
