//! What must hold after every block.

use std::collections::BTreeSet;

use agora_framework::Invariant;
use agora_primitives::Address;
use agora_state::{StateRead, every};

use crate::state::{ALLOWANCES, EXPIRIES};

pub(crate) fn all() -> Vec<Invariant> {
    vec![Invariant { name: "what ends waits to be forgotten, and nothing else does", check: queued }]
}

fn queued(state: &dyn StateRead) -> Result<(), String> {
    let text = |e: agora_state::StateError| e.to_string();
    let allowances = every(|from, limit| ALLOWANCES.page(state, &[], from, false, limit)).map_err(text)?;
    let waiting = every(|from, limit| EXPIRIES.page(state, &[], from, false, limit)).map_err(text)?;
    let ends: BTreeSet<(u64, (Address, Address))> =
        allowances.into_iter().filter_map(|(key, allowance)| Some((allowance.expiration()?, key))).collect();
    let waiting: BTreeSet<_> = waiting.into_iter().map(|(key, ())| key).collect();
    match ends.symmetric_difference(&waiting).next() {
        Some((until, (grantee, granter))) => {
            Err(format!("the allowance of {granter} for {grantee}, until {until}, is in one list only"))
        }
        None => Ok(()),
    }
}
