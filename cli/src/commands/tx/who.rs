//! Who signs: the sender, the keys of all signers, and the state of their accounts.

use super::super::session::Session;
use super::flags::TxFlags;
use super::signing::{Signer, SignerData, can_sign, local_members};
use crate::error::{CliError, Result};
use crate::keyring::KeyInfo;
use crate::render::Labels as _;
use crate::sign::{PublicKey, SignMode};

/// Who sends: an address, and the key behind it where this keyring has one.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    pub(super) address: String,
    key: Option<KeyInfo>,
}

/// The sender: what the signer's argument says, or --from, or the default key.
pub(super) fn sender(session: &Session<'_>, flags: &TxFlags, argument: Option<&str>) -> Result<Sender> {
    let context = session.context();
    let find = |text: &str| -> Result<Sender> {
        match context.key(Some(text)) {
            Ok(key) => Ok(Sender { address: key.address().to_string(), key: Some(key) }),
            // Only signing needs the key; a name from the address book is enough for an unsigned transaction.
            Err(error) => match context.resolve_address(text) {
                Ok(address) if flags.generate_only => Ok(Sender { address: address.to_string(), key: None }),
                Ok(address) => Err(CliError::usage(format!("this keyring has no key for {address}"))
                    .because(&error)
                    .hint(
                        "add the key with `agora keys recover`, or pass --generate-only to sign elsewhere",
                    )),
                Err(_) => Err(error),
            },
        }
    };
    match (argument, &flags.from) {
        (Some(argument), None) => find(argument),
        (None, Some(from)) => find(from),
        (None, None) => {
            let key = context.key(None)?;
            Ok(Sender { address: key.address().to_string(), key: Some(key) })
        }
        (Some(argument), Some(from)) => {
            let sender = find(from)?;
            // An account may act in another's name only where the message says who signs.
            let named = context.resolve_address(argument)?.to_string();
            if named != sender.address {
                return Err(CliError::usage(format!("`{argument}` must sign, but --from names `{from}`"))
                    .hint("leave out --from, or name the same account twice"));
            }
            Ok(sender)
        }
    }
}

/// The keys that sign, in order, each with what its account needs.
pub(super) fn signers(
    session: &Session<'_>,
    flags: &TxFlags,
    from: &Sender,
    addresses: &[String],
) -> Result<Vec<Signer>> {
    let several = addresses.len() > 1;
    if several && (flags.sequence.is_some() || flags.account_number.is_some()) {
        return Err(CliError::usage("--sequence and --account-number are for transactions with one signer")
            .hint("pass --generate-only, then sign for each account with `agora tx sign`"));
    }
    let keyring = session.context().keyring()?;
    let mode = flags.sign_mode.map(SignMode::from).unwrap_or(SignMode::Direct);
    let chain_id = session.context().settings()?.chain_id()?.to_owned();
    let mut signers = Vec::new();
    for address in addresses {
        let key = match &from.key {
            Some(key) if *address == from.address => key.clone(),
            _ => keyring.find_address(&address.parse()?)?.ok_or_else(|| {
                CliError::usage(format!(
                    "{} must sign as well, and its key is not in this keyring",
                    session.short(address)
                ))
                .hint("pass --generate-only, then let every signer sign with `agora tx sign`")
            })?,
        };
        check_can_sign(session, &key)?;
        let state = account_data(session, flags.offline, flags.sequence, flags.account_number, address)?;
        let mode = match key.public_key {
            PublicKey::Multisig(_) => SignMode::LegacyAminoJson,
            PublicKey::Secp256k1(_) => mode,
        };
        let sequence = if flags.unordered { 0 } else { state.sequence };
        let data = SignerData { chain_id: chain_id.clone(), account_number: state.account_number, sequence };
        signers.push(Signer { key, mode, data });
    }
    Ok(signers)
}

fn check_can_sign(session: &Session<'_>, key: &KeyInfo) -> Result<()> {
    match &key.public_key {
        PublicKey::Multisig(multisig) => {
            let (have, needed) = (local_members(session, multisig)?.len(), multisig.threshold());
            if usize::try_from(needed).is_ok_and(|needed| have >= needed) {
                return Ok(());
            }
            Err(CliError::usage(format!("`{}` needs {needed} members, and {have} of their keys are in this keyring", key.name))
                .hint(format!(
                    "pass --generate-only; let members run `agora tx sign FILE --from MEMBER --multisig {0}`; then `agora tx multisign FILE {0} SIGNATURE...`",
                    key.name
                )))
        }
        PublicKey::Secp256k1(_) if can_sign(key) => Ok(()),
        PublicKey::Secp256k1(_) => {
            Err(CliError::usage(format!("only the public key of `{}` is here", key.name))
                .hint("recover the key on this machine, or pass --generate-only to sign elsewhere"))
        }
    }
}

/// Account number and sequence: given, or asked from the node.
pub(super) fn account_data(
    session: &Session<'_>,
    offline: bool,
    sequence: Option<u64>,
    number: Option<u64>,
    address: &str,
) -> Result<SignerData> {
    let chain_id = session.context().settings()?.chain_id()?.to_owned();
    if offline {
        let sequence = sequence.ok_or_else(|| {
            CliError::usage("--offline needs --sequence")
                .hint(format!("look it up where there is a node: agora query auth account {address}"))
        })?;
        return Ok(SignerData { chain_id, account_number: number.unwrap_or_default(), sequence });
    }
    if let (Some(sequence), Some(account_number)) = (sequence, number) {
        return Ok(SignerData { chain_id, account_number, sequence });
    }
    let state = session.client()?.account(&address.parse()?)?.ok_or_else(|| {
        CliError::usage(format!(
            "{} is not known to the chain: it never received coins",
            session.short(address)
        ))
        .hint(format!("send it some first; on a devnet: agora tx faucet {}", session.short(address)))
    })?;
    Ok(SignerData {
        chain_id,
        account_number: number.unwrap_or(state.number),
        sequence: sequence.unwrap_or(state.sequence),
    })
}
