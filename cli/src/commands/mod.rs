//! The command line. A group of commands is one file with a [`Group`], and one line in [`GROUPS`].

mod address;
mod completions;
mod config;
mod doctor;
mod extra;
mod keys;
mod query;
mod session;
mod status;
mod tx;

use std::sync::OnceLock;

use clap::{ArgMatches, Args, Command, FromArgMatches};

use crate::context::{Context, GlobalArgs};
use crate::error::{CliError, Result};
use crate::terminal::Terminal;

/// A top-level command: its definition, built at run time so that it may come from descriptors, and its action.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// The word after `agora`.
    pub name: &'static str,
    /// The definition; its name must be `name`.
    pub command: fn() -> Command,
    /// The action, with the matches of this command.
    pub run: fn(&Context, &ArgMatches) -> Result<()>,
}

/// All groups, in the order of the help text.
pub const GROUPS: &[Group] = &[
    keys::GROUP,
    tx::GROUP,
    query::GROUP,
    status::GROUP,
    doctor::GROUP,
    address::GROUP,
    config::GROUP,
    completions::GROUP,
    completions::MAN,
];

/// Groups that the program adds to the library's: those that need a node in the same process.
static ADDED: OnceLock<&'static [Group]> = OnceLock::new();

/// Adds groups behind the library's own; only the first call counts.
pub fn add(groups: &'static [Group]) {
    let _ = ADDED.set(groups);
}

/// Every group, in the order of the help text.
fn groups() -> impl Iterator<Item = &'static Group> {
    GROUPS.iter().chain(ADDED.get().copied().unwrap_or_default())
}

/// The definition of the whole command line.
pub fn root() -> Command {
    let root = GlobalArgs::augment_args(Command::new("agora"))
        .about("The wallet and node of the agora chain")
        .version(env!("CARGO_PKG_VERSION"))
        .propagate_version(true)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help(
            "Exit codes: 0 done, 1 wrong usage or local failure, 2 the transaction failed, 3 the node is unreachable.",
        );
    groups().fold(root, |root, group| root.subcommand((group.command)()))
}

/// Runs the command in `matches`; also gives the terminal that errors go to.
pub(crate) fn dispatch(matches: &ArgMatches) -> (Terminal, Result<()>) {
    let args = match GlobalArgs::from_arg_matches(matches) {
        Ok(args) => args,
        Err(error) => return (Terminal::detect(Default::default(), false, false), Err(usage(error))),
    };
    let first = args.first_terminal();
    let Some((group, inner)) = matches
        .subcommand()
        .and_then(|(name, inner)| Some((groups().find(|group| group.name == name)?, inner)))
    else {
        return (first, Err(CliError::usage("no command was given").hint("`agora help` shows all")));
    };
    match Context::new(args) {
        Ok(context) => (*context.terminal(), (group.run)(&context, inner)),
        Err(error) => (first, Err(error)),
    }
}

/// The typed arguments of a command defined with clap's derive.
pub fn typed<T: FromArgMatches>(matches: &ArgMatches) -> Result<T> {
    T::from_arg_matches(matches).map_err(usage)
}

fn usage(error: clap::Error) -> CliError {
    CliError::usage(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed_and_every_group_has_its_name() {
        root().debug_assert();
        for group in GROUPS {
            assert_eq!((group.command)().get_name(), group.name);
        }
    }
}
