//! `agora keys multisig`: threshold keys.

use clap::{Args, Subcommand};

use super::add::check_name;
use super::show::print_key;
use crate::context::Context;
use crate::error::{Result, nearest};
use crate::keyring::{KeyName, Keyring};
use crate::sign::{Multisig, PublicKey};

#[derive(Subcommand, Debug)]
pub(super) enum MultisigCommand {
    /// Make a threshold key of other keys
    Create(CreateArgs),
}

#[derive(Args, Debug)]
pub(super) struct CreateArgs {
    /// Name of the new key
    name: KeyName,
    /// How many members must sign
    #[arg(long, short = 't')]
    threshold: u32,
    /// The members: names of keys, or public keys (base64, hex or JSON)
    #[arg(required = true, value_name = "MEMBER")]
    members: Vec<String>,
    /// Keep the members in the order given; the address depends on the order
    #[arg(long)]
    no_sort: bool,
}

pub(super) fn run(context: &Context, command: MultisigCommand) -> Result<()> {
    match command {
        MultisigCommand::Create(args) => create(context, args),
    }
}

fn create(context: &Context, args: CreateArgs) -> Result<()> {
    let keyring = context.keyring()?;
    check_name(context, &keyring, &args.name)?;
    let keys = args.members.iter().map(|text| member(&keyring, text)).collect::<Result<Vec<_>>>()?;
    let multisig = if args.no_sort {
        Multisig::new(args.threshold, keys)?
    } else {
        Multisig::sorted(args.threshold, keys)?
    };
    let info = keyring.add_public(&args.name, PublicKey::Multisig(multisig))?;
    print_key(context, &info)
}

/// A member by name, or by its public key.
fn member(keyring: &Keyring, text: &str) -> Result<PublicKey> {
    let name = text.parse::<KeyName>().ok();
    if let Some(name) = &name
        && let Some(info) = keyring.find(name)?
    {
        return Ok(info.public_key);
    }
    PublicKey::parse(text).map_err(|error| {
        let names = keyring.names().unwrap_or_default();
        match nearest(text, names.iter().map(KeyName::as_str)) {
            Some(known) => error.hint(format!("did you mean the key `{known}`?")),
            None if name.is_some() => {
                error.hint("no key has this name; an address is not enough, give the public key")
            }
            None => error,
        }
    })
}
