//! Blocks, commits, evidence, validators.

use prost::Message as _;
use serde_json::Value;
use tendermint_proto::v0_38::crypto::PublicKey;
use tendermint_proto::v0_38::crypto::public_key::Sum;
use tendermint_proto::v0_38::types::evidence::Sum as EvidenceSum;
use tendermint_proto::v0_38::types::{
    Block, BlockId, Commit, CommitSig, Data, DuplicateVoteEvidence, Evidence, EvidenceList, Header,
    LightBlock, LightClientAttackEvidence, PartSetHeader, SignedHeader, Validator, ValidatorSet, Vote,
};
use tendermint_proto::v0_38::version::Consensus;

use super::read::{
    Malformed, Read, base64, base64_list, field, flag, hex, list, number, optional, text, time,
};
use crate::chain::{BlockInfo, CommitInfo};

/// `{block_id, block}`.
pub(crate) fn block_info(value: &Value) -> Read<BlockInfo> {
    let block = block(field(value, "block")?)?;
    let block_id = block_id(field(value, "block_id")?)?;
    Ok(BlockInfo { block_id, size: block.encoded_len(), block })
}

/// `{signed_header, canonical}`.
pub(crate) fn commit_info(value: &Value) -> Read<CommitInfo> {
    let signed = field(value, "signed_header")?;
    Ok(CommitInfo {
        header: header(field(signed, "header")?)?,
        commit: commit(field(signed, "commit")?)?,
        canonical: flag(value, "canonical"),
    })
}

fn block(value: &Value) -> Read<Block> {
    let evidence_list = match optional(value, "evidence") {
        Some(wrapper) => list(wrapper, "evidence", evidence)?,
        None => Vec::new(),
    };
    Ok(Block {
        header: Some(header(field(value, "header")?)?),
        data: Some(Data { txs: base64_list(field(value, "data")?, "txs")? }),
        evidence: Some(EvidenceList { evidence: evidence_list }),
        last_commit: optional(value, "last_commit").map(commit).transpose()?,
    })
}

fn header(value: &Value) -> Read<Header> {
    let version = field(value, "version")?;
    Ok(Header {
        version: Some(Consensus { block: number(version, "block")?, app: number(version, "app")? }),
        chain_id: text(value, "chain_id")?,
        height: number(value, "height")?,
        time: time(value, "time")?,
        last_block_id: Some(block_id(field(value, "last_block_id")?)?),
        last_commit_hash: hex(value, "last_commit_hash")?,
        data_hash: hex(value, "data_hash")?,
        validators_hash: hex(value, "validators_hash")?,
        next_validators_hash: hex(value, "next_validators_hash")?,
        consensus_hash: hex(value, "consensus_hash")?,
        app_hash: hex(value, "app_hash")?,
        last_results_hash: hex(value, "last_results_hash")?,
        evidence_hash: hex(value, "evidence_hash")?,
        proposer_address: hex(value, "proposer_address")?,
    })
}

fn block_id(value: &Value) -> Read<BlockId> {
    let parts = field(value, "parts")?;
    Ok(BlockId {
        hash: hex(value, "hash")?,
        part_set_header: Some(PartSetHeader { total: number(parts, "total")?, hash: hex(parts, "hash")? }),
    })
}

fn commit(value: &Value) -> Read<Commit> {
    Ok(Commit {
        height: number(value, "height")?,
        round: number(value, "round")?,
        block_id: Some(block_id(field(value, "block_id")?)?),
        signatures: list(value, "signatures", signature)?,
    })
}

fn signature(value: &Value) -> Read<CommitSig> {
    Ok(CommitSig {
        block_id_flag: number(value, "block_id_flag")?,
        validator_address: hex(value, "validator_address")?,
        timestamp: time(value, "timestamp")?,
        signature: base64(value, "signature")?,
    })
}

fn evidence(value: &Value) -> Read<Evidence> {
    let inner = field(value, "value")?;
    let sum = match text(value, "type")?.as_str() {
        "tendermint/DuplicateVoteEvidence" => EvidenceSum::DuplicateVoteEvidence(DuplicateVoteEvidence {
            vote_a: Some(vote(field(inner, "vote_a")?)?),
            vote_b: Some(vote(field(inner, "vote_b")?)?),
            total_voting_power: number(inner, "TotalVotingPower")?,
            validator_power: number(inner, "ValidatorPower")?,
            timestamp: time(inner, "Timestamp")?,
        }),
        "tendermint/LightClientAttackEvidence" => {
            EvidenceSum::LightClientAttackEvidence(LightClientAttackEvidence {
                conflicting_block: Some(light_block(field(inner, "ConflictingBlock")?)?),
                common_height: number(inner, "CommonHeight")?,
                byzantine_validators: list(inner, "ByzantineValidators", validator)?,
                total_voting_power: number(inner, "TotalVotingPower")?,
                timestamp: time(inner, "Timestamp")?,
            })
        }
        _ => return Err(Malformed::wrong("type", "a known kind of evidence")),
    };
    Ok(Evidence { sum: Some(sum) })
}

fn vote(value: &Value) -> Read<Vote> {
    Ok(Vote {
        r#type: number(value, "type")?,
        height: number(value, "height")?,
        round: number(value, "round")?,
        block_id: Some(block_id(field(value, "block_id")?)?),
        timestamp: time(value, "timestamp")?,
        validator_address: hex(value, "validator_address")?,
        validator_index: number(value, "validator_index")?,
        signature: base64(value, "signature")?,
        extension: base64(value, "extension")?,
        extension_signature: base64(value, "extension_signature")?,
    })
}

fn light_block(value: &Value) -> Read<LightBlock> {
    let signed = field(value, "signed_header")?;
    let set = field(value, "validator_set")?;
    let validators = list(set, "validators", validator)?;
    let total = validators.iter().fold(0i64, |sum, v| sum.saturating_add(v.voting_power));
    Ok(LightBlock {
        signed_header: Some(SignedHeader {
            header: Some(header(field(signed, "header")?)?),
            commit: Some(commit(field(signed, "commit")?)?),
        }),
        validator_set: Some(ValidatorSet {
            validators,
            proposer: optional(set, "proposer").map(validator).transpose()?,
            total_voting_power: total,
        }),
    })
}

/// A validator of a set.
pub(super) fn validator(value: &Value) -> Read<Validator> {
    Ok(Validator {
        address: hex(value, "address")?,
        pub_key: optional(value, "pub_key").map(public_key).transpose()?,
        voting_power: number(value, "voting_power")?,
        proposer_priority: number(value, "proposer_priority")?,
    })
}

fn public_key(value: &Value) -> Read<PublicKey> {
    let bytes = base64(value, "value")?;
    let sum = match text(value, "type")?.as_str() {
        "tendermint/PubKeyEd25519" => Sum::Ed25519(bytes),
        "tendermint/PubKeySecp256k1" => Sum::Secp256k1(bytes),
        _ => return Err(Malformed::wrong("type", "an ed25519 or secp256k1 key")),
    };
    Ok(PublicKey { sum: Some(sum) })
}
