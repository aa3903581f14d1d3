//! New keys: made, recovered, imported.

use std::path::{Path, PathBuf};

use clap::Args;
use zeroize::Zeroizing;

use super::show::print_key;
use crate::context::Context;
use crate::error::{CliError, Result};
use crate::files;
use crate::keyring::{Backend, KeyInfo, KeyName, Keyring};
use crate::sign::{HdPath, PublicKey, SecretKey, generate_mnemonic, parse_mnemonic, secret_from_mnemonic};

/// Where in a mnemonic's tree the key lies.
#[derive(Args, Debug)]
pub(super) struct PathArgs {
    /// Account of the path m/44'/118'/ACCOUNT'/0/INDEX
    #[arg(long, default_value_t = 0, conflicts_with = "hd_path")]
    account: u32,
    /// Index of the path m/44'/118'/ACCOUNT'/0/INDEX
    #[arg(long, default_value_t = 0, conflicts_with = "hd_path")]
    index: u32,
    /// A whole derivation path instead
    #[arg(long, value_name = "PATH")]
    hd_path: Option<HdPath>,
    /// File with the BIP-39 passphrase (the "25th word"), if there is one
    #[arg(long, value_name = "FILE")]
    bip39_passphrase_file: Option<PathBuf>,
}

impl PathArgs {
    pub(super) fn path(&self) -> Result<HdPath> {
        match &self.hd_path {
            Some(path) => Ok(path.clone()),
            None => HdPath::cosmos(self.account, self.index),
        }
    }

    pub(super) fn account(&self) -> u32 {
        self.account
    }

    pub(super) fn index(&self) -> u32 {
        self.index
    }

    pub(super) fn has_whole_path(&self) -> bool {
        self.hd_path.is_some()
    }

    pub(super) fn passphrase(&self) -> Result<Zeroizing<String>> {
        let Some(path) = &self.bip39_passphrase_file else { return Ok(Zeroizing::default()) };
        let text = files::read_text(path)?;
        Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
    }
}

#[derive(Args, Debug)]
pub(super) struct CreateArgs {
    /// Name of the new key
    name: KeyName,
    /// Words of the mnemonic: 12 or 24
    #[arg(long, default_value_t = 24)]
    words: usize,
    #[command(flatten)]
    path: PathArgs,
}

#[derive(Args, Debug)]
pub(super) struct RecoverArgs {
    /// Name of the new key
    name: KeyName,
    /// File with the mnemonic; otherwise it is asked for, or read from standard input
    #[arg(long, value_name = "FILE")]
    mnemonic_file: Option<PathBuf>,
    #[command(flatten)]
    path: PathArgs,
}

#[derive(Args, Debug)]
pub(super) struct ImportArgs {
    /// Name of the new key
    name: KeyName,
    /// Key file written by `agora keys export`; otherwise standard input is read
    file: Option<PathBuf>,
    /// The input is a bare private key: 64 hex digits
    #[arg(long, conflicts_with = "public_key")]
    private_key: bool,
    /// Add a public key to watch (base64, hex or JSON) instead of reading a file
    #[arg(long, value_name = "KEY", conflicts_with = "file")]
    public_key: Option<String>,
}

pub(super) fn create(context: &Context, args: CreateArgs) -> Result<()> {
    let (terminal, keyring) = (context.terminal(), context.keyring()?);
    check_name(context, &keyring, &args.name)?;
    let path = args.path.path()?;
    let mnemonic = generate_mnemonic(args.words)?;
    let secret = secret_from_mnemonic(&mnemonic, &args.path.passphrase()?, &path)?;
    let info = keyring.add_secret(&args.name, &secret, Some(path.to_string()), &context.passwords())?;
    warn_about_backend(context, &keyring);
    let words = Zeroizing::new(mnemonic.to_string());
    if terminal.is_json() {
        let mut json = info.to_json();
        if let Some(fields) = json.as_object_mut() {
            fields.insert("mnemonic".to_owned(), words.as_str().into());
        }
        return terminal.json(&json);
    }
    print_key(context, &info)?;
    terminal
        .note("\nWrite these words down and keep them away from computers. They are shown once, and whoever");
    terminal.note("has them has the money; without them a forgotten password means the money is gone:\n");
    for (row, line) in words.split(' ').collect::<Vec<_>>().chunks(6).enumerate() {
        let cells: Vec<String> =
            line.iter().enumerate().map(|(at, word)| format!("{:>2} {word:<10}", row * 6 + at + 1)).collect();
        // On a terminal numbered words are easier to copy by hand; a pipe gets them bare below.
        if terminal.stdout_is_terminal() {
            terminal.line(cells.join(" ").trim_end())?;
        }
    }
    if terminal.stdout_is_terminal() {
        Ok(())
    } else {
        terminal.line(format!("mnemonic    {}", words.as_str()))
    }
}

