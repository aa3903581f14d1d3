//! secp256k1 keys and signatures as Cosmos uses them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use k256::ecdsa::signature::{Signer as _, Verifier as _};
use k256::ecdsa::{SigningKey, VerifyingKey};
use serde_json::{Value, json};

use super::multisig::Multisig;
use crate::address::Address;
use crate::error::{CliError, Result};

/// The type URL of a secp256k1 public key.
pub(super) const SECP256K1_URL: &str = "/cosmos.crypto.secp256k1.PubKey";
/// The type URL of a threshold key.
pub(super) const MULTISIG_URL: &str = "/cosmos.crypto.multisig.LegacyAminoPubKey";
/// The amino name of a secp256k1 public key.
pub(super) const SECP256K1_AMINO: &str = "tendermint/PubKeySecp256k1";

/// The amino name of a threshold key.
const MULTISIG_AMINO: &str = "tendermint/PubKeyMultisigThreshold";

/// A signature: `r` and `s`, 32 bytes each, big endian, `s` in the lower half.
pub type Signature = [u8; 64];

/// A secp256k1 private key. Overwritten in memory when dropped; its text never shows it.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// A key from its 32 bytes; zero and numbers above the group order are refused.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        if bytes.len() != 32 {
            return Err(CliError::usage(format!("a private key has 32 bytes, not {}", bytes.len())));
        }
        SigningKey::from_slice(bytes).map(Self).map_err(|_| {
            CliError::usage("these 32 bytes are not a secp256k1 private key").hint("check the source")
        })
    }

    /// The 32 bytes, overwritten when dropped.
    pub fn to_bytes(&self) -> zeroize::Zeroizing<[u8; 32]> {
        let mut field = self.0.to_bytes();
        let bytes = zeroize::Zeroizing::new(field.into());
        zeroize::Zeroize::zeroize(field.as_mut_slice());
        bytes
    }

    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        let point = self.0.verifying_key().to_encoded_point(true);
        let mut bytes = [0u8; 33];
        for (to, from) in bytes.iter_mut().zip(point.as_bytes()) {
            *to = *from;
        }
        PublicKey::Secp256k1(bytes)
    }

    /// Signs the SHA-256 of `bytes`; the same bytes always give the same signature (RFC 6979), with `s` in the lower half.
    pub fn sign(&self, bytes: &[u8]) -> Signature {
        let signature: k256::ecdsa::Signature = self.0.sign(bytes);
        let signature = signature.normalize_s().unwrap_or(signature);
        signature.to_bytes().into()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(hidden)")
    }
}

/// Checks a signature over the SHA-256 of `bytes`. A high `s` is refused, as the chain refuses it.
pub fn verify(public_key: &[u8; 33], bytes: &[u8], signature: &[u8]) -> bool {
    let Ok(key) = VerifyingKey::from_sec1_bytes(public_key) else { return false };
    let Ok(signature) = k256::ecdsa::Signature::from_slice(signature) else { return false };
    signature.normalize_s().is_none() && key.verify(bytes, &signature).is_ok()
}

/// The public key of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// A compressed secp256k1 point.
    Secp256k1([u8; 33]),
    /// `threshold` of several keys.
    Multisig(Multisig),
}

impl PublicKey {
    /// A secp256k1 key from its 33 compressed bytes.
    pub fn secp256k1(bytes: &[u8]) -> Result<Self> {
        let fixed: [u8; 33] = bytes.try_into().map_err(|_| {
            CliError::usage(format!("a secp256k1 public key has 33 bytes, not {}", bytes.len()))
                .hint("give the compressed form, base64 or hex")
        })?;
        VerifyingKey::from_sec1_bytes(&fixed).map_err(|_| {
            CliError::usage("these 33 bytes are not a point of secp256k1").hint("check the public key")
        })?;
        Ok(Self::Secp256k1(fixed))
    }

