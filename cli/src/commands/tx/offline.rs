//! The steps of a transaction one by one, on files: sign, combine, encode, decode, rehearse, broadcast.

use std::path::PathBuf;

use agora_proto::cosmos::tx::v1beta1::{AuthInfo, SignerInfo};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use clap::{ArgMatches, Args, Command, FromArgMatches, Subcommand};
use prost::Message as _;
use serde_json::{Value, json};

use super::super::session::Session;
use super::file::Document;
use super::flags::{ModeName, TxFlags, WaitFlags};
use super::multisig::{find_multisig, multisign, print_signature, sign_as_member};
use super::signing::{sign_bytes, sign_with};
use super::submit::{self, Submitted};
use super::who::{account_data, sender};
use super::{draft, gas, show};
use crate::context::Context;
use crate::dynamic::request::read_input;
use crate::dynamic::values::resolve_messages;
use crate::error::{CliError, Result};
use crate::files;
use crate::render::Labels as _;
use crate::render::changes::BalanceChanges;
use crate::sign::{SignMode, signer_info, single_mode_info};
use crate::terminal::Table;

#[derive(Subcommand, Debug)]
enum FileCommand {
    /// Send the messages of a JSON file: one object with "@type", or a list of them
    Messages {
        /// The file; - for standard input
        file: String,
        #[command(flatten)]
        flags: Box<TxFlags>,
    },
    /// Sign a transaction file and print the signed transaction, or a member's signature with --multisig
    Sign(SignArgs),
    /// Join the signatures of a multisig's members and print the signed transaction
    Multisign(MultisignArgs),
    /// Hand in a signed transaction file and wait for its block
    Broadcast {
        /// The file; - for standard input
        file: String,
        #[command(flatten)]
        wait: WaitFlags,
    },
    /// Rehearse a transaction file: its gas and what it would change
    Simulate {
        /// The file; - for standard input
        file: String,
    },
    /// Print the bytes of a transaction file as base64
    Encode {
        /// The file; - for standard input
        file: String,
        /// Hex after 0x instead of base64
        #[arg(long)]
        hex: bool,
    },
    /// Print encoded bytes as a transaction file
    Decode {
        /// The bytes as base64, as hex after 0x, or a file after @; - for standard input
        bytes: String,
    },
}

