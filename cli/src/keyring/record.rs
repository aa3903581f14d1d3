//! One key as it is stored: public facts, the secret in one of three forms, and a checksum over it all.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use super::name::KeyName;
use super::seal::{KdfParams, OpenError, Sealed};
use crate::address::Address;
use crate::error::{CliError, Result};
use crate::sign::{PublicKey, SecretKey, canonical_json};

/// The version of the file format.
const VERSION: u32 = 1;

/// What the wallet can do with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyKind {
    /// Holds the private key and can sign.
    Local,
    /// Only the public key is known; it can be watched and be a member of a multisig.
    Public,
    /// A threshold key; its members sign.
    Multisig,
    /// A published account of the development network; anyone can sign with it.
    Devnet,
}

impl KeyKind {
    /// The name in tables and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Public => "public",
            Self::Multisig => "multisig",
            Self::Devnet => "devnet",
        }
    }
}

/// The public facts about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    /// Its name in the keyring.
    pub name: KeyName,
    /// What can be done with it.
    pub kind: KeyKind,
    /// The public key, from which the address follows.
    pub public_key: PublicKey,
    /// Where in a mnemonic's tree it came from, if it did.
    pub hd_path: Option<String>,
}

impl KeyInfo {
    /// The account address.
    pub fn address(&self) -> Address {
        self.public_key.address()
    }

    /// The stable JSON form of `agora keys show`.
    pub fn to_json(&self) -> Value {
        json!({
            "name": self.name,
            "type": self.kind.name(),
            "address": self.address(),
            "public_key": self.public_key.to_json(),
            "hd_path": self.hd_path,
        })
    }
}

/// A key file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    version: u32,
    name: KeyName,
    #[serde(rename = "type")]
    kind: KeyKind,
    address: Address,
    public_key: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hd_path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<StoredSecret>,
    checksum: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "encryption")]
enum StoredSecret {
    #[serde(rename = "argon2id-xchacha20poly1305")]
    Sealed(Sealed),
    #[serde(rename = "none")]
    Plain { warning: String, private_key: PlainKey },
}

/// A private key in hex that lies around unencrypted; at least no log shows it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
struct PlainKey(String);

impl fmt::Debug for PlainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainKey(hidden)")
    }
}

impl Drop for PlainKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Record {
    /// A record without a secret.
    pub(super) fn public(info: &KeyInfo) -> Self {
        let mut record = Self {
            version: VERSION,
            name: info.name.clone(),
            kind: info.kind,
            address: info.address(),
            public_key: info.public_key.to_json(),
            hd_path: info.hd_path.clone(),
            secret: None,
            checksum: String::new(),
        };
        record.checksum = record.compute_checksum();
        record
    }

    /// A record with the secret under a password.
    pub(super) fn sealed(
        info: &KeyInfo,
        secret: &SecretKey,
        params: &KdfParams,
        password: &str,
    ) -> Result<Self> {
        let mut record = Self::public(info);
        let sealed = Sealed::seal(params, password, secret.to_bytes().as_slice(), &record.bound_facts())?;
        record.secret = Some(StoredSecret::Sealed(sealed));
        record.checksum = record.compute_checksum();
        Ok(record)
    }

    /// A record that anyone who reads the file can sign with.
    pub(super) fn plain(info: &KeyInfo, secret: &SecretKey) -> Self {
        let mut record = Self::public(info);
        record.secret = Some(StoredSecret::Plain {
            warning: "UNSAFE: this private key is not encrypted; for development networks only".to_owned(),
            private_key: PlainKey(hex::encode(secret.to_bytes().as_slice())),
        });
        record.checksum = record.compute_checksum();
        record
    }

