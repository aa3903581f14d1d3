//! Public keys of accounts.

use agora_primitives::Address;
use agora_proto::cosmos::crypto;
use borsh::{BorshDeserialize, BorshSerialize};
use prost::Message;
use prost_types::Any;

/// The most keys of a multisig.
pub const MAX_MULTISIG_KEYS: usize = 16;

/// Why bytes are no usable key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PubKeyError {
    /// A key type this chain does not know.
    #[error("key type {0:?} is not supported; use secp256k1, ed25519 or a multisig of these")]
    Unsupported(String),
    /// The key's message or length is wrong.
    #[error("malformed {kind} key: {reason}")]
    Malformed {
        /// The key type.
        kind: &'static str,
        /// What is wrong.
        reason: String,
    },
}

/// A key that can sign for an account.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum PubKey {
    /// Compressed secp256k1.
    Secp256k1([u8; 33]),
    /// Ed25519.
    Ed25519([u8; 32]),
    /// Several keys of which a number must sign.
    Multisig {
        /// How many must sign.
        threshold: u32,
        /// The keys, not themselves multisigs.
        keys: Vec<PubKey>,
    },
}

const SECP256K1: &str = "/cosmos.crypto.secp256k1.PubKey";
const ED25519: &str = "/cosmos.crypto.ed25519.PubKey";
const MULTISIG: &str = "/cosmos.crypto.multisig.LegacyAminoPubKey";

fn malformed(kind: &'static str, reason: impl ToString) -> PubKeyError {
    PubKeyError::Malformed { kind, reason: reason.to_string() }
}

impl PubKey {
    /// Reads a key off the wire.
    ///
    /// # Errors
    /// An unknown type, a wrong length, or a multisig whose threshold or keys make no sense.
    pub fn from_any(any: &Any) -> Result<Self, PubKeyError> {
        match any.type_url.as_str() {
            MULTISIG => {
                let key = crypto::multisig::LegacyAminoPubKey::decode(any.value.as_slice())
                    .map_err(|e| malformed("multisig", e))?;
                let keys = key.public_keys.iter().map(Self::single).collect::<Result<Vec<_>, _>>()?;
                let threshold = usize::try_from(key.threshold).unwrap_or(usize::MAX);
                if keys.len() > MAX_MULTISIG_KEYS || threshold == 0 || threshold > keys.len() {
                    return Err(malformed(
                        "multisig",
                        format_args!(
                            "threshold {threshold} of {} keys, at most {MAX_MULTISIG_KEYS}",
                            keys.len()
                        ),
                    ));
                }
                Ok(Self::Multisig { threshold: key.threshold, keys })
            }
            _ => Self::single(any),
        }
    }

    fn single(any: &Any) -> Result<Self, PubKeyError> {
        match any.type_url.as_str() {
            SECP256K1 => {
                let key = crypto::secp256k1::PubKey::decode(any.value.as_slice())
                    .map_err(|e| malformed("secp256k1", e))?
                    .key;
                let len = key.len();
                <[u8; 33]>::try_from(key)
                    .ok()
                    .filter(|key| matches!(key[0], 2 | 3))
                    .map(Self::Secp256k1)
                    .ok_or_else(|| {
                        malformed("secp256k1", format_args!("expected 33 compressed bytes, got {len}"))
                    })
            }
            ED25519 => {
                let key = crypto::ed25519::PubKey::decode(any.value.as_slice())
                    .map_err(|e| malformed("ed25519", e))?
                    .key;
                let len = key.len();
                <[u8; 32]>::try_from(key)
                    .map(Self::Ed25519)
                    .map_err(|_| malformed("ed25519", format_args!("expected 32 bytes, got {len}")))
            }
            other => Err(PubKeyError::Unsupported(other.chars().take(80).collect())),
        }
    }

