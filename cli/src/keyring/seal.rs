//! A private key under a password: argon2id makes the key, XChaCha20-Poly1305 encrypts and authenticates.
//!
//! Half of what argon2id gives encrypts; a hash of the other half is stored and tells a wrong password from an altered
//! file. It helps an attacker no more than the cipher's own tag does.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rand::RngCore;
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::error::{CliError, Result};

/// The cost of guessing a password, stored with each key so that it can rise without breaking old files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KdfParams {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
}

impl Default for KdfParams {
    /// The second recommendation of RFC 9106: 64 MiB, three passes, four lanes.
    fn default() -> Self {
        Self { memory_kib: 64 * 1024, iterations: 3, parallelism: 4 }
    }
}

impl KdfParams {
    /// Refuses costs that would hang or exhaust the machine: a file must not be able to do that.
    fn check(&self) -> Result<Params> {
        let sane = (8..=1024 * 1024).contains(&self.memory_kib)
            && (1..=64).contains(&self.iterations)
            && (1..=64).contains(&self.parallelism);
        if !sane {
            return Err(CliError::usage(
                "the key file asks for an argon2id cost outside of 1 GiB, 64 passes, 64 lanes",
            )
            .hint("the file was altered, or made by another program; restore it from a backup"));
        }
        Params::new(self.memory_kib, self.iterations, self.parallelism, Some(64))
            .map_err(|error| CliError::usage("the key file has unusable argon2id parameters").because(error))
    }
}

/// An encrypted secret with all that is needed to open it, save the password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sealed {
    kdf: Kdf,
    #[serde(with = "hex_text")]
    verifier: Vec<u8>,
    #[serde(with = "hex_text")]
    nonce: Vec<u8>,
    #[serde(with = "hex_text")]
    ciphertext: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Kdf {
    algorithm: KdfAlgorithm,
    #[serde(flatten)]
    params: KdfParams,
    #[serde(with = "hex_text")]
    salt: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KdfAlgorithm {
    Argon2id,
}

/// Why a sealed secret did not open.
#[derive(Debug)]
pub(super) enum OpenError {
    /// The password is not the one it was sealed with.
    WrongPassword,
    /// The password is right, but the content or what it is bound to was changed.
    Altered,
    /// The parameters cannot be used.
    Unusable(CliError),
}

impl Sealed {
    /// Encrypts `secret` under `password`, bound to `bound_to`: it only opens beside the same bytes.
    pub(super) fn seal(params: &KdfParams, password: &str, secret: &[u8], bound_to: &[u8]) -> Result<Self> {
        let (mut salt, mut nonce) = (vec![0u8; 16], vec![0u8; 24]);
        for bytes in [&mut salt, &mut nonce] {
            OsRng.try_fill_bytes(bytes).map_err(|error| {
                CliError::usage("the operating system gives no randomness").because(error)
            })?;
        }
        let keys = Keys::derive(params, password, &salt)?;
        let ciphertext = keys
            .cipher()
            .encrypt(XNonce::from_slice(&nonce), Payload { msg: secret, aad: bound_to })
            .map_err(|_| CliError::usage("cannot encrypt the key"))?;
        let kdf = Kdf { algorithm: KdfAlgorithm::Argon2id, params: params.clone(), salt };
        Ok(Self { kdf, verifier: keys.verifier(), nonce, ciphertext })
    }

    /// The secret, if the password is right and nothing was changed.
    pub(super) fn open(
        &self,
        password: &str,
        bound_to: &[u8],
    ) -> std::result::Result<Zeroizing<Vec<u8>>, OpenError> {
        let keys = Keys::derive(&self.kdf.params, password, &self.kdf.salt).map_err(OpenError::Unusable)?;
        if keys.verifier() != self.verifier {
            return Err(OpenError::WrongPassword);
        }
        if self.nonce.len() != 24 {
            return Err(OpenError::Altered);
        }
        keys.cipher()
            .decrypt(XNonce::from_slice(&self.nonce), Payload { msg: &self.ciphertext, aad: bound_to })
            .map(Zeroizing::new)
            .map_err(|_| OpenError::Altered)
    }

    /// The cost this secret was sealed with.
    pub(super) fn params(&self) -> &KdfParams {
        &self.kdf.params
    }
}

/// What argon2id gives: 32 bytes to encrypt with, 32 to recognise the password by.
struct Keys {
    encryption: Zeroizing<[u8; 32]>,
    recognition: Zeroizing<[u8; 32]>,
}

impl Keys {
    fn derive(params: &KdfParams, password: &str, salt: &[u8]) -> Result<Self> {
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.check()?);
        let mut both = Zeroizing::new([[0u8; 32]; 2]);
        argon
            .hash_password_into(password.as_bytes(), salt, both.as_flattened_mut())
            .map_err(|error| CliError::usage("cannot derive a key from the password").because(error))?;
        let [encryption, recognition] = *both;
        Ok(Self { encryption: Zeroizing::new(encryption), recognition: Zeroizing::new(recognition) })
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.encryption.as_slice().into())
    }

    fn verifier(&self) -> Vec<u8> {
        let hash =
            Sha256::new().chain_update(b"agora keyring verifier\0").chain_update(self.recognition.as_slice());
        hash.finalize().to_vec()
    }
}

mod hex_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        hex::decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: KdfParams = KdfParams { memory_kib: 64, iterations: 1, parallelism: 1 };

    #[test]
    fn a_secret_opens_with_its_password_beside_what_it_is_bound_to() {
        let sealed = Sealed::seal(&CHEAP, "correct horse", b"secret", b"alice").unwrap();
        assert_eq!(sealed.open("correct horse", b"alice").unwrap().as_slice(), b"secret");
        assert!(matches!(sealed.open("wrong horse", b"alice"), Err(OpenError::WrongPassword)));
        assert!(matches!(sealed.open("correct horse", b"mallory"), Err(OpenError::Altered)));
        let again = Sealed::seal(&CHEAP, "correct horse", b"secret", b"alice").unwrap();
        assert_ne!(again.ciphertext, sealed.ciphertext);
        assert!(!sealed.ciphertext.windows(6).any(|part| part == b"secret"));
    }

    #[test]
    fn a_changed_ciphertext_or_nonce_is_an_alteration_not_a_wrong_password() {
        let sealed = Sealed::seal(&CHEAP, "pw", b"secret", b"").unwrap();
        for at in 0..sealed.ciphertext.len() {
            let mut bad = sealed.clone();
            bad.ciphertext[at] ^= 1;
            assert!(matches!(bad.open("pw", b""), Err(OpenError::Altered)));
        }
        let mut bad = sealed.clone();
        bad.nonce[0] ^= 1;
        assert!(matches!(bad.open("pw", b""), Err(OpenError::Altered)));
        bad.nonce.pop();
        assert!(matches!(bad.open("pw", b""), Err(OpenError::Altered)));
    }

    #[test]
    fn absurd_costs_are_refused_before_any_work() {
        let mut sealed = Sealed::seal(&CHEAP, "pw", b"secret", b"").unwrap();
        sealed.kdf.params.memory_kib = u32::MAX;
        assert!(matches!(sealed.open("pw", b""), Err(OpenError::Unusable(_))));
    }
}