    /// Reads a key from base64, hex, or the JSON forms of Cosmos (`@type` or amino).
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.starts_with('{') {
            let value: Value = serde_json::from_str(text)
                .map_err(|error| CliError::usage("cannot read the public key as JSON").because(error))?;
            return Self::from_json(&value);
        }
        let bytes = if text.len() == 66 { hex::decode(text).ok() } else { BASE64.decode(text).ok() };
        let bytes = bytes.ok_or_else(|| {
            CliError::usage(format!("`{text}` is not a public key"))
                .hint("give 33 bytes as base64 or hex, or its JSON")
        })?;
        Self::secp256k1(&bytes)
    }

    /// The account address of this key.
    pub fn address(&self) -> Address {
        match self {
            Self::Secp256k1(bytes) => Address::of_secp256k1(bytes),
            Self::Multisig(multisig) => multisig.address(),
        }
    }

    /// The JSON form of Cosmos with `@type`.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Secp256k1(bytes) => json!({ "@type": SECP256K1_URL, "key": BASE64.encode(bytes) }),
            Self::Multisig(multisig) => json!({
                "@type": MULTISIG_URL,
                "threshold": multisig.threshold(),
                "public_keys": multisig.members().iter().map(|key| Self::Secp256k1(*key).to_json()).collect::<Vec<_>>(),
            }),
        }
    }

    /// Reads the JSON form with `@type`, and the amino form.
    pub fn from_json(value: &Value) -> Result<Self> {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        match (text("@type"), text("type")) {
            (Some(SECP256K1_URL), _) => Self::secp256k1(&base64_of(text("key"))?),
            (None, Some(SECP256K1_AMINO)) => Self::secp256k1(&base64_of(text("value"))?),
            (Some(MULTISIG_URL), _) => multisig_of(value.get("threshold"), value.get("public_keys")),
            (None, Some(MULTISIG_AMINO)) => {
                let value = value.get("value");
                let field = |name| value.and_then(|value| value.get(name));
                multisig_of(field("threshold"), field("pubkeys"))
            }
            (Some(other), _) | (None, Some(other)) => {
                Err(CliError::usage(format!("keys of type `{other}` are not supported"))
                    .hint(format!("supported are {SECP256K1_URL} and {MULTISIG_URL}")))
            }
            (None, None) => Err(CliError::usage("the public key has no `@type`")),
        }
    }
}

fn multisig_of(threshold: Option<&Value>, members: Option<&Value>) -> Result<PublicKey> {
    let members = members.and_then(Value::as_array);
    let members = members.ok_or_else(|| CliError::usage("the multisig key has no list of public keys"))?;
    // A multisig inside a multisig is refused anyway; refusing it here keeps the recursion at one level.
    let single = |member: &Value| match member.get("@type").or(member.get("type")).and_then(Value::as_str) {
        Some(SECP256K1_URL | SECP256K1_AMINO) => PublicKey::from_json(member),
        _ => Err(CliError::usage("members of a multisig must be secp256k1 keys")),
    };
    let keys = members.iter().map(single).collect::<Result<Vec<_>>>()?;
    // A number in protobuf JSON, text in amino JSON.
    let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok());
    let threshold = threshold.and_then(number).and_then(|threshold| u32::try_from(threshold).ok());
    let threshold = threshold.ok_or_else(|| CliError::usage("the multisig key has no `threshold`"))?;
    Multisig::new(threshold, keys).map(PublicKey::Multisig)
}

fn base64_of(text: Option<&str>) -> Result<Vec<u8>> {
    let text = text.ok_or_else(|| CliError::usage("the public key holds no bytes"))?;
    BASE64.decode(text).map_err(|error| CliError::usage("the public key is not base64").because(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str = "bb99ee21c8b134dae9bcc747d58a7dd04554ad83e256794784be231a6995fbbc";

    fn alice() -> SecretKey {
        SecretKey::from_bytes(&hex::decode(ALICE).unwrap()).unwrap()
    }

    #[test]
    fn a_recorded_key_has_its_recorded_public_key_and_address() {
        let public = alice().public_key();
        assert_eq!(public.to_json()["key"], "A8DfdFmtMaFIUzx26jQ0jqQhS+rvazfy7YBlTLZgVQTN");
        let address = public.address().with_prefix("cosmos").unwrap();
        assert_eq!(address, "cosmos1rrnssalnzkc3ax7mq90z4geum7uczg7tdhrfyv");
        assert_eq!(PublicKey::parse("A8DfdFmtMaFIUzx26jQ0jqQhS+rvazfy7YBlTLZgVQTN").unwrap(), public);
        assert_eq!(PublicKey::parse(&public.to_json().to_string()).unwrap(), public);
    }

    #[test]
    fn signatures_are_deterministic_and_low_and_only_fit_their_bytes() {
        let PublicKey::Secp256k1(public) = alice().public_key() else { panic!() };
        for i in 0..32u8 {
            let signature = alice().sign(&[i]);
            assert_eq!(signature, alice().sign(&[i]));
            assert!(verify(&public, &[i], &signature));
            assert!(!verify(&public, &[i + 1], &signature));
            let (r, s) =
                (signature[..32].to_vec(), k256::ecdsa::Signature::from_slice(&signature).unwrap().s());
            let high = [r, (-*s.as_ref()).to_bytes().to_vec()].concat();
            assert!(!verify(&public, &[i], &high), "the other root must be refused");
        }
    }

    #[test]
    fn secrets_do_not_show_in_debug_text() {
        assert_eq!(format!("{:?}", alice()), "SecretKey(hidden)");
    }

    #[test]
    fn keys_that_are_none_are_refused() {
        assert!(SecretKey::from_bytes(&[0; 32]).is_err());
        assert!(SecretKey::from_bytes(&[0xff; 32]).is_err());
        assert!(SecretKey::from_bytes(&[1; 31]).is_err());
        assert!(PublicKey::secp256k1(&[0; 33]).is_err());
        assert!(PublicKey::parse("hello").is_err());
        assert!(PublicKey::parse("{}").is_err());
    }
}
