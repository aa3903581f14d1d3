//! What must hold after every block.

use std::collections::BTreeMap;

use agora_framework::Invariant;
use agora_primitives::Denom;
use agora_state::StateRead;

use crate::state::{BALANCES, HOLDERS, SUPPLY};

/// Entries read at a time.
const STEP: usize = 1000;

pub(crate) fn all() -> Vec<Invariant> {
    vec![
        Invariant {
            name: "the balances of a denom add up to its supply",
            check: supply_is_the_sum_of_balances,
        },
        Invariant { name: "the holders of a denom are those with a balance", check: holders_follow_balances },
    ]
}

fn supply_is_the_sum_of_balances(state: &dyn StateRead) -> Result<(), String> {
    let mut sums: BTreeMap<Denom, i128> = BTreeMap::new();
    let mut from: Option<Vec<u8>> = None;
    loop {
        let page = BALANCES.page(state, &[], from.as_deref(), false, STEP).map_err(|e| e.to_string())?;
        for ((holder, denom), amount) in page.entries {
            if amount <= 0 {
                return Err(format!("{holder} has {amount}{denom}"));
            }
            let sum = sums.entry(denom.clone()).or_default();
            *sum = sum.checked_add(amount).ok_or_else(|| format!("the balances of {denom} overflow"))?;
        }
        match page.next {
            Some(next) => from = Some(next),
            None => break,
        }
    }
    let mut from: Option<Vec<u8>> = None;
    loop {
        let page = SUPPLY.page(state, &[], from.as_deref(), false, STEP).map_err(|e| e.to_string())?;
        for (denom, supply) in page.entries {
            let sum = sums.remove(&denom).unwrap_or_default();
            if sum != supply {
                return Err(format!("the supply of {denom} is {supply}, its balances add up to {sum}"));
            }
        }
        match page.next {
            Some(next) => from = Some(next),
            None => break,
        }
    }
    match sums.into_iter().next() {
        Some((denom, sum)) => Err(format!("{sum}{denom} is held without a supply")),
        None => Ok(()),
    }
}

fn holders_follow_balances(state: &dyn StateRead) -> Result<(), String> {
    let mut held = std::collections::BTreeSet::new();
    let mut from: Option<Vec<u8>> = None;
    loop {
        let page = BALANCES.page(state, &[], from.as_deref(), false, STEP).map_err(|e| e.to_string())?;
        held.extend(page.entries.into_iter().map(|((holder, denom), _)| (denom, holder)));
        match page.next {
            Some(next) => from = Some(next),
            None => break,
        }
    }
    let mut from: Option<Vec<u8>> = None;
    loop {
        let page = HOLDERS.page(state, &[], from.as_deref(), false, STEP).map_err(|e| e.to_string())?;
        for (key, ()) in page.entries {
            if !held.remove(&key) {
                return Err(format!("{} is listed as a holder of {} without a balance", key.1, key.0));
            }
        }
        match page.next {
            Some(next) => from = Some(next),
            None => break,
        }
    }
    match held.into_iter().next() {
        Some((denom, holder)) => Err(format!("{holder} holds {denom} and is not listed")),
        None => Ok(()),
    }
}