    /// The wire form.
    #[must_use]
    pub fn to_any(&self) -> Any {
        match self {
            Self::Secp256k1(key) => Any {
                type_url: SECP256K1.to_owned(),
                value: crypto::secp256k1::PubKey { key: key.to_vec() }.encode_to_vec(),
            },
            Self::Ed25519(key) => Any {
                type_url: ED25519.to_owned(),
                value: crypto::ed25519::PubKey { key: key.to_vec() }.encode_to_vec(),
            },
            Self::Multisig { threshold, keys } => Any {
                type_url: MULTISIG.to_owned(),
                value: crypto::multisig::LegacyAminoPubKey {
                    threshold: *threshold,
                    public_keys: keys.iter().map(Self::to_any).collect(),
                }
                .encode_to_vec(),
            },
        }
    }

    /// The account's address.
    #[must_use]
    pub fn address(&self) -> Address {
        match self {
            Self::Secp256k1(key) => Address::from_secp256k1(key),
            Self::Ed25519(key) => Address::from_sha256(key),
            Self::Multisig { .. } => Address::from_sha256(&self.amino_bytes()),
        }
    }

    /// Amino's binary encoding, from which a multisig's address follows.
    fn amino_bytes(&self) -> Vec<u8> {
        // Four prefix bytes name the type; then the key with its length, or threshold and keys as fields 1 and 2.
        match self {
            Self::Secp256k1(key) => [&[0xeb, 0x5a, 0xe9, 0x87, 33], key.as_slice()].concat(),
            Self::Ed25519(key) => [&[0x16, 0x24, 0xde, 0x64, 32], key.as_slice()].concat(),
            Self::Multisig { threshold, keys } => {
                let mut bytes = vec![0x22, 0xc1, 0xf7, 0xe2, 0x08];
                prost::encoding::encode_varint(u64::from(*threshold), &mut bytes);
                for key in keys {
                    let key = key.amino_bytes();
                    bytes.push(0x12);
                    prost::encoding::encode_varint(key.len() as u64, &mut bytes);
                    bytes.extend(key);
                }
                bytes
            }
        }
    }

    /// How many single keys there are: what counts against the limit of signatures.
    #[must_use]
    pub fn count(&self) -> u64 {
        match self {
            Self::Secp256k1(_) | Self::Ed25519(_) => 1,
            Self::Multisig { keys, .. } => keys.len() as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex33(text: &str) -> [u8; 33] {
        let bytes: Vec<u8> =
            (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect();
        bytes.try_into().unwrap()
    }

    #[test]
    fn keys_survive_the_wire() {
        let single =
            PubKey::Secp256k1(hex33("02950e1cdfcb133d6024109fd489f734eeb4502418e538c28481f22bce276f248c"));
        let multi = PubKey::Multisig { threshold: 1, keys: vec![single.clone(), PubKey::Ed25519([7; 32])] };
        for key in [single, multi] {
            assert_eq!(PubKey::from_any(&key.to_any()).unwrap(), key);
        }
    }

    #[test]
    fn senseless_keys_are_refused() {
        let any = |type_url: &str, value: Vec<u8>| Any { type_url: type_url.into(), value };
        assert!(matches!(PubKey::from_any(&any("/x.Key", vec![])), Err(PubKeyError::Unsupported(_))));
        let short = crypto::secp256k1::PubKey { key: vec![2; 32] }.encode_to_vec();
        assert!(matches!(PubKey::from_any(&any(SECP256K1, short)), Err(PubKeyError::Malformed { .. })));
        let none = PubKey::Multisig { threshold: 1, keys: vec![] }.to_any();
        assert!(PubKey::from_any(&none).is_err());
        let nested = PubKey::Multisig {
            threshold: 1,
            keys: vec![PubKey::Multisig { threshold: 1, keys: vec![PubKey::Ed25519([1; 32])] }],
        };
        assert!(matches!(PubKey::from_any(&nested.to_any()), Err(PubKeyError::Unsupported(_))));
    }
}
