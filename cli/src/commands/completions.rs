//! `agora completions` and `agora man`: made from the definition of the command line.

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

fn man_command() -> Command {
    Command::new("man").about("Print the manual page").after_help("To read it: agora man | man -l -")
}

fn man(context: &Context, _: &ArgMatches) -> Result<()> {
    let mut page = Vec::new();
    clap_mangen::Man::new(root())
        .render(&mut page)
        .map_err(|error| CliError::usage("cannot make the manual page").because(error))?;
    context.terminal().raw(page)
}
