//! Are the signatures good? Pure: a function of the transaction's bytes, the chain id and the keys.

use agora_auth::PubKey;
use agora_framework::AppError;
use agora_framework::errors::sdk;
use agora_proto::amino::{AminoCodec, SignDocInput};
use agora_proto::cosmos::crypto::multisig::v1beta1::{CompactBitArray, MultiSignature};
use agora_proto::cosmos::tx::signing::v1beta1::SignMode;
use agora_proto::cosmos::tx::v1beta1::mode_info::{Multi, Sum};
use agora_proto::cosmos::tx::v1beta1::{ModeInfo, SignDocDirectAux};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage};
use sha2::{Digest, Sha256};

use crate::parsed_keys::ParsedKeys;
use crate::tx::{Signer, Tx};

/// The account number of every account.
const ACCOUNT_NUMBER: u64 = 0;

/// What the signatures of a transaction are checked against.
pub(crate) struct Verifier<'a> {
    pub(crate) amino: &'a AminoCodec,
    pub(crate) pool: &'a DescriptorPool,
    pub(crate) keys: &'a ParsedKeys,
    pub(crate) chain_id: &'a str,
}

impl Verifier<'_> {
    /// Checks the signature of one signer with the key that stands for it.
    ///
    /// # Errors
    /// Code 4 when it is not good, or its mode is not supported.
    pub(crate) fn verify(&self, tx: &Tx, signer: &Signer, key: &PubKey) -> Result<(), AppError> {
        let Some(mode) = &signer.mode else {
            return Err(sdk::UNAUTHORIZED.wrap("signer info has no sign mode"));
        };
        match (key, &mode.sum) {
            (PubKey::Multisig { threshold, keys }, Some(Sum::Multi(multi))) => {
                self.verify_multisig(tx, signer, *threshold, keys, multi)
            }
            (PubKey::Multisig { .. }, _) | (_, Some(Sum::Multi(_))) => {
                Err(sdk::UNAUTHORIZED.wrap("the sign mode does not fit the key: a multisig needs multi"))
            }
            _ => self.verify_single(tx, signer, key, mode, &signer.signature),
        }
    }

    fn verify_single(
        &self,
        tx: &Tx,
        signer: &Signer,
        key: &PubKey,
        mode: &ModeInfo,
        signature: &[u8],
    ) -> Result<(), AppError> {
        let (mode, bytes) = self.sign_bytes(tx, signer, mode)?;
        if is_good(self.keys, key, &bytes, signature) { Ok(()) } else { Err(self.refused(signer, mode)) }
    }

    fn verify_multisig(
        &self,
        tx: &Tx,
        signer: &Signer,
        threshold: u32,
        keys: &[PubKey],
        multi: &Multi,
    ) -> Result<(), AppError> {
        let refused = || self.refused(signer, SignMode::LegacyAminoJson);
        let signatures =
            MultiSignature::decode(signer.signature.as_slice()).map_err(|_| refused())?.signatures;
        let bits = multi.bitarray.as_ref().and_then(|bits| set_bits(bits, keys.len())).ok_or_else(refused)?;
        let enough = u32::try_from(bits.len()).is_ok_and(|signed| signed >= threshold);
        if !enough || signatures.len() != bits.len() || multi.mode_infos.len() != bits.len() {
            return Err(refused());
        }
        for ((index, mode), signature) in bits.into_iter().zip(&multi.mode_infos).zip(&signatures) {
            // A member cannot sign directly: the bytes would contain who else signs.
            let direct = matches!(&mode.sum, Some(Sum::Single(s)) if s.mode == SignMode::Direct as i32);
            match keys.get(index) {
                Some(key) if !direct => self.verify_single(tx, signer, key, mode, signature)?,
                _ => return Err(refused()),
            }
        }
        Ok(())
    }

    /// The bytes a single key signs in the given mode.
    fn sign_bytes(&self, tx: &Tx, signer: &Signer, mode: &ModeInfo) -> Result<(SignMode, Vec<u8>), AppError> {
        let Some(Sum::Single(single)) = &mode.sum else {
            return Err(sdk::UNAUTHORIZED.wrap("nested multisigs are not supported"));
        };
        let mode = SignMode::try_from(single.mode).unwrap_or(SignMode::Unspecified);
        let bytes = match mode {
            SignMode::Direct => direct_document(&tx.body_bytes, &tx.auth_info_bytes, self.chain_id),
            SignMode::DirectAux => {
                if signer.address == tx.fee_payer {
                    return Err(sdk::UNAUTHORIZED
                        .wrap("the fee payer cannot sign with SIGN_MODE_DIRECT_AUX; use SIGN_MODE_DIRECT"));
                }
                #[allow(deprecated)] // Tips are refused; the field is still part of the document.
                let document = SignDocDirectAux {
                    body_bytes: tx.body_bytes.clone(),
                    public_key: shown_key(tx, signer),
                    chain_id: self.chain_id.to_owned(),
                    account_number: ACCOUNT_NUMBER,
                    sequence: signer.sequence,
                    tip: None,
                };
                document.encode_to_vec()
            }
            SignMode::LegacyAminoJson => self
                .canonical(tx)?
                .amino
                .sign_doc(&SignDocInput {
                    chain_id: self.chain_id,
                    account_number: ACCOUNT_NUMBER,
                    sequence: signer.sequence,
                    body_bytes: &tx.body_bytes,
                    auth_info_bytes: &tx.auth_info_bytes,
                })
                .map_err(|e| sdk::UNAUTHORIZED.wrap(format_args!("no amino sign document: {e}")))?,
            other => {
                return Err(sdk::UNAUTHORIZED.wrap(format_args!(
                    "sign mode {} is not supported; use SIGN_MODE_DIRECT or SIGN_MODE_LEGACY_AMINO_JSON",
                    other.as_str_name()
                )));
            }
        };
        Ok((mode, bytes))
    }

    /// Refuses a transaction whose bytes could be spelled otherwise: an amino signature covers the meaning and not the
    /// bytes, so anyone could give the same transaction another hash.
    fn canonical(&self, tx: &Tx) -> Result<&Self, AppError> {
        let canonical = tx.body.encode_to_vec() == tx.body_bytes
            && tx.auth_info.encode_to_vec() == tx.auth_info_bytes
            && tx.body.messages.iter().all(|any| self.is_canonical(any))
            && tx
                .auth_info
                .signer_infos
                .iter()
                .filter_map(|info| info.public_key.as_ref())
                .all(|any| self.is_canonical(any));
        if canonical {
            Ok(self)
        } else {
            Err(sdk::UNAUTHORIZED.wrap(
                "an amino-signed transaction must be encoded canonically: fields in order, defaults left out",
            ))
        }
    }

    fn is_canonical(&self, any: &prost_types::Any) -> bool {
        any.type_url
            .strip_prefix('/')
            .and_then(|name| self.pool.get_message_by_name(name))
            .and_then(|descriptor| DynamicMessage::decode(descriptor, any.value.as_slice()).ok())
            .is_some_and(|message| message.encode_to_vec() == any.value)
    }

    fn refused(&self, signer: &Signer, mode: SignMode) -> AppError {
        let chain_id = self.chain_id;
        sdk::UNAUTHORIZED.wrap(if mode == SignMode::LegacyAminoJson {
            format!(
                "signature verification failed; please verify account number ({ACCOUNT_NUMBER}), sequence ({}) and chain-id ({chain_id})",
                signer.sequence
            )
        } else {
            format!(
                "signature verification failed; please verify account number ({ACCOUNT_NUMBER}) and chain-id ({chain_id}): (unable to verify single signer signature)"
            )
        })
    }
}

