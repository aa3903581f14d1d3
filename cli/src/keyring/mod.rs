//! The keyring: named keys, encrypted on disk, in plain text for development, or in memory only.
//!
//! | backend | where | for |
//! |---|---|---|
//! | `file` | `<home>/keyring/`, one encrypted file per key | everything real |
//! | `test` | `<home>/keyring-test/`, not encrypted | scripts on development chains; refused elsewhere |
//! | `memory` | nowhere; gone when the process ends | one-off signing with `AGORA_MNEMONIC` |
//!
//! On the development chain the published accounts (`alice`, `bob`, ...) are there in every backend, unless a stored
//! key has taken the name.

mod name;
mod password;
mod record;
mod seal;
mod store;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use agora_genesis::dev_accounts::DEV_ACCOUNTS;
use zeroize::Zeroizing;

pub use name::KeyName;
pub use password::{PasswordSource, Passwords};
pub use record::{KeyInfo, KeyKind};
pub use seal::KdfParams;

use crate::address::Address;
use crate::error::{CliError, Result, nearest};
use crate::sign::{HdPath, PublicKey, SecretKey, parse_mnemonic, secret_from_mnemonic};
use record::Record;
use store::Store;

/// How keys are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Backend {
    /// Encrypted files.
    #[default]
    File,
    /// Plain-text files, for development chains only.
    Test,
    /// Nothing is kept.
    Memory,
}

/// Whether keys may lie around unencrypted: the chain's name says that it is for development or testing.
pub fn is_development_chain(chain_id: &str) -> bool {
    ["dev", "test", "local"].iter().any(|word| chain_id.contains(word))
}

/// Named keys of one backend.
#[derive(Debug)]
pub struct Keyring {
    backend: Backend,
    store: Store,
    params: KdfParams,
    published: BTreeMap<KeyName, &'static str>,
}

impl Keyring {
    /// Opens the keyring of `backend` below `home`. Nothing is written until a key is added.
    ///
    /// `chain_id` decides whether the test backend is allowed and whether the published development accounts exist.
    pub fn open(backend: Backend, home: &Path, chain_id: &str) -> Result<Self> {
        if backend == Backend::Test && !is_development_chain(chain_id) {
            return Err(CliError::usage(format!(
                "the test keyring is not encrypted and not allowed on chain `{chain_id}`"
            ))
            .hint("use --keyring-backend file"));
        }
        let store = match backend {
            Backend::File => Store::Directory(home.join("keyring")),
            Backend::Test => Store::Directory(home.join("keyring-test")),
            Backend::Memory => Store::Memory(Mutex::new(BTreeMap::new())),
        };
        let mut published = BTreeMap::new();
        if chain_id.starts_with("agora-dev-") {
            for account in DEV_ACCOUNTS {
                published.insert(account.name.parse()?, account.mnemonic);
            }
        }
        let keyring = Self { backend, store, params: KdfParams::default(), published };
        if backend == Backend::Memory
            && let Some(mnemonic) = std::env::var("AGORA_MNEMONIC").ok().map(Zeroizing::new)
        {
            let path = HdPath::default();
            let secret = secret_from_mnemonic(&parse_mnemonic(&mnemonic)?, "", &path)?;
            keyring.add_secret(&"default".parse()?, &secret, Some(path.to_string()), &NoPassword)?;
        }
        Ok(keyring)
    }

    /// The same keyring with another password cost for new keys.
    pub fn with_params(mut self, params: KdfParams) -> Self {
        self.params = params;
        self
    }

    /// The backend in use.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// All keys, sorted by name. An unreadable key file is an error that names it.
    pub fn list(&self) -> Result<Vec<KeyInfo>> {
        let mut all = BTreeMap::new();
        for name in self.published.keys() {
            all.insert(name.clone(), self.published_key(name)?.0);
        }
        for name in self.store.names()? {
            if let Some(record) = self.store.read(&name)? {
                all.insert(name, record.info()?);
            }
        }
        Ok(all.into_values().collect())
    }

