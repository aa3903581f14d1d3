//! The genesis section: `plan` (`name`, `height`, `info`; null without) and `applied` (`name`, `height`), the upgrades that were done. The
//! versions of the modules are not in it: a genesis is always of those of the release that reads it.

use agora_framework::errors::sdk;
use agora_framework::{AppError, GenesisCtx, QueryCtx, StateCtx};
use agora_state::every;
use serde_json::{Value, json};

use crate::msgs::parse_plan;
use crate::state::{APPLIED, Applied, LAST, PLAN, Plan, VERSIONS};

pub(crate) fn default() -> Value {
    json!({ "plan": null, "applied": [] })
}

fn invalid(what: impl std::fmt::Display) -> AppError {
    sdk::INVALID_REQUEST.wrap(format_args!("genesis section upgrade: {what}"))
}

/// Reads an upgrade; a member that is not known is a mistake.
fn read(entry: &Value, members: &[&str]) -> Result<Plan, AppError> {
    let fields = entry.as_object().ok_or_else(|| invalid(format_args!("{entry} is no upgrade")))?;
    if let Some(unknown) = fields.keys().find(|name| !members.contains(&name.as_str())) {
        return Err(invalid(format_args!("unknown member {unknown:?}; known: {}", members.join(", "))));
    }
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let height = text("height").parse().map_err(|_| invalid("height must be a number, as a string"))?;
    parse_plan(text("name"), height, text("info")).map_err(invalid)
}

pub(crate) fn init(ctx: &mut GenesisCtx<'_>, section: &Value) -> Result<(), AppError> {
    let members = section.as_object().ok_or_else(|| invalid("it must be an object"))?;
    if let Some(unknown) = members.keys().find(|name| !matches!(name.as_str(), "plan" | "applied")) {
        return Err(invalid(format_args!("unknown member {unknown:?}; known: plan, applied")));
    }
    if let Some(plan) = members.get("plan").filter(|plan| !plan.is_null()) {
        PLAN.set(ctx, &read(plan, &["name", "height", "info"])?)?;
    }
    let mut last: Option<Applied> = None;
    for entry in members.get("applied").and_then(Value::as_array).into_iter().flatten() {
        let Plan { name, height, .. } = read(entry, &["name", "height"])?;
        if APPLIED.has(ctx, &name)? {
            return Err(invalid(format_args!("{name:?} is there twice")));
        }
        APPLIED.set(ctx, &name, &height)?;
        if last.as_ref().is_none_or(|last| last.height < height) {
            last = Some(Applied { name, height });
        }
    }
    if let Some(last) = last {
        LAST.set(ctx, &last)?;
    }
    let versions: Vec<(String, u64)> =
        ctx.registry().modules().iter().map(|module| (module.name().to_owned(), module.version())).collect();
    for (name, version) in versions {
        VERSIONS.set(ctx, &name, &version)?;
    }
    Ok(())
}

pub(crate) fn export(ctx: &QueryCtx<'_>) -> Result<Value, AppError> {
    let plan = PLAN
        .get(ctx)?
        .map(|plan| json!({ "name": plan.name, "height": plan.height.to_string(), "info": plan.info }));
    let applied: Vec<Value> = every(|from, limit| APPLIED.page(ctx, &[], from, false, limit))?
        .into_iter()
        .map(|(name, height)| json!({ "name": name, "height": height.to_string() }))
        .collect();
    Ok(json!({ "plan": plan, "applied": applied }))
}
