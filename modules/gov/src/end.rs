//! What is due when a block ends: proposals whose deposit did not come, and those whose vote is over. The work is in proportion to
//! what is due, and bounded: what is more waits for the next block, in order.

use agora_framework::{AppError, BlockCtx, Event, HookTx, StateCtx};
use agora_state::{Set, StateError, StateRead};

use crate::ballot::Counted;
use crate::params::Params;
use crate::state::{self, ACTIVE, BALLOTS, CONTENTS, INACTIVE, PROPOSALS, SETTLING};
use crate::types::{Ballot, Proposal, Status, Terms};
use crate::{ballot, power, settle, sweep, tally};

/// Proposals that come to an end in one block, at most.
pub const MOST_PROPOSALS: usize = 100;

/// The most gas of one proposal.
pub const PROPOSAL_GAS: u64 = 20_000_000;

/// When passed proposals have used so much gas in a block, those that are left wait for the next one.
pub const BLOCK_GAS: u64 = 40_000_000;

/// Validators whose votes are counted in one block: when there are no more left, proposals that are due wait for the next one.
pub const MOST_COUNTED: usize = 20_000;

/// The most characters that are kept of why a proposal failed.
const MAX_REASON: usize = 1000;

/// What may be done in this block still.
struct Work {
    deposits: usize,
    proposals: usize,
    counted: usize,
    gas: u64,
}

/// Ends what is due, and begins the votes of this block.
///
/// # Errors
/// Storage fails, or the account of the deposits does not hold what it must.
pub(crate) fn run(ctx: &mut BlockCtx<'_>) -> Result<(), AppError> {
    let mut work = Work {
        deposits: settle::MOST_DEPOSITS,
        proposals: MOST_PROPOSALS,
        counted: MOST_COUNTED,
        gas: BLOCK_GAS,
    };
    for (id, terms) in SETTLING.page(ctx, &[], None, false, work.proposals)?.entries {
        settle::settle(ctx, id, &terms, &mut work.deposits)?;
    }
    let now = ctx.block().time;
    for key in due(ctx, &INACTIVE, now, work.proposals)? {
        INACTIVE.remove(ctx, &key)?;
        work.proposals = work.proposals.saturating_sub(1);
        drop_proposal(ctx, key.1, &mut work)?;
    }
    for key in due(ctx, &ACTIVE, now, work.proposals)? {
        if work.gas == 0 || work.counted == 0 {
            break;
        }
        match (PROPOSALS.get(ctx, &key.1)?, BALLOTS.get(ctx, &key.1)?) {
            (Some(proposal), Some(ballot)) => decide(ctx, key.1, proposal, ballot, &mut work)?,
            _ => ACTIVE.remove(ctx, &key)?,
        }
    }
    power::begin(ctx)?;
    sweep::run(ctx)
}

/// The first entries of a queue that are due. A queue of which nothing is due costs one entry.
fn due(
    state: &impl StateRead,
    queue: &Set<(u64, u64)>,
    now: u64,
    most: usize,
) -> Result<Vec<(u64, u64)>, StateError> {
    let read = |limit| queue.page(state, &[], None, false, limit);
    let is_due = |key: &(u64, u64)| key.0 <= now;
    if most == 0 || !read(1)?.entries.iter().any(|(key, ())| is_due(key)) {
        return Ok(Vec::new());
    }
    Ok(read(most)?.entries.into_iter().map(|(key, ())| key).take_while(is_due).collect())
}

/// Forgets a proposal whose deposit did not come.
fn drop_proposal(ctx: &mut BlockCtx<'_>, id: u64, work: &mut Work) -> Result<(), AppError> {
    let burn = state::params(ctx)?.burn_proposal_deposit_prevote;
    PROPOSALS.delete(ctx, &id)?;
    CONTENTS.delete(ctx, &id)?;
    settle::settle(ctx, id, if burn { &Terms::Burn } else { &Terms::Refund }, &mut work.deposits)?;
    ctx.emit(
        Event::new("inactive_proposal").with("proposal_id", id).with("proposal_result", "proposal_dropped"),
    );
    Ok(())
}

/// Counts the votes on a proposal, and does what was decided.
fn decide(
    ctx: &mut BlockCtx<'_>,
    id: u64,
    mut proposal: Proposal,
    ballot: Ballot,
    work: &mut Work,
) -> Result<(), AppError> {
    let params = state::params(ctx)?;
    let Counted { count, bonded, work: counted } = ballot::count(ctx, id, ballot)?;
    work.counted = work.counted.saturating_sub(counted);
    let verdict = tally::decide(&count, bonded, &ballot::rules(&params, proposal.expedited));
    let (result, log) = if proposal.expedited && !verdict.passed {
        convert(ctx, id, &mut proposal, ballot, &params)?;
        ("expedited_proposal_rejected", "expedited proposal converted to regular".to_owned())
    } else {
        ballot::end(ctx, id, ballot)?;
        proposal.tally = count.amounts();
        let terms = if verdict.burn { Terms::Burn } else { Terms::Refund };
        settle::settle(ctx, id, &terms, &mut work.deposits)?;
        conclude(ctx, id, &mut proposal, verdict.passed, work)?
    };
    work.proposals = work.proposals.saturating_sub(1);
    PROPOSALS.set(ctx, &id, &proposal)?;
    ctx.emit(
        Event::new("active_proposal")
            .with("proposal_id", id)
            .with("proposal_result", result)
            .with("proposal_log", log),
    );
    Ok(())
}

/// Makes a regular proposal of an expedited one that did not pass: votes begin anew, and end when they would have ended had it been one.
/// If the parameters have changed so that this is over, a whole period is voted.
fn convert(
    ctx: &mut BlockCtx<'_>,
    id: u64,
    proposal: &mut Proposal,
    ballot: Ballot,
    params: &Params,
) -> Result<(), AppError> {
    let now = ctx.block().time;
    let from = proposal.voting.map_or(ballot.until, |(from, _)| from);
    let period = params.voting_period(false);
    let until = Some(from.saturating_add(period)).filter(|until| *until > now);
    let until = until.unwrap_or(now.saturating_add(period));
    proposal.expedited = false;
    proposal.voting = Some((from, until));
    ballot::again(ctx, id, ballot, until)
}

/// Runs the messages of a proposal that passed. One that fails changes nothing.
fn conclude(
    ctx: &mut BlockCtx<'_>,
    id: u64,
    proposal: &mut Proposal,
    passed: bool,
    work: &mut Work,
) -> Result<(&'static str, String), AppError> {
    if !passed {
        proposal.status = Status::Rejected;
        "proposal did not get enough votes to pass".clone_into(&mut proposal.reason);
        return Ok(("proposal_rejected", "rejected".to_owned()));
    }
    let content = CONTENTS.get(ctx, &id)?.unwrap_or_default();
    let signer = ctx.registry().authority();
    let job = HookTx { messages: &content.0.messages, signer, sequence: id, gas_limit: PROPOSAL_GAS };
    let outcome = ctx.execute(&job)?;
    work.gas = work.gas.saturating_sub(outcome.gas_used);
    match outcome.result {
        Ok(_) => {
            proposal.status = Status::Passed;
            Ok(("proposal_passed", "passed".to_owned()))
        }
        Err(error) => {
            proposal.status = Status::Failed;
            proposal.reason = error.log.chars().take(MAX_REASON).collect();
            Ok(("proposal_failed", format!("passed, but failed on execution: {}", proposal.reason)))
        }
    }
}
