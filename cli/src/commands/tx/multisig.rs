//! Shared accounts: members sign apart, and their signatures are joined.

use agora_proto::cosmos::tx::signing::v1beta1::{
    SignatureDescriptor, SignatureDescriptors,
    signature_descriptor::Data,
    signature_descriptor::data::{Single, Sum},
};
use agora_proto::cosmos::tx::v1beta1::AuthInfo;
use serde_json::Value;

use super::super::session::Session;
use super::file::Document;
use super::flags::ModeName;
use super::offline::{MultisignArgs, SignArgs, write};
use super::signing::{SignerData, sign_bytes, sign_with};
use super::who::account_data;
use crate::context::Context;
use crate::dynamic::request::read_input;
use crate::error::{CliError, Result};
use crate::keyring::KeyInfo;
use crate::render::Labels as _;
use crate::sign::{MemberSignature, Multisig, PublicKey, SignMode, signer_info};

pub(super) fn sign_as_member(
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

pub(super) fn print_signature(
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

pub(super) fn multisign(context: &Context, args: MultisignArgs) -> Result<()> {
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

pub(super) fn find_multisig(context: &Context, text: &str) -> Result<(KeyInfo, Multisig)> {
    let info = context.key(Some(text))?;
    match &info.public_key {
        PublicKey::Multisig(multisig) => Ok((info.clone(), multisig.clone())),
        PublicKey::Secp256k1(_) => Err(CliError::usage(format!("`{}` is not a multisig", info.name))
            .hint("make one with `agora keys multisig create`")),
    }
}
