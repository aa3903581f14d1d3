//! `cosmos.gov.v1.Query`.

use agora_framework::wire::wire_coins;
use agora_framework::{PageRequest, PageResponse, QueryCtx, QueryError, paginate};
use agora_primitives::{Address, Coins};
use agora_proto::cosmos::gov::v1 as wire;

use super::list::{self, Filter};
use super::{account, check_id};
use crate::params::wire_params;
use crate::state::{self, BALLOTS, CONSTITUTION, DEPOSITS, VOTES, prefix};
use crate::types::Vote;
use crate::wire::wire_options;

pub(super) fn constitution(
    ctx: &QueryCtx<'_>,
    _: wire::QueryConstitutionRequest,
) -> Result<wire::QueryConstitutionResponse, QueryError> {
    Ok(wire::QueryConstitutionResponse { constitution: CONSTITUTION.get(ctx)?.unwrap_or_default() })
}

pub(super) fn proposal(
    ctx: &QueryCtx<'_>,
    request: wire::QueryProposalRequest,
) -> Result<wire::QueryProposalResponse, QueryError> {
    let proposal = super::proposal(ctx, request.proposal_id)?;
    Ok(wire::QueryProposalResponse { proposal: Some(proposal) })
}

pub(super) fn proposals(
    ctx: &QueryCtx<'_>,
    request: wire::QueryProposalsRequest,
) -> Result<wire::QueryProposalsResponse, QueryError> {
    let filter = Filter::new(request.proposal_status, &request.voter, &request.depositor)?;
    let (proposals, pagination) = list::proposals(ctx, &filter, request.pagination)?;
    Ok(wire::QueryProposalsResponse { proposals, pagination: Some(pagination) })
}

/// A vote there is.
pub(super) fn find_vote(ctx: &QueryCtx<'_>, id: u64, voter: &str) -> Result<(Address, Vote), QueryError> {
    check_id(id)?;
    let voter = account("voter", voter)?;
    let vote = match BALLOTS.get(ctx, &id)? {
        Some(ballot) => VOTES.get(ctx, &((id, ballot.round), voter))?,
        None => None,
    };
    vote.map(|vote| (voter, vote))
        .ok_or_else(|| QueryError::invalid(format_args!("voter: {voter} not found for proposal: {id}")))
}

/// A page of the votes on a proposal; none if it is not voted on.
pub(super) fn list_votes(
    ctx: &QueryCtx<'_>,
    id: u64,
    request: Option<PageRequest>,
) -> Result<(Vec<(Address, Vote)>, PageResponse), QueryError> {
    check_id(id)?;
    // No round has this number.
    let round = BALLOTS.get(ctx, &id)?.map_or(u8::MAX, |ballot| ballot.round);
    let prefix = prefix(&(id, round));
    let (votes, page) =
        paginate(request, |from, reverse, limit| VOTES.page(ctx, &prefix, from, reverse, limit))?;
    Ok((votes.into_iter().map(|((_, voter), vote)| (voter, vote)).collect(), page))
}

/// A vote as the wire has it.
pub(crate) fn wire_vote(proposal_id: u64, voter: &Address, vote: &Vote) -> wire::Vote {
    wire::Vote {
        proposal_id,
        voter: voter.to_string(),
        options: wire_options(&vote.options),
        metadata: vote.metadata.clone(),
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

#[allow(deprecated)] // The groups that older clients ask for.
pub(super) fn params(
    ctx: &QueryCtx<'_>,
    request: wire::QueryParamsRequest,
) -> Result<wire::QueryParamsResponse, QueryError> {
    let params = wire_params(&state::params(ctx)?);
    let mut response = wire::QueryParamsResponse { params: Some(params.clone()), ..Default::default() };
    match request.params_type.as_str() {
        "" => {}
        "voting" => {
            response.voting_params = Some(wire::VotingParams { voting_period: params.voting_period });
        }
        "deposit" => {
            response.deposit_params = Some(wire::DepositParams {
                min_deposit: params.min_deposit,
                max_deposit_period: params.max_deposit_period,
            });
        }
        "tallying" => {
            response.tally_params = Some(wire::TallyParams {
                quorum: params.quorum,
                threshold: params.threshold,
                veto_threshold: params.veto_threshold,
            });
        }
        other => return Err(QueryError::invalid(format_args!("unknown params type: {other}"))),
    }
    Ok(response)
}

/// A deposit there is.
pub(super) fn find_deposit(
    ctx: &QueryCtx<'_>,
    id: u64,
    depositor: &str,
) -> Result<(Address, Coins), QueryError> {
    check_id(id)?;
    let depositor = account("depositor", depositor)?;
    let deposit = DEPOSITS.get(ctx, &(id, depositor))?;
    deposit.map(|deposit| (depositor, deposit.0)).ok_or_else(|| {
        QueryError::not_found(format_args!("depositor: {depositor} not found for proposal: {id}"))
    })
}

/// A page of the deposits of a proposal.
pub(super) fn list_deposits(
    ctx: &QueryCtx<'_>,
    id: u64,
    request: Option<PageRequest>,
) -> Result<(Vec<(Address, Coins)>, PageResponse), QueryError> {
    check_id(id)?;
    let prefix = prefix(&id);
    let (deposits, page) =
        paginate(request, |from, reverse, limit| DEPOSITS.page(ctx, &prefix, from, reverse, limit))?;
    Ok((deposits.into_iter().map(|((_, depositor), deposit)| (depositor, deposit.0)).collect(), page))
}

/// A deposit as the wire has it.
pub(crate) fn wire_deposit(proposal_id: u64, depositor: &Address, amount: &Coins) -> wire::Deposit {
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
    Ok(wire::QueryTallyResultResponse { tally: Some(super::tally(ctx, request.proposal_id)?) })
}
