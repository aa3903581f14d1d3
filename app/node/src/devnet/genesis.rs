//! The genesis document, in CometBFT's format.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use tendermint_proto::google::protobuf::{Duration, Timestamp};
use tendermint_proto::v0_38::types::{
    AbciParams, BlockParams, ConsensusParams, EvidenceParams, ValidatorParams, VersionParams,
};

use super::{DevnetError, clock};

/// The power of the devnet's validator in a genesis that names none.
const DEFAULT_POWER: i64 = 10;

/// What a chain begins with.
#[derive(Clone, Debug)]
pub(super) struct Genesis {
    pub(super) chain_id: String,
    pub(super) time: Timestamp,
    pub(super) initial_height: u64,
    pub(super) params: ConsensusParams,
    /// Public key and power.
    pub(super) validators: Vec<([u8; 32], i64)>,
    pub(super) app_hash: Vec<u8>,
    /// JSON, handed to the application as it is.
    pub(super) app_state: Vec<u8>,
}

impl Genesis {
    /// Parses a genesis document.
    pub(super) fn parse(text: &str) -> Result<Self, DevnetError> {
        let document: Value = serde_json::from_str(text)
            .map_err(|e| refuse(format!("the genesis is not JSON: {e}; write it anew")))?;
        let chain_id = document.get("chain_id").and_then(Value::as_str).unwrap_or_default();
        if chain_id.is_empty() || chain_id.len() > 50 {
            return Err(refuse("chain_id must have 1 to 50 characters".into()));
        }
        let time = document.get("genesis_time").and_then(Value::as_str).unwrap_or_default();
        let initial_height = match document.get("initial_height") {
            None => 1,
            some => integer(some, "initial_height")?.max(1),
        };
        let app_hash = document.get("app_hash").and_then(Value::as_str).unwrap_or_default();
        Ok(Self {
            chain_id: chain_id.to_owned(),
            time: clock::parse(time)
                .ok_or_else(|| refuse(format!("genesis_time {time:?} must be an RFC 3339 time")))?,
            initial_height: u64::try_from(initial_height).unwrap_or(1),
            params: params(document.get("consensus_params"))?,
            validators: validators(document.get("validators"))?,
            app_hash: hex::decode(app_hash).map_err(|_| refuse("app_hash must be hex".into()))?,
            app_state: match document.get("app_state") {
                None | Some(Value::Null) => Vec::new(),
                Some(state) => serde_json::to_vec(state).map_err(|e| refuse(e.to_string()))?,
            },
        })
    }

    /// The document as it is stored: `text` with `key` as its validator if it names none.
    pub(super) fn complete(text: &str, key: &[u8; 32], address: &[u8; 20]) -> Result<String, DevnetError> {
        if !Self::parse(text)?.validators.is_empty() {
            return Ok(text.to_owned());
        }
        let mut document: Value = serde_json::from_str(text).map_err(|e| refuse(e.to_string()))?;
        let object =
            document.as_object_mut().ok_or_else(|| refuse("the genesis must be an object".into()))?;
        object.insert(
            "validators".into(),
            json!([{
                "address": hex::encode_upper(address),
                "pub_key": { "type": "tendermint/PubKeyEd25519", "value": BASE64.encode(key) },
                "power": DEFAULT_POWER.to_string(),
                "name": "",
            }]),
        );
        serde_json::to_string_pretty(&document).map_err(|e| refuse(e.to_string()))
    }
}

fn refuse(reason: String) -> DevnetError {
    DevnetError::Genesis(reason)
}

/// CometBFT writes integers as strings; people write numbers: both are taken.
fn integer(value: Option<&Value>, name: &str) -> Result<i64, DevnetError> {
    match value {
        Some(Value::String(text)) => text.parse().ok(),
        Some(Value::Number(number)) => number.as_i64(),
        _ => None,
    }
    .ok_or_else(|| refuse(format!("{name} must be a 64-bit integer")))
}

fn optional(section: Option<&Value>, name: &str, default: i64) -> Result<i64, DevnetError> {
    match section.and_then(|s| s.get(name)) {
        None | Some(Value::Null) => Ok(default),
        some => integer(some, name),
    }
}

fn params(document: Option<&Value>) -> Result<ConsensusParams, DevnetError> {
    const SECOND: i64 = 1_000_000_000;
    let section = |name: &str| document.and_then(|d| d.get(name));
    let (block, evidence, validator) = (section("block"), section("evidence"), section("validator"));
    let age = optional(evidence, "max_age_duration", 172_800 * SECOND)?;
    let key_types = match validator.and_then(|v| v.get("pub_key_types")).and_then(Value::as_array) {
        None => vec!["ed25519".to_owned()],
        Some(types) => types.iter().filter_map(|t| t.as_str().map(str::to_owned)).collect(),
    };
    let params = ConsensusParams {
        block: Some(BlockParams {
            max_bytes: optional(block, "max_bytes", 22_020_096)?,
            max_gas: optional(block, "max_gas", -1)?,
        }),
        evidence: Some(EvidenceParams {
            max_age_num_blocks: optional(evidence, "max_age_num_blocks", 100_000)?,
            max_age_duration: Some(Duration {
                seconds: age / SECOND,
                nanos: i32::try_from(age % SECOND).unwrap_or_default(),
            }),
            max_bytes: optional(evidence, "max_bytes", 1_048_576)?,
        }),
        validator: Some(ValidatorParams { pub_key_types: key_types }),
        version: Some(VersionParams {
            app: u64::try_from(optional(section("version"), "app", 0)?)
                .map_err(|_| refuse("version.app must not be negative".into()))?,
        }),
        abci: Some(AbciParams {
            vote_extensions_enable_height: optional(section("abci"), "vote_extensions_enable_height", 0)?,
        }),
    };
    super::state::check_params(&params).map_err(refuse)?;
    Ok(params)
}

fn validators(document: Option<&Value>) -> Result<Vec<([u8; 32], i64)>, DevnetError> {
    let Some(list) = document.and_then(Value::as_array) else { return Ok(Vec::new()) };
    list.iter()
        .map(|validator| {
            let key = validator.get("pub_key");
            let kind = key.and_then(|k| k.get("type")).and_then(Value::as_str).unwrap_or_default();
            let bytes = key
                .filter(|_| kind == "tendermint/PubKeyEd25519")
                .and_then(|k| k.get("value")?.as_str())
                .and_then(|text| BASE64.decode(text).ok())
                .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
                .ok_or_else(|| refuse("a validator's pub_key must be a tendermint/PubKeyEd25519".into()))?;
            Ok((bytes, integer(validator.get("power"), "a validator's power")?))
        })
        .collect()
}
