//! What must hold after every block.

use std::collections::{BTreeMap, BTreeSet};

use agora_bank::api as bank;
use agora_framework::Invariant;
use agora_primitives::{Address, Amount};
use agora_state::{StateError, StateRead, every};

use crate::concentration::Concentration;
use crate::state::{
    self, BY_CONSENSUS, BY_POWER, CHANGED, CONCENTRATION, DELEGATIONS, DELEGATORS, LAST_POWERS,
    LAST_TOTAL_POWER, LISTED_POWER, REDELEGATION_QUEUE, REDELEGATIONS, REDELEGATIONS_FROM, REDELEGATIONS_TO,
    RESELECT, SHARES, TOKENS, UNBONDING_QUEUE, UNBONDINGS, UNBONDINGS_FROM, VALIDATOR_QUEUE, VALIDATORS,
};
use crate::types::{Status, Validator, power_of};
use crate::wire::shares_of;
use crate::{ledger, pools};

pub(crate) fn all() -> Vec<Invariant> {
    vec![
        Invariant { name: "the pools hold the tokens of validators and what leaves them", check: pools_hold },
        Invariant { name: "the shares of a validator are those of its delegations", check: shares_add_up },
        Invariant { name: "candidates are listed by their power", check: powers_are_listed },
        Invariant { name: "the set is that of the validators that are bonded", check: set_is_bonded },
        Invariant {
            name: "the figures of concentration are those of a full sort",
            check: concentration_is_that_of_the_set,
        },
        Invariant { name: "whatever comes to an end stands in its queue", check: queues_are_complete },
        Invariant { name: "the delegators of a validator are listed", check: delegators_are_listed },
    ]
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn validators<S: StateRead + ?Sized>(state: &S) -> Result<Vec<(Address, Validator)>, String> {
    every(|from, limit| VALIDATORS.page(state, &[], from, false, limit)).map_err(text)
}

/// The sum of amounts.
fn sum(amounts: impl IntoIterator<Item = Amount>) -> Result<Amount, String> {
    amounts.into_iter().try_fold(0, Amount::checked_add).ok_or_else(|| "a sum overflows".to_owned())
}

fn pools_hold(state: &dyn StateRead) -> Result<(), String> {
    pools_are_exact(state)
}

/// Checked at genesis too.
pub(crate) fn pools_are_exact<S: StateRead + ?Sized>(state: &S) -> Result<(), String> {
    let denom = state::params(state).map_err(text)?.bond_denom;
    let mut owed: BTreeMap<bool, Amount> = BTreeMap::new();
    for (operator, validator) in validators(state)? {
        let (tokens, _) = ledger::sums(state, &operator).map_err(text)?;
        let pool = owed.entry(validator.is_bonded()).or_default();
        *pool = sum([*pool, tokens])?;
    }
    for (_, unbonding) in
        every(|from, limit| UNBONDINGS.page(state, &[], from, false, limit)).map_err(text)?
    {
        let pool = owed.entry(false).or_default();
        *pool = sum(unbonding.0.iter().map(|entry| entry.balance).chain([*pool]))?;
    }
    for bonded in [true, false] {
        let held = bank::balance(state, &pools::address(bonded), &denom).map_err(text)?;
        let owed = owed.get(&bonded).copied().unwrap_or_default();
        if held != owed {
            let name = if bonded { pools::BONDED_POOL } else { pools::NOT_BONDED_POOL };
            return Err(format!("{name} holds {held}{denom}, {owed} are booked"));
        }
    }
    Ok(())
}

fn shares_add_up(state: &dyn StateRead) -> Result<(), String> {
    shares_are_exact(state)
}

/// Checked at genesis too.
pub(crate) fn shares_are_exact<S: StateRead + ?Sized>(state: &S) -> Result<(), String> {
    let mut sums: BTreeMap<Address, u128> = BTreeMap::new();
    for ((_, operator), shares) in
        every(|from, limit| DELEGATIONS.page(state, &[], from, false, limit)).map_err(text)?
    {
        let total = sums.entry(operator).or_default();
        *total = sum([*total, shares.0.atomics()])?;
    }
    for (operator, validator) in validators(state)? {
        let (tokens, shares) = ledger::sums(state, &operator).map_err(text)?;
        let delegated = sums.remove(&operator).unwrap_or_default();
        if shares != delegated {
            return Err(format!("{operator} has {shares} shares, its delegations have {delegated}"));
        }
        if validator.diluted == (shares_of(tokens) == Some(shares)) {
            return Err(format!(
                "{operator} has {tokens} tokens of {shares} shares, which its record denies"
            ));
        }
        let found = BY_CONSENSUS.get(state, &validator.consensus_address()).map_err(text)?;
        if found != Some(operator) {
            return Err(format!("the consensus key of {operator} leads to {found:?}"));
        }
    }
    if let Some((operator, _)) = sums.into_iter().next() {
        return Err(format!("there are delegations to {operator}, who is no validator"));
    }
    let known: BTreeSet<Address> = validators(state)?.into_iter().map(|(operator, _)| operator).collect();
    let listed = |sums: Result<Vec<(Address, i128)>, StateError>| sums.map_err(text);
    let tokens = listed(every(|from, limit| TOKENS.page(state, &[], from, false, limit)))?;
    let shares = listed(every(|from, limit| SHARES.page(state, &[], from, false, limit)))?;
    match tokens.iter().chain(&shares).find(|(operator, sum)| *sum < 0 || !known.contains(operator)) {
        Some((operator, sum)) => Err(format!("{sum} are booked for {operator}, who is no validator")),
        None => Ok(()),
    }
}

fn powers_are_listed(state: &dyn StateRead) -> Result<(), String> {
    let mut expected: BTreeSet<(u64, Address)> = BTreeSet::new();
    for (operator, validator) in validators(state)? {
        let (tokens, _) = ledger::sums(state, &operator).map_err(text)?;
        let power = if validator.jailed { 0 } else { power_of(tokens) };
        if power > 0 {
            expected.insert((u64::MAX.saturating_sub(power), operator));
        }
        let stated = LISTED_POWER.get(state, &operator).map_err(text)?.unwrap_or_default();
        if stated != power {
            return Err(format!("{operator} has power {power} and is listed with {stated}"));
        }
    }
    let listed: BTreeSet<_> = every(|from, limit| BY_POWER.page(state, &[], from, false, limit))
        .map_err(text)?
        .into_iter()
        .map(|(key, ())| key)
        .collect();
    if listed != expected {
        return Err(format!("the list of candidates is {listed:?}, not {expected:?}"));
    }
    let changed = CHANGED.page(state, &[], None, false, 1).map_err(text)?.entries;
    if changed.is_empty() { Ok(()) } else { Err("a change was not looked at".to_owned()) }
}

fn set_is_bonded(state: &dyn StateRead) -> Result<(), String> {
    set_is_exact(state)
}

/// Checked at genesis too.
pub(crate) fn set_is_exact<S: StateRead + ?Sized>(state: &S) -> Result<(), String> {
    let last: BTreeMap<Address, u64> = every(|from, limit| LAST_POWERS.page(state, &[], from, false, limit))
        .map_err(text)?
        .into_iter()
        .collect();
    let kept = RESELECT.get(state).map_err(text)?.is_some();
    let params = state::params(state).map_err(text)?;
    let most = usize::try_from(params.max_validators).unwrap_or(usize::MAX);
    if last.len() > most && !kept {
        return Err(format!("{} validators are in the set, at most {most} may be", last.len()));
    }
    let total = last.values().fold(0u64, |total, power| total.saturating_add(*power));
    if LAST_TOTAL_POWER.get(state).map_err(text)?.unwrap_or_default() != total {
        return Err(format!("the set has power {total}, another one is noted"));
    }
    let candidates = BY_POWER.page(state, &[], None, false, most).map_err(text)?.entries;
    let chosen: BTreeMap<Address, u64> =
        candidates.into_iter().map(|((rank, who), ())| (who, u64::MAX.saturating_sub(rank))).collect();
    if chosen != last && !(kept && chosen.is_empty()) {
        return Err(format!("the set is {last:?}, the greatest powers are {chosen:?}"));
    }
    let mut leaving = BTreeSet::new();
    for (operator, validator) in validators(state)? {
        if validator.is_bonded() != last.contains_key(&operator) {
            return Err(format!("{operator} is {:?}, which the set denies", validator.status));
        }
        if validator.status == Status::Unbonding {
            leaving.insert((validator.unbonding_time, operator));
        }
    }
    let queued = every(|from, limit| VALIDATOR_QUEUE.page(state, &[], from, false, limit)).map_err(text)?;
    if queued.into_iter().map(|(key, ())| key).eq(leaving) {
        return Ok(());
    }
    Err("the queue of validators is not that of those who leave".to_owned())
}

fn concentration_is_that_of_the_set(state: &dyn StateRead) -> Result<(), String> {
    let last = every(|from, limit| LAST_POWERS.page(state, &[], from, false, limit)).map_err(text)?;
    let mut powers: Vec<u64> = last.into_iter().map(|(_, power)| power).collect();
    powers.sort_unstable_by_key(|power| std::cmp::Reverse(*power));
    let (sums, kept) = (Concentration::of(powers.into_iter()), CONCENTRATION.get(state).map_err(text)?);
    if kept.unwrap_or_default() == sums {
        return Ok(());
    }
    Err(format!("the figures of concentration are {kept:?}, a full sort gives {sums:?}"))
}

fn queues_are_complete(state: &dyn StateRead) -> Result<(), String> {
    let (mut from, mut queue) = (BTreeSet::new(), BTreeSet::new());
    for ((delegator, operator), unbonding) in
        every(|from, limit| UNBONDINGS.page(state, &[], from, false, limit)).map_err(text)?
    {
        from.insert((operator, delegator));
        queue.extend(unbonding.0.iter().map(|entry| (entry.completion, delegator, operator)));
        if unbonding.0.is_empty() || unbonding.0.iter().any(|e| e.balance > e.initial) {
            return Err(format!("what leaves {operator} for {delegator} is not possible: {unbonding:?}"));
        }
    }
    let listed = every(|page, limit| UNBONDINGS_FROM.page(state, &[], page, false, limit)).map_err(text)?;
    let queued = every(|page, limit| UNBONDING_QUEUE.page(state, &[], page, false, limit)).map_err(text)?;
    if !same(listed, from) || !same(queued, queue) {
        return Err("an unbonding is not listed, or listed without being".to_owned());
    }
    let (mut from, mut to, mut queue) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for (key, redelegation) in
        every(|from, limit| REDELEGATIONS.page(state, &[], from, false, limit)).map_err(text)?
    {
        let (delegator, source, destination) = key;
        from.insert((source, delegator, destination));
        to.insert((delegator, destination, source));
        queue.extend(redelegation.0.iter().map(|entry| (entry.completion, key)));
    }
    let sources =
        every(|page, limit| REDELEGATIONS_FROM.page(state, &[], page, false, limit)).map_err(text)?;
    let targets = every(|page, limit| REDELEGATIONS_TO.page(state, &[], page, false, limit)).map_err(text)?;
    let queued =
        every(|page, limit| REDELEGATION_QUEUE.page(state, &[], page, false, limit)).map_err(text)?;
    if !same(sources, from) || !same(targets, to) || !same(queued, queue) {
        return Err("a redelegation is not listed, or listed without being".to_owned());
    }
    Ok(())
}

fn same<K: Ord>(listed: Vec<(K, ())>, expected: BTreeSet<K>) -> bool {
    listed.into_iter().map(|(key, ())| key).eq(expected)
}

fn delegators_are_listed(state: &dyn StateRead) -> Result<(), String> {
    let delegations = every(|from, limit| DELEGATIONS.page(state, &[], from, false, limit)).map_err(text)?;
    let expected = delegations.into_iter().map(|((delegator, operator), _)| (operator, delegator)).collect();
    let listed = every(|from, limit| DELEGATORS.page(state, &[], from, false, limit)).map_err(text)?;
    if same(listed, expected) { Ok(()) } else { Err("the list is not that of the delegations".to_owned()) }
}
