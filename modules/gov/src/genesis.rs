//! The genesis section: `cosmos.gov.v1.GenesisState`, and one member more, `records`, left out when empty: what a vote in progress needs.

use agora_framework::errors::sdk;
use agora_framework::time::nanoseconds;
use agora_framework::wire::coins;
use agora_framework::{AppError, GenesisCtx, QueryCtx, StateCtx, genesis};
use agora_primitives::Address;
use agora_proto::cosmos::gov::v1 as wire;
use agora_state::every;
use serde_json::{Value, json};

use crate::ballot::options;
use crate::execute::check_dest;
use crate::genesis_records as records;
use crate::invariants;
use crate::params::{self, Params, wire_params};
use crate::query::{wire_deposit, wire_vote};
use crate::state::{
    self, ACTIVE, BALLOTS, CONSTITUTION, CONTENTS, DEPOSITS, INACTIVE, NEXT_ID, PARAMS, PROPOSALS, STARTING,
    VOTES,
};
use crate::types::{Ballot, Choice, Content, Deposited, Proposal, Status, Vote};
use crate::wire::{plain_dec, wire_proposal};

pub(crate) fn default() -> Value {
    let params = wire_params(&Params::default());
    let coins = |coins: &[agora_proto::cosmos::base::v1beta1::Coin]| -> Value {
        coins.iter().map(|c| json!({"denom": c.denom, "amount": c.amount})).collect()
    };
    let seconds = |period: Option<prost_types::Duration>| format!("{}s", period.unwrap_or_default().seconds);
    json!({
        "starting_proposal_id": "1",
        "deposits": [],
        "votes": [],
        "proposals": [],
        "deposit_params": null,
        "voting_params": null,
        "tally_params": null,
        "params": {
            "min_deposit": coins(&params.min_deposit),
            "max_deposit_period": seconds(params.max_deposit_period),
            "voting_period": seconds(params.voting_period),
            "quorum": params.quorum,
            "threshold": params.threshold,
            "veto_threshold": params.veto_threshold,
            "min_initial_deposit_ratio": params.min_initial_deposit_ratio,
            "proposal_cancel_ratio": params.proposal_cancel_ratio,
            "proposal_cancel_dest": params.proposal_cancel_dest,
            "expedited_voting_period": seconds(params.expedited_voting_period),
            "expedited_threshold": params.expedited_threshold,
            "expedited_min_deposit": coins(&params.expedited_min_deposit),
            "burn_vote_quorum": params.burn_vote_quorum,
            "burn_proposal_deposit_prevote": params.burn_proposal_deposit_prevote,
            "burn_vote_veto": params.burn_vote_veto,
            "min_deposit_ratio": params.min_deposit_ratio
        },
        "constitution": ""
    })
}

pub(crate) fn invalid(what: impl std::fmt::Display) -> AppError {
    sdk::INVALID_REQUEST.wrap(format_args!("genesis section gov: {what}"))
}

#[allow(deprecated)] // The groups of older sections must be empty.
pub(crate) fn init(ctx: &mut GenesisCtx<'_>, section: &Value) -> Result<(), AppError> {
    let mut section = section.clone();
    let own = section.as_object_mut().and_then(|members| members.shift_remove(records::MEMBER));
    let genesis: wire::GenesisState = genesis::decode(ctx.registry(), &section)?;
    if genesis.deposit_params.is_some() || genesis.voting_params.is_some() || genesis.tally_params.is_some() {
        return Err(invalid("deposit_params, voting_params and tally_params are superseded; set params"));
    }
    let params = params::parse(genesis.params.as_ref()).map_err(invalid)?;
    check_dest(ctx.registry(), &params).map_err(invalid)?;
    PARAMS.set(ctx, &params)?;
    NEXT_ID.set(ctx, &genesis.starting_proposal_id.max(1))?;
    if !genesis.constitution.is_empty() {
        CONSTITUTION.set(ctx, &genesis.constitution)?;
    }
    records::init(ctx, own.as_ref())?;
    for proposal in genesis.proposals {
        if proposal.id == 0 || proposal.id >= genesis.starting_proposal_id {
            return Err(invalid(format_args!(
                "proposal {} must have an id from 1 to below starting_proposal_id",
                proposal.id
            )));
        }
        add_proposal(ctx, proposal)?;
    }
    for deposit in &genesis.deposits {
        let depositor: Address = deposit.depositor.parse().map_err(invalid)?;
        let amount = coins(&deposit.amount).map_err(invalid)?;
        DEPOSITS.set(ctx, &(deposit.proposal_id, depositor), &Deposited(amount))?;
    }
    for vote in &genesis.votes {
        add_vote(ctx, vote)?;
    }
    invariants::is_exact(ctx).map_err(invalid)
}

