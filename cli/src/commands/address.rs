//! `agora address`: names for other people's addresses.

use clap::{ArgMatches, Command, Subcommand};
use serde_json::{Value, json};

use super::{Group, typed};
use crate::address::Address;
use crate::context::Context;
use crate::error::{CliError, Result};
use crate::keyring::KeyName;
use crate::terminal::Table;

pub(super) const GROUP: Group = Group { name: "address", command, run };

#[derive(Subcommand, Debug)]
enum AddressCommand {
    /// Give an address a name, usable wherever an address is
    Add {
        /// The new name
        name: KeyName,
        /// The address, agora1...
        address: String,
    },
    /// List all names
    #[command(visible_alias = "ls")]
    List,
    /// Forget a name
    #[command(visible_alias = "rm")]
    Remove {
        /// The name
        name: KeyName,
    },
    /// Show what a name or address stands for
    Show {
        /// A key's name, a name of the address book, or an address
        name: String,
    },
}

fn command() -> Command {
    let command = Command::new("address")
        .about("Address book: names for other people's addresses")
        .subcommand_required(true)
        .arg_required_else_help(true);
    AddressCommand::augment_subcommands(command)
}

fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let terminal = context.terminal();
    match typed(matches)? {
        AddressCommand::Add { name, address } => {
            let address = Address::parse(&address)?;
            if context.keyring()?.find(&name)?.is_some() {
                return Err(
                    CliError::usage(format!("`{name}` is the name of a key")).hint("choose another name")
                );
            }
            let mut book = context.address_book()?;
            book.add(name.clone(), address.clone())?;
            book.save()?;
            terminal.note(format!("{name} stands for {address}"));
            Ok(())
        }
        AddressCommand::List => {
            let book = context.address_book()?;
            if terminal.is_json() {
                let list: Vec<Value> = book
                    .entries()
                    .map(|(name, address)| json!({ "name": name, "address": address }))
                    .collect();
                return terminal.json(&list);
            }
            let mut table = Table::new(["name", "address"]);
            for (name, address) in book.entries() {
                table.row([name.to_string(), address.to_string()]);
            }
            if table.is_empty() {
                terminal.note("the address book is empty; add with `agora address add NAME ADDRESS`");
                return Ok(());
            }
            terminal.table(&table)
        }
        AddressCommand::Remove { name } => {
            let mut book = context.address_book()?;
            let address = book.remove(&name)?;
            book.save()?;
            terminal.note(format!("{name} no longer stands for {address}"));
            Ok(())
        }
        AddressCommand::Show { name } => {
            let address = context.resolve_address(&name)?;
            let known = context.name_of(&address)?;
            if terminal.is_json() {
                let bytes = hex::encode(address.as_bytes());
                return terminal.json(&json!({ "name": known, "address": address, "bytes": bytes }));
            }
            let mut table = Table::fields();
            table.row(["name", known.as_ref().map_or("-", KeyName::as_str)]);
            table.row(["address", &address.to_string()]);
            table.row(["bytes", &hex::encode(address.as_bytes())]);
            terminal.table(&table)
        }
    }
}
