//! What must hold after every block.

use std::collections::{BTreeMap, BTreeSet};

use agora_framework::Invariant;
use agora_primitives::{Address, Denom};
use agora_state::{StateRead, every};

use crate::state::{BALANCES, HOLDERS, SUPPLY};

pub(crate) fn all() -> Vec<Invariant> {
    vec![
        Invariant {
            name: "the balances of a denom add up to its supply",
            check: supply_is_the_sum_of_balances,
        },
        Invariant { name: "the holders of a denom are those with a balance", check: holders_follow_balances },
    ]
}

/// A holder's amount of a denom.
type Balance = ((Address, Denom), i128);

fn balances(state: &dyn StateRead) -> Result<Vec<Balance>, String> {
    every(|from, limit| BALANCES.page(state, &[], from, false, limit)).map_err(|e| e.to_string())
}

fn supply_is_the_sum_of_balances(state: &dyn StateRead) -> Result<(), String> {
    let mut sums: BTreeMap<Denom, i128> = BTreeMap::new();
    for ((holder, denom), amount) in balances(state)? {
        if amount <= 0 {
            return Err(format!("{holder} has {amount}{denom}"));
        }
        let sum = sums.entry(denom.clone()).or_default();
        *sum = sum.checked_add(amount).ok_or_else(|| format!("the balances of {denom} overflow"))?;
    }
    let supplies =
        every(|from, limit| SUPPLY.page(state, &[], from, false, limit)).map_err(|e| e.to_string())?;
    for (denom, supply) in supplies {
        let sum = sums.remove(&denom).unwrap_or_default();
        if sum != supply {
            return Err(format!("the supply of {denom} is {supply}, its balances add up to {sum}"));
        }
    }
    match sums.into_iter().next() {
        Some((denom, sum)) => Err(format!("{sum}{denom} is held without a supply")),
        None => Ok(()),
    }
}

fn holders_follow_balances(state: &dyn StateRead) -> Result<(), String> {
    let mut held: BTreeSet<(Denom, Address)> =
        balances(state)?.into_iter().map(|((holder, denom), _)| (denom, holder)).collect();
    let listed =
        every(|from, limit| HOLDERS.page(state, &[], from, false, limit)).map_err(|e| e.to_string())?;
    for (key, ()) in listed {
        if !held.remove(&key) {
            return Err(format!("{} is listed as a holder of {} without a balance", key.1, key.0));
        }
    }
    match held.into_iter().next() {
        Some((denom, holder)) => Err(format!("{holder} holds {denom} and is not listed")),
        None => Ok(()),
    }
}
