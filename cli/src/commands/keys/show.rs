//! Looking at keys and addresses.

use std::path::PathBuf;

use clap::Args;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use serde_json::{Value, json};

use super::add::{PathArgs, read_mnemonic};
use crate::context::Context;
use crate::error::{CliError, Result};
use crate::keyring::KeyInfo;
use crate::sign::{HdPath, PublicKey, parse_mnemonic, secret_from_mnemonic};
use crate::terminal::Table;

/// More than this is a mistake rather than a wish.
const MAX_DERIVED: u32 = 1000;

#[derive(Args, Debug)]
pub(super) struct ShowArgs {
    /// Name or address of the key; the default key where none is given
    key: Option<String>,
    /// Print the address only
    #[arg(long, short = 'a')]
    address: bool,
    /// Print the public key only, as JSON
    #[arg(long, short = 'p', conflicts_with = "address")]
    public_key: bool,
    /// Write the address with another prefix, for example agoravaloper
    #[arg(long, value_name = "PREFIX", conflicts_with = "public_key")]
    prefix: Option<String>,
}

#[derive(Args, Debug)]
pub(super) struct DeriveArgs {
    /// File with the mnemonic; otherwise it is asked for, or read from standard input
    #[arg(long, value_name = "FILE")]
    mnemonic_file: Option<PathBuf>,
    /// How many addresses to list, from --index on
    #[arg(long, default_value_t = 5)]
    count: u32,
    #[command(flatten)]
    path: PathArgs,
}

#[derive(Args, Debug)]
pub(super) struct QrArgs {
    /// Name of a key or of the address book, or an address; the default key where none is given
    name: Option<String>,
}

pub(super) fn list(context: &Context) -> Result<()> {
    let (terminal, keys) = (context.terminal(), context.keyring()?.list()?);
    if terminal.is_json() {
        return terminal.json(&keys.iter().map(KeyInfo::to_json).collect::<Vec<Value>>());
    }
    let mut table = Table::new(["name", "type", "address"]);
    for key in &keys {
        table.row([key.name.to_string(), key.kind.name().to_owned(), key.address().to_string()]);
    }
    if table.is_empty() {
        terminal.note("the keyring is empty; make a key with `agora keys create NAME`");
        return Ok(());
    }
    terminal.table(&table)
}

pub(super) fn show(context: &Context, args: ShowArgs) -> Result<()> {
    let (terminal, key) = (context.terminal(), context.key(args.key.as_deref())?);
    let address = match &args.prefix {
        Some(prefix) => key.address().with_prefix(prefix)?,
        None => key.address().to_string(),
    };
    if args.address || args.prefix.is_some() {
        let json = || json!({ "name": key.name, "address": address });
        return if terminal.is_json() { terminal.json(&json()) } else { terminal.line(&address) };
    }
    if args.public_key {
        return terminal.line(key.public_key.to_json().to_string());
    }
    print_key(context, &key)
}

/// One key, as a table of fields or as JSON.
pub(super) fn print_key(context: &Context, key: &KeyInfo) -> Result<()> {
    let terminal = context.terminal();
    if terminal.is_json() {
        return terminal.json(&key.to_json());
    }
    let mut table = Table::fields();
    table.row(["name", key.name.as_str()]);
    table.row(["type", key.kind.name()]);
    table.row(["address", &key.address().to_string()]);
    match &key.public_key {
        PublicKey::Secp256k1(_) => {
            let json = key.public_key.to_json();
            table.row(["public key", json.get("key").and_then(Value::as_str).unwrap_or_default()]);
        }
        PublicKey::Multisig(multisig) => {
            table.row(["threshold", &format!("{} of {}", multisig.threshold(), multisig.members().len())]);
            let keyring = context.keyring()?;
            for member in multisig.members() {
                let address = PublicKey::Secp256k1(*member).address();
                let name = keyring.find_address(&address)?.map(|info| format!(" ({})", info.name));
                table.row(["member", &format!("{address}{}", name.unwrap_or_default())]);
            }
        }
    }
    if let Some(path) = &key.hd_path {
        table.row(["path", path]);
    }
    terminal.table(&table)
}

pub(super) fn derive(context: &Context, args: DeriveArgs) -> Result<()> {
    let terminal = context.terminal();
    if args.count == 0 || args.count > MAX_DERIVED {
        return Err(CliError::usage(format!("cannot list {} addresses", args.count))
            .hint(format!("ask for 1 to {MAX_DERIVED}")));
    }
    let mnemonic = parse_mnemonic(&read_mnemonic(context, args.mnemonic_file.as_deref())?)?;
    let passphrase = args.path.passphrase()?;
    let paths: Vec<HdPath> = if args.path.has_whole_path() {
        vec![args.path.path()?]
    } else {
        let index = |step: u32| args.path.index().checked_add(step);
        (0..args.count)
            .map(|step| {
                let index = index(step).ok_or_else(|| CliError::usage("the index is too large"))?;
                HdPath::cosmos(args.path.account(), index)
            })
            .collect::<Result<_>>()?
    };
    let mut derived = Vec::new();
    for path in paths {
        let key = secret_from_mnemonic(&mnemonic, &passphrase, &path)?.public_key();
        derived.push((path.to_string(), key));
    }
    if terminal.is_json() {
        let list: Vec<Value> = derived
            .iter()
            .map(|(path, key)| json!({ "hd_path": path, "address": key.address(), "public_key": key.to_json() }))
            .collect();
        return terminal.json(&list);
    }
    let mut table = Table::new(["path", "address"]);
    for (path, key) in &derived {
        table.row([path.clone(), key.address().to_string()]);
    }
    terminal.table(&table)
}

pub(super) fn qr(context: &Context, args: QrArgs) -> Result<()> {
    let terminal = context.terminal();
    let address = match &args.name {
        Some(name) => context.resolve_address(name)?,
        None => context.key(None)?.address(),
    };
    let text = address.to_string();
    if terminal.is_json() {
        return terminal.json(&json!({ "address": text }));
    }
    // Upper case fits the denser alphanumeric mode, and bech32 means the same in either case.
    let code = QrCode::new(text.to_uppercase())
        .map_err(|error| CliError::usage("this address does not fit a QR code").because(error))?;
    // Most terminals are dark: light modules are drawn, so that the code is not inverted there.
    let image = code
        .render::<Dense1x2>()
        .dark_color(Dense1x2::Dark)
        .light_color(Dense1x2::Light)
        .quiet_zone(true)
        .build();
    terminal.line(image)?;
    terminal.line(text)
}
