//! The messages of `cosmos.gov.v1beta1` do what those of v1 do.

use agora_framework::{AppError, ExecCtx};
use agora_proto::cosmos::gov::v1beta1 as wire;

use crate::msgs::{DepositBeta, SubmitBeta, VoteBeta, VoteWeightedBeta};

pub(crate) fn submit_proposal(
    ctx: &mut ExecCtx<'_>,
    msg: SubmitBeta,
) -> Result<wire::MsgSubmitProposalResponse, AppError> {
    let proposal_id = super::submit_proposal(ctx, msg.0)?.proposal_id;
    Ok(wire::MsgSubmitProposalResponse { proposal_id })
}

pub(crate) fn deposit(ctx: &mut ExecCtx<'_>, msg: DepositBeta) -> Result<wire::MsgDepositResponse, AppError> {
    super::deposit(ctx, msg.0).map(|_| wire::MsgDepositResponse {})
}

pub(crate) fn vote(ctx: &mut ExecCtx<'_>, msg: VoteBeta) -> Result<wire::MsgVoteResponse, AppError> {
    super::vote(ctx, msg.0).map(|_| wire::MsgVoteResponse {})
}

pub(crate) fn vote_weighted(
    ctx: &mut ExecCtx<'_>,
    msg: VoteWeightedBeta,
) -> Result<wire::MsgVoteWeightedResponse, AppError> {
    super::vote_weighted(ctx, msg.0).map(|_| wire::MsgVoteWeightedResponse {})
}
