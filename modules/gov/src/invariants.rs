//! What must hold after every block.

use std::collections::{BTreeMap, BTreeSet};

use agora_bank::api as bank;
use agora_framework::Invariant;
use agora_primitives::{Address, Amount, Denom};
use agora_state::{StateRead, every};

use crate::ballot::sums;
use crate::state::{
    self, ACTIVE, BALLOTS, CHECKPOINTS, CHECKPOINTS_OF, CONTENTS, DEPOSITS, INACTIVE, PROPOSALS, RELEASED,
    SNAPSHOTS, STAKES, VOTES, prefix,
};
use crate::tally::split;
use crate::types::{Proposal, Status};
use crate::{power, settle};

pub(crate) fn all() -> Vec<Invariant> {
    vec![
        Invariant { name: "the account of deposits holds their sum", check: deposits_are_held },
        Invariant { name: "a proposal's deposit is the sum of its deposits", check: deposits_add_up },
        Invariant {
            name: "every proposal that is not decided waits in its queue",
            check: queues_are_complete,
        },
        Invariant { name: "tallies are the sums of votes", check: tallies_are_sums },
        Invariant { name: "snapshots are there while they are voted with", check: snapshots_are_in_use },
    ]
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn deposits_are_held(state: &dyn StateRead) -> Result<(), String> {
    is_exact(state)
}

/// Checked at genesis too.
pub(crate) fn is_exact<S: StateRead + ?Sized>(state: &S) -> Result<(), String> {
    let mut owed: BTreeMap<Denom, Amount> = BTreeMap::from([(Denom::native(), 0)]);
    for (_, deposit) in every(|from, limit| DEPOSITS.page(state, &[], from, false, limit)).map_err(text)? {
        for coin in &deposit.0 {
            let sum = owed.entry(coin.denom.clone()).or_default();
            *sum = sum.checked_add(coin.amount).ok_or("deposits overflow")?;
        }
    }
    for (denom, owed) in owed {
        let held = bank::balance(state, &settle::account(), &denom).map_err(text)?;
        if held != owed {
            return Err(format!("{} holds {held}{denom}, {owed} are deposited", settle::account()));
        }
    }
    Ok(())
}

fn proposals(state: &dyn StateRead) -> Result<Vec<(u64, Proposal)>, String> {
    every(|from, limit| PROPOSALS.page(state, &[], from, false, limit)).map_err(text)
}

fn deposits_add_up(state: &dyn StateRead) -> Result<(), String> {
    for (id, proposal) in proposals(state)? {
        if !matches!(proposal.status, Status::Deposit | Status::Voting) {
            continue;
        }
        let mut sum = agora_primitives::Coins::default();
        let prefix = prefix(&id);
        for (_, deposit) in
            every(|from, limit| DEPOSITS.page(state, &prefix, from, false, limit)).map_err(text)?
        {
            deposit.0.iter().try_for_each(|coin| sum.add(coin)).map_err(text)?;
        }
        if sum != proposal.deposit {
            return Err(format!("{} are noted for proposal {id}, {sum} are deposited", proposal.deposit));
        }
    }
    Ok(())
}

fn queues_are_complete(state: &dyn StateRead) -> Result<(), String> {
    let (mut waiting, mut voting, mut ballots) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for (id, proposal) in proposals(state)? {
        if !CONTENTS.has(state, &id).map_err(text)? {
            return Err(format!("proposal {id} says nothing"));
        }
        match (proposal.status, proposal.voting) {
            (Status::Deposit, _) => {
                waiting.insert((proposal.deposit_until, id));
            }
            (Status::Voting, Some((_, until))) => {
                voting.insert((until, id));
                ballots.insert((id, until));
            }
            (Status::Voting, None) => return Err(format!("proposal {id} is voted on without end")),
            _ => {}
        }
    }
    let inactive = every(|from, limit| INACTIVE.page(state, &[], from, false, limit)).map_err(text)?;
    let active = every(|from, limit| ACTIVE.page(state, &[], from, false, limit)).map_err(text)?;
    let open = every(|from, limit| BALLOTS.page(state, &[], from, false, limit)).map_err(text)?;
    if !inactive.into_iter().map(|(key, ())| key).eq(waiting)
        || !active.into_iter().map(|(key, ())| key).eq(voting)
        || !open.into_iter().map(|(id, ballot)| (id, ballot.until)).eq(ballots)
    {
        return Err("a proposal is not queued, or queued without being".to_owned());
    }
    Ok(())
}

fn tallies_are_sums(state: &dyn StateRead) -> Result<(), String> {
    for (id, ballot) in every(|from, limit| BALLOTS.page(state, &[], from, false, limit)).map_err(text)? {
        let key = (id, ballot.round);
        let prefix = prefix(&key);
        let mut expected: BTreeMap<Address, [u128; 4]> = BTreeMap::new();
        for ((_, voter), vote) in
            every(|from, limit| VOTES.page(state, &prefix, from, false, limit)).map_err(text)?
        {
            for (validator, shares) in power::stakes_at(state, &voter, ballot.snapshot).map_err(text)? {
                let sums = expected.entry(validator).or_default();
                for (sum, part) in sums.iter_mut().zip(split(shares.atomics(), &vote.options)) {
                    *sum = sum.saturating_add(part);
                }
            }
        }
        let found = sums(state, key).map_err(text)?;
        if found != expected {
            return Err(format!("proposal {id}: {found:?} is counted, votes are {expected:?}"));
        }
        for (validator, parts) in found {
            let stake = STAKES.get(state, &(ballot.snapshot, validator)).map_err(text)?;
            let voted = parts.iter().fold(0u128, |sum, part| sum.saturating_add(*part));
            if stake.is_none_or(|stake| stake.shares.atomics() < voted) {
                return Err(format!("proposal {id}: more shares of {validator} vote than there were"));
            }
        }
    }
    Ok(())
}

fn snapshots_are_in_use(state: &dyn StateRead) -> Result<(), String> {
    let mut users: BTreeMap<u64, u64> = BTreeMap::new();
    for (_, ballot) in every(|from, limit| BALLOTS.page(state, &[], from, false, limit)).map_err(text)? {
        if ballot.snapshot > 0 {
            let count = users.entry(ballot.snapshot).or_default();
            *count = count.saturating_add(1);
        }
    }
    let clock = state::clock(state).map_err(text)?;
    let open = users.values().fold(0u64, |sum, users| sum.saturating_add(*users));
    if clock.open != open || users.keys().any(|number| *number > clock.number) {
        return Err(format!("{clock:?}, but the votes are {users:?}"));
    }
    let mut bonded: BTreeMap<u64, Amount> = BTreeMap::new();
    for ((number, _), stake) in
        every(|from, limit| STAKES.page(state, &[], from, false, limit)).map_err(text)?
    {
        let sum = bonded.entry(number).or_default();
        *sum = sum.saturating_add(stake.tokens);
    }
    for (number, snapshot) in
        every(|from, limit| SNAPSHOTS.page(state, &[], from, false, limit)).map_err(text)?
    {
        if users.remove(&number) != Some(snapshot.users)
            || bonded.remove(&number).unwrap_or_default() != snapshot.bonded
        {
            return Err(format!("snapshot {number} is {snapshot:?}"));
        }
    }
    for number in users.keys().chain(bonded.keys()) {
        if !RELEASED.has(state, number).map_err(text)? {
            return Err(format!("snapshot {number} is missing, or was not forgotten"));
        }
    }
    let notes = every(|from, limit| CHECKPOINTS.page(state, &[], from, false, limit)).map_err(text)?;
    let listed = every(|from, limit| CHECKPOINTS_OF.page(state, &[], from, false, limit)).map_err(text)?;
    let notes: BTreeSet<_> = notes
        .into_iter()
        .map(|((delegator, (validator, number)), _)| (number, (delegator, validator)))
        .collect();
    if !listed.into_iter().map(|(key, ())| key).eq(notes) {
        return Err("a delegation's note is not listed, or listed without being".to_owned());
    }
    Ok(())
}
