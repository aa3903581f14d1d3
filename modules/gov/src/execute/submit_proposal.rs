//! `MsgSubmitProposal`.

use agora_framework::errors::sdk;
use agora_framework::{AppError, Event, ExecCtx, Registry, StateCtx};
use agora_primitives::{Coin, Coins};
use agora_proto::cosmos::gov::v1 as wire;
use prost_types::Any;

use super::deposit::{check_denoms, give};
use crate::error;
use crate::msgs::SubmitProposal;
use crate::params::Params;
use crate::state::{self, CONTENTS, INACTIVE, NEXT_ID, PROPOSALS};
use crate::types::{Content, Proposal, Status};

/// Files a proposal and takes the deposit it begins with.
pub(crate) fn submit_proposal(
    ctx: &mut ExecCtx<'_>,
    msg: SubmitProposal,
) -> Result<wire::MsgSubmitProposalResponse, AppError> {
    let params = state::params(ctx)?;
    check_initial(&params, &msg)?;
    check_denoms(&params, msg.expedited, &msg.deposit)?;
    let urls = check_messages(ctx.registry(), &msg.messages)?;
    let id = NEXT_ID.get(ctx)?.unwrap_or(1);
    NEXT_ID.set(ctx, &id.saturating_add(1))?;
    let now = ctx.block().time;
    let mut proposal = Proposal {
        status: Status::Deposit,
        expedited: msg.expedited,
        proposer: msg.proposer,
        submitted: now,
        deposit_until: now.saturating_add(params.max_deposit_period),
        deposit: Coins::default(),
        voting: None,
        tally: [0; 4],
        reason: String::new(),
    };
    let content = wire::Proposal {
        messages: msg.messages,
        metadata: msg.metadata,
        title: msg.title,
        summary: msg.summary,
        ..Default::default()
    };
    CONTENTS.set(ctx, &id, &Content(content))?;
    INACTIVE.insert(ctx, &(proposal.deposit_until, id))?;
    ctx.emit(
        Event::new("submit_proposal")
            .with("proposal_id", id)
            .with("proposal_proposer", msg.proposer)
            .with("proposal_messages", urls),
    );
    if give(ctx, &params, id, &mut proposal, msg.proposer, &msg.deposit)? {
        ctx.emit(Event::new("submit_proposal").with("voting_period_start", id));
    }
    PROPOSALS.set(ctx, &id, &proposal)?;
    Ok(wire::MsgSubmitProposalResponse { proposal_id: id })
}

/// Refuses a proposal that begins with less than its part of the minimum.
fn check_initial(params: &Params, msg: &SubmitProposal) -> Result<(), AppError> {
    let mut needed = Coins::default();
    for coin in params.min_deposit(msg.expedited) {
        let amount = params.min_initial_deposit_ratio.mul_ceil(coin.amount).unwrap_or(coin.amount);
        needed.add(&Coin::new(amount, coin.denom.clone())).map_err(|e| sdk::LOGIC.wrap(e))?;
    }
    if needed.iter().any(|coin| msg.deposit.amount_of(&coin.denom) < coin.amount) {
        return Err(error::MIN_DEPOSIT.wrap(format_args!("was ({}), need ({needed})", msg.deposit)));
    }
    Ok(())
}

/// Refuses messages that governance cannot sign, or that can never succeed. Returns their types, separated by commas.
fn check_messages(registry: &Registry, messages: &[Any]) -> Result<String, AppError> {
    let authority = registry.authority();
    let mut urls = Vec::with_capacity(messages.len());
    for (index, any) in messages.iter().enumerate() {
        let message = registry.decode(any).map_err(|refusal| match refusal.code {
            code if code == sdk::UNKNOWN_REQUEST.code => error::UNROUTABLE.wrap(&any.type_url),
            _ => error::MESSAGE.wrap(format_args!("message {index}: {refusal}")),
        })?;
        let signers =
            message.signers().map_err(|e| error::MESSAGE.wrap(format_args!("message {index}: {e}")))?;
        if signers != [authority] {
            let listed: Vec<String> = signers.iter().map(ToString::to_string).collect();
            return Err(error::SIGNER.wrap(listed.join(",")));
        }
        message.validate().map_err(|e| error::MESSAGE.wrap(format_args!("message {index}: {e}")))?;
        urls.push(any.type_url.as_str());
    }
    Ok(urls.join(","))
}
