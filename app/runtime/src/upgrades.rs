//! The upgrades this release goes through: what the plan calls it, and what it does beside the migrations of the modules, which run in
//! list order.
//!
//! A release keeps the newest handler that a chain has applied: by it a state is known to be its own. The block of a plan carries no
//! transactions, because the release before proposes it and the one after executes it.

use agora_framework::{AppError, BlockInfo};
use agora_state::{StateError, StateRead};
use agora_upgrade::api as upgrade;
pub use agora_upgrade::{Handler, Plan, Upgrade};

use crate::runtime::Runtime;

/// The handlers of this release, oldest first.
#[must_use]
pub const fn handlers() -> Vec<Handler> {
    Vec::new()
}

/// Whether the block at `height` is that of a plan.
pub(crate) fn is_due(state: &(impl StateRead + ?Sized), height: u64) -> Result<bool, StateError> {
    Ok(upgrade::plan(state)?.is_some_and(|plan| plan.height == height))
}

/// The plan for which a block was not executed, on the state before it, if that is what the error says.
///
/// # Errors
/// Storage fails.
pub fn needed(state: &dyn StateRead, error: &AppError) -> Result<Option<Plan>, StateError> {
    let is_needed = (error.codespace, error.code) == (upgrade::NEEDED.codespace, upgrade::NEEDED.code);
    if is_needed { upgrade::plan(state) } else { Ok(None) }
}

/// The line that says which release must go on: tools look for it in the log.
#[must_use]
pub fn line(plan: &Plan) -> String {
    upgrade::needed(plan)
}

impl Runtime {
    /// Asks every module whether this release may go on from a state.
    ///
    /// # Errors
    /// Why not, and which release may.
    pub fn check_start(&self, state: &dyn StateRead) -> Result<(), AppError> {
        let head: BlockInfo = self.head(state)?;
        let ctx = agora_framework::QueryCtx::new(state, &head, self.registry());
        self.registry().modules().iter().try_for_each(|module| module.check_start(&ctx))
    }
}
