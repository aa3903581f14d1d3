//! The steps of a transaction one by one, on files: sign, combine, encode, decode, rehearse, broadcast.

use std::path::PathBuf;

use agora_proto::cosmos::tx::signing::v1beta1::{
    SignatureDescriptor, SignatureDescriptors,
    signature_descriptor::Data,
    signature_descriptor::data::{Single, Sum},
};
use agora_proto::cosmos::tx::v1beta1::{AuthInfo, SignerInfo};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use clap::{ArgMatches, Args, Command, FromArgMatches, Subcommand};
use prost::Message as _;
use serde_json::{Value, json};

use super::super::session::Session;
use super::file::Document;
use super::flags::{ModeName, TxFlags, WaitFlags};
use super::signing::{SignerData, sign_bytes, sign_with};
use super::submit::{self, Submitted};
use super::who::{account_data, sender};
use super::{draft, gas, show};
use crate::context::Context;
use crate::dynamic::request::read_input;
use crate::dynamic::values::resolve_messages;
use crate::error::{CliError, Result};
use crate::files;
use crate::keyring::KeyInfo;
use crate::render::Labels as _;
use crate::render::changes::BalanceChanges;
use crate::sign::{MemberSignature, Multisig, PublicKey, SignMode, signer_info, single_mode_info};
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
struct SignArgs {
    /// The file; - for standard input
    file: String,
    /// Key that signs, by name or address [default: the profile's default_key]
    #[arg(long, value_name = "KEY")]
    from: Option<String>,
    /// Multisig, by name or address, that the key signs for as a member
    #[arg(long, value_name = "MULTISIG")]
    multisig: Option<String>,
    /// How to sign [default: direct; amino where several sign]
    #[arg(long, value_name = "MODE")]
    sign_mode: Option<ModeName>,
    /// Ask no node: needs --sequence
    #[arg(long)]
    offline: bool,
    /// Sequence of the account [default: asked from the node]
    #[arg(long, value_name = "N")]
    sequence: Option<u64>,
    /// Account number [default: asked from the node; 0 with --offline]
    #[arg(long, value_name = "N")]
    account_number: Option<u64>,
    /// Print the signature only, in the form `agora tx multisign` takes
    #[arg(long)]
    signature_only: bool,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    output_document: Option<PathBuf>,
}

