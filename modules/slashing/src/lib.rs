#![doc = include_str!("../README.md")]
// The determinism and money rules; `.clippy.toml` has the lists.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        clippy::disallowed_methods,
        clippy::disallowed_types,
        clippy::expect_used,
        clippy::float_arithmetic,
        clippy::indexing_slicing,
        clippy::iter_over_hash_type,
        clippy::panic,
        clippy::unwrap_used
    )
)]

mod double_sign;
mod error;
mod execute;
mod genesis;
mod invariants;
mod liveness;
mod msgs;
mod query;
mod state;
mod window;

use agora_framework::{
    AppError, BlockCtx, GenesisCtx, Invariant, Module, QueryCtx, Registry, ValidatorUpdate,
};
use agora_staking::Now;
use agora_state::{CollectionInfo, StoreId};
pub use error::ALL as ERRORS;
pub use msgs::{Unjail, UpdateParams};
pub use state::Params;

/// Slashing and evidence.
#[derive(Clone, Copy, Debug, Default)]
pub struct Slashing;

impl Module for Slashing {
    fn name(&self) -> &'static str {
        "slashing"
    }

    fn store(&self) -> Option<StoreId> {
        Some(state::STORE)
    }

    fn collections(&self) -> Vec<CollectionInfo> {
        state::collections()
    }

    fn register(&self, registry: &mut Registry) {
        registry.message::<Unjail>(execute::unjail);
        registry.message::<UpdateParams>(execute::update_params);
        query::register(registry);
    }

    fn default_genesis(&self) -> serde_json::Value {
        genesis::default()
    }

    fn init_genesis(
        &self,
        ctx: &mut GenesisCtx<'_>,
        section: &serde_json::Value,
    ) -> Result<Vec<ValidatorUpdate>, AppError> {
        genesis::init(ctx, section).map(|()| Vec::new())
    }

    fn export_genesis(&self, ctx: &QueryCtx<'_>) -> Result<serde_json::Value, AppError> {
        genesis::export(ctx)
    }

    fn begin_block(&self, ctx: &mut BlockCtx<'_>) -> Result<(), AppError> {
        let now = Now::from(ctx.block());
        let Some(decided) = ctx.decided() else { return Ok(()) };
        liveness::look(ctx, now, &decided.votes)?;
        for fault in &decided.misbehavior {
            double_sign::punish(ctx, now, fault)?;
        }
        Ok(())
    }

    fn invariants(&self) -> Vec<Invariant> {
        invariants::all()
    }
}
