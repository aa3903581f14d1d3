//! What must hold after every block.

use agora_framework::Invariant;
use agora_state::{StateRead, every};

use crate::state::{EXPIRIES, GRANTS};

pub(crate) fn all() -> Vec<Invariant> {
    vec![
        Invariant { name: "what ends waits to be forgotten, and nothing else does", check: queued },
        Invariant { name: "a right is found by the messages it is for", check: in_its_place },
    ]
}

fn text(error: agora_state::StateError) -> String {
    error.to_string()
}

fn queued(state: &dyn StateRead) -> Result<(), String> {
    let grants = every(|from, limit| GRANTS.page(state, &[], from, false, limit)).map_err(text)?;
    let waiting = every(|from, limit| EXPIRIES.page(state, &[], from, false, limit)).map_err(text)?;
    let mut ends: Vec<_> =
        grants.into_iter().filter_map(|(key, grant)| Some((grant.expiration?, key))).collect();
    ends.sort_unstable();
    let mut waiting: Vec<_> = waiting.into_iter().map(|(key, ())| key).collect();
    waiting.sort_unstable();
    let both = ends.iter().zip(&waiting).find(|(end, waits)| end != waits);
    match both {
        Some((end, waits)) => Err(format!("{end:?} ends and {waits:?} waits")),
        None if ends.len() != waiting.len() => {
            Err(format!("{} rights end and {} wait", ends.len(), waiting.len()))
        }
        None => Ok(()),
    }
}

fn in_its_place(state: &dyn StateRead) -> Result<(), String> {
    let grants = every(|from, limit| GRANTS.page(state, &[], from, false, limit)).map_err(text)?;
    match grants.iter().find(|((.., message), grant)| message != grant.authorization.message()) {
        Some(((granter, grantee, message), grant)) => Err(format!(
            "{granter} allows {grantee} {} in the place of {}",
            grant.authorization.message(),
            message
        )),
        None => Ok(()),
    }
}
