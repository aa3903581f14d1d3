//! The home folder, in CometBFT's own layout and file formats, so that CometBFT can be pointed at it.
//!
//! ```text
//! config/genesis.json  config/priv_validator_key.json  config/node_key.json
//! data/priv_validator_state.json  data/blocks/  data/index/  data/devnet.lock
//! ```

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_consensus::SigningKey;
use rand::rngs::OsRng;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::DevnetError;
use crate::comet::home::patient;

/// A devnet's home: its folders, its validator key and its node key.
pub struct Home {
    root: PathBuf,
    validator_key: SigningKey,
    node_key: SigningKey,
}

impl Home {
    /// Opens `root`, making the folders and the keys that are not there yet. Keys are readable by their owner
    /// only.
    ///
    /// # Errors
    /// The folder cannot be written, or a key file is not in CometBFT's format.
    pub fn open(root: &Path) -> Result<Self, DevnetError> {
        for folder in ["config", "data"] {
            let path = root.join(folder);
            fs::create_dir_all(&path).map_err(|e| DevnetError::io("create", &path, &e))?;
        }
        let validator_key = load_or_make(&root.join("config/priv_validator_key.json"), |key| {
            let public = key.verification_key();
            json!({
                "address": hex::encode_upper(address(public.as_bytes())),
                "pub_key": { "type": "tendermint/PubKeyEd25519", "value": BASE64.encode(public.as_bytes()) },
                "priv_key": private_json(key),
            })
        })?;
        let node_key =
            load_or_make(&root.join("config/node_key.json"), |key| json!({ "priv_key": private_json(key) }))?;
        let state = root.join("data/priv_validator_state.json");
        if !state.exists() {
            write_atomic(&state, b"{\n  \"height\": \"0\",\n  \"round\": 0,\n  \"step\": 0\n}", 0o600)?;
        }
        Ok(Self { root: root.to_owned(), validator_key, node_key })
    }

    /// Forgets the chain in `root` (genesis, blocks, index) and keeps its keys. The application's data is not touched:
    /// without its own reset it would be ahead of the new chain.
    ///
    /// # Errors
    /// The home is in use or cannot be written.
    pub fn reset(root: &Path) -> Result<(), DevnetError> {
        let home = Self::open(root)?;
        let _lock = home.lock()?;
        // The genesis goes last: while it is there an interrupted reset leaves a chain that begins again.
        for path in [home.index_path(), home.blocks_path(), home.genesis_path()] {
            let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            match removed {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(DevnetError::io("remove", &path, &e));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The validator's ed25519 public key.
    pub fn validator_pub_key(&self) -> [u8; 32] {
        self.validator_key.verification_key().to_bytes()
    }

    /// The validator's consensus address: the first 20 bytes of the key's SHA-256.
    pub fn validator_address(&self) -> [u8; 20] {
        address(&self.validator_pub_key())
    }

    /// The node's id: 40 lower-case hex digits.
    pub fn node_id(&self) -> String {
        hex::encode(address(self.node_key.verification_key().as_bytes()))
    }

    pub(super) fn validator_key(&self) -> &SigningKey {
        &self.validator_key
    }

    pub(super) fn genesis_path(&self) -> PathBuf {
        self.root.join("config/genesis.json")
    }

    pub(super) fn blocks_path(&self) -> PathBuf {
        self.root.join("data/blocks")
    }

    pub(super) fn index_path(&self) -> PathBuf {
        self.root.join("data/index")
    }

    /// Takes the lock that keeps a second devnet off this home; it is held while the file lives.
    pub(super) fn lock(&self) -> Result<File, DevnetError> {
        let path = self.root.join("data/devnet.lock");
        let file = File::create(&path).map_err(|e| DevnetError::io("create", &path, &e))?;
        patient(&file).map_err(|_| {
            DevnetError::Home(format!(
                "{} is in use by another process; stop that one or choose another home",
                self.root.display()
            ))
        })?;
        Ok(file)
    }
}

impl std::fmt::Debug for Home {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Home").field("root", &self.root).finish_non_exhaustive()
    }
}

/// The address of an ed25519 key.
pub(super) fn address(public: &[u8]) -> [u8; 20] {
    let mut address = [0; 20];
    for (to, from) in address.iter_mut().zip(Sha256::digest(public)) {
        *to = from;
    }
    address
}

/// Writes a whole file or nothing.
pub(super) fn write_atomic(path: &Path, bytes: &[u8], mode: u32) -> Result<(), DevnetError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let temporary = path.with_extension("tmp");
    let write = || -> std::io::Result<()> {
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
    write().map_err(|e| DevnetError::io("write", path, &e))
}

fn private_json(key: &SigningKey) -> Value {
    let mut bytes = key.as_bytes().to_vec();
    bytes.extend_from_slice(key.verification_key().as_bytes());
    json!({ "type": "tendermint/PrivKeyEd25519", "value": BASE64.encode(bytes) })
}

fn load_or_make(path: &Path, document: impl Fn(&SigningKey) -> Value) -> Result<SigningKey, DevnetError> {
    if path.exists() {
        let text = fs::read_to_string(path).map_err(|e| DevnetError::io("read", path, &e))?;
        return parse_key(&text).ok_or_else(|| {
            DevnetError::Home(format!(
                "{} is not an ed25519 key in CometBFT's format; restore it from a backup or remove the home",
                path.display()
            ))
        });
    }
    let key = SigningKey::new(OsRng);
    let text = serde_json::to_vec_pretty(&document(&key)).map_err(|e| DevnetError::Home(e.to_string()))?;
    write_atomic(path, &text, 0o600)?;
    Ok(key)
}

fn parse_key(text: &str) -> Option<SigningKey> {
    let document: Value = serde_json::from_str(text).ok()?;
    let key = document.get("priv_key")?;
    if key.get("type")?.as_str()? != "tendermint/PrivKeyEd25519" {
        return None;
    }
    let bytes = BASE64.decode(key.get("value")?.as_str()?).ok()?;
    let seed: [u8; 32] = bytes.get(..32)?.try_into().ok()?;
    let key = SigningKey::from(seed);
    (bytes.get(32..)? == key.verification_key().as_bytes()).then_some(key)
}