fn add_proposal(ctx: &mut GenesisCtx<'_>, wire: wire::Proposal) -> Result<(), AppError> {
    let id = wire.id;
    let refused = |what: &str| invalid(format_args!("proposal {id}: {what}"));
    let moment = |stamp: &Option<prost_types::Timestamp>| stamp.as_ref().and_then(nanoseconds);
    let status = match wire.status() {
        wire::ProposalStatus::DepositPeriod => Status::Deposit,
        wire::ProposalStatus::VotingPeriod => Status::Voting,
        wire::ProposalStatus::Passed => Status::Passed,
        wire::ProposalStatus::Rejected => Status::Rejected,
        wire::ProposalStatus::Failed => Status::Failed,
        wire::ProposalStatus::Unspecified => return Err(refused("the status is missing")),
    };
    let tally = wire.final_tally_result.clone().unwrap_or_default();
    let mut counts = [0u128; 4];
    let texts = [&tally.yes_count, &tally.abstain_count, &tally.no_count, &tally.no_with_veto_count];
    for (count, text) in counts.iter_mut().zip(texts) {
        *count = match text.as_str() {
            "" => 0,
            text => text.parse().map_err(|_| refused("the tally must be base units"))?,
        };
    }
    let proposal = Proposal {
        status,
        expedited: wire.expedited,
        proposer: wire.proposer.parse().map_err(|e| refused(&format!("proposer: {e}")))?,
        submitted: moment(&wire.submit_time).ok_or_else(|| refused("submit_time is missing"))?,
        deposit_until: moment(&wire.deposit_end_time)
            .ok_or_else(|| refused("deposit_end_time is missing"))?,
        deposit: coins(&wire.total_deposit).map_err(|e| refused(&e.to_string()))?,
        voting: moment(&wire.voting_start_time).zip(moment(&wire.voting_end_time)),
        tally: counts,
        reason: wire.failed_reason,
    };
    match (status, proposal.voting) {
        (Status::Deposit, _) => INACTIVE.insert(ctx, &(proposal.deposit_until, id))?,
        (Status::Voting, Some((_, until))) => {
            ACTIVE.insert(ctx, &(until, id))?;
            // Without a record it comes from another chain: the vote is taken with the stakes after the first block.
            if BALLOTS.get(ctx, &id)?.is_none() {
                BALLOTS.set(ctx, &id, &Ballot { round: 0, snapshot: 0, until })?;
                STARTING.insert(ctx, &id)?;
            }
        }
        (Status::Voting, None) => return Err(refused("the times of the vote are missing")),
        _ => {}
    }
    PROPOSALS.set(ctx, &id, &proposal)?;
    let content = wire::Proposal {
        messages: wire.messages,
        metadata: wire.metadata,
        title: wire.title,
        summary: wire.summary,
        ..Default::default()
    };
    Ok(CONTENTS.set(ctx, &id, &Content(content))?)
}

fn add_vote(ctx: &mut GenesisCtx<'_>, wire: &wire::Vote) -> Result<(), AppError> {
    let id = wire.proposal_id;
    let Some(ballot) = BALLOTS.get(ctx, &id)?.filter(|ballot| ballot.snapshot > 0) else {
        return Err(invalid(format_args!(
            "a vote on proposal {id}, which takes no votes yet; leave it out and have it cast again"
        )));
    };
    let part =
        |option: &wire::WeightedVoteOption| Choice::from_number(option.option).zip(plain_dec(&option.weight));
    let parts: Option<Vec<_>> = wire.options.iter().map(part).collect();
    let parts = parts.ok_or_else(|| invalid(format_args!("a vote on proposal {id}: unknown options")))?;
    let voter: Address = wire.voter.parse().map_err(invalid)?;
    let vote = Vote { options: options(parts).map_err(invalid)?, metadata: wire.metadata.clone() };
    Ok(VOTES.set(ctx, &((id, ballot.round), voter), &vote)?)
}

pub(crate) fn export(ctx: &QueryCtx<'_>) -> Result<Value, AppError> {
    let proposals = every(|from, limit| PROPOSALS.page(ctx, &[], from, false, limit))?;
    let proposals = proposals
        .iter()
        .map(|(id, proposal)| Ok(wire_proposal(*id, proposal, CONTENTS.get(ctx, id)?.unwrap_or_default())))
        .collect::<Result<_, AppError>>()?;
    let deposits = every(|from, limit| DEPOSITS.page(ctx, &[], from, false, limit))?;
    let mut votes = Vec::new();
    for (key, vote) in every(|from, limit| VOTES.page(ctx, &[], from, false, limit))? {
        if records::is_current(ctx, key.0)? {
            votes.push(wire_vote(key.0.0, &key.1, &vote));
        }
    }
    let state = wire::GenesisState {
        starting_proposal_id: NEXT_ID.get(ctx)?.unwrap_or(1),
        deposits: deposits.iter().map(|((id, depositor), d)| wire_deposit(*id, depositor, &d.0)).collect(),
        votes,
        proposals,
        params: Some(wire_params(&state::params(ctx)?)),
        constitution: CONSTITUTION.get(ctx)?.unwrap_or_default(),
        ..Default::default()
    };
    records::join(ctx, genesis::encode(ctx.registry(), &state)?)
}
