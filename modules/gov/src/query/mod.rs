//! Queries of `cosmos.gov.v1.Query` and `cosmos.gov.v1beta1.Query`, in the words of the Cosmos SDK's refusals.

mod beta;
mod list;
mod v1;

pub(crate) use v1::{wire_deposit, wire_vote};

use agora_framework::{QueryCtx, QueryError, Registry};
use agora_primitives::Address;
use agora_proto::cosmos::gov::v1 as wire;

use crate::ballot;
use crate::state::{BALLOTS, CONTENTS, PROPOSALS};
use crate::wire::{wire_proposal, wire_tally};

pub(crate) fn register(registry: &mut Registry) {
    registry.query("/cosmos.gov.v1.Query/Constitution", v1::constitution);
    registry.query("/cosmos.gov.v1.Query/Proposal", v1::proposal);
    registry.query("/cosmos.gov.v1.Query/Proposals", v1::proposals);
    registry.query("/cosmos.gov.v1.Query/Vote", v1::vote);
    registry.query("/cosmos.gov.v1.Query/Votes", v1::votes);
    registry.query("/cosmos.gov.v1.Query/Params", v1::params);
    registry.query("/cosmos.gov.v1.Query/Deposit", v1::deposit);
    registry.query("/cosmos.gov.v1.Query/Deposits", v1::deposits);
    registry.query("/cosmos.gov.v1.Query/TallyResult", v1::tally_result);
    registry.query("/cosmos.gov.v1beta1.Query/Proposal", beta::proposal);
    registry.query("/cosmos.gov.v1beta1.Query/Proposals", beta::proposals);
    registry.query("/cosmos.gov.v1beta1.Query/Vote", beta::vote);
    registry.query("/cosmos.gov.v1beta1.Query/Votes", beta::votes);
    registry.query("/cosmos.gov.v1beta1.Query/Params", beta::params);
    registry.query("/cosmos.gov.v1beta1.Query/Deposit", beta::deposit);
    registry.query("/cosmos.gov.v1beta1.Query/Deposits", beta::deposits);
    registry.query("/cosmos.gov.v1beta1.Query/TallyResult", beta::tally_result);
}

fn check_id(id: u64) -> Result<(), QueryError> {
    if id == 0 { Err(QueryError::invalid("proposal id can not be 0")) } else { Ok(()) }
}

fn account(what: &str, text: &str) -> Result<Address, QueryError> {
    if text.is_empty() {
        return Err(QueryError::invalid(format_args!("empty {what} address")));
    }
    Ok(text.parse()?)
}

fn unknown(id: u64) -> QueryError {
    QueryError::not_found(format_args!("proposal {id} doesn't exist"))
}

/// A proposal there is.
fn proposal(ctx: &QueryCtx<'_>, id: u64) -> Result<wire::Proposal, QueryError> {
    check_id(id)?;
    let proposal = PROPOSALS.get(ctx, &id)?.ok_or_else(|| unknown(id))?;
    Ok(wire_proposal(id, &proposal, CONTENTS.get(ctx, &id)?.unwrap_or_default()))
}

/// What a vote came to; while it goes on, what it would come to now.
fn tally(ctx: &QueryCtx<'_>, id: u64) -> Result<wire::TallyResult, QueryError> {
    check_id(id)?;
    let proposal = PROPOSALS.get(ctx, &id)?.ok_or_else(|| unknown(id))?;
    match BALLOTS.get(ctx, &id)? {
        Some(ballot) => Ok(wire_tally(ballot::count(ctx, id, ballot)?.count.amounts())),
        None => Ok(wire_tally(proposal.tally)),
    }
}
