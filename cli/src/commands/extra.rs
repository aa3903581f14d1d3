//! Commands that stand in a group of the definitions but are more than one message or query.

use clap::{ArgMatches, Command};

use super::session::Session;
use crate::dynamic::tree;
use crate::error::Result;

/// A command in a group of the definitions with a definition and an action of its own.
#[derive(Clone, Copy)]
pub(super) struct Extra {
    /// The group.
    pub(super) group: &'static str,
    /// The word after it.
    pub(super) name: &'static str,
    /// The definition; its name must be `name`.
    pub(super) command: fn() -> Command,
    /// The action.
    pub(super) run: fn(&Session<'_>, &ArgMatches) -> Result<()>,
}

impl Extra {
    /// The one of this name.
    pub(super) fn find(extras: &'static [Self], group: &str, name: &str) -> Option<&'static Self> {
        extras.iter().find(|extra| extra.group == group && extra.name == name)
    }

    /// Puts those of a group in front of its own commands. The chain does not serve a group that is not there.
    pub(super) fn attach(extras: &'static [Self], group: &tree::Group, command: Command) -> Command {
        let own = extras.iter().filter(|extra| extra.group == group.name);
        own.fold(command, |command, extra| command.subcommand((extra.command)().display_order(0)))
    }
}
