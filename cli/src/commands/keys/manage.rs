//! Export, renaming, deletion, passwords.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::show::print_key;
use crate::context::Context;
use crate::error::{CliError, Result};
use crate::keyring::{KeyKind, KeyName, PasswordSource};

#[derive(Args, Debug)]
pub(super) struct ExportArgs {
    /// Name of the key
    name: KeyName,
    /// Print the bare private key; whoever sees it has the money
    #[arg(long = "unsafe")]
    bare: bool,
    /// File with the password of the exported key file; otherwise it is asked for, or the key's own is used
    #[arg(long, value_name = "FILE", conflicts_with = "bare")]
    export_password_file: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct RenameArgs {
    /// Name of the key
    old: KeyName,
    /// Its new name
    new: KeyName,
}

#[derive(Args, Debug)]
pub(super) struct DeleteArgs {
    /// Name of the key
    name: KeyName,
}

#[derive(Args, Debug)]
pub(super) struct PasswordArgs {
    /// Name of the key
    name: KeyName,
    /// File with the new password; otherwise it is asked for
    #[arg(long, value_name = "FILE")]
    new_password_file: Option<PathBuf>,
}

pub(super) fn export(context: &Context, args: ExportArgs) -> Result<()> {
    let (terminal, keyring) = (context.terminal(), context.keyring()?);
    let info = keyring.get(&args.name)?;
    if !args.bare {
        let fresh = match &args.export_password_file {
            Some(path) => PasswordSource::new(*terminal, Some(path.clone()), None),
            None => context.passwords(),
        };
        let text = keyring.export(&args.name, &context.passwords(), &fresh)?;
        return terminal.raw(text.as_bytes());
    }
    terminal.require_confirmation(&format!(
        "Show the private key of `{}` ({}) in plain text?",
        info.name,
        info.address()
    ))?;
    let secret = keyring.secret(&args.name, &context.passwords())?;
    let digits = zeroize::Zeroizing::new(hex::encode(secret.to_bytes().as_slice()));
    if terminal.is_json() {
        terminal
            .json(&json!({ "name": info.name, "address": info.address(), "private_key": digits.as_str() }))
    } else {
        terminal.line(digits.as_str())
    }
}

pub(super) fn rename(context: &Context, args: RenameArgs) -> Result<()> {
    let keyring = context.keyring()?;
    if context.address_book()?.get(&args.new).is_some() {
        return Err(CliError::usage(format!("`{}` is a name of the address book", args.new))
            .hint("choose another name"));
    }
    let info = keyring.rename(&args.old, &args.new, &context.passwords())?;
    context.terminal().note(format!("{} is now named {}", args.old, args.new));
    print_key(context, &info)
}

pub(super) fn delete(context: &Context, args: DeleteArgs) -> Result<()> {
    let (terminal, keyring) = (context.terminal(), context.keyring()?);
    // A damaged file has no readable facts, and deleting it is how one gets rid of it.
    let what = match keyring.find(&args.name) {
        Ok(Some(info)) if info.kind == KeyKind::Local => {
            format!(
                "Delete `{}` ({})? Only its mnemonic or an export brings it back.",
                info.name,
                info.address()
            )
        }
        Ok(Some(info)) => format!("Delete `{}` ({})?", info.name, info.address()),
        Ok(None) => return keyring.get(&args.name).map(|_| ()),
        Err(error) => {
            terminal.warn(error.to_string());
            format!("Delete the unreadable key `{}`?", args.name)
        }
    };
    terminal.require_confirmation(&what)?;
    keyring.delete(&args.name)?;
    terminal.note(format!("deleted {}", args.name));
    Ok(())
}

pub(super) fn password(context: &Context, args: PasswordArgs) -> Result<()> {
    let (terminal, keyring) = (context.terminal(), context.keyring()?);
    let fresh = match args.new_password_file {
        Some(path) => PasswordSource::new(*terminal, Some(path), None),
        None if terminal.is_interactive() => PasswordSource::prompt(*terminal),
        None => {
            return Err(CliError::usage("no new password was given").hint("pass --new-password-file"));
        }
    };
    keyring.change_password(&args.name, &context.passwords(), &fresh)?;
    terminal.note(format!("the password of {} is changed", args.name));
    Ok(())
}
