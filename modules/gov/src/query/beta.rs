//! `cosmos.gov.v1beta1.Query`: a proposal shows one content. The message of a proposal with one message stands for it; one without any is
//! shown as a text, and one with several cannot be shown.

use agora_framework::errors::sdk;
use agora_framework::wire::wire_coins;
use agora_framework::{QueryCtx, QueryError};
use agora_primitives::{Address, Coins};
use agora_proto::cosmos::gov::v1beta1 as wire;
use agora_proto::cosmos::gov::{v1, v1beta1::TextProposal};
use agora_proto::pack;
use prost_types::{Duration, Timestamp};

use super::list::{self, Filter};
use super::v1::{find_deposit, find_vote, list_deposits, list_votes};
use crate::msgs::legacy_content;
use crate::params::wire_params;
use crate::state;
use crate::types::{Choice, Vote};

/// What the Cosmos SDK shows where a time is not set: the first of January of the year 1.
const NEVER: Timestamp = Timestamp { seconds: -62_135_596_800, nanos: 0 };

/// A proposal in the older form; `None` if it has several messages.
fn convert(proposal: v1::Proposal) -> Option<wire::Proposal> {
    let content = match proposal.messages.as_slice() {
        [] => pack(&TextProposal { title: proposal.title, description: proposal.summary }),
        [message] => legacy_content(message),
        _ => return None,
    };
    Some(wire::Proposal {
        proposal_id: proposal.id,
        content: Some(content),
        status: proposal.status,
        final_tally_result: proposal.final_tally_result.map(tally),
        submit_time: Some(proposal.submit_time.unwrap_or(NEVER)),
        deposit_end_time: Some(proposal.deposit_end_time.unwrap_or(NEVER)),
        total_deposit: proposal.total_deposit,
        voting_start_time: Some(proposal.voting_start_time.unwrap_or(NEVER)),
        voting_end_time: Some(proposal.voting_end_time.unwrap_or(NEVER)),
    })
}

fn tally(tally: v1::TallyResult) -> wire::TallyResult {
    wire::TallyResult {
        yes: tally.yes_count,
        abstain: tally.abstain_count,
        no: tally.no_count,
        no_with_veto: tally.no_with_veto_count,
    }
}

pub(super) fn proposal(
    ctx: &QueryCtx<'_>,
    request: wire::QueryProposalRequest,
) -> Result<wire::QueryProposalResponse, QueryError> {
    let proposal = convert(super::proposal(ctx, request.proposal_id)?).ok_or_else(|| {
        QueryError::from(sdk::INVALID_TYPE.wrap(
            "can't convert a gov/v1 Proposal to gov/v1beta1 Proposal when amount of proposal messages not exactly one; ask cosmos.gov.v1",
        ))
    })?;
    Ok(wire::QueryProposalResponse { proposal: Some(proposal) })
}

/// Proposals with several messages are left out, so that one of them does not keep all others from being shown.
pub(super) fn proposals(
    ctx: &QueryCtx<'_>,
    request: wire::QueryProposalsRequest,
) -> Result<wire::QueryProposalsResponse, QueryError> {
    let filter = Filter::new(request.proposal_status, &request.voter, &request.depositor)?;
    let (proposals, pagination) = list::proposals(ctx, &filter, request.pagination)?;
    let proposals = proposals.into_iter().filter_map(convert).collect();
    Ok(wire::QueryProposalsResponse { proposals, pagination: Some(pagination) })
}

fn wire_vote(proposal_id: u64, voter: &Address, vote: &Vote) -> wire::Vote {
    let option = |(choice, part): &(Choice, agora_primitives::Dec)| wire::WeightedVoteOption {
        option: choice.number().into(),
        weight: part.to_wire(),
    };
    #[allow(deprecated)] // Superseded by the options, and always unspecified.
    wire::Vote {
        proposal_id,
        voter: voter.to_string(),
        option: 0,
        options: vote.options.parts().iter().map(option).collect(),
    }
}