/// The encoded `SignDoc`, written without a message in between: every transaction needs one. The account number is left out, as
/// a default is.
fn direct_document(body: &[u8], auth_info: &[u8], chain_id: &str) -> Vec<u8> {
    const { assert!(ACCOUNT_NUMBER == 0) };
    let parts = [body, auth_info, chain_id.as_bytes()];
    let len = parts.iter().fold(0_usize, |sum, part| sum.saturating_add(part.len()).saturating_add(8));
    let mut document = Vec::with_capacity(len);
    for (field, part) in (1_u32..).zip(parts).filter(|(_, part)| !part.is_empty()) {
        prost::encoding::encode_key(field, prost::encoding::WireType::LengthDelimited, &mut document);
        prost::encoding::encode_varint(part.len() as u64, &mut document);
        document.extend_from_slice(part);
    }
    document
}

/// A signer's key as it was shown.
fn shown_key(tx: &Tx, signer: &Signer) -> Option<prost_types::Any> {
    tx.auth_info.signer_infos.get(signer.index)?.public_key.clone()
}

/// Checks one signature. A secp256k1 signature with a high s is refused, as everywhere in the Cosmos world.
fn is_good(keys: &ParsedKeys, key: &PubKey, bytes: &[u8], signature: &[u8]) -> bool {
    match key {
        PubKey::Secp256k1(key) => {
            let digest: [u8; 32] = Sha256::digest(bytes).into();
            let message = secp256k1::Message::from_digest(digest);
            let Ok(signature) = secp256k1::ecdsa::Signature::from_compact(signature) else { return false };
            keys.check(key, |key| secp256k1::SECP256K1.verify_ecdsa(message, &signature, key).is_ok())
        }
        PubKey::Ed25519(key) => {
            let Ok(signature) = ed25519_consensus::Signature::try_from(signature) else { return false };
            ed25519_consensus::VerificationKey::try_from(*key)
                .is_ok_and(|key| key.verify(&signature, bytes).is_ok())
        }
        PubKey::Multisig { .. } => false,
    }
}

