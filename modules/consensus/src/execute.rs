//! What the message does.

use agora_framework::{AppError, Event, ExecCtx, StateCtx};
use agora_proto::cosmos::consensus::v1::MsgUpdateParamsResponse;

use crate::api;
use crate::msgs::UpdateParams;
use crate::state::{PARAMS, StoredParams};

/// Replaces the parameters; only for the chain's authority. CometBFT is told when the block ends, and goes by them from the next one on.
pub(crate) fn update_params(
    ctx: &mut ExecCtx<'_>,
    msg: UpdateParams,
) -> Result<MsgUpdateParamsResponse, AppError> {
    ctx.registry().require_authority(&msg.authority)?;
    let mut params = api::params(ctx)?;
    params.block = Some(msg.block);
    params.evidence = Some(msg.evidence);
    params.validator = Some(msg.validator.clone());
    PARAMS.set(ctx, &StoredParams(params))?;
    let age = msg.evidence.max_age_duration.unwrap_or_default();
    let shown = format!(
        "block:<max_bytes:{} max_gas:{} > evidence:<max_age_num_blocks:{} max_age_duration:<seconds:{} > max_bytes:{} > \
         validator:<pub_key_types:\"ed25519\" > version:<> ",
        msg.block.max_bytes,
        msg.block.max_gas,
        msg.evidence.max_age_num_blocks,
        age.seconds,
        msg.evidence.max_bytes,
    );
    ctx.emit(
        Event::new("update_consensus_params").with("authority", msg.authority).with("parameters", shown),
    );
    Ok(MsgUpdateParamsResponse {})
}
