//! The recordings, cut to what is compared. `check` is what CheckTx answered, `result` what the block did.

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// An account of the recorded chain.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) private_key: String,
}

/// A transaction and what became of it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// The block it was in; 0 if it was refused before.
    pub(crate) height: u64,
    pub(crate) signers: Vec<Signer>,
    /// Base64 of the bytes sent.
    pub(crate) tx: String,
    pub(crate) check: Check,
    pub(crate) result: Option<Outcome>,
}

/// Who signed and what: one of the three, by mode; none for the multisig account itself.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Signer {
    pub(crate) name: String,
    pub(crate) direct_sign_bytes_base64: Option<String>,
    pub(crate) direct_aux_sign_bytes_base64: Option<String>,
    pub(crate) amino_json_sign_bytes: Option<String>,
}

/// What CheckTx answered.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Check {
    pub(crate) code: u32,
    pub(crate) codespace: String,
    pub(crate) log: String,
}

/// What the block did.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) code: u32,
    pub(crate) codespace: String,
    pub(crate) log: String,
    /// Base64; `None` if empty.
    pub(crate) data: Option<String>,
    pub(crate) gas_wanted: String,
    pub(crate) events: Vec<Event>,
}

/// An event: its type and its attributes, in order.
pub(crate) type Event = (String, Vec<(String, String)>);

/// Reads one file of `tests/vectors`.
pub(crate) fn read<T: DeserializeOwned>(name: &str) -> T {
    let path = agora_tests::folder().join("vectors").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
