//! What the node may ask.

use agora_state::{StateError, StateRead};

pub use crate::error::NEEDED;
pub use crate::state::Plan;
use crate::state::{LAST, PLAN};

/// What is planned.
///
/// # Errors
/// Storage fails.
pub fn plan(state: &(impl StateRead + ?Sized)) -> Result<Option<Plan>, StateError> {
    PLAN.get(state)
}

/// The height of the newest upgrade that was done; `None` before the first.
///
/// # Errors
/// Storage fails.
pub fn last_applied(state: &(impl StateRead + ?Sized)) -> Result<Option<u64>, StateError> {
    Ok(LAST.get(state)?.map(|last| last.height))
}

/// The line that says which release must go on: tools look for it in the log.
#[must_use]
pub fn needed(plan: &Plan) -> String {
    crate::apply::needed(plan)
}