    /// All names, sorted, without reading the keys.
    pub fn names(&self) -> Result<Vec<KeyName>> {
        let mut names = self.store.names()?;
        names.extend(self.published.keys().cloned());
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// The key of this name, or `None`.
    pub fn find(&self, name: &KeyName) -> Result<Option<KeyInfo>> {
        match self.store.read(name)? {
            Some(record) => record.info().map(Some),
            None if self.published.contains_key(name) => self.published_key(name).map(|(info, _)| Some(info)),
            None => Ok(None),
        }
    }

    /// The key of this name; the error names the nearest one that exists.
    pub fn get(&self, name: &KeyName) -> Result<KeyInfo> {
        match self.find(name)? {
            Some(info) => Ok(info),
            None => Err(self.unknown(name)?),
        }
    }

    /// The key with this address, or `None`.
    pub fn find_address(&self, address: &Address) -> Result<Option<KeyInfo>> {
        Ok(self.list()?.into_iter().find(|info| info.address() == *address))
    }

    /// The private key of this name; asks `passwords` only where the key is encrypted.
    pub fn secret(&self, name: &KeyName, passwords: &dyn Passwords) -> Result<SecretKey> {
        match self.store.read(name)? {
            Some(record) => record.open(&self.store.place(name), || passwords.current(name)),
            None if self.published.contains_key(name) => self.published_key(name).map(|(_, secret)| secret),
            None => Err(self.unknown(name)?),
        }
    }

    /// Fails when the name is taken, also by one that differs in letter case only: some file systems hold them equal.
    pub fn check_free(&self, name: &KeyName) -> Result<()> {
        let same = |other: &KeyName| other.as_str().eq_ignore_ascii_case(name.as_str());
        match self.store.names()?.into_iter().find(same) {
            Some(taken) => Err(CliError::usage(format!("a key named `{taken}` exists already"))
                .hint("choose another name, or rename or delete that key first")),
            None => Ok(()),
        }
    }

    /// Whether the name is that of a published account of the development chain.
    pub fn is_published(&self, name: &KeyName) -> bool {
        self.published.contains_key(name)
    }

    /// What others could read: the directory or key files whose permissions are wider than the owner's.
    pub fn open_to_others(&self) -> Result<Vec<PathBuf>> {
        self.store.open_to_others()
    }

    /// Adds a private key under a new name.
    pub fn add_secret(
        &self,
        name: &KeyName,
        secret: &SecretKey,
        hd_path: Option<String>,
        passwords: &dyn Passwords,
    ) -> Result<KeyInfo> {
        self.check_free(name)?;
        let info =
            KeyInfo { name: name.clone(), kind: KeyKind::Local, public_key: secret.public_key(), hd_path };
        let record = match self.backend {
            Backend::File => Record::sealed(&info, secret, &self.params, &passwords.fresh(name)?)?,
            Backend::Test | Backend::Memory => Record::plain(&info, secret),
        };
        self.store.create(name, record)?;
        Ok(info)
    }

    /// Adds a public key or multisig under a new name.
    pub fn add_public(&self, name: &KeyName, public_key: PublicKey) -> Result<KeyInfo> {
        self.check_free(name)?;
        let kind = match public_key {
            PublicKey::Secp256k1(_) => KeyKind::Public,
            PublicKey::Multisig(_) => KeyKind::Multisig,
        };
        let info = KeyInfo { name: name.clone(), kind, public_key, hd_path: None };
        self.store.create(name, Record::public(&info))?;
        Ok(info)
    }

    /// Gives a key another name. The encryption is bound to the name, so an encrypted key needs its password.
    pub fn rename(&self, old: &KeyName, new: &KeyName, passwords: &dyn Passwords) -> Result<KeyInfo> {
        let record = self.stored(old)?;
        // Only the letter case changes: the free check would find the key itself.
        if !old.as_str().eq_ignore_ascii_case(new.as_str()) {
            self.check_free(new)?;
        } else if old == new {
            return Err(CliError::usage(format!("the key is named `{new}` already")));
        }
        let mut info = record.info()?;
        info.name = new.clone();
        let renamed = if info.kind == KeyKind::Local {
            let password = if record.is_sealed() { passwords.current(old)? } else { Zeroizing::default() };
            let secret = record.open(&self.store.place(old), || Ok(password.clone()))?;
            if record.is_sealed() {
                Record::sealed(&info, &secret, &record.params(), &password)?
            } else {
                Record::plain(&info, &secret)
            }
        } else {
            Record::public(&info)
        };
        // New first: a crash in between leaves two files of one key, never none.
        self.store.create(new, renamed)?;
        self.store.remove(old)?;
        Ok(info)
    }

    /// Removes a key for good.
    pub fn delete(&self, name: &KeyName) -> Result<()> {
        // Also a damaged file must be removable, so it is not read first.
        if !self.store.names()?.contains(name) {
            self.stored(name)?;
        }
        self.store.remove(name)
    }

    /// Encrypts a key anew under another password.
    pub fn change_password(&self, name: &KeyName, old: &dyn Passwords, new: &dyn Passwords) -> Result<()> {
        let record = self.stored(name)?;
        if !record.is_sealed() {
            return Err(CliError::usage(format!("`{name}` has no password"))
                .hint("only keys of the file keyring have one"));
        }
        let secret = record.open(&self.store.place(name), || old.current(name))?;
        let record = Record::sealed(&record.info()?, &secret, &self.params, &new.fresh(name)?)?;
        self.store.replace(name, record)
    }

    /// The key as the text of a key file, encrypted under a password of its own, for a backup or another machine.
    pub fn export(
        &self,
        name: &KeyName,
        current: &dyn Passwords,
        fresh: &dyn Passwords,
    ) -> Result<Zeroizing<String>> {
        let mut info = self.get(name)?;
        if matches!(info.kind, KeyKind::Public | KeyKind::Multisig) {
            return Record::public(&info).to_text();
        }
        info.kind = KeyKind::Local;
        let secret = self.secret(name, current)?;
        Record::sealed(&info, &secret, &self.params, &fresh.fresh(name)?)?.to_text()
    }

    /// Adds a key from an exported key file, under the name given.
    pub fn import(
        &self,
        name: &KeyName,
        text: &str,
        current: &dyn Passwords,
        fresh: &dyn Passwords,
    ) -> Result<KeyInfo> {
        self.check_free(name)?;
        let record = Record::parse(text, "the exported key")?;
        let info = record.info()?;
        if info.kind != KeyKind::Local {
            return self.add_public(name, info.public_key);
        }
        let secret = record.open("the exported key", || current.current(&info.name))?;
        self.add_secret(name, &secret, info.hd_path, fresh)
    }

    /// The stored record of this name; published accounts have none.
    fn stored(&self, name: &KeyName) -> Result<Record> {
        match self.store.read(name)? {
            Some(record) => Ok(record),
            None if self.published.contains_key(name) => {
                Err(CliError::usage(format!("`{name}` is a published account of the development chain"))
                    .hint("it is built in and cannot be changed"))
            }
            None => Err(self.unknown(name)?),
        }
    }

    fn published_key(&self, name: &KeyName) -> Result<(KeyInfo, SecretKey)> {
        let Some(mnemonic) = self.published.get(name) else { return Err(self.unknown(name)?) };
        let path = HdPath::default();
        let secret = secret_from_mnemonic(&parse_mnemonic(mnemonic)?, "", &path)?;
        let info = KeyInfo {
            name: name.clone(),
            kind: KeyKind::Devnet,
            public_key: secret.public_key(),
            hd_path: Some(path.to_string()),
        };
        Ok((info, secret))
    }

    fn unknown(&self, name: &KeyName) -> Result<CliError> {
        let names = self.names()?;
        let error = CliError::usage(format!("no key named `{name}`"));
        Ok(match nearest(name.as_str(), names.iter().map(KeyName::as_str)) {
            Some(known) => error.hint(format!("did you mean `{known}`?")),
            None if names.is_empty() => error.hint("make one with `agora keys create NAME`"),
            None => error.hint("`agora keys list` shows all keys of this keyring"),
        })
    }
}

/// For backends that never ask.
struct NoPassword;

impl Passwords for NoPassword {
    fn current(&self, name: &KeyName) -> Result<Zeroizing<String>> {
        self.fresh(name)
    }

    fn fresh(&self, name: &KeyName) -> Result<Zeroizing<String>> {
        Err(CliError::usage(format!("no password for `{name}` was given")))
    }
}
