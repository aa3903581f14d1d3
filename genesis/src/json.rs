//! The document in CometBFT's form: times as RFC 3339, 64-bit numbers as text.

use agora_framework::ValidatorUpdate;
use agora_proto::tendermint::types::{
    AbciParams, BlockParams, ConsensusParams, EvidenceParams, ValidatorParams, VersionParams,
};
use agora_runtime::InitChain;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::GenesisError;

const NANOS: u64 = 1_000_000_000;
/// CometBFT's name of the keys of validators.
const KEY_TYPE: &str = "tendermint/PubKeyEd25519";

/// The document of a chain that begins as `init` says.
#[must_use]
pub fn to_json(init: &InitChain) -> Value {
    let mut document = json!({
        "genesis_time": rfc3339(init.time),
        "chain_id": init.chain_id,
        "initial_height": init.initial_height.to_string(),
        "consensus_params": params_to_json(&init.params),
        "app_hash": "",
        "app_state": init.app_state,
    });
    let validators: Vec<Value> =
        init.validators.iter().map(|validator| validator_json(validator, "")).collect();
    if let (Some(fields), false) = (document.as_object_mut(), validators.is_empty()) {
        fields.insert("validators".to_owned(), Value::Array(validators));
    }
    document
}

/// What a document says to the application.
///
/// # Errors
/// A field that is missing or malformed, by name.
pub fn from_json(document: &Value) -> Result<InitChain, GenesisError> {
    let text = |field: &'static str| {
        let value = document.get(field).and_then(Value::as_str);
        value.ok_or_else(|| GenesisError::Field(field.to_owned(), "text is expected".to_owned()))
    };
    let height = match document.get("initial_height") {
        None => 1,
        Some(_) => number(document, "initial_height")?.unwrap_or(1).max(1),
    };
    let time = text("genesis_time")?;
    let parsed: prost_types::Timestamp = time.parse().map_err(|_| GenesisError::Time(time.to_owned()))?;
    let seconds = u64::try_from(parsed.seconds).map_err(|_| GenesisError::Time(time.to_owned()))?;
    let nanos = u64::try_from(parsed.nanos).map_err(|_| GenesisError::Time(time.to_owned()))?;
    let app_state = document.get("app_state").filter(|state| state.is_object()).cloned();
    Ok(InitChain {
        chain_id: text("chain_id")?.to_owned(),
        initial_height: u64::try_from(height).unwrap_or(1),
        time: seconds.saturating_mul(NANOS).saturating_add(nanos),
        params: match document.get("consensus_params") {
            None | Some(Value::Null) => default_params(),
            Some(params) => params_from_json(params)?,
        },
        validators: document.get("validators").map(validators_from_json).transpose()?.unwrap_or_default(),
        app_state: app_state.unwrap_or_else(|| Value::Object(Map::new())),
    })
}

/// A validator of the document, by the name its operator gave it.
#[must_use]
pub fn validator_json(validator: &ValidatorUpdate, name: &str) -> Value {
    let address = Sha256::digest(validator.pub_key);
    json!({
        "address": hex::encode_upper(address.get(..20).unwrap_or_default()),
        "pub_key": { "type": KEY_TYPE, "value": BASE64.encode(validator.pub_key) },
        "power": validator.power.to_string(),
        "name": name,
    })
}

fn validators_from_json(list: &Value) -> Result<Vec<ValidatorUpdate>, GenesisError> {
    let wrong = |index: usize, why: &str| GenesisError::Field(format!("validators[{index}]"), why.to_owned());
    let list = list.as_array().map_or(&[][..], Vec::as_slice).iter().enumerate();
    list.map(|(index, entry)| {
        let is_ed25519 = entry.pointer("/pub_key/type").and_then(Value::as_str) == Some(KEY_TYPE);
        let key = entry.pointer("/pub_key/value").and_then(Value::as_str).filter(|_| is_ed25519);
        let key = key.and_then(|key| BASE64.decode(key).ok()?.try_into().ok());
        let power = number(entry, "power")?.and_then(|power| u64::try_from(power).ok());
        Ok(ValidatorUpdate {
            pub_key: key.ok_or_else(|| wrong(index, "an ed25519 key of 32 bytes is expected"))?,
            power: power.ok_or_else(|| wrong(index, "a power is expected"))?,
        })
    })
    .collect()
}

/// The parameters of a document that names none.
pub(crate) fn default_params() -> ConsensusParams {
    ConsensusParams {
        block: Some(BlockParams { max_bytes: -1, max_gas: -1 }),
        evidence: Some(EvidenceParams {
            max_age_num_blocks: 100_000,
            max_age_duration: Some(prost_types::Duration { seconds: 172_800, nanos: 0 }),
            max_bytes: 1_048_576,
        }),
        validator: Some(ValidatorParams { pub_key_types: vec!["ed25519".to_owned()] }),
        version: Some(VersionParams { app: 0 }),
        abci: Some(AbciParams { vote_extensions_enable_height: 0 }),
        authority: None,
    }
}

