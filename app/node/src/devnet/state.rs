//! What the next block is built on, and how a block's results change it.

use tendermint_proto::google::protobuf::Timestamp;
use tendermint_proto::v0_38::abci::{ResponseFinalizeBlock, ValidatorUpdate};
use tendermint_proto::v0_38::types::{Block, BlockId, ConsensusParams, ValidatorSet, VersionParams};

use super::genesis::Genesis;
use super::{hashes, validators};

/// The largest block CometBFT knows, in bytes: what `block.max_bytes = -1` means.
const MAX_BLOCK_BYTES: i64 = 104_857_600;

/// The state after a block, stored once per height.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct State {
    /// The last block's height; the initial height less one before the first.
    #[prost(uint64, tag = "1")]
    pub(super) height: u64,
    #[prost(message, required, tag = "2")]
    pub(super) last_block_id: BlockId,
    /// The last block's time; genesis time before the first.
    #[prost(message, required, tag = "3")]
    pub(super) last_block_time: Timestamp,
    /// Who signed the last block.
    #[prost(message, required, tag = "4")]
    pub(super) last_validators: ValidatorSet,
    /// Who signs the next block.
    #[prost(message, required, tag = "5")]
    pub(super) validators: ValidatorSet,
    /// Who signs the block after the next.
    #[prost(message, required, tag = "6")]
    pub(super) next_validators: ValidatorSet,
    /// The parameters of the next block.
    #[prost(message, required, tag = "7")]
    pub(super) params: ConsensusParams,
    #[prost(bytes = "vec", tag = "8")]
    pub(super) app_hash: Vec<u8>,
    #[prost(bytes = "vec", tag = "9")]
    pub(super) last_results_hash: Vec<u8>,
    #[prost(uint64, tag = "10")]
    pub(super) initial_height: u64,
    /// What time travel added to the clock, in nanoseconds.
    #[prost(sint64, tag = "11")]
    pub(super) clock_offset: i64,
}

impl State {
    /// The state before the first block. `updates` and `params` are the application's answer to InitChain.
    pub(super) fn genesis(
        genesis: &Genesis,
        params: ConsensusParams,
        updates: &[ValidatorUpdate],
        app_hash: Vec<u8>,
    ) -> Result<Self, String> {
        let first = validators::initial(updates)?;
        Ok(Self {
            height: genesis.initial_height - 1,
            last_block_id: empty_block_id(),
            last_block_time: genesis.time,
            last_validators: ValidatorSet::default(),
            next_validators: validators::next(&first, &[])?,
            validators: first,
            params,
            app_hash,
            last_results_hash: hashes::empty(),
            initial_height: genesis.initial_height,
            clock_offset: 0,
        })
    }

    /// The state after `block`, which follows this one.
    pub(super) fn after(
        &self,
        block: &Block,
        id: &BlockId,
        results: &ResponseFinalizeBlock,
        clock_offset: i64,
    ) -> Result<Self, String> {
        let header = block.header.as_ref().ok_or("the block has no header")?;
        let params = merge_params(&self.params, results.consensus_param_updates.as_ref());
        check_params(&params)?;
        Ok(Self {
            height: self.height + 1,
            last_block_id: id.clone(),
            last_block_time: header.time.unwrap_or_default(),
            last_validators: self.validators.clone(),
            validators: self.next_validators.clone(),
            next_validators: validators::next(&self.next_validators, &results.validator_updates)?,
            params,
            app_hash: results.app_hash.to_vec(),
            last_results_hash: hashes::results(&results.tx_results),
            initial_height: self.initial_height,
            clock_offset,
        })
    }

    /// The application's protocol version.
    pub(super) fn app_version(&self) -> u64 {
        self.params.version.as_ref().map_or(0, |v| v.app)
    }

    /// Whether no block was made yet.
    pub(super) fn is_fresh(&self) -> bool {
        self.height < self.initial_height
    }

    /// How many bytes of transactions the next block may hold, encoding included.
    pub(super) fn max_data_bytes(&self) -> i64 {
        const OVERHEAD: i64 = 11 + 626;
        let validators = i64::try_from(self.validators.validators.len()).unwrap_or(i64::MAX);
        let commit = 94_i64.saturating_add(validators.saturating_mul(109 + 2));
        let limit = match self.params.block.unwrap_or_default().max_bytes {
            -1 => MAX_BLOCK_BYTES,
            limit => limit,
        };
        limit.saturating_sub(OVERHEAD).saturating_sub(commit).max(0)
    }
}

/// The id a first block has in the place of its predecessor's.
pub(super) fn empty_block_id() -> BlockId {
    BlockId { hash: Vec::new(), part_set_header: Some(Default::default()) }
}

/// `params` with the sections present in `updates`.
pub(super) fn merge_params(params: &ConsensusParams, updates: Option<&ConsensusParams>) -> ConsensusParams {
    let Some(updates) = updates else { return params.clone() };
    ConsensusParams {
        block: updates.block.or(params.block),
        evidence: updates.evidence.or(params.evidence),
        validator: updates.validator.clone().or_else(|| params.validator.clone()),
        version: updates.version.or(params.version),
        abci: updates.abci.or(params.abci),
    }
}

/// `params` with the application's version.
pub(super) fn with_version(mut params: ConsensusParams, app: u64) -> ConsensusParams {
    params.version = Some(VersionParams { app });
    params
}

/// Whether this producer can run under `params`.
pub(super) fn check_params(params: &ConsensusParams) -> Result<(), String> {
    let block = params.block.unwrap_or_default();
    if block.max_bytes < -1 || block.max_bytes == 0 || block.max_bytes > MAX_BLOCK_BYTES {
        return Err(format!(
            "block.max_bytes must be -1 or within [1, {MAX_BLOCK_BYTES}], not {}",
            block.max_bytes
        ));
    }
    if block.max_gas < -1 {
        return Err(format!("block.max_gas must be -1 or more, not {}", block.max_gas));
    }
    if params.abci.unwrap_or_default().vote_extensions_enable_height != 0 {
        return Err("vote extensions need CometBFT: abci.vote_extensions_enable_height must be 0 here".into());
    }
    let key_types = params.validator.clone().unwrap_or_default().pub_key_types;
    if !key_types.iter().any(|t| t == "ed25519") {
        return Err("validator.pub_key_types must contain ed25519".into());
    }
    Ok(())
}
