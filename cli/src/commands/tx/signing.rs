//! Signing: which bytes, with which keys, in which order.

use agora_proto::amino::SignDocInput;
use agora_proto::cosmos::tx::v1beta1::{AuthInfo, Fee, TxBody};
use prost::Message as _;

use super::super::session::Session;
use super::file::Document;
use crate::dynamic::Definitions;
use crate::error::{CliError, Result};
use crate::keyring::{KeyInfo, KeyKind};
use crate::sign::{
    MemberSignature, MultiAuth, Multisig, PublicKey, SignMode, TxParts, direct_sign_bytes, signer_info,
    single_mode_info,
};

/// What binds a signature to one account, one chain and one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SignerData {
    pub(super) chain_id: String,
    pub(super) account_number: u64,
    pub(super) sequence: u64,
}

/// A key that is to sign.
#[derive(Clone, Debug)]
pub(super) struct Signer {
    pub(super) key: KeyInfo,
    pub(super) mode: SignMode,
    pub(super) data: SignerData,
}

/// The bytes that a signature in `mode` covers.
pub(super) fn sign_bytes(
    definitions: &Definitions,
    mode: SignMode,
    body: &[u8],
    auth_info: &[u8],
    data: &SignerData,
) -> Result<Vec<u8>> {
    match mode {
        SignMode::Direct => {
            Ok(direct_sign_bytes(TxParts { body, auth_info }, &data.chain_id, data.account_number))
        }
        SignMode::LegacyAminoJson => {
            let input = SignDocInput {
                chain_id: &data.chain_id,
                account_number: data.account_number,
                sequence: data.sequence,
                body_bytes: body,
                auth_info_bytes: auth_info,
            };
            definitions.amino().sign_doc(&input).map_err(|error| {
                CliError::usage("this transaction cannot be signed in amino mode")
                    .because(error)
                    .hint("sign with --sign-mode direct")
            })
        }
        other => Err(CliError::usage(format!("sign mode {} is not supported", other.as_str_name()))
            .hint("supported are SIGN_MODE_DIRECT and SIGN_MODE_LEGACY_AMINO_JSON")),
    }
}

/// Signs with every signer, in order, and gives the finished transaction.
pub(super) fn sign(session: &Session<'_>, body: TxBody, fee: Fee, signers: &[Signer]) -> Result<Document> {
    let definitions = session.definitions();
    let body_bytes = body.encode_to_vec();
    // Amino documents cover the fee but not the list of signers, so members of a multisig sign before the list is
    // complete; signatures in direct mode cover all of it and come last.
    let provisional = AuthInfo { fee: Some(fee.clone()), ..AuthInfo::default() }.encode_to_vec();
    let mut infos = Vec::new();
    let mut multi: Vec<Option<Vec<u8>>> = Vec::new();
    for signer in signers {
        let (mode_info, signature) = match &signer.key.public_key {
            PublicKey::Secp256k1(_) => (single_mode_info(signer.mode), None),
            PublicKey::Multisig(multisig) => {
                let auth = sign_as_members(session, multisig, &body_bytes, &provisional, &signer.data)?;
                (auth.mode_info, Some(auth.signature))
            }
        };
        infos.push(signer_info(&signer.key.public_key, mode_info, signer.data.sequence));
        multi.push(signature);
    }
    let auth = AuthInfo { signer_infos: infos, fee: Some(fee), ..AuthInfo::default() };
    let auth_bytes = auth.encode_to_vec();
    let mut signatures = Vec::new();
    for (signer, ready) in signers.iter().zip(multi) {
        let signature = match ready {
            Some(signature) => signature,
            None => {
                let bytes = sign_bytes(definitions, signer.mode, &body_bytes, &auth_bytes, &signer.data)?;
                sign_with(session, &signer.key, &bytes)?.to_vec()
            }
        };
        signatures.push(signature);
    }
    Ok(Document::new(body, auth, signatures))
}

/// Signs bytes with one key of the keyring.
pub(super) fn sign_with(
    session: &Session<'_>,
    key: &KeyInfo,
    bytes: &[u8],
) -> Result<crate::sign::Signature> {
    let context = session.context();
    let secret = context.keyring()?.secret(&key.name, &context.passwords())?;
    Ok(secret.sign(bytes))
}

/// Signs for a multisig with as many of its members' keys as the threshold needs, if this keyring holds them.
fn sign_as_members(
    session: &Session<'_>,
    multisig: &Multisig,
    body: &[u8],
    auth_info: &[u8],
    data: &SignerData,
) -> Result<MultiAuth> {
    let mode = SignMode::LegacyAminoJson;
    let bytes = sign_bytes(session.definitions(), mode, body, auth_info, data)?;
    let members = local_members(session, multisig)?;
    let needed = usize::try_from(multisig.threshold()).unwrap_or(usize::MAX);
    let mut signatures = Vec::new();
    for (key, info) in members.iter().take(needed) {
        signatures.push(MemberSignature { key: *key, signature: sign_with(session, info, &bytes)?, mode });
    }
    multisig.combine(&signatures, |_| Ok(bytes.clone()))
}

/// The members of a multisig whose private keys are in this keyring.
pub(super) fn local_members(session: &Session<'_>, multisig: &Multisig) -> Result<Vec<([u8; 33], KeyInfo)>> {
    let keys = session.context().keyring()?.list()?;
    let local = |key: &[u8; 33]| {
        let found = keys.iter().find(|info| can_sign(info) && info.public_key == PublicKey::Secp256k1(*key));
        found.map(|info| (*key, info.clone()))
    };
    Ok(multisig.members().iter().filter_map(local).collect())
}

/// Whether the keyring holds the private key.
pub(super) fn can_sign(info: &KeyInfo) -> bool {
    matches!(info.kind, KeyKind::Local | KeyKind::Devnet)
}
