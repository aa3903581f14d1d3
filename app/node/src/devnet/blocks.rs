//! Builds, signs and describes blocks.

use ed25519_consensus::SigningKey;
use tendermint_proto::google::protobuf::Timestamp;
use tendermint_proto::v0_38::abci::{
    CommitInfo, ExtendedCommitInfo, ExtendedVoteInfo, RequestFinalizeBlock, RequestPrepareProposal,
    Validator as AbciValidator, VoteInfo,
};
use tendermint_proto::v0_38::types::{
    Block, BlockId, BlockIdFlag, Commit, CommitSig, Data, EvidenceList, Header, ValidatorSet,
};
use tendermint_proto::v0_38::version::Consensus;

use super::state::{State, empty_block_id};
use super::{clock, hashes};

/// CometBFT's block protocol.
pub(super) const BLOCK_VERSION: u64 = 11;

/// The commit a first block carries.
pub(super) fn empty_commit() -> Commit {
    Commit { height: 0, round: 0, block_id: Some(empty_block_id()), signatures: Vec::new() }
}

/// A commit signed by `key`; other validators are absent.
pub(super) fn sign_commit(
    key: &SigningKey,
    chain_id: &str,
    height: i64,
    round: i32,
    id: &BlockId,
    at: Timestamp,
    set: &ValidatorSet,
) -> Commit {
    let ours = super::home::address(key.verification_key().as_bytes());
    let signatures = set.validators.iter().map(|validator| {
        if validator.address != ours {
            return CommitSig {
                block_id_flag: BlockIdFlag::Absent.into(),
                validator_address: Vec::new(),
                timestamp: Some(clock::go_zero()),
                signature: Vec::new(),
            };
        }
        CommitSig {
            block_id_flag: BlockIdFlag::Commit.into(),
            validator_address: validator.address.clone(),
            timestamp: Some(at),
            signature: hashes::sign_precommit(key, chain_id, height, round, id, at),
        }
    });
    Commit { height, round, block_id: Some(id.clone()), signatures: signatures.collect() }
}

/// The block after `state`.
pub(super) fn build(
    state: &State,
    chain_id: &str,
    height: i64,
    time: Timestamp,
    last_commit: Commit,
    txs: Vec<Vec<u8>>,
    proposer: &[u8],
) -> Block {
    let header = Header {
        version: Some(Consensus { block: BLOCK_VERSION, app: state.app_version() }),
        chain_id: chain_id.to_owned(),
        height,
        time: Some(time),
        last_block_id: Some(state.last_block_id.clone()),
        last_commit_hash: hashes::commit(&last_commit),
        data_hash: hashes::data(&txs),
        validators_hash: hashes::validators(&state.validators.validators),
        next_validators_hash: hashes::validators(&state.next_validators.validators),
        consensus_hash: hashes::params(&state.params),
        app_hash: state.app_hash.clone(),
        last_results_hash: state.last_results_hash.clone(),
        evidence_hash: hashes::empty(),
        proposer_address: proposer.to_vec(),
    };
    Block {
        header: Some(header),
        data: Some(Data { txs }),
        evidence: Some(EvidenceList { evidence: Vec::new() }),
        last_commit: Some(last_commit),
    }
}

/// The question to PrepareProposal.
pub(super) fn prepare_request(
    state: &State,
    height: i64,
    time: Timestamp,
    last_commit: &Commit,
    txs: Vec<bytes::Bytes>,
    proposer: &[u8],
) -> RequestPrepareProposal {
    let votes = votes(state, last_commit).into_iter().map(|vote| ExtendedVoteInfo {
        validator: vote.validator,
        block_id_flag: vote.block_id_flag,
        ..Default::default()
    });
    RequestPrepareProposal {
        max_tx_bytes: state.max_data_bytes(),
        txs,
        local_last_commit: Some(ExtendedCommitInfo { round: last_commit.round, votes: votes.collect() }),
        misbehavior: Vec::new(),
        height,
        time: Some(time),
        next_validators_hash: hashes::validators(&state.next_validators.validators).into(),
        proposer_address: proposer.to_vec().into(),
    }
}

/// The question to FinalizeBlock about `block`, which follows `state`.
pub(super) fn finalize_request(
    state: &State,
    block: &Block,
    id: &BlockId,
) -> Result<RequestFinalizeBlock, String> {
    let header = block.header.as_ref().ok_or("the block has no header")?;
    let commit = block.last_commit.as_ref().ok_or("the block has no last commit")?;
    let txs = block.data.iter().flat_map(|data| &data.txs);
    Ok(RequestFinalizeBlock {
        txs: txs.map(|tx| tx.clone().into()).collect(),
        decided_last_commit: Some(CommitInfo { round: commit.round, votes: votes(state, commit) }),
        misbehavior: Vec::new(),
        hash: id.hash.clone().into(),
        height: header.height,
        time: header.time,
        next_validators_hash: header.next_validators_hash.clone().into(),
        proposer_address: header.proposer_address.clone().into(),
    })
}

fn votes(state: &State, commit: &Commit) -> Vec<VoteInfo> {
    let pairs = state.last_validators.validators.iter().zip(&commit.signatures);
    let votes = pairs.map(|(validator, signature)| VoteInfo {
        validator: Some(AbciValidator {
            address: validator.address.clone().into(),
            power: validator.voting_power,
        }),
        block_id_flag: signature.block_id_flag,
    });
    votes.collect()
}
