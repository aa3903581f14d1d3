//! What happens at a plan's height, before anything else of the block.

use std::cmp::Ordering;
use std::sync::Arc;

use agora_framework::{AppError, BlockCtx, Event, Module, StateCtx};

use crate::error::{NEEDED, TOO_EARLY, WRONG_RELEASE};
use crate::state::{APPLIED, Applied, LAST, PLAN, Plan, VERSIONS};
use crate::{Handler, Upgrade};

/// Lets a block run that this release may execute, and upgrades before the block of the plan.
///
/// # Errors
/// Fatal: the release is too old for the block, or too early, or a migration fails.
pub(crate) fn pre_block(upgrade: &Upgrade, ctx: &mut BlockCtx<'_>) -> Result<(), AppError> {
    let Some(plan) = PLAN.get(ctx)? else { return Ok(()) };
    let skipped = upgrade.skipped.contains(&plan.height);
    match (plan.height.cmp(&ctx.block().height), upgrade.handler(&plan.name)) {
        (Ordering::Equal, _) if skipped => Ok(PLAN.delete(ctx)?),
        (Ordering::Equal, Some(handler)) => apply(handler, &plan, ctx),
        (Ordering::Equal, None) => Err(NEEDED.wrap(needed(&plan))),
        (Ordering::Greater, Some(_)) if !skipped => Err(too_early(&plan)),
        (Ordering::Greater | Ordering::Less, _) => Ok(()),
    }
}

/// What tools look for in the log.
pub(crate) fn needed(plan: &Plan) -> String {
    format!("UPGRADE \"{}\" NEEDED at height: {}: {}", plan.name, plan.height, plan.info)
}

pub(crate) fn too_early(plan: &Plan) -> AppError {
    TOO_EARLY.wrap(format_args!(
        "BINARY UPDATED BEFORE TRIGGER! UPGRADE \"{}\" is planned for height {}; run the release before it until then",
        plan.name, plan.height
    ))
}

/// Brings every module's state to the version of its code, in list order; a new module begins with its default genesis.
fn apply(handler: &Handler, plan: &Plan, ctx: &mut BlockCtx<'_>) -> Result<(), AppError> {
    let modules: Vec<Arc<dyn Module>> = ctx.registry().modules().to_vec();
    for module in modules {
        let (name, version) = (module.name(), module.version());
        let failed = |e: AppError| e.context(format_args!("upgrade {:?}: module {name}", plan.name));
        match VERSIONS.get(ctx, &name.to_owned())? {
            Some(from) if from == version => continue,
            Some(from) if from > version => {
                return Err(failed(WRONG_RELEASE.wrap(format_args!(
                    "the state has version {from}, this release knows {version} at most"
                ))));
            }
            Some(from) => module.migrate(ctx, from).map_err(failed)?,
            None => {
                let section = module.default_genesis();
                let mut updates = module.init_genesis(&mut ctx.genesis(), &section).map_err(failed)?;
                ctx.validator_updates.append(&mut updates);
            }
        }
        VERSIONS.set(ctx, &name.to_owned(), &version)?;
    }
    (handler.run)(ctx).map_err(|e| e.context(format_args!("upgrade {:?}", plan.name)))?;
    PLAN.delete(ctx)?;
    APPLIED.set(ctx, &plan.name, &plan.height)?;
    LAST.set(ctx, &Applied { name: plan.name.clone(), height: plan.height })?;
    ctx.emit(Event::new("upgrade_applied").with("name", &plan.name).with("height", plan.height));
    Ok(())
}