    /// Reads a record and checks that it is whole. `place` names it in errors.
    pub(super) fn parse(text: &str, place: &str) -> Result<Self> {
        let record: Self = serde_json::from_str(text).map_err(|error| altered(place).because(error))?;
        if record.version != VERSION {
            return Err(CliError::usage(format!(
                "{place} has format {}, this wallet knows {VERSION}",
                record.version
            ))
            .hint("use a newer agora"));
        }
        if record.checksum != record.compute_checksum() {
            return Err(altered(place).because(CliError::usage("its checksum does not match")));
        }
        let key = PublicKey::from_json(&record.public_key).map_err(|error| altered(place).because(error))?;
        if key.address() != record.address {
            return Err(
                altered(place).because(CliError::usage("its address does not belong to its public key"))
            );
        }
        Ok(record)
    }

    /// The file's text.
    pub(super) fn to_text(&self) -> Result<Zeroizing<String>> {
        serde_json::to_string_pretty(self)
            .map(|text| Zeroizing::new(text + "\n"))
            .map_err(|error| CliError::usage("cannot write the key as JSON").because(error))
    }

    /// The public facts.
    pub(super) fn info(&self) -> Result<KeyInfo> {
        Ok(KeyInfo {
            name: self.name.clone(),
            kind: self.kind,
            public_key: PublicKey::from_json(&self.public_key)?,
            hd_path: self.hd_path.clone(),
        })
    }

    /// Whether a password is needed for the secret.
    pub(super) fn is_sealed(&self) -> bool {
        matches!(self.secret, Some(StoredSecret::Sealed(_)))
    }

    /// The cost the secret was sealed with.
    pub(super) fn params(&self) -> KdfParams {
        match &self.secret {
            Some(StoredSecret::Sealed(sealed)) => sealed.params().clone(),
            _ => KdfParams::default(),
        }
    }

    /// The private key. `password` is asked for only where one is needed; `place` names the record in errors.
    pub(super) fn open(
        &self,
        place: &str,
        password: impl FnOnce() -> Result<Zeroizing<String>>,
    ) -> Result<SecretKey> {
        let secret = match &self.secret {
            None => {
                let what = if self.kind == KeyKind::Multisig { "a multisig" } else { "a public key only" };
                let hint = if self.kind == KeyKind::Multisig {
                    "let its members sign and combine their signatures"
                } else {
                    "recover or import its private key to sign here"
                };
                return Err(
                    CliError::usage(format!("`{}` is {what} and has no private key", self.name)).hint(hint)
                );
            }
            Some(StoredSecret::Plain { private_key, .. }) => {
                let bytes = hex::decode(&private_key.0).map(Zeroizing::new);
                SecretKey::from_bytes(&bytes.map_err(|error| altered(place).because(error))?)?
            }
            Some(StoredSecret::Sealed(sealed)) => match sealed.open(&password()?, &self.bound_facts()) {
                Ok(bytes) => SecretKey::from_bytes(&bytes)?,
                Err(OpenError::Unusable(error)) => return Err(error),
                Err(OpenError::Altered) => return Err(altered(place)),
                Err(OpenError::WrongPassword) => {
                    return Err(CliError::usage(format!("wrong password for `{}`", self.name))
                        .hint("try again; without the password only the mnemonic brings the key back"));
                }
            },
        };
        if secret.public_key().address() != self.address {
            return Err(altered(place));
        }
        Ok(secret)
    }

    /// What the encryption is bound to: exchanging names or addresses between files is noticed.
    fn bound_facts(&self) -> Vec<u8> {
        let facts = json!({
            "version": self.version, "name": self.name, "type": self.kind, "address": self.address,
            "public_key": self.public_key, "hd_path": self.hd_path,
        });
        [b"agora keyring\0".as_slice(), &canonical_json(&facts)].concat()
    }

    /// Tells accidents (a bad disk, an editor) from wrong passwords; against intent the encryption itself stands.
    fn compute_checksum(&self) -> String {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Some(fields) = value.as_object_mut() {
            fields.remove("checksum");
        }
        hex::encode(Sha256::digest(Zeroizing::new(canonical_json(&value)).as_slice()))
    }
}

fn altered(place: &str) -> CliError {
    CliError::usage(format!("{place} is damaged or was altered"))
        .hint("restore it from a backup, or delete it and recover the key from its mnemonic")
}
