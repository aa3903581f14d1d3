//! What must hold after every block.

use std::collections::{BTreeMap, BTreeSet};

use agora_bank::api as bank;
use agora_framework::Invariant;
use agora_primitives::{Address, Denom};
use agora_staking::api as staking;
use agora_state::{StateRead, every};

use crate::ledger;
use crate::state::{
    ATOMS, AUTO_COMPOUNDS, COMMISSION, COMMUNITY, COMPOUND_QUEUE, INDEXES, OUTSTANDING, STARTS,
};

pub(crate) fn all() -> Vec<Invariant> {
    vec![
        Invariant { name: "the account holds exactly what was not paid", check: account_is_exact },
        Invariant {
            name: "what a validator's delegations have earned is outstanding",
            check: earnings_are_covered,
        },
        Invariant { name: "what is compounded by itself stands in its queue", check: compounds_are_queued },
    ]
}

fn compounds_are_queued(state: &dyn StateRead) -> Result<(), String> {
    let all = every(|from, limit| AUTO_COMPOUNDS.page(state, &[], from, false, limit)).map_err(text)?;
    let expected: BTreeSet<_> = all.into_iter().map(|((who, with), next)| (next, who, with)).collect();
    let queued = every(|from, limit| COMPOUND_QUEUE.page(state, &[], from, false, limit)).map_err(text)?;
    if queued.into_iter().map(|(key, ())| key).eq(expected) {
        return Ok(());
    }
    Err("the queue is not that of the delegations to compound".to_owned())
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn account_is_exact(state: &dyn StateRead) -> Result<(), String> {
    is_exact(state)
}

/// Checked at genesis too.
pub(crate) fn is_exact<S: StateRead + ?Sized>(state: &S) -> Result<(), String> {
    let mut owed: BTreeMap<Denom, i128> = BTreeMap::new();
    let outstanding = every(|from, limit| OUTSTANDING.page(state, &[], from, false, limit)).map_err(text)?;
    let community = every(|from, limit| COMMUNITY.page(state, &[], from, false, limit)).map_err(text)?;
    let outstanding = outstanding.into_iter().map(|((_, denom), sum)| (denom, sum));
    for (denom, sum) in outstanding.chain(community) {
        let total = owed.entry(denom.clone()).or_default();
        *total = total
            .checked_add(sum)
            .filter(|_| sum >= 0)
            .ok_or_else(|| format!("{sum} of {denom} are owed"))?;
    }
    for (denom, owed) in owed {
        let held = bank::balance(state, &ledger::account(), &denom).map_err(text)?;
        if held.checked_mul(ATOMS) != Some(owed.unsigned_abs()) {
            return Err(format!("the account holds {held}{denom}, {owed} atoms are owed"));
        }
    }
    Ok(())
}

fn earnings_are_covered(state: &dyn StateRead) -> Result<(), String> {
    let mut earned: BTreeMap<(Address, Denom), u128> = BTreeMap::new();
    for (delegator, operator, shares) in staking::every_delegation(state).map_err(text)? {
        for (denom, atoms) in ledger::earned(state, &delegator, &operator, shares).map_err(text)? {
            let sum = earned.entry((operator, denom)).or_default();
            *sum = sum.checked_add(atoms).ok_or("rewards overflow")?;
        }
    }
    let commissions = every(|from, limit| COMMISSION.page(state, &[], from, false, limit)).map_err(text)?;
    for (key, commission) in commissions {
        let sum = earned.entry(key).or_default();
        *sum = sum.checked_add(commission.unsigned_abs()).ok_or("commissions overflow")?;
    }
    for (key, earned) in earned {
        let outstanding = OUTSTANDING.get(state, &key).map_err(text)?.unsigned_abs();
        if earned > outstanding {
            return Err(format!("{} owes {earned} atoms of {}, {outstanding} are outstanding", key.0, key.1));
        }
    }
    for ((delegator, operator), starts) in
        every(|from, limit| STARTS.page(state, &[], from, false, limit)).map_err(text)?
    {
        let indexes = INDEXES.get(state, &operator).map_err(text)?.unwrap_or_default();
        let shares = staking::delegation(state, &delegator, &operator).map_err(text)?;
        if shares.atomics() == 0 || indexes.earned(shares, &starts).is_none() {
            return Err(format!("{delegator} begins at {operator} where it has nothing, or later than now"));
        }
    }
    Ok(())
}
