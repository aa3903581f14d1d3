//! Consensus parameters, in their two forms: complete, and as updates that leave out what is zero.

use serde_json::{Map, Value, json};
use tendermint_proto::google::protobuf::Duration;
use tendermint_proto::v0_38::types::ConsensusParams;

use super::int;

/// Complete parameters; an absent group shows zeros.
pub(crate) fn consensus_params(params: &ConsensusParams) -> Value {
    let block = params.block.unwrap_or_default();
    let evidence = params.evidence.unwrap_or_default();
    let validator = params.validator.clone().unwrap_or_default();
    let version = params.version.unwrap_or_default();
    let abci = params.abci.unwrap_or_default();
    json!({
        "block": {"max_bytes": int(block.max_bytes), "max_gas": int(block.max_gas)},
        "evidence": {
            "max_age_num_blocks": int(evidence.max_age_num_blocks),
            "max_age_duration": nanoseconds(evidence.max_age_duration.as_ref()),
            "max_bytes": int(evidence.max_bytes),
        },
        "validator": {"pub_key_types": validator.pub_key_types},
        "version": {"app": int(version.app)},
        "abci": {"vote_extensions_enable_height": int(abci.vote_extensions_enable_height)},
    })
}

/// The updates of a block; absent groups and zero values are left out.
pub(crate) fn param_updates(params: Option<&ConsensusParams>) -> Value {
    let Some(params) = params else { return Value::Null };
    let mut all = Map::new();
    if let Some(block) = &params.block {
        all.insert("block".into(), nonzero([("max_bytes", block.max_bytes), ("max_gas", block.max_gas)]));
    }
    if let Some(evidence) = &params.evidence {
        let mut group = Map::new();
        if evidence.max_age_num_blocks != 0 {
            group.insert("max_age_num_blocks".into(), int(evidence.max_age_num_blocks));
        }
        group.insert("max_age_duration".into(), nanoseconds(evidence.max_age_duration.as_ref()));
        if evidence.max_bytes != 0 {
            group.insert("max_bytes".into(), int(evidence.max_bytes));
        }
        all.insert("evidence".into(), Value::Object(group));
    }
    if let Some(validator) = &params.validator {
        let mut group = Map::new();
        if !validator.pub_key_types.is_empty() {
            group.insert("pub_key_types".into(), json!(validator.pub_key_types));
        }
        all.insert("validator".into(), Value::Object(group));
    }
    if let Some(version) = &params.version {
        let mut group = Map::new();
        if version.app != 0 {
            group.insert("app".into(), int(version.app));
        }
        all.insert("version".into(), Value::Object(group));
    }
    if let Some(abci) = &params.abci {
        let height = abci.vote_extensions_enable_height;
        all.insert("abci".into(), nonzero([("vote_extensions_enable_height", height)]));
    }
    Value::Object(all)
}

fn nonzero<const N: usize>(fields: [(&str, i64); N]) -> Value {
    let kept = fields.into_iter().filter(|(_, v)| *v != 0);
    Value::Object(kept.map(|(name, v)| (name.to_owned(), int(v))).collect())
}

fn nanoseconds(duration: Option<&Duration>) -> Value {
    let total = duration.map_or(0, |d| {
        i128::from(d.seconds).saturating_mul(1_000_000_000).saturating_add(i128::from(d.nanos))
    });
    int(total)
}
