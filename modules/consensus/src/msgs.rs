//! `MsgUpdateParams`, valid once constructed.

use agora_framework::errors::sdk;
use agora_framework::{AppError, Message, message};
use agora_proto::cosmos::consensus::v1 as wire;
use agora_proto::tendermint::types::{BlockParams, EvidenceParams, ValidatorParams};

/// The largest block that CometBFT knows.
const MAX_BYTES: i64 = 100 << 20;
/// The smallest: room for the votes of a full set, for evidence, and for a proposal that mends the parameters.
const MIN_BYTES: i64 = 4 << 20;
/// The least gas of a block, for the same reason.
const MIN_GAS: i64 = 10_000_000;
/// The most evidence in a block.
const MAX_EVIDENCE: i64 = 1 << 20;
/// The longest time that evidence counts: ten years, in seconds.
const MAX_AGE: i64 = 3650 * 86_400;

/// New parameters of consensus.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateParams {
    /// Who asks; must be the chain's authority.
    pub authority: String,
    /// How large a block is: both figures -1 for what the application fills, or bytes from 4 MiB to 100 MiB, gas from 10,000,000.
    pub block: BlockParams,
    /// How old evidence may be, above 0 and at most ten years, and at most 1 MiB of it.
    pub evidence: EvidenceParams,
    /// Keys of validators: ed25519.
    pub validator: ValidatorParams,
}

impl Message for UpdateParams {
    message!(wire::MsgUpdateParams, wire::MsgUpdateParamsResponse, authority);

    /// Whatever CometBFT would refuse would stop every node, so it is refused here.
    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let refused = |what: &str| sdk::INVALID_REQUEST.wrap(what);
        let (Some(block), Some(evidence), Some(validator)) =
            (wire.block, wire.evidence, wire.validator.clone())
        else {
            return Err(refused("all parameters must be present: block, evidence and validator"));
        };
        if block.max_bytes != -1 && !(MIN_BYTES..=MAX_BYTES).contains(&block.max_bytes) {
            return Err(refused("block.max_bytes must be -1 or from 4194304 to 104857600"));
        }
        if block.max_gas != -1 && block.max_gas < MIN_GAS {
            return Err(refused("block.max_gas must be -1 or at least 10000000"));
        }
        let age = evidence.max_age_duration.unwrap_or_default();
        let in_time = (0..=MAX_AGE).contains(&age.seconds) && age.nanos >= 0;
        if !in_time || (age.seconds == 0 && age.nanos == 0) {
            return Err(refused("evidence.max_age_duration must be above 0 and at most ten years"));
        }
        if !(1..=1_000_000_000).contains(&evidence.max_age_num_blocks) {
            return Err(refused("evidence.max_age_num_blocks must be from 1 to 1000000000"));
        }
        if !(0..=MAX_EVIDENCE).contains(&evidence.max_bytes) {
            return Err(refused("evidence.max_bytes must be from 0 to 1048576"));
        }
        if validator.pub_key_types != ["ed25519"] {
            return Err(refused("validator.pub_key_types must be [\"ed25519\"]"));
        }
        if wire.abci.is_some_and(|abci| abci.vote_extensions_enable_height != 0) {
            return Err(refused(
                "abci.vote_extensions_enable_height must be 0: this chain has no vote extensions",
            ));
        }
        if wire.auth.as_ref().is_some_and(|auth| !auth.authority.is_empty()) {
            return Err(refused("auth.authority must be empty: governance has the right"));
        }
        Ok(Self { authority: wire.authority.clone(), block, evidence, validator })
    }
}
