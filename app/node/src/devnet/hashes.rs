//! CometBFT's hashes of headers, data, commits, results, parameters and validator sets, and what a vote
//! signs.

use ed25519_consensus::SigningKey;
use prost::Message as _;
use sha2::{Digest as _, Sha256};
use tendermint::merkle::simple_hash_from_byte_vectors;
use tendermint_proto::google::protobuf::Timestamp;
use tendermint_proto::v0_38::abci::ExecTxResult;
use tendermint_proto::v0_38::types::{
    Block, BlockId, CanonicalBlockId, CanonicalPartSetHeader, CanonicalVote, Commit, ConsensusParams,
    HashedParams, Header, PartSetHeader, SignedMsgType, SimpleValidator, Validator,
};

/// A block travels in parts of this many bytes.
const PART_SIZE: usize = 65_536;

fn merkle<T: AsRef<[u8]>>(leaves: &[T]) -> Vec<u8> {
    simple_hash_from_byte_vectors::<Sha256>(leaves).to_vec()
}

/// SHA-256.
pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The root of no leaves: no transactions, no evidence, no results.
pub(super) fn empty() -> Vec<u8> {
    merkle::<[u8; 0]>(&[])
}

/// The root over the hashes of the transactions.
pub(super) fn data<T: AsRef<[u8]>>(txs: &[T]) -> Vec<u8> {
    merkle(&txs.iter().map(|tx| sha256(tx.as_ref())).collect::<Vec<_>>())
}

/// The root over the signatures of a commit.
pub(super) fn commit(commit: &Commit) -> Vec<u8> {
    merkle(&commit.signatures.iter().map(|signature| signature.encode_to_vec()).collect::<Vec<_>>())
}

/// The root over what is deterministic in the results: code, data and gas.
pub(super) fn results(results: &[ExecTxResult]) -> Vec<u8> {
    let leaves = results.iter().map(|result| {
        let (data, gas_wanted, gas_used) = (result.data.clone(), result.gas_wanted, result.gas_used);
        ExecTxResult { code: result.code, data, gas_wanted, gas_used, ..Default::default() }.encode_to_vec()
    });
    merkle(&leaves.collect::<Vec<_>>())
}

/// The hash of the parameters every node must agree on.
pub(super) fn params(params: &ConsensusParams) -> Vec<u8> {
    let block = params.block.unwrap_or_default();
    let hashed = HashedParams { block_max_bytes: block.max_bytes, block_max_gas: block.max_gas };
    sha256(&hashed.encode_to_vec()).to_vec()
}

/// The root over keys and powers of a validator set, given in CometBFT's order.
pub(super) fn validators(set: &[Validator]) -> Vec<u8> {
    let leaves = set.iter().map(|validator| {
        SimpleValidator { pub_key: validator.pub_key.clone(), voting_power: validator.voting_power }
            .encode_to_vec()
    });
    merkle(&leaves.collect::<Vec<_>>())
}

/// The hash of a header, which is the hash of its block.
///
/// # Errors
/// A header that CometBFT would not have.
pub(super) fn header(header: &Header) -> Result<Vec<u8>, String> {
    let header: tendermint::block::Header =
        header.clone().try_into().map_err(|e: tendermint::Error| format!("the header is not valid: {e}"))?;
    Ok(header.hash().as_bytes().to_vec())
}

/// The id of a block (its hash and that of its parts) and its encoded size.
pub(super) fn block_id(block: &Block) -> Result<(BlockId, usize), String> {
    let hash = header(block.header.as_ref().ok_or("the block has no header")?)?;
    let bytes = block.encode_to_vec();
    let parts: Vec<&[u8]> = bytes.chunks(PART_SIZE).collect();
    let total = u32::try_from(parts.len()).map_err(|_| "the block has too many parts".to_owned())?;
    let part_set_header = Some(PartSetHeader { total, hash: merkle(&parts) });
    Ok((BlockId { hash, part_set_header }, bytes.len()))
}

/// Signs a precommit for a block.
pub(super) fn sign_precommit(
    key: &SigningKey,
    chain_id: &str,
    height: i64,
    round: i32,
    id: &BlockId,
    at: Timestamp,
) -> Vec<u8> {
    let parts = id.part_set_header.clone().unwrap_or_default();
    let vote = CanonicalVote {
        r#type: SignedMsgType::Precommit.into(),
        height,
        round: round.into(),
        block_id: Some(CanonicalBlockId {
            hash: id.hash.clone(),
            part_set_header: Some(CanonicalPartSetHeader { total: parts.total, hash: parts.hash }),
        }),
        timestamp: Some(at),
        chain_id: chain_id.to_owned(),
    };
    key.sign(&vote.encode_length_delimited_to_vec()).to_bytes().to_vec()
}