fn rfc3339(nanos: u64) -> String {
    let seconds = i64::try_from(nanos / NANOS).unwrap_or(i64::MAX);
    let nanos = i32::try_from(nanos % NANOS).unwrap_or_default();
    prost_types::Timestamp { seconds, nanos }.to_string()
}

fn params_to_json(params: &ConsensusParams) -> Value {
    let block = params.block.unwrap_or(BlockParams { max_bytes: -1, max_gas: -1 });
    let evidence = params.evidence.unwrap_or_default();
    let age = evidence.max_age_duration.unwrap_or_default();
    let nanos = age.seconds.saturating_mul(1_000_000_000).saturating_add(i64::from(age.nanos));
    let validator = params.validator.clone().unwrap_or_default();
    let height = params.abci.map_or(0, |abci| abci.vote_extensions_enable_height);
    json!({
        "block": { "max_bytes": block.max_bytes.to_string(), "max_gas": block.max_gas.to_string() },
        "evidence": {
            "max_age_num_blocks": evidence.max_age_num_blocks.to_string(),
            "max_age_duration": nanos.to_string(),
            "max_bytes": evidence.max_bytes.to_string()
        },
        "validator": { "pub_key_types": validator.pub_key_types },
        "version": { "app": params.version.map_or(0, |version| version.app).to_string() },
        "abci": { "vote_extensions_enable_height": height.to_string() }
    })
}

/// A number, as text or as a number.
fn number(object: &Value, field: &str) -> Result<Option<i64>, GenesisError> {
    let wrong = || GenesisError::Field(field.to_owned(), "a whole number is expected".to_owned());
    match object.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => text.parse().map(Some).map_err(|_| wrong()),
        Some(value) => value.as_i64().map(Some).ok_or_else(wrong),
    }
}

fn params_from_json(json: &Value) -> Result<ConsensusParams, GenesisError> {
    let default = default_params();
    let part = |name: &str| json.get(name).filter(|part| part.is_object());
    let block = part("block").map(|part| {
        Ok::<_, GenesisError>(BlockParams {
            max_bytes: number(part, "max_bytes")?.unwrap_or(-1),
            max_gas: number(part, "max_gas")?.unwrap_or(-1),
        })
    });
    let evidence = part("evidence").map(|part| {
        let nanos = number(part, "max_age_duration")?.unwrap_or_default();
        Ok::<_, GenesisError>(EvidenceParams {
            max_age_num_blocks: number(part, "max_age_num_blocks")?.unwrap_or_default(),
            max_age_duration: Some(prost_types::Duration {
                seconds: nanos / 1_000_000_000,
                nanos: i32::try_from(nanos % 1_000_000_000).unwrap_or_default(),
            }),
            max_bytes: number(part, "max_bytes")?.unwrap_or_default(),
        })
    });
    let keys = part("validator").and_then(|part| part.get("pub_key_types")?.as_array());
    let keys = keys.map(|keys| keys.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    let app = part("version").map(|part| number(part, "app")).transpose()?.flatten();
    let height =
        part("abci").map(|part| number(part, "vote_extensions_enable_height")).transpose()?.flatten();
    Ok(ConsensusParams {
        block: block.transpose()?.or(default.block),
        evidence: evidence.transpose()?.or(default.evidence),
        validator: keys.map(|pub_key_types| ValidatorParams { pub_key_types }).or(default.validator),
        version: Some(VersionParams { app: app.and_then(|app| u64::try_from(app).ok()).unwrap_or_default() }),
        abci: Some(AbciParams { vote_extensions_enable_height: height.unwrap_or_default() }),
        authority: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_says_the_same_when_it_is_read_back() {
        let init = InitChain {
            chain_id: "agora-dev-1".to_owned(),
            initial_height: 42,
            time: 1_700_000_000_123_456_789,
            params: ConsensusParams {
                block: Some(BlockParams { max_bytes: 1_000, max_gas: 7 }),
                ..default_params()
            },
            validators: vec![ValidatorUpdate { pub_key: [7; 32], power: 10 }],
            app_state: json!({ "bank": {} }),
        };
        let document = to_json(&init);
        assert_eq!(document["initial_height"], "42");
        assert_eq!(document["genesis_time"], "2023-11-14T22:13:20.123456789Z");
        assert_eq!(document["consensus_params"]["evidence"]["max_age_duration"], "172800000000000");
        assert_eq!(from_json(&document).unwrap(), init);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let say = |document: Value| from_json(&document).unwrap_err().to_string();
        assert_eq!(say(json!({})), "the field genesis_time of the genesis document: text is expected");
        let time = json!({ "genesis_time": "yesterday", "chain_id": "c" });
        assert!(say(time).contains("not RFC 3339"));
        let height =
            json!({ "genesis_time": "2026-01-01T00:00:00Z", "chain_id": "c", "initial_height": "x" });
        assert_eq!(
            say(height),
            "the field initial_height of the genesis document: a whole number is expected"
        );
    }
}
