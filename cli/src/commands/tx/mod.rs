//! `agora tx`: a command for every message of the definitions, and the steps of a transaction one by one.
//!
//! The way of a transaction: the command makes messages, [`who`] finds the keys and accounts that sign, [`gas`] decides
//! limit and fee (rehearsing it on the node), [`draft`] asks the person, [`signing`] signs, [`submit`] hands it in and
//! waits for a block. [`offline`] does the same steps on files, [`multisig`] for shared accounts, [`show`] explains a
//! transaction, [`failure`] a refusal.

mod draft;
mod failure;
mod faucet;
mod file;
mod flags;
mod gas;
mod multisig;
mod offline;
mod provide;
pub(super) mod show;
mod signing;
mod submit;
mod swap;
mod terms;
mod who;

use clap::{ArgMatches, Args, Command};

use super::extra::Extra;
use super::session::Session;
use super::{Group, typed};
use crate::context::Context;
use crate::dynamic::Definitions;
use crate::dynamic::tree::{self, Purpose};
use crate::error::{CliError, Result};
use flags::TxFlags;

pub(super) const GROUP: Group = Group { name: "tx", command, run };

/// Commands in groups of modules that are more than a message.
const EXTRAS: &[Extra] = &[swap::EXTRA, provide::EXTRA];

fn command() -> Command {
    let command = Command::new("tx")
        .about("Make, sign, send and look at transactions")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help("Addresses may be given as names of keys or of the address book; amounts as 1.5 AGO or 1500000uago.");
    let command = tree::groups(Definitions::current(), Purpose::Tx).iter().fold(command, |command, group| {
        command.subcommand(Extra::attach(EXTRAS, group, group.command(TxFlags::augment_args)))
    });
    let own = [show::commands(), offline::commands(), faucet::commands()];
    // Modules first, by name; the steps of a transaction after them.
    own.into_iter()
        .flatten()
        .enumerate()
        .fold(command, |command, (at, own)| command.subcommand(own.display_order(1000 + at)))
}

fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let Some((word, inner)) = matches.subcommand() else {
        return Err(CliError::usage("no command was given"));
    };
    if let Some((name, arguments)) = inner.subcommand() {
        if let Some(extra) = Extra::find(EXTRAS, word, name) {
            return (extra.run)(&Session::new(context), arguments);
        }
        let groups = tree::groups(Definitions::current(), Purpose::Tx);
        let leaf = groups.iter().find(|group| group.name == word).and_then(|group| group.find(name));
        let leaf = leaf.ok_or_else(|| CliError::usage(format!("there is no command `tx {word} {name}`")))?;
        let flags: TxFlags = typed(arguments)?;
        let session = Session::new(context).offline(flags.offline);
        let from = who::sender(&session, &flags, leaf.signer_text(arguments).as_deref())?;
        let message = leaf.message(session.definitions(), arguments, &session, Some(&from.address))?;
        return draft::run(&session, &flags, &from, vec![message]);
    }
    match word {
        "show" => show::run(context, inner),
        "faucet" => faucet::run(context, inner),
        other => offline::run(context, other, inner),
    }
}
