//! `agora completions` and `agora man`: made from the definition of the command line.

use std::path::PathBuf;

use clap::{ArgMatches, Args, Command};
use clap_complete::Shell;

use super::{Group, root, typed};
use crate::context::Context;
use crate::error::{CliError, Result};

pub(super) const GROUP: Group = Group { name: "completions", command, run };
pub(super) const MAN: Group = Group { name: "man", command: man_command, run: man };

#[derive(Args, Debug)]
struct CompletionArgs {
    /// The shell to complete for
    shell: Shell,
}

fn command() -> Command {
    let command = Command::new("completions")
        .about("Print completions for a shell")
        .after_help("For bash: agora completions bash > ~/.local/share/bash-completion/completions/agora");
    CompletionArgs::augment_args(command)
}

fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let CompletionArgs { shell } = typed(matches)?;
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut root(), "agora", &mut script);
    context.terminal().raw(script)
}

#[derive(Args, Debug)]
struct ManArgs {
    /// Write a page for every command into this directory instead of printing the main one
    directory: Option<PathBuf>,
}

fn man_command() -> Command {
    let command = Command::new("man")
        .about("Print the manual page, or write those of all commands")
        .after_help("To read it: agora man | man -l -\nTo install all: agora man ~/.local/share/man/man1");
    ManArgs::augment_args(command)
}

fn man(context: &Context, matches: &ArgMatches) -> Result<()> {
    let ManArgs { directory } = typed(matches)?;
    if let Some(directory) = directory {
        let failed = |error| {
            CliError::usage(format!("cannot write manual pages to {}", directory.display())).because(error)
        };
        std::fs::create_dir_all(&directory).map_err(failed)?;
        clap_mangen::generate_to(root(), &directory).map_err(failed)?;
        context.terminal().note(format!("written to {}", directory.display()));
        return Ok(());
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(root())
        .render(&mut page)
        .map_err(|error| CliError::usage("cannot make the manual page").because(error))?;
    context.terminal().raw(page)
}
