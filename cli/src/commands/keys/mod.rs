//! `agora keys`: one file per family of commands.

mod add;
mod manage;
mod message;
mod multisig;
mod show;

use clap::{ArgMatches, Command, Subcommand};

use super::{Group, typed};
use crate::context::Context;
use crate::error::Result;

pub(super) const GROUP: Group = Group { name: "keys", command, run };

#[derive(Subcommand, Debug)]
enum KeysCommand {
    /// Make a new key and show its mnemonic once
    #[command(visible_alias = "add")]
    Create(add::CreateArgs),
    /// Bring a key back from its mnemonic
    Recover(add::RecoverArgs),
    /// Add an exported key file, a private key, or a public key to watch
    Import(add::ImportArgs),
    /// Print a key as an encrypted key file, or its bare private key with --unsafe
    Export(manage::ExportArgs),
    /// List all keys
    #[command(visible_alias = "ls")]
    List,
    /// Show one key
    Show(show::ShowArgs),
    /// Give a key another name
    Rename(manage::RenameArgs),
    /// Delete a key for good
    #[command(visible_alias = "rm")]
    Delete(manage::DeleteArgs),
    /// Change the password of a key
    Password(manage::PasswordArgs),
    /// List the addresses that follow from a mnemonic, without storing anything
    Derive(show::DeriveArgs),
    /// Threshold keys: several members sign together
    #[command(subcommand)]
    Multisig(multisig::MultisigCommand),
    /// Sign a message outside of any transaction (ADR-036), for logins and off-chain votes
    SignMessage(message::SignArgs),
    /// Check a signed message
    VerifyMessage(message::VerifyArgs),
    /// Show an address as a QR code
    Qr(show::QrArgs),
}

fn command() -> Command {
    let command = Command::new("keys")
        .about("Keys of this wallet")
        .subcommand_required(true)
        .arg_required_else_help(true);
    KeysCommand::augment_subcommands(command)
}

fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    match typed(matches)? {
        KeysCommand::Create(args) => add::create(context, args),
        KeysCommand::Recover(args) => add::recover(context, args),
        KeysCommand::Import(args) => add::import(context, args),
        KeysCommand::Export(args) => manage::export(context, args),
        KeysCommand::List => show::list(context),
        KeysCommand::Show(args) => show::show(context, args),
        KeysCommand::Rename(args) => manage::rename(context, args),
        KeysCommand::Delete(args) => manage::delete(context, args),
        KeysCommand::Password(args) => manage::password(context, args),
        KeysCommand::Derive(args) => show::derive(context, args),
        KeysCommand::Multisig(command) => multisig::run(context, command),
        KeysCommand::SignMessage(args) => message::sign(context, args),
        KeysCommand::VerifyMessage(args) => message::verify(context, args),
        KeysCommand::Qr(args) => show::qr(context, args),
    }
}
