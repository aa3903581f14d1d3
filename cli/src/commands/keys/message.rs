//! `agora keys sign-message` and `verify-message`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::context::Context;
use crate::error::{CliError, Result};
use crate::files;
use crate::sign::{PublicKey, SignedMessage};

#[derive(Args, Debug)]
pub(super) struct SignArgs {
    /// Name or address of the key
    key: String,
    /// The message
    #[arg(required_unless_present = "file")]
    message: Option<String>,
    /// File with the message instead, taken byte by byte
    #[arg(long, value_name = "FILE", conflicts_with = "message")]
    file: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct VerifyArgs {
    /// Who should have signed: an address, or a name
    signer: String,
    /// The signed message as JSON, as `sign-message` and browser wallets give it, or a file holding it
    signed: String,
    /// The message
    #[arg(required_unless_present = "file")]
    message: Option<String>,
    /// File with the message instead, taken byte by byte
    #[arg(long, value_name = "FILE", conflicts_with = "message")]
    file: Option<PathBuf>,
    /// Public key (base64, hex or JSON) when only the bare signature in base64 is given
    #[arg(long, value_name = "KEY")]
    public_key: Option<String>,
}

pub(super) fn sign(context: &Context, args: SignArgs) -> Result<()> {
    let key = context.key(Some(&args.key))?;
    let data = message_bytes(args.message, args.file.as_deref())?;
    let secret = context.keyring()?.secret(&key.name, &context.passwords())?;
    let signed = SignedMessage::sign(&secret, &data)?;
    if context.terminal().is_json() {
        context.terminal().json(&signed)
    } else {
        let text = serde_json::to_string(&signed)
            .map_err(|error| CliError::usage("cannot write the signature as JSON").because(error))?;
        context.terminal().line(text)
    }
}

pub(super) fn verify(context: &Context, args: VerifyArgs) -> Result<()> {
    let signer = context.resolve_address(&args.signer)?;
    let data = message_bytes(args.message, args.file.as_deref())?;
    let signed = match &args.public_key {
        Some(key) => {
            let key = PublicKey::parse(key)?;
            let json = json!({
                "pub_key": { "type": "tendermint/PubKeySecp256k1", "value": key.to_json().get("key") },
                "signature": args.signed,
            });
            parse(&json.to_string())?
        }
        None if args.signed.trim_start().starts_with('{') => parse(&args.signed)?,
        None => parse(&files::read_text(Path::new(&args.signed))?)?,
    };
    signed.verify(&signer, &data)?;
    let terminal = context.terminal();
    if terminal.is_json() {
        terminal.json(&json!({ "valid": true, "signer": signer }))
    } else {
        terminal.line(format!("valid: signed by {signer}"))
    }
}

fn parse(text: &str) -> Result<SignedMessage> {
    serde_json::from_str(text).map_err(|error| {
        CliError::usage("this is not a signed message")
            .because(error)
            .hint("give the JSON that sign-message printed")
    })
}

fn message_bytes(text: Option<String>, file: Option<&Path>) -> Result<Vec<u8>> {
    match (text, file) {
        (Some(text), _) => Ok(text.into_bytes()),
        (None, Some(path)) => std::fs::read(path)
            .map_err(|error| CliError::usage(format!("cannot read {}", path.display())).because(error)),
        (None, None) => {
            Err(CliError::usage("no message was given").hint("give it as an argument or with --file"))
        }
    }
}
