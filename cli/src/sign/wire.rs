//! The protobuf around a signature.

use agora_proto::cosmos::crypto::multisig::LegacyAminoPubKey;
use agora_proto::cosmos::crypto::multisig::v1beta1::CompactBitArray;
use agora_proto::cosmos::crypto::secp256k1::PubKey;
use agora_proto::cosmos::tx::v1beta1::mode_info::{Multi, Single, Sum};
use agora_proto::cosmos::tx::v1beta1::{ModeInfo, SignDoc, SignerInfo, TxRaw};
use agora_proto::prost_types::Any;
use prost::Message;

use super::key::{MULTISIG_URL, PublicKey, SECP256K1_URL};
use super::multisig::Multisig;
use crate::error::{CliError, Result};

pub use agora_proto::cosmos::tx::signing::v1beta1::SignMode;

/// The two signed halves of a transaction, already encoded. They are signed and sent as these very bytes.
#[derive(Clone, Copy, Debug)]
pub struct TxParts<'a> {
    /// `TxBody`.
    pub body: &'a [u8],
    /// `AuthInfo`.
    pub auth_info: &'a [u8],
}

/// The bytes signed in mode DIRECT.
pub fn direct_sign_bytes(parts: TxParts<'_>, chain_id: &str, account_number: u64) -> Vec<u8> {
    SignDoc {
        body_bytes: parts.body.to_vec(),
        auth_info_bytes: parts.auth_info.to_vec(),
        chain_id: chain_id.to_owned(),
        account_number,
    }
    .encode_to_vec()
}

/// The bytes of a finished transaction.
pub fn tx_raw_bytes(parts: TxParts<'_>, signatures: Vec<Vec<u8>>) -> Vec<u8> {
    TxRaw { body_bytes: parts.body.to_vec(), auth_info_bytes: parts.auth_info.to_vec(), signatures }
        .encode_to_vec()
}

/// The mode of a single signature.
pub fn single_mode_info(mode: SignMode) -> ModeInfo {
    ModeInfo { sum: Some(Sum::Single(Single { mode: mode.into() })) }
}

/// The mode of a multisig's signatures: who of the members signed, and how each of those did.
pub(super) fn multi_mode_info(bits: &[bool], modes: &[SignMode]) -> ModeInfo {
    let mode_infos = modes.iter().map(|mode| single_mode_info(*mode)).collect();
    ModeInfo { sum: Some(Sum::Multi(Multi { bitarray: Some(bit_array(bits)), mode_infos })) }
}

/// Who signs, how, and with which sequence.
pub fn signer_info(key: &PublicKey, mode_info: ModeInfo, sequence: u64) -> SignerInfo {
    SignerInfo { public_key: Some(key.to_any()), mode_info: Some(mode_info), sequence }
}

/// Bits packed from the high end of each byte; the count says how many bits of the last byte are used, 0 meaning all.
fn bit_array(bits: &[bool]) -> CompactBitArray {
    let pack = |byte: &[bool]| {
        byte.iter().enumerate().fold(0u8, |acc, (at, bit)| acc | (u8::from(*bit) << (7 - at)))
    };
    CompactBitArray {
        extra_bits_stored: u32::try_from(bits.len() % 8).unwrap_or(0),
        elems: bits.chunks(8).map(pack).collect(),
    }
}

impl PublicKey {
    /// The form transactions carry.
    pub fn to_any(&self) -> Any {
        match self {
            Self::Secp256k1(bytes) => Any {
                type_url: SECP256K1_URL.to_owned(),
                value: PubKey { key: bytes.to_vec() }.encode_to_vec(),
            },
            Self::Multisig(multisig) => {
                let public_keys =
                    multisig.members().iter().map(|key| Self::Secp256k1(*key).to_any()).collect();
                let value =
                    LegacyAminoPubKey { threshold: multisig.threshold(), public_keys }.encode_to_vec();
                Any { type_url: MULTISIG_URL.to_owned(), value }
            }
        }
    }

    /// Reads the form transactions and accounts carry.
    pub fn from_any(any: &Any) -> Result<Self> {
        let broken = |error| CliError::usage("the public key cannot be decoded").because(error);
        match any.type_url.as_str() {
            SECP256K1_URL => Self::secp256k1(&PubKey::decode(any.value.as_slice()).map_err(broken)?.key),
            MULTISIG_URL => {
                let key = LegacyAminoPubKey::decode(any.value.as_slice()).map_err(broken)?;
                let single = |member: &Any| match member.type_url.as_str() {
                    SECP256K1_URL => Self::from_any(member),
                    // Decoding nested keys could go arbitrarily deep.
                    _ => Err(CliError::usage("members of a multisig must be secp256k1 keys")),
                };
                let members = key.public_keys.iter().map(single).collect::<Result<Vec<_>>>()?;
                Multisig::new(key.threshold, members).map(Self::Multisig)
            }
            other => Err(CliError::usage(format!("keys of type `{other}` are not supported"))
                .hint(format!("supported are {SECP256K1_URL} and {MULTISIG_URL}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_packed_from_the_high_end() {
        let array =
            |extra_bits_stored, elems: &[u8]| CompactBitArray { extra_bits_stored, elems: elems.to_vec() };
        assert_eq!(bit_array(&[true, false, true]), array(3, &[0xa0]));
        assert_eq!(bit_array(&[true; 8]), array(0, &[0xff]));
        assert_eq!(
            bit_array(&[false, false, false, false, false, false, false, false, true]),
            array(1, &[0, 0x80])
        );
    }
}