#[derive(Args, Debug)]
struct MultisignArgs {
    /// The unsigned transaction file
    file: String,
    /// The multisig, by name or address
    multisig: String,
    /// Files with the members' signatures
    #[arg(required = true, value_name = "SIGNATURE_FILE")]
    signatures: Vec<String>,
    /// Ask no node: needs --sequence
    #[arg(long)]
    offline: bool,
    /// Sequence of the multisig's account [default: asked from the node]
    #[arg(long, value_name = "N")]
    sequence: Option<u64>,
    /// Account number [default: asked from the node; 0 with --offline]
    #[arg(long, value_name = "N")]
    account_number: Option<u64>,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    output_document: Option<PathBuf>,
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

fn sign_as_member(
    session: &Session<'_>,
    args: &SignArgs,
    document: &Document,
    key: &KeyInfo,
    account: &KeyInfo,
    multisig: &Multisig,
) -> Result<()> {
    let is_member = |member: &&[u8; 33]| PublicKey::Secp256k1(**member) == key.public_key;
    if !multisig.members().iter().any(|member| is_member(&member)) {
        return Err(CliError::usage(format!("`{}` is not a member of `{}`", key.name, account.name))
            .hint(format!("`agora keys show {}` lists its members", account.name)));
    }
    if args.sign_mode == Some(ModeName::Direct) {
        return Err(CliError::usage("members of a multisig sign in amino mode").hint("leave out --sign-mode"));
    }
    let address = account.address().to_string();
    must_sign(session, document, &address)?;
    let data = multisig_data(session, document, args.offline, args.sequence, args.account_number, &address)?;
    let mode = SignMode::LegacyAminoJson;
    let definitions = session.definitions();
    let bytes =
        sign_bytes(definitions, mode, &document.raw.body_bytes, &document.raw.auth_info_bytes, &data)?;
    let signature = sign_with(session, key, &bytes)?.to_vec();
    print_signature(session, args, key, mode, signature, &data)
}

fn must_sign(session: &Session<'_>, document: &Document, address: &str) -> Result<()> {
    let required = document.signers(session.definitions())?;
    match required.as_slice() {
        [only] if only == address => Ok(()),
        _ if required.iter().any(|signer| signer == address) => {
            Err(CliError::usage("a multisig can sign only transactions without other signers")
                .hint("split the transaction: one for each account"))
        }
        _ => {
            let names: Vec<String> = required.iter().map(|signer| session.short(signer)).collect();
            Err(CliError::usage(format!(
                "this transaction is to be signed by {}, not by {address}",
                names.join(", ")
            )))
        }
    }
}

fn multisig_data(
    session: &Session<'_>,
    document: &Document,
    offline: bool,
    sequence: Option<u64>,
    number: Option<u64>,
    address: &str,
) -> Result<SignerData> {
    let mut data = account_data(session, offline, sequence, number, address)?;
    if document.body.unordered {
        data.sequence = 0;
    }
    Ok(data)
}

fn print_signature(
    session: &Session<'_>,
    args: &SignArgs,
    key: &KeyInfo,
    mode: SignMode,
    signature: Vec<u8>,
    data: &SignerData,
) -> Result<()> {
    let definitions = session.definitions();
    let single = Single { mode: mode.into(), signature };
    let descriptor = SignatureDescriptor {
        public_key: Some(key.public_key.to_any()),
        data: Some(Data { sum: Some(Sum::Single(single)) }),
        sequence: data.sequence,
    };
    let list = SignatureDescriptors { signatures: vec![descriptor] };
    write(session, &definitions.to_json(&list)?, args.output_document.clone())
}

fn multisign(context: &Context, args: MultisignArgs) -> Result<()> {
    let session = Session::new(context).offline(args.offline);
    let definitions = session.definitions();
    let document = Document::read(definitions, &args.file)?;
    let (account, multisig) = find_multisig(context, &args.multisig)?;
    let address = account.address().to_string();
    must_sign(&session, &document, &address)?;
    let mut signatures = Vec::new();
    let mut sequence = args.sequence;
    for path in &args.signatures {
        for (signature, signed_sequence) in read_signatures(&session, path)? {
            // Members recorded the sequence they signed; it must be the same for all, and needs no node.
            if *sequence.get_or_insert(signed_sequence) != signed_sequence {
                return Err(CliError::usage(format!(
                    "{path} was signed with sequence {signed_sequence}, others with another one"
                ))
                .hint("let all members sign anew"));
            }
            signatures.push(signature);
        }
    }
    let offline = args.offline || sequence.is_some();
    let data = multisig_data(&session, &document, offline, sequence, args.account_number, &address)?;
    let (body, auth_info) = (&document.raw.body_bytes, &document.raw.auth_info_bytes);
    let combined =
        multisig.combine(&signatures, |mode| sign_bytes(definitions, mode, body, auth_info, &data))?;
    let info = signer_info(&account.public_key, combined.mode_info, data.sequence);
    let auth = AuthInfo { signer_infos: vec![info], fee: Some(document.fee()), ..document.auth.clone() };
    let signed = Document::new(document.body.clone(), auth, vec![combined.signature]);
    write(&session, &signed.to_json(definitions)?, args.output_document)
}

fn read_signatures(session: &Session<'_>, path: &str) -> Result<Vec<(MemberSignature, u64)>> {
    let bad = |error: CliError| {
        CliError::usage(format!("{path} does not hold a signature"))
            .because(&error)
            .hint("give what `agora tx sign FILE --from MEMBER --multisig NAME` prints")
    };
    let value: Value =
        serde_json::from_str(&read_input(path)?).map_err(|error| bad(CliError::usage(error.to_string())))?;
    let list: SignatureDescriptors = session.definitions().from_json(&value).map_err(bad)?;
    list.signatures.into_iter().map(|one| member_signature(one).map_err(bad)).collect()
}

fn member_signature(descriptor: SignatureDescriptor) -> Result<(MemberSignature, u64)> {
    let any = descriptor.public_key.ok_or_else(|| CliError::usage("the public key is missing"))?;
    let key = PublicKey::from_any(&any)?;
    let PublicKey::Secp256k1(key) = key else {
        return Err(CliError::usage("the key is not that of a single member"));
    };
    let Some(Sum::Single(single)) = descriptor.data.and_then(|data| data.sum) else {
        return Err(CliError::usage("it is not the signature of a single member"));
    };
    let mode = SignMode::try_from(single.mode)
        .map_err(|_| CliError::usage(format!("sign mode {} is not known", single.mode)))?;
    let length = single.signature.len();
    let signature = single
        .signature
        .try_into()
        .map_err(|_| CliError::usage(format!("a signature has 64 bytes, not {length}")))?;
    Ok((MemberSignature { key, signature, mode }, descriptor.sequence))
}

fn find_multisig(context: &Context, text: &str) -> Result<(KeyInfo, Multisig)> {
    let info = context.key(Some(text))?;
    match &info.public_key {
        PublicKey::Multisig(multisig) => Ok((info.clone(), multisig.clone())),
        PublicKey::Secp256k1(_) => Err(CliError::usage(format!("`{}` is not a multisig", info.name))
            .hint("make one with `agora keys multisig create`")),
    }
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
fn write(session: &Session<'_>, value: &Value, path: Option<PathBuf>) -> Result<()> {
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
