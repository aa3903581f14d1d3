//! Validator sets with CometBFT's order and proposer priorities.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use tendermint_proto::v0_38::abci::ValidatorUpdate;
use tendermint_proto::v0_38::crypto::{PublicKey, public_key::Sum};
use tendermint_proto::v0_38::types::{Validator, ValidatorSet};

use super::home::address;

/// The most power a set may have in all.
const MAX_TOTAL_POWER: i64 = i64::MAX / 8;
/// Rounds looked through for a turn: with more than two thirds of the power every second one is ours.
const MAX_ROUNDS: i32 = 1_000;

/// A validator update for an ed25519 key.
pub(super) fn update(key: &[u8; 32], power: i64) -> ValidatorUpdate {
    ValidatorUpdate { pub_key: Some(PublicKey { sum: Some(Sum::Ed25519(key.to_vec())) }), power }
}

/// The set a chain begins with.
pub(super) fn initial(updates: &[ValidatorUpdate]) -> Result<ValidatorSet, String> {
    if updates.iter().any(|u| u.power == 0) {
        return Err("a chain cannot begin with a validator of power 0".into());
    }
    next(&ValidatorSet::default(), updates)
}

/// The set after `set`, with the application's updates and the next proposer.
pub(super) fn next(set: &ValidatorSet, updates: &[ValidatorUpdate]) -> Result<ValidatorSet, String> {
    let mut validators = apply(&set.validators, updates)?;
    let proposer = rotate(&mut validators);
    Ok(ValidatorSet { proposer, total_voting_power: total(&validators), validators })
}

/// The first round in which `address` proposes; `None` if it is not in the set.
pub(super) fn round_of(set: &ValidatorSet, address: &[u8]) -> Option<i32> {
    let is_it = |proposer: &Option<Validator>| proposer.as_ref().is_some_and(|p| p.address == address);
    if is_it(&set.proposer) {
        return Some(0);
    }
    let mut validators = set.validators.clone();
    (1..=MAX_ROUNDS).find(|_| is_it(&rotate(&mut validators)))
}

/// The power of all together.
pub(super) fn total(set: &[Validator]) -> i64 {
    set.iter().fold(0, |sum, v| sum.saturating_add(v.voting_power))
}

/// `set` with the application's updates: power 0 removes, priorities are scaled and centred.
fn apply(set: &[Validator], updates: &[ValidatorUpdate]) -> Result<Vec<Validator>, String> {
    if updates.is_empty() {
        return Ok(set.to_vec());
    }
    let mut by_address: BTreeMap<Vec<u8>, Validator> =
        set.iter().map(|v| (v.address.clone(), v.clone())).collect();
    let mut seen = BTreeMap::new();
    for update in updates {
        let Some(Sum::Ed25519(key)) = update.pub_key.as_ref().and_then(|k| k.sum.as_ref()) else {
            return Err(
                "the application returned a validator without an ed25519 key; only those can vote".into()
            );
        };
        let id = address(key).to_vec();
        if update.power < 0 || update.power > MAX_TOTAL_POWER {
            return Err(format!(
                "the power of validator {} is out of range: {}",
                hex::encode(&id),
                update.power
            ));
        }
        if update.power == 0 && !by_address.contains_key(&id) {
            return Err(format!("failed to find validator {} to remove", hex::encode_upper(&id)));
        }
        if seen.insert(id.clone(), update).is_some() {
            return Err(format!("validator {} is updated twice in one block", hex::encode_upper(&id)));
        }
    }
    // Newcomers start behind everyone, measured by the power before removals.
    let after_updates =
        seen.iter().filter(|(_, u)| u.power > 0).fold(i128::from(total(set)), |sum, (id, u)| {
            sum + i128::from(u.power) - by_address.get(id).map_or(0, |v| i128::from(v.voting_power))
        });
    let newcomer = -(after_updates + (after_updates >> 3));
    for (id, update) in seen {
        if update.power == 0 {
            by_address.remove(&id);
            continue;
        }
        let priority = by_address.get(&id).map_or(clip(newcomer), |v| v.proposer_priority);
        let pub_key = update.pub_key.clone();
        by_address.insert(
            id.clone(),
            Validator { address: id, pub_key, voting_power: update.power, proposer_priority: priority },
        );
    }
    let mut set: Vec<Validator> = by_address.into_values().collect();
    if set.is_empty() {
        return Err("the application removed the last validator; a chain needs one".into());
    }
    if set.iter().map(|v| i128::from(v.voting_power)).sum::<i128>() > i128::from(MAX_TOTAL_POWER) {
        return Err(format!("total voting power of resulting valset exceeds max {MAX_TOTAL_POWER}"));
    }
    rescale(&mut set);
    centre(&mut set);
    set.sort_by(|a, b| (Reverse(a.voting_power), &a.address).cmp(&(Reverse(b.voting_power), &b.address)));
    Ok(set)
}

/// Moves on to the next proposer.
fn rotate(set: &mut [Validator]) -> Option<Validator> {
    rescale(set);
    centre(set);
    let power = total(set);
    for validator in set.iter_mut() {
        validator.proposer_priority = validator.proposer_priority.saturating_add(validator.voting_power);
    }
    let proposer = set.iter_mut().max_by(|a, b| {
        a.proposer_priority.cmp(&b.proposer_priority).then_with(|| b.address.cmp(&a.address))
    })?;
    proposer.proposer_priority = proposer.proposer_priority.saturating_sub(power);
    Some(proposer.clone())
}

/// Keeps the distance between the priorities below twice the power.
fn rescale(set: &mut [Validator]) {
    let window = i128::from(total(set)) * 2;
    let priorities = || set.iter().map(|v| i128::from(v.proposer_priority));
    let distance = priorities().max().unwrap_or(0) - priorities().min().unwrap_or(0);
    if window > 0 && distance > window {
        let ratio = (distance + window - 1) / window;
        for validator in set {
            validator.proposer_priority = clip(i128::from(validator.proposer_priority) / ratio);
        }
    }
}

/// Moves the average priority to zero.
fn centre(set: &mut [Validator]) {
    let count = i128::try_from(set.len()).unwrap_or(1).max(1);
    let average = set.iter().map(|v| i128::from(v.proposer_priority)).sum::<i128>().div_euclid(count);
    for validator in set {
        validator.proposer_priority = clip(i128::from(validator.proposer_priority) - average);
    }
}

fn clip(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}