/// The indices of the set bits, if the array has one bit for each of `len` keys and no other.
fn set_bits(bits: &CompactBitArray, len: usize) -> Option<Vec<usize>> {
    let bytes = bits.elems.len();
    let extra = usize::try_from(bits.extra_bits_stored).ok()?;
    let size = match extra {
        0 => bytes.checked_mul(8)?,
        1..=7 => bytes.checked_sub(1)?.checked_mul(8)?.checked_add(extra)?,
        _ => return None,
    };
    if size != len {
        return None;
    }
    // The first bit of a byte is its highest.
    let mask = |i: usize| 0x80u8.wrapping_shr(u32::try_from(i % 8).unwrap_or_default());
    let is_set = |i: usize| bits.elems.get(i / 8).is_some_and(|byte| byte & mask(i) != 0);
    // Bits beyond the keys must be clear, or the same signatures could be written in several ways.
    if (len..bytes.checked_mul(8)?).any(is_set) {
        return None;
    }
    Some((0..len).filter(|i| is_set(*i)).collect())
}

#[cfg(test)]
mod tests {
    use agora_proto::cosmos::tx::v1beta1::SignDoc;

    use super::*;

    #[test]
    fn a_direct_document_is_the_encoded_message() {
        for (body, auth_info, chain_id) in
            [(0, 0, ""), (1, 0, "a-1"), (127, 128, "agora-1"), (20_000, 300, "")]
        {
            let document = SignDoc {
                body_bytes: vec![1; body],
                auth_info_bytes: vec![2; auth_info],
                chain_id: chain_id.to_owned(),
                account_number: ACCOUNT_NUMBER,
            };
            let written = direct_document(&document.body_bytes, &document.auth_info_bytes, chain_id);
            assert_eq!(written, document.encode_to_vec());
        }
    }

    #[test]
    fn a_bit_array_has_one_bit_for_each_key() {
        let bits = |extra, elems: &[u8]| CompactBitArray { extra_bits_stored: extra, elems: elems.to_vec() };
        assert_eq!(set_bits(&bits(3, &[0b1010_0000]), 3), Some(vec![0, 2]));
        assert_eq!(set_bits(&bits(0, &[0b1000_0001]), 8), Some(vec![0, 7]));
        assert_eq!(set_bits(&bits(3, &[0b1010_0000]), 4), None);
        assert_eq!(set_bits(&bits(3, &[0b1011_0000]), 3), None, "a bit beyond the keys");
        assert_eq!(set_bits(&bits(3, &[]), 3), None);
        assert_eq!(set_bits(&bits(9, &[0, 0]), 9), None);
    }
}
