//! `MsgDeposit`.

use agora_bank::api as bank;
use agora_framework::errors::sdk;
use agora_framework::{AppError, Event, ExecCtx, StateCtx};
use agora_primitives::{Address, Coins, Dec};
use agora_proto::cosmos::gov::v1 as wire;

use crate::msgs::Deposit;
use crate::params::Params;
use crate::state::{self, DEPOSITS, PROPOSALS};
use crate::types::{Proposal, Status};
use crate::{ballot, error, settle};

/// Adds to the deposit of a proposal that is not decided; its vote begins when the deposit is complete.
pub(crate) fn deposit(ctx: &mut ExecCtx<'_>, msg: Deposit) -> Result<wire::MsgDepositResponse, AppError> {
    let params = state::params(ctx)?;
    let mut proposal = PROPOSALS.get(ctx, &msg.id)?.ok_or_else(|| error::INACTIVE.wrap(msg.id))?;
    check_denoms(&params, proposal.expedited, &msg.amount)?;
    let now = ctx.block().time;
    let open = match proposal.status {
        Status::Deposit => now < proposal.deposit_until,
        Status::Voting => proposal.voting.is_some_and(|(_, until)| now < until),
        _ => false,
    };
    if !open {
        return Err(error::INACTIVE.wrap(msg.id));
    }
    if give(ctx, &params, msg.id, &mut proposal, msg.depositor, &msg.amount)? {
        ctx.emit(Event::new("proposal_deposit").with("voting_period_start", msg.id));
    }
    PROPOSALS.set(ctx, &msg.id, &proposal)?;
    Ok(wire::MsgDepositResponse {})
}

/// Refuses denoms that deposits are not taken in.
pub(crate) fn check_denoms(params: &Params, expedited: bool, coins: &Coins) -> Result<(), AppError> {
    let taken = params.min_deposit(expedited);
    if coins.iter().all(|coin| taken.amount_of(&coin.denom) > 0) {
        return Ok(());
    }
    let denoms: Vec<&str> = taken.iter().map(|coin| coin.denom.as_str()).collect();
    Err(error::DENOM.wrap(format_args!(
        "deposited {coins}, but gov accepts only the following denom(s): [{}]",
        denoms.join(" ")
    )))
}

/// Takes a deposit; nothing if it is empty. Says whether it begins the vote.
pub(crate) fn give(
    ctx: &mut ExecCtx<'_>,
    params: &Params,
    id: u64,
    proposal: &mut Proposal,
    depositor: Address,
    amount: &Coins,
) -> Result<bool, AppError> {
    if !amount.is_empty() {
        check_size(params, proposal.expedited, amount)?;
        bank::send(ctx, &depositor, &settle::account(), amount)?;
        let mut own = DEPOSITS.get(ctx, &(id, depositor))?.unwrap_or_default();
        for coin in amount {
            own.0.add(coin).map_err(|e| sdk::INVALID_COINS.wrap(e))?;
            proposal.deposit.add(coin).map_err(|e| sdk::INVALID_COINS.wrap(e))?;
        }
        DEPOSITS.set(ctx, &(id, depositor), &own)?;
        ctx.emit(
            Event::new("proposal_deposit")
                .with("depositor", depositor)
                .with("amount", amount)
                .with("proposal_id", id),
        );
    }
    let needed = params.min_deposit(proposal.expedited);
    let complete = needed.iter().all(|coin| proposal.deposit.amount_of(&coin.denom) >= coin.amount);
    if proposal.status != Status::Deposit || !complete {
        return Ok(false);
    }
    let now = ctx.block().time;
    ballot::begin(ctx, params, now, id, proposal)?;
    Ok(true)
}

/// Refuses dust: every deposit is a record that must be settled.
fn check_size(params: &Params, expedited: bool, amount: &Coins) -> Result<(), AppError> {
    if params.min_deposit_ratio == Dec::ZERO {
        return Ok(());
    }
    let least = |coin: &agora_primitives::Coin| {
        params.min_deposit_ratio.mul_floor(coin.amount).unwrap_or(coin.amount)
    };
    let needed = params.min_deposit(expedited);
    let enough = needed.iter().any(|coin| {
        let given = amount.amount_of(&coin.denom);
        given > 0 && given >= least(coin)
    });
    if enough {
        return Ok(());
    }
    let listed: Vec<String> = needed.iter().map(|coin| format!("{}{}", least(coin), coin.denom)).collect();
    Err(error::MIN_DEPOSIT
        .wrap(format_args!("received {amount} but need at least one of the following: {}", listed.join(","))))
}
