//! Whether this release may go on from a state.

use agora_framework::{AppError, QueryCtx};
use agora_state::every;

use crate::Upgrade;
use crate::apply::too_early;
use crate::error::WRONG_RELEASE;
use crate::state::{LAST, PLAN, VERSIONS};

/// Refuses a release that is too old for the state, or too early.
///
/// # Errors
/// `upgrade` 21 and 22, saying which release is to be used.
pub(crate) fn check(upgrade: &Upgrade, ctx: &QueryCtx<'_>) -> Result<(), AppError> {
    if let Some(last) = LAST.get(ctx)?.filter(|last| upgrade.handler(&last.name).is_none()) {
        return Err(WRONG_RELEASE.wrap(format_args!(
            "the state has gone through the upgrade {:?} at height {}, which this release does not know; use that one or a later one",
            last.name, last.height
        )));
    }
    if let Some(plan) = PLAN.get(ctx)?.filter(|plan| upgrade.handler(&plan.name).is_some()) {
        let next = ctx.block().height.saturating_add(1);
        if plan.height == next && !upgrade.skipped.contains(&next) {
            return Ok(());
        }
        if plan.height > next && !upgrade.skipped.contains(&plan.height) {
            return Err(too_early(&plan));
        }
    }
    require_versions(ctx)
}

/// Refuses a state that is not of the versions of the modules' code.
fn require_versions(ctx: &QueryCtx<'_>) -> Result<(), AppError> {
    let stored = every(|from, limit| VERSIONS.page(ctx, &[], from, false, limit))?;
    let modules = ctx.registry().modules();
    for module in modules {
        let found = stored.iter().find(|(name, _)| name == module.name()).map(|(_, version)| *version);
        if found != Some(module.version()) {
            let found = found.map_or_else(|| "none".to_owned(), |found| found.to_string());
            return Err(WRONG_RELEASE.wrap(format_args!(
                "module {} has version {} in this release and {found} in the state, and no upgrade is due; use the release that \
                 made the state",
                module.name(),
                module.version()
            )));
        }
    }
    match stored.iter().find(|(name, _)| modules.iter().all(|module| module.name() != name)) {
        Some((name, _)) => Err(WRONG_RELEASE.wrap(format_args!(
            "the state has a module {name}, which this release does not know; use the release that made the state"
        ))),
        None => Ok(()),
    }
}
