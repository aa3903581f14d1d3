//! The home folder of a node whose blocks CometBFT makes: CometBFT's own layout and file formats, which the embedded
//! devnet keeps, too.
//!
//! ```text
//! config/config.toml  config/genesis.json  config/priv_validator_key.json  config/node_key.json
//! data/priv_validator_state.json  data/abci.sock  data/cometbft.pid  data/agora.lock  data/cometbft.log
//! ```

mod config;
mod lock;

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

pub(super) use config::{ConfigFile, Setting};
use lock::HomeLock;
pub(crate) use lock::patient;

/// Why a home cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// A file or folder cannot be read or written.
    #[error("cannot {action} {}: {error}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
    /// Another process works with this home.
    #[error("{} is in use by {owner}; stop it or choose another home", root.display())]
    InUse {
        /// The home.
        root: PathBuf,
        /// The process, as far as it is known.
        owner: String,
    },
    /// A file is not what it has to be.
    #[error("{}: {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        problem: String,
    },
    /// The chain in this home began from another genesis.
    #[error(
        "{} holds a chain of another genesis (chain id {found}, given {given}); choose another home, or remove its \
         data to start over", root.display()
    )]
    OtherGenesis {
        /// The home.
        root: PathBuf,
        /// The chain id of the home's genesis.
        found: String,
        /// The chain id given now.
        given: String,
    },
}

impl HomeError {
    pub(super) fn io(action: &'static str, path: &Path, error: io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), error }
    }

    pub(super) fn file(path: &Path, problem: impl Into<String>) -> Self {
        Self::File { path: path.to_owned(), problem: problem.into() }
    }
}

/// The consensus key of a home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValidatorKey {
    /// The ed25519 public key.
    pub public_key: [u8; 32],
    /// The consensus address: the first 20 bytes of the key's SHA-256.
    pub address: [u8; 20],
}

/// An opened home. No other process can open it while this lives.
#[derive(Debug)]
pub struct CometHome {
    root: PathBuf,
    _lock: HomeLock,
}

impl CometHome {
    /// Opens `root`, making its folders with mode 0700 where they are missing, and locks it.
    ///
    /// # Errors
    /// The folders cannot be made, or another process has the home open (named by its process id).
    pub fn open(root: &Path) -> Result<Self, HomeError> {
        for folder in [root.to_owned(), root.join("config"), root.join("data")] {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&folder)
                .map_err(|e| HomeError::io("create", &folder, e))?;
        }
        // CometBFT resolves relative sockets against its working directory.
        let root = fs::canonicalize(root).map_err(|e| HomeError::io("resolve", root, e))?;
        let lock = HomeLock::take(&root)?;
        Ok(Self { root, _lock: lock })
    }

    /// The folder, as an absolute path.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The unix socket of the application.
    pub fn socket_path(&self) -> PathBuf {
        self.root.join("data/abci.sock")
    }

    /// The log of CometBFT.
    pub fn log_path(&self) -> PathBuf {
        self.root.join("data/cometbft.log")
    }

    pub(super) fn pid_path(&self) -> PathBuf {
        self.root.join("data/cometbft.pid")
    }

    pub(super) fn config_path(&self) -> PathBuf {
        self.root.join("config/config.toml")
    }

    /// The genesis document.
    pub fn genesis_path(&self) -> PathBuf {
        self.root.join("config/genesis.json")
    }

    fn validator_key_path(&self) -> PathBuf {
        self.root.join("config/priv_validator_key.json")
    }

    fn node_key_path(&self) -> PathBuf {
        self.root.join("config/node_key.json")
    }

    /// Whether a file that `cometbft init` makes is missing.
    pub(super) fn is_incomplete(&self) -> bool {
        [self.config_path(), self.genesis_path(), self.validator_key_path(), self.node_key_path()]
            .iter()
            .any(|path| !path.exists())
    }

    /// Whether CometBFT has stored blocks or consensus state here.
    pub fn has_chain(&self) -> bool {
        ["data/state.db", "data/blockstore.db"].iter().any(|folder| self.root.join(folder).exists())
    }

    /// The consensus key. A home whose key lives in a remote signer has none.
    ///
    /// # Errors
    /// The file is missing or not in CometBFT's format.
    pub fn validator_key(&self) -> Result<ValidatorKey, HomeError> {
        let path = self.validator_key_path();
        let document = read_json(&path)?;
        let public_key = document
            .pointer("/pub_key")
            .filter(|key| key.get("type").and_then(Value::as_str) == Some("tendermint/PubKeyEd25519"))
            .and_then(|key| BASE64.decode(key.get("value")?.as_str()?).ok())
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
            .ok_or_else(|| {
                HomeError::file(&path, "not an ed25519 key in cometbft's format; restore it from a backup")
            })?;
        Ok(ValidatorKey { public_key, address: address(&public_key) })
    }

    /// The node's id in the peer-to-peer network: 40 lower-case hex digits.
    ///
    /// # Errors
    /// The file is missing or not in CometBFT's format.
    pub fn node_id(&self) -> Result<String, HomeError> {
        let path = self.node_key_path();
        let document = read_json(&path)?;
        document
            .pointer("/priv_key/value")
            .and_then(Value::as_str)
            .and_then(|value| BASE64.decode(value).ok())
            .filter(|bytes| bytes.len() == 64)
            .and_then(|bytes| bytes.get(32..).map(|public| hex::encode(address(public))))
            .ok_or_else(|| {
                HomeError::file(&path, "not an ed25519 key in cometbft's format; restore it from a backup")
            })
    }

    /// Puts a genesis document in place. One that says the same is left as it is; another one is refused once there
    /// is a chain here.
    ///
    /// # Errors
    /// The text is not JSON with a chain id, the home holds another chain, or the file cannot be written.
    pub fn install_genesis(&self, text: &str) -> Result<(), HomeError> {
        let path = self.genesis_path();
        let given: Value = serde_json::from_str(text)
            .map_err(|e| HomeError::file(&path, format!("the genesis document given is not JSON: {e}")))?;
        let chain_id = |document: &Value| document.get("chain_id").and_then(Value::as_str).map(str::to_owned);
        let Some(given_id) = chain_id(&given) else {
            return Err(HomeError::file(&path, "the genesis document given names no chain_id"));
        };
        if path.exists() {
            let found = read_json(&path);
            if found.as_ref().is_ok_and(|found| *found == given) {
                return Ok(());
            }
            if self.has_chain() {
                let found = chain_id(&found?).unwrap_or_default();
                return Err(HomeError::OtherGenesis { root: self.root.clone(), found, given: given_id });
            }
        }
        write_atomic(&path, text.as_bytes(), 0o644)
    }
}

/// The address of an ed25519 key.
fn address(public: &[u8]) -> [u8; 20] {
    let mut address = [0; 20];
    for (to, from) in address.iter_mut().zip(Sha256::digest(public)) {
        *to = from;
    }
    address
}

fn read_json(path: &Path) -> Result<Value, HomeError> {
    let text = fs::read_to_string(path).map_err(|e| HomeError::io("read", path, e))?;
    serde_json::from_str(&text).map_err(|e| HomeError::file(path, format!("not JSON: {e}")))
}

/// Writes a whole file or nothing.
pub(super) fn write_atomic(path: &Path, bytes: &[u8], mode: u32) -> Result<(), HomeError> {
    let temporary = path.with_extension("tmp");
    let write = || -> io::Result<()> {
        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        match path.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    };
    write().map_err(|e| HomeError::io("write", path, e))
}
