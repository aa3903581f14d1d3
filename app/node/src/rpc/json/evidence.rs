//! Evidence of misbehaviour.

use serde_json::{Value, json};
use tendermint_proto::v0_38::types::evidence::Sum;
use tendermint_proto::v0_38::types::{Evidence, LightBlock, Vote};

use super::{block_id, commit, header, hex_upper, int, nullable_base64, time, validator};

/// One piece of evidence, tagged by its kind.
pub(crate) fn evidence(evidence: &Evidence) -> Value {
    match &evidence.sum {
        None => Value::Null,
        Some(Sum::DuplicateVoteEvidence(e)) => json!({
            "type": "tendermint/DuplicateVoteEvidence",
            "value": {
                "vote_a": e.vote_a.as_ref().map_or(Value::Null, vote),
                "vote_b": e.vote_b.as_ref().map_or(Value::Null, vote),
                "TotalVotingPower": int(e.total_voting_power),
                "ValidatorPower": int(e.validator_power),
                "Timestamp": time(e.timestamp.as_ref()),
            },
        }),
        Some(Sum::LightClientAttackEvidence(e)) => json!({
            "type": "tendermint/LightClientAttackEvidence",
            "value": {
                "ConflictingBlock": e.conflicting_block.as_ref().map_or(Value::Null, light_block),
                "CommonHeight": int(e.common_height),
                "ByzantineValidators": e.byzantine_validators.iter().map(validator).collect::<Vec<_>>(),
                "TotalVotingPower": int(e.total_voting_power),
                "Timestamp": time(e.timestamp.as_ref()),
            },
        }),
    }
}

fn vote(vote: &Vote) -> Value {
    json!({
        "type": vote.r#type,
        "height": int(vote.height),
        "round": vote.round,
        "block_id": block_id(vote.block_id.as_ref()),
        "timestamp": time(vote.timestamp.as_ref()),
        "validator_address": hex_upper(&vote.validator_address),
        "validator_index": vote.validator_index,
        "signature": nullable_base64(&vote.signature),
        "extension": nullable_base64(&vote.extension),
        "extension_signature": nullable_base64(&vote.extension_signature),
    })
}

fn light_block(block: &LightBlock) -> Value {
    let signed = block.signed_header.as_ref().map_or(Value::Null, |s| {
        json!({
            "header": header(s.header.as_ref()),
            "commit": s.commit.as_ref().map_or(Value::Null, commit),
        })
    });
    let set = block.validator_set.as_ref().map_or(Value::Null, |s| {
        json!({
            "validators": s.validators.iter().map(validator).collect::<Vec<_>>(),
            "proposer": s.proposer.as_ref().map_or(Value::Null, validator),
        })
    });
    json!({"signed_header": signed, "validator_set": set})
}
