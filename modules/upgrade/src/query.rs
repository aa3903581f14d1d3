//! Queries of `cosmos.upgrade.v1beta1.Query`.

use agora_framework::{QueryCtx, QueryError, Registry};
use agora_proto::cosmos::upgrade::v1beta1 as wire;
use agora_state::every;

use crate::error::VERSION_NOT_FOUND;
use crate::msgs::NO_TIME;
use crate::state::{APPLIED, PLAN, VERSIONS};

pub(crate) fn register(registry: &mut Registry) {
    registry.query("/cosmos.upgrade.v1beta1.Query/CurrentPlan", current_plan);
    registry.query("/cosmos.upgrade.v1beta1.Query/AppliedPlan", applied_plan);
    registry.query("/cosmos.upgrade.v1beta1.Query/UpgradedConsensusState", upgraded_consensus_state);
    registry.query("/cosmos.upgrade.v1beta1.Query/ModuleVersions", module_versions);
    registry.query("/cosmos.upgrade.v1beta1.Query/Authority", authority);
}

fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[allow(deprecated)] // Clients expect the empty time.
fn current_plan(
    ctx: &QueryCtx<'_>,
    _: wire::QueryCurrentPlanRequest,
) -> Result<wire::QueryCurrentPlanResponse, QueryError> {
    let plan = PLAN.get(ctx)?.map(|plan| wire::Plan {
        name: plan.name,
        time: Some(NO_TIME),
        height: number(plan.height),
        info: plan.info,
        upgraded_client_state: None,
    });
    Ok(wire::QueryCurrentPlanResponse { plan })
}

/// An upgrade that was not done has the height 0.
fn applied_plan(
    ctx: &QueryCtx<'_>,
    request: wire::QueryAppliedPlanRequest,
) -> Result<wire::QueryAppliedPlanResponse, QueryError> {
    // Longer names are no names.
    let known = request.name.len() <= 255;
    let height = if known { APPLIED.get(ctx, &request.name)? } else { None };
    Ok(wire::QueryAppliedPlanResponse { height: number(height.unwrap_or_default()) })
}

/// Nothing is known of other chains here.
#[allow(deprecated)] // Clients still ask.
fn upgraded_consensus_state(
    _: &QueryCtx<'_>,
    _: wire::QueryUpgradedConsensusStateRequest,
) -> Result<wire::QueryUpgradedConsensusStateResponse, QueryError> {
    Ok(wire::QueryUpgradedConsensusStateResponse::default())
}

fn module_versions(
    ctx: &QueryCtx<'_>,
    request: wire::QueryModuleVersionsRequest,
) -> Result<wire::QueryModuleVersionsResponse, QueryError> {
    let all = every(|from, limit| VERSIONS.page(ctx, &[], from, false, limit))?;
    let wanted = |name: &str| request.module_name.is_empty() || request.module_name == name;
    let module_versions: Vec<wire::ModuleVersion> = all
        .into_iter()
        .filter(|(name, _)| wanted(name))
        .map(|(name, version)| wire::ModuleVersion { name, version })
        .collect();
    if module_versions.is_empty() {
        // As the Cosmos SDK words it, which has the text of the code in front here.
        return Err(QueryError {
            grpc: 2,
            message: format!(
                "codespace upgrade code {}: {}: x/upgrade: QueryModuleVersions module {} not found",
                VERSION_NOT_FOUND.code, VERSION_NOT_FOUND.text, request.module_name
            ),
        });
    }
    Ok(wire::QueryModuleVersionsResponse { module_versions })
}

fn authority(
    ctx: &QueryCtx<'_>,
    _: wire::QueryAuthorityRequest,
) -> Result<wire::QueryAuthorityResponse, QueryError> {
    Ok(wire::QueryAuthorityResponse { address: ctx.registry().authority().to_string() })
}