pub(super) fn recover(context: &Context, args: RecoverArgs) -> Result<()> {
    let keyring = context.keyring()?;
    check_name(context, &keyring, &args.name)?;
    let path = args.path.path()?;
    let mnemonic = parse_mnemonic(&read_mnemonic(context, args.mnemonic_file.as_deref())?)?;
    let secret = secret_from_mnemonic(&mnemonic, &args.path.passphrase()?, &path)?;
    warn_if_known(context, &keyring, &secret.public_key())?;
    let info = keyring.add_secret(&args.name, &secret, Some(path.to_string()), &context.passwords())?;
    added(context, &keyring, &info)
}

pub(super) fn import(context: &Context, args: ImportArgs) -> Result<()> {
    let keyring = context.keyring()?;
    check_name(context, &keyring, &args.name)?;
    if let Some(text) = &args.public_key {
        let info = keyring.add_public(&args.name, PublicKey::parse(text)?)?;
        return print_key(context, &info);
    }
    let what = if args.private_key { "private key (64 hex digits)" } else { "exported key" };
    let text = match &args.file {
        Some(path) if looks_like_private_key(path) => {
            return Err(CliError::usage(
                "a private key must not be an argument: shells and process lists keep it",
            )
            .hint("give it on standard input or as a file, and consider this one exposed"));
        }
        Some(path) => files::read_text(path)?,
        None if args.private_key && context.terminal().stdin_is_terminal() => {
            context.terminal().ask_secret(what, "give it on standard input or as a file")?
        }
        None => files::text_of(std::io::stdin(), "standard input")?,
    };
    let info = if args.private_key {
        let digits = text.trim();
        let bytes =
            hex::decode(digits.strip_prefix("0x").unwrap_or(digits)).map(Zeroizing::new).map_err(|_| {
                // The input is a secret: it must not be repeated in an error.
                CliError::usage("the private key is not hex").hint("give 64 hex digits")
            })?;
        keyring.add_secret(&args.name, &SecretKey::from_bytes(&bytes)?, None, &context.passwords())?
    } else {
        let passwords = context.passwords();
        keyring.import(&args.name, &text, &passwords, &passwords)?
    };
    added(context, &keyring, &info)
}

fn looks_like_private_key(path: &Path) -> bool {
    let text = path.to_string_lossy();
    let digits = text.strip_prefix("0x").unwrap_or(&text);
    digits.len() == 64 && digits.chars().all(|c| c.is_ascii_hexdigit())
}

/// The mnemonic from a file, a prompt, or standard input.
pub(super) fn read_mnemonic(context: &Context, file: Option<&Path>) -> Result<Zeroizing<String>> {
    match file {
        Some(path) => files::read_text(path),
        None if context.terminal().stdin_is_terminal() => {
            context.terminal().ask_secret("mnemonic", "pass --mnemonic-file, or give it on standard input")
        }
        None => files::text_of(std::io::stdin(), "standard input"),
    }
}

/// One name, one account: a key must not take a name that the address book uses for someone else.
pub(super) fn check_name(context: &Context, keyring: &Keyring, name: &KeyName) -> Result<()> {
    keyring.check_free(name)?;
    if keyring.is_published(name) {
        context
            .terminal()
            .warn(format!("on this chain the new key `{name}` hides the published account of that name"));
    }
    if let Some(address) = context.address_book()?.get(name) {
        return Err(CliError::usage(format!("`{name}` stands for {address} in the address book"))
            .hint(format!("choose another name, or: agora address remove {name}")));
    }
    Ok(())
}

fn warn_if_known(context: &Context, keyring: &Keyring, key: &PublicKey) -> Result<()> {
    if let Some(other) = keyring.find_address(&key.address())? {
        context.terminal().warn(format!("this key is in the keyring already, as `{}`", other.name));
    }
    Ok(())
}

fn warn_about_backend(context: &Context, keyring: &Keyring) {
    match keyring.backend() {
        Backend::File => {}
        Backend::Test => {
            context.terminal().warn("the test keyring is not encrypted; use it on development chains only")
        }
        Backend::Memory => {
            context.terminal().warn("the memory keyring forgets this key when the command ends")
        }
    }
}

fn added(context: &Context, keyring: &Keyring, info: &KeyInfo) -> Result<()> {
    warn_about_backend(context, keyring);
    print_key(context, info)
}