#[derive(Args, Debug)]
pub(super) struct SignArgs {
    /// The file; - for standard input
    pub(super) file: String,
    /// Key that signs, by name or address [default: the profile's default_key]
    #[arg(long, value_name = "KEY")]
    pub(super) from: Option<String>,
    /// Multisig, by name or address, that the key signs for as a member
    #[arg(long, value_name = "MULTISIG")]
    pub(super) multisig: Option<String>,
    /// How to sign [default: direct; amino where several sign]
    #[arg(long, value_name = "MODE")]
    pub(super) sign_mode: Option<ModeName>,
    /// Ask no node: needs --sequence
    #[arg(long)]
    pub(super) offline: bool,
    /// Sequence of the account [default: asked from the node]
    #[arg(long, value_name = "N")]
    pub(super) sequence: Option<u64>,
    /// Account number [default: asked from the node; 0 with --offline]
    #[arg(long, value_name = "N")]
    pub(super) account_number: Option<u64>,
    /// Print the signature only, in the form `agora tx multisign` takes
    #[arg(long)]
    pub(super) signature_only: bool,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(super) output_document: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct MultisignArgs {
    /// The unsigned transaction file
    pub(super) file: String,
    /// The multisig, by name or address
    pub(super) multisig: String,
    /// Files with the members' signatures
    #[arg(required = true, value_name = "SIGNATURE_FILE")]
    pub(super) signatures: Vec<String>,
    /// Ask no node: needs --sequence
    #[arg(long)]
    pub(super) offline: bool,
    /// Sequence of the multisig's account [default: asked from the node]
    #[arg(long, value_name = "N")]
    pub(super) sequence: Option<u64>,
    /// Account number [default: asked from the node; 0 with --offline]
    #[arg(long, value_name = "N")]
    pub(super) account_number: Option<u64>,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(super) output_document: Option<PathBuf>,
}

pub(super) fn commands() -> Vec<Command> {
    FileCommand::augment_subcommands(Command::new("tx")).get_subcommands().cloned().collect()
}

pub(super) fn run(context: &Context, word: &str, matches: &ArgMatches) -> Result<()> {
    let command = parse(word, matches)?;
    match command {
        FileCommand::Messages { file, flags } => messages(context, &file, &flags),
        FileCommand::Sign(args) => sign(context, args),
        FileCommand::Multisign(args) => multisign(context, args),
        FileCommand::Broadcast { file, wait } => broadcast(context, &file, &wait),
        FileCommand::Simulate { file } => simulate(context, &file),
        FileCommand::Encode { file, hex } => encode(context, &file, hex),
        FileCommand::Decode { bytes } => decode(context, &bytes),
    }
}

/// The command behind a word: its arguments were matched as those of a subcommand of `tx`.
fn parse(word: &str, matches: &ArgMatches) -> Result<FileCommand> {
    let usage = |error: clap::Error| CliError::usage(error.to_string());
    let text = |id: &str| matches.get_one::<String>(id).cloned().unwrap_or_default();
    Ok(match word {
        "messages" => FileCommand::Messages {
            file: text("file"),
            flags: Box::new(TxFlags::from_arg_matches(matches).map_err(usage)?),
        },
        "sign" => FileCommand::Sign(SignArgs::from_arg_matches(matches).map_err(usage)?),
        "multisign" => FileCommand::Multisign(MultisignArgs::from_arg_matches(matches).map_err(usage)?),
        "broadcast" => FileCommand::Broadcast {
            file: text("file"),
            wait: WaitFlags::from_arg_matches(matches).map_err(usage)?,
        },
        "simulate" => FileCommand::Simulate { file: text("file") },
        "encode" => FileCommand::Encode { file: text("file"), hex: matches.get_flag("hex") },
        "decode" => FileCommand::Decode { bytes: text("bytes") },
        other => return Err(CliError::usage(format!("there is no command `tx {other}`"))),
    })
}

fn messages(context: &Context, file: &str, flags: &TxFlags) -> Result<()> {
    let session = Session::new(context).offline(flags.offline);
    let value: Value = serde_json::from_str(&read_input(file)?)
        .map_err(|error| CliError::usage(format!("{file} is not JSON")).because(error))?;
    let messages = resolve_messages(session.definitions(), value, &session)?;
    // Without --from the first message says who signs.
    let first = match messages.first() {
        Some(message) => crate::dynamic::signers::signers_of(message)?.into_iter().next(),
        None => return Err(CliError::usage(format!("{file} holds no message"))),
    };
    let argument = if flags.from.is_none() { first } else { None };
    let from = sender(&session, flags, argument.as_deref())?;
    draft::run(&session, flags, &from, messages)
}

fn sign(context: &Context, args: SignArgs) -> Result<()> {
    let session = Session::new(context).offline(args.offline);
    let definitions = session.definitions();
    let document = Document::read(definitions, &args.file)?;
    let key = context.key(args.from.as_deref())?;
    if let Some(multisig) = &args.multisig {
        let (account, multisig) = find_multisig(context, multisig)?;
        return sign_as_member(&session, &args, &document, &key, &account, &multisig);
    }
    let address = key.address().to_string();
    let required = document.signers(definitions)?;
    let Some(at) = required.iter().position(|signer| *signer == address) else {
        let names: Vec<String> = required.iter().map(|signer| session.short(signer)).collect();
        return Err(CliError::usage(format!(
            "`{}` does not sign this transaction: {} must",
            key.name,
            names.join(", ")
        ))
        .hint("name the right key with --from; a member of a multisig adds --multisig NAME"));
    };
    let several = required.len() > 1;
    let default = if several { SignMode::LegacyAminoJson } else { SignMode::Direct };
    let mode = args.sign_mode.map(SignMode::from).unwrap_or(default);
    if several && mode == SignMode::Direct {
        return Err(CliError::usage(
            "several accounts sign this transaction, and direct signatures cover the whole list of signers",
        )
        .hint("sign with --sign-mode amino"));
    }
    let mut data = account_data(&session, args.offline, args.sequence, args.account_number, &address)?;
    if document.body.unordered {
        data.sequence = 0;
    }
    let mut infos: Vec<SignerInfo> = document.auth.signer_infos.clone();
    let mut signatures = document.raw.signatures.clone();
    infos.resize(
        required.len(),
        SignerInfo { public_key: None, mode_info: Some(single_mode_info(mode)), sequence: 0 },
    );
    signatures.resize(required.len(), Vec::new());
    let info = signer_info(&key.public_key, single_mode_info(mode), data.sequence);
    if let Some(slot) = infos.get_mut(at) {
        *slot = info;
    }
    let auth = AuthInfo { signer_infos: infos, fee: Some(document.fee()), ..document.auth.clone() };
    let bytes = sign_bytes(definitions, mode, &document.raw.body_bytes, &auth.encode_to_vec(), &data)?;
    let signature = sign_with(&session, &key, &bytes)?.to_vec();
    if args.signature_only {
        return print_signature(&session, &args, &key, mode, signature, &data);
    }
    if let Some(slot) = signatures.get_mut(at) {
        *slot = signature;
    }
    let signed = Document::new(document.body, auth, signatures);
    let missing: Vec<String> = required
        .iter()
        .zip(&signed.raw.signatures)
        .filter(|(_, signature)| signature.is_empty())
        .map(|(signer, _)| session.short(signer))
        .collect();
    if !missing.is_empty() {
        session.terminal().note(format!("still to sign: {}", missing.join(", ")));
    }
    write(&session, &signed.to_json(definitions)?, args.output_document)
}

fn broadcast(context: &Context, file: &str, wait: &WaitFlags) -> Result<()> {
    let session = Session::new(context);
    let document = Document::read(session.definitions(), file)?;
    let signers = document.signers(session.definitions())?;
    if !document.is_signed(signers.len()) {
        return Err(CliError::usage(format!("{file} is not signed by all who must sign"))
            .hint("see who is missing with `agora tx show FILE`, and sign with `agora tx sign FILE`"));
    }
    match submit::submit(&session, &document)? {
        // From an earlier try of the same file: waiting is what is left to do.
        Submitted::Taken | Submitted::Known => submit::conclude(&session, &document, wait),
        Submitted::WrongSequence(_, error) => {
            Err(error.hint("the file was signed with a sequence that is not the next one; sign it anew"))
        }
    }
}

fn simulate(context: &Context, file: &str) -> Result<()> {
    let session = Session::new(context);
    let document = Document::read(session.definitions(), file)?;
    let addresses = document.signers(session.definitions())?;
    let simulation = if document.is_signed(addresses.len()) {
        let answer = session.client()?.simulate(&document.bytes())?;
        answer.map_err(|refusal| super::failure::explain_rehearsal(&refusal.message))?
    } else {
        gas::simulate(&session, &document.body, &document.fee(), &addresses)?
    };
    let changes = BalanceChanges::of_events(&simulation.events);
    let terminal = session.terminal();
    if terminal.is_json() {
        let gas = simulation.gas_used.to_string();
        return terminal.json(&json!({ "gas_used": gas, "balance_changes": changes.to_json() }));
    }
    let mut table = Table::fields();
    table.row(["gas used", &simulation.gas_used.to_string()]);
    for (who, change) in changes.lines(&session) {
        table.row(["balance".to_owned(), format!("{who}  {change}")]);
    }
    terminal.table(&table)
}

fn encode(context: &Context, file: &str, as_hex: bool) -> Result<()> {
    let session = Session::new(context).offline(true);
    let bytes = Document::read(session.definitions(), file)?.bytes();
    let terminal = session.terminal();
    let text = if as_hex { format!("0x{}", hex::encode(&bytes)) } else { BASE64.encode(&bytes) };
    if terminal.is_json() {
        return terminal.json(&json!({ "tx": text, "hash": show::hash_of(&bytes) }));
    }
    terminal.line(text)
}

fn decode(context: &Context, bytes: &str) -> Result<()> {
    let session = Session::new(context).offline(true);
    let text = match bytes.strip_prefix('@') {
        Some(path) => read_input(path)?,
        None if bytes == "-" => read_input("-")?,
        None => bytes.to_owned(),
    };
    let document = Document::parse(session.definitions(), &text)?;
    session.terminal().json(&document.to_json(session.definitions())?)
}

/// Prints JSON, or writes it to a file that only the owner can read.
pub(super) fn write(session: &Session<'_>, value: &Value, path: Option<PathBuf>) -> Result<()> {
    let Some(path) = path else { return session.terminal().json(value) };
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| CliError::usage("cannot write the result as JSON").because(error))?;
    // A bare file name has an empty parent, which means the directory of the process.
    let path = if path.parent().is_some_and(|dir| dir.as_os_str().is_empty()) {
        PathBuf::from(".").join(path)
    } else {
        path
    };
    files::write_private(&path, format!("{text}\n").as_bytes(), true)?;
    session.terminal().note(format!("written to {}", path.display()));
    Ok(())
}