pub(super) fn vote(
    ctx: &QueryCtx<'_>,
    request: wire::QueryVoteRequest,
) -> Result<wire::QueryVoteResponse, QueryError> {
    let (voter, vote) = find_vote(ctx, request.proposal_id, &request.voter)?;
    Ok(wire::QueryVoteResponse { vote: Some(wire_vote(request.proposal_id, &voter, &vote)) })
}

pub(super) fn votes(
    ctx: &QueryCtx<'_>,
    request: wire::QueryVotesRequest,
) -> Result<wire::QueryVotesResponse, QueryError> {
    let (votes, pagination) = list_votes(ctx, request.proposal_id, request.pagination)?;
    let votes = votes.iter().map(|(voter, vote)| wire_vote(request.proposal_id, voter, vote)).collect();
    Ok(wire::QueryVotesResponse { votes, pagination: Some(pagination) })
}

/// One group of parameters; the others are zero.
pub(super) fn params(
    ctx: &QueryCtx<'_>,
    request: wire::QueryParamsRequest,
) -> Result<wire::QueryParamsResponse, QueryError> {
    let params = state::params(ctx)?;
    let wired = wire_params(&params);
    let zero = Some(Duration::default());
    let mut voting = wire::VotingParams { voting_period: zero };
    let mut deposit = wire::DepositParams { min_deposit: Vec::new(), max_deposit_period: zero };
    let mut tally =
        wire::TallyParams { quorum: b"0".to_vec(), threshold: b"0".to_vec(), veto_threshold: b"0".to_vec() };
    match request.params_type.as_str() {
        "voting" => voting.voting_period = wired.voting_period,
        "deposit" => {
            deposit.min_deposit = wired.min_deposit;
            deposit.max_deposit_period = wired.max_deposit_period;
        }
        "tallying" => {
            tally.quorum = params.quorum.to_wire().into_bytes();
            tally.threshold = params.threshold.to_wire().into_bytes();
            tally.veto_threshold = params.veto_threshold.to_wire().into_bytes();
        }
        other => return Err(QueryError::invalid(format_args!("unknown params type: {other}"))),
    }
    Ok(wire::QueryParamsResponse {
        voting_params: Some(voting),
        deposit_params: Some(deposit),
        tally_params: Some(tally),
    })
}

fn wire_deposit(proposal_id: u64, depositor: &Address, amount: &Coins) -> wire::Deposit {
    wire::Deposit { proposal_id, depositor: depositor.to_string(), amount: wire_coins(amount) }
}

pub(super) fn deposit(
    ctx: &QueryCtx<'_>,
    request: wire::QueryDepositRequest,
) -> Result<wire::QueryDepositResponse, QueryError> {
    let (depositor, amount) = find_deposit(ctx, request.proposal_id, &request.depositor)?;
    Ok(wire::QueryDepositResponse { deposit: Some(wire_deposit(request.proposal_id, &depositor, &amount)) })
}

pub(super) fn deposits(
    ctx: &QueryCtx<'_>,
    request: wire::QueryDepositsRequest,
) -> Result<wire::QueryDepositsResponse, QueryError> {
    let (deposits, pagination) = list_deposits(ctx, request.proposal_id, request.pagination)?;
    let wire = |(depositor, amount): &(Address, Coins)| wire_deposit(request.proposal_id, depositor, amount);
    Ok(wire::QueryDepositsResponse {
        deposits: deposits.iter().map(wire).collect(),
        pagination: Some(pagination),
    })
}

pub(super) fn tally_result(
    ctx: &QueryCtx<'_>,
    request: wire::QueryTallyResultRequest,
) -> Result<wire::QueryTallyResultResponse, QueryError> {
    Ok(wire::QueryTallyResultResponse { tally: Some(tally(super::tally(ctx, request.proposal_id)?)) })
}
