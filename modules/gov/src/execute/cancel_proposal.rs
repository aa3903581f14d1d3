//! `MsgCancelProposal`.

use agora_framework::time::timestamp;
use agora_framework::{AppError, Event, ExecCtx, StateCtx};
use agora_proto::cosmos::gov::v1 as wire;

use crate::msgs::CancelProposal;
use crate::state::{self, BALLOTS, CONTENTS, INACTIVE, PROPOSALS};
use crate::types::{Status, Terms};
use crate::{ballot, error, settle};

/// Deposits that are settled within the message; more wait for the end of the block.
const MOST_DEPOSITS: usize = 20;

/// Withdraws a proposal that is not decided, for a part of its deposits.
pub(crate) fn cancel_proposal(
    ctx: &mut ExecCtx<'_>,
    msg: CancelProposal,
) -> Result<wire::MsgCancelProposalResponse, AppError> {
    let proposal = PROPOSALS.get(ctx, &msg.id)?.ok_or_else(|| error::INACTIVE.wrap(msg.id))?;
    if proposal.proposer != msg.proposer {
        return Err(error::PROPOSER.wrap(format_args!("invalid proposer {}", msg.proposer)));
    }
    match (proposal.status, BALLOTS.get(ctx, &msg.id)?) {
        (Status::Deposit, _) => INACTIVE.remove(ctx, &(proposal.deposit_until, msg.id))?,
        (Status::Voting, Some(ballot)) => {
            if ctx.block().time >= ballot.until {
                return Err(error::ENDED.wrap(msg.id));
            }
            ballot::end(ctx, msg.id, ballot)?;
        }
        _ => return Err(error::PROPOSAL.wrap("proposal should be in the deposit or voting period")),
    }
    PROPOSALS.delete(ctx, &msg.id)?;
    CONTENTS.delete(ctx, &msg.id)?;
    let params = state::params(ctx)?;
    let terms = Terms::Charge { part: params.cancel_ratio, to: params.cancel_dest };
    let mut budget = MOST_DEPOSITS;
    settle::settle(ctx, msg.id, &terms, &mut budget)?;
    ctx.emit(Event::new("cancel_proposal").with("sender", msg.proposer).with("proposal_id", msg.id));
    Ok(wire::MsgCancelProposalResponse {
        proposal_id: msg.id,
        canceled_time: Some(timestamp(ctx.block().time)),
        canceled_height: ctx.block().height,
    })
}
