//! The life of a vote: it begins with the deposit, takes votes, and is counted.

use std::collections::BTreeMap;

use agora_framework::errors::sdk;
use agora_framework::{AppError, StateCtx};
use agora_primitives::{Address, Dec};
use agora_state::StateRead;

use crate::error;
use crate::params::Params;
use crate::state::{ACTIVE, BALLOTS, COUNTED, INACTIVE, SNAPSHOTS, STAKES, STARTING, TALLIES, VOTES, prefix};
use crate::tally::{Count, place, split};
use crate::types::{Ballot, Choice, Options, Proposal, Status, Vote};
use crate::{power, tally};

/// More than the validators of any set, and than the sums of one proposal.
const ALL: usize = 10_000;

/// Begins the vote on a proposal whose deposit is complete.
pub(crate) fn begin(
    ctx: &mut impl StateCtx,
    params: &Params,
    now: u64,
    id: u64,
    proposal: &mut Proposal,
) -> Result<(), AppError> {
    let until = now.saturating_add(params.voting_period(proposal.expedited));
    INACTIVE.remove(ctx, &(proposal.deposit_until, id))?;
    ACTIVE.insert(ctx, &(until, id))?;
    STARTING.insert(ctx, &id)?;
    BALLOTS.set(ctx, &id, &Ballot { round: 0, snapshot: 0, until })?;
    proposal.status = Status::Voting;
    proposal.voting = Some((now, until));
    Ok(())
}

/// The ballot of a proposal that takes votes now.
///
/// # Errors
/// Code 3: it takes none yet, or is none; code 20: no more.
pub(crate) fn open(state: &impl StateRead, now: u64, id: u64) -> Result<Ballot, AppError> {
    let ballot = BALLOTS.get(state, &id)?.ok_or_else(|| error::INACTIVE.wrap(id))?;
    if ballot.snapshot == 0 {
        return Err(error::INACTIVE.wrap(format_args!("{id}: the vote begins with the next block")));
    }
    if now >= ballot.until {
        return Err(error::ENDED.wrap(id));
    }
    Ok(ballot)
}

/// Counts a vote, in place of the voter's last one if there is any.
pub(crate) fn cast(
    ctx: &mut impl StateCtx,
    id: u64,
    ballot: Ballot,
    voter: &Address,
    vote: &Vote,
) -> Result<(), AppError> {
    let key = ((id, ballot.round), *voter);
    let stakes = power::stakes_at(ctx, voter, ballot.snapshot)?;
    let before = VOTES.get(ctx, &key)?;
    for (validator, shares) in &stakes {
        let mut change = split(shares.atomics(), &vote.options).map(signed);
        if let Some(before) = &before {
            let taken = split(shares.atomics(), &before.options);
            for (sum, taken) in change.iter_mut().zip(taken) {
                *sum = sum.saturating_sub(signed(taken));
            }
        }
        for choice in Choice::ALL {
            let delta = change.get(place(choice)).copied().unwrap_or_default();
            if delta != 0 {
                TALLIES.add(ctx, &(key.0, (*validator, choice.number())), delta, None)?;
            }
        }
    }
    Ok(VOTES.set(ctx, &key, vote)?)
}

/// Shares of a validator are less than 2^127, and so are parts of them.
fn signed(shares: u128) -> i128 {
    i128::try_from(shares).unwrap_or(i128::MAX)
}

/// Shares of those who voted themselves, by validator and choice.
pub(crate) fn sums(
    state: &(impl StateRead + ?Sized),
    key: (u64, u8),
) -> Result<BTreeMap<Address, [u128; 4]>, AppError> {
    let mut sums: BTreeMap<Address, [u128; 4]> = BTreeMap::new();
    for ((_, (validator, number)), sum) in TALLIES.page(state, &prefix(&key), None, false, ALL)?.entries {
        if let Some(choice) = Choice::from_number(number.into())
            && let Some(place) = sums.entry(validator).or_default().get_mut(place(choice))
        {
            *place = sum.unsigned_abs();
        }
    }
    Ok(sums)
}

/// What was voted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counted {
    /// The power behind each choice.
    pub(crate) count: Count,
    /// Base units that could vote.
    pub(crate) bonded: u128,
    /// Validators that were looked at.
    pub(crate) work: usize,
}

