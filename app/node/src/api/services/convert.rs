//! From CometBFT's types to those of the definitions that are served.

use agora_primitives::Address;
use agora_proto::pack;
use agora_proto::types::cosmos;
use agora_proto::types::cosmos::base::tendermint::v1beta1::{Block as SdkBlock, Header as SdkHeader};
use agora_proto::types::tendermint as wire;
use prost::Message;
use tendermint_proto::v0_38::crypto::public_key::Sum;
use tendermint_proto::v0_38::types::{Block, Validator};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{INTERNAL, refuse};
use crate::query::QueryStatus;

/// The same message in another Rust type of the same definition.
pub(super) fn recast<A: Message, B: Message + Default>(message: &A) -> Result<B, QueryStatus> {
    B::decode(message.encode_to_vec().as_slice())
        .map_err(|error| refuse(INTERNAL, format!("a stored message does not decode: {error}")))
}

/// A consensus address in bech32; hex for a length that no key gives.
pub(super) fn consensus_address(address: &[u8], prefix: &str) -> String {
    Address::from_slice(address).map_or_else(|_| hex::encode_upper(address), |a| a.to_bech32(prefix))
}

/// The block as the SDK shows it: the proposer in bech32.
pub(super) fn sdk_block(block: &Block, prefix: &str) -> Result<SdkBlock, QueryStatus> {
    let block: wire::types::Block = recast(block)?;
    let header = block.header.map(|header| SdkHeader {
        version: header.version,
        chain_id: header.chain_id,
        height: header.height,
        time: header.time,
        last_block_id: header.last_block_id,
        last_commit_hash: header.last_commit_hash,
        data_hash: header.data_hash,
        validators_hash: header.validators_hash,
        next_validators_hash: header.next_validators_hash,
        consensus_hash: header.consensus_hash,
        app_hash: header.app_hash,
        last_results_hash: header.last_results_hash,
        evidence_hash: header.evidence_hash,
        proposer_address: consensus_address(&header.proposer_address, prefix),
    });
    Ok(SdkBlock { header, data: block.data, evidence: block.evidence, last_commit: block.last_commit })
}

/// A validator of a set, its key as an `Any`.
pub(super) fn validator(validator: &Validator, prefix: &str) -> cosmos::base::tendermint::v1beta1::Validator {
    let pub_key = validator.pub_key.as_ref().and_then(|key| key.sum.as_ref()).map(|sum| match sum {
        Sum::Ed25519(key) => pack(&cosmos::crypto::ed25519::PubKey { key: key.clone() }),
        Sum::Secp256k1(key) => pack(&cosmos::crypto::secp256k1::PubKey { key: key.clone() }),
    });
    cosmos::base::tendermint::v1beta1::Validator {
        address: consensus_address(&validator.address, prefix),
        pub_key,
        voting_power: validator.voting_power,
        proposer_priority: validator.proposer_priority,
    }
}

/// The time of a block in whole seconds, RFC 3339.
pub(super) fn whole_seconds(block: &Block) -> String {
    let seconds =
        block.header.as_ref().and_then(|header| header.time.as_ref()).map_or(0, |time| time.seconds);
    let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(&Rfc3339).unwrap_or_default()
}
