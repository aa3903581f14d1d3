//! `MsgVote` and `MsgVoteWeighted`.

use agora_framework::{AppError, Event, ExecCtx, StateCtx};
use agora_primitives::Address;
use agora_proto::cosmos::gov::v1 as wire;

use crate::ballot;
use crate::msgs::{self, Vote, VoteWeighted};
use crate::types::{self, Options};

/// Votes for one choice.
pub(crate) fn vote(ctx: &mut ExecCtx<'_>, msg: Vote) -> Result<wire::MsgVoteResponse, AppError> {
    let vote = types::Vote { options: Options::whole(msg.choice), metadata: msg.metadata };
    cast(ctx, msg.id, &msg.voter, &vote, msgs::shown(msg.choice))?;
    Ok(wire::MsgVoteResponse {})
}

/// Divides a vote.
pub(crate) fn vote_weighted(
    ctx: &mut ExecCtx<'_>,
    msg: VoteWeighted,
) -> Result<wire::MsgVoteWeightedResponse, AppError> {
    let vote = types::Vote { options: msg.options, metadata: msg.metadata };
    cast(ctx, msg.id, &msg.voter, &vote, msg.shown)?;
    Ok(wire::MsgVoteWeightedResponse {})
}

fn cast(
    ctx: &mut ExecCtx<'_>,
    id: u64,
    voter: &Address,
    vote: &types::Vote,
    shown: String,
) -> Result<(), AppError> {
    let ballot = ballot::open(ctx, ctx.block().time, id)?;
    ballot::cast(ctx, id, ballot, voter, vote)?;
    ctx.emit(Event::new("proposal_vote").with("voter", voter).with("option", shown).with("proposal_id", id));
    Ok(())
}