/// Counts what was voted so far: what voters have themselves, and with a validator's vote what the others have at it.
///
/// # Errors
/// Storage fails.
pub(crate) fn count(state: &(impl StateRead + ?Sized), id: u64, ballot: Ballot) -> Result<Counted, AppError> {
    let (key, mut count) = ((id, ballot.round), Count::default());
    let bonded = SNAPSHOTS.get(state, &ballot.snapshot)?.map_or(0, |snapshot| snapshot.bonded);
    if VOTES.page(state, &prefix(&key), None, false, 1)?.entries.is_empty() {
        return Ok(Counted { bonded, ..Counted::default() });
    }
    let mut sums = sums(state, key)?;
    let stakes = STAKES.page(state, &prefix(&ballot.snapshot), None, false, ALL)?.entries;
    let work = stakes.len();
    for ((_, operator), stake) in stakes {
        let mut parts = sums.remove(&operator).unwrap_or_default();
        if let Some(own) = VOTES.get(state, &(key, operator))? {
            let voted = parts.iter().fold(0u128, |sum, part| sum.saturating_add(*part));
            let rest = split(stake.shares.atomics().saturating_sub(voted), &own.options);
            for (sum, part) in parts.iter_mut().zip(rest) {
                *sum = sum.saturating_add(part);
            }
        }
        count
            .add(stake.tokens, stake.shares.atomics(), parts)
            .ok_or_else(|| sdk::LOGIC.wrap("votes exceed what is counted"))?;
    }
    Ok(Counted { count, bonded, work })
}

/// What decides on a proposal.
pub(crate) const fn rules(params: &Params, expedited: bool) -> tally::Rules {
    let threshold = if expedited { params.expedited_threshold } else { params.threshold };
    tally::Rules {
        quorum: params.quorum,
        threshold,
        veto: params.veto_threshold,
        burn_quorum: params.burn_vote_quorum,
        burn_veto: params.burn_vote_veto,
    }
}

/// Ends a vote: its snapshot and its votes are not needed any more.
pub(crate) fn end(ctx: &mut impl StateCtx, id: u64, ballot: Ballot) -> Result<(), AppError> {
    ACTIVE.remove(ctx, &(ballot.until, id))?;
    STARTING.remove(ctx, &id)?;
    BALLOTS.delete(ctx, &id)?;
    forget(ctx, (id, ballot.round))?;
    power::end(ctx, ballot.snapshot)
}

/// Begins an expedited vote anew as a regular one, with the power of its beginning.
pub(crate) fn again(ctx: &mut impl StateCtx, id: u64, ballot: Ballot, until: u64) -> Result<(), AppError> {
    ACTIVE.remove(ctx, &(ballot.until, id))?;
    ACTIVE.insert(ctx, &(until, id))?;
    forget(ctx, (id, ballot.round))?;
    let round = ballot.round.saturating_add(1);
    Ok(BALLOTS.set(ctx, &id, &Ballot { round, until, ..ballot })?)
}

/// Has the votes of a round forgotten, bit by bit.
fn forget(ctx: &mut impl StateCtx, key: (u64, u8)) -> Result<(), AppError> {
    if VOTES.page(ctx, &prefix(&key), None, false, 1)?.entries.is_empty() {
        return Ok(());
    }
    Ok(COUNTED.insert(ctx, &key)?)
}

/// Whether parts are what a vote can be divided by: distinct, positive, one together.
pub(crate) fn options(parts: Vec<(Choice, Dec)>) -> Result<Options, AppError> {
    let mut sum = Dec::ZERO;
    for (index, (choice, part)) in parts.iter().enumerate() {
        if parts.iter().take(index).any(|(other, _)| other == choice) {
            return Err(error::VOTE.wrap("duplicated vote option"));
        }
        sum = sum.checked_add(*part).unwrap_or(Dec::from_atomics(u128::MAX));
    }
    if sum > Dec::ONE {
        return Err(error::VOTE.wrap("total weight overflow 1.00"));
    }
    if sum < Dec::ONE {
        return Err(error::VOTE.wrap("total weight lower than 1.00"));
    }
    Ok(Options(parts))
}
