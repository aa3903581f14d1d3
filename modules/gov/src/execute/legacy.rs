//! `MsgExecLegacyContent`.

use agora_framework::{AppError, ExecCtx, StateCtx};
use agora_proto::cosmos::distribution::v1beta1::MsgCommunityPoolSpend;
use agora_proto::cosmos::gov::v1 as wire;
use prost::Message;
use prost_types::Any;

use crate::msgs::{ExecLegacyContent, Legacy};

/// Runs a content of the older form; only for the chain's authority.
pub(crate) fn exec_legacy_content(
    ctx: &mut ExecCtx<'_>,
    msg: ExecLegacyContent,
) -> Result<wire::MsgExecLegacyContentResponse, AppError> {
    ctx.registry().require_authority(&msg.authority)?;
    if let Legacy::Spend(spend) = msg.content {
        let type_url = agora_proto::type_url::<MsgCommunityPoolSpend>();
        let message = ctx.registry().decode(&Any { type_url, value: spend.encode_to_vec() })?;
        for event in ctx.dispatch(message.as_ref())?.events {
            ctx.emit(event);
        }
    }
    Ok(wire::MsgExecLegacyContentResponse {})
}
