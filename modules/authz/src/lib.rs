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

mod authorization;
mod dispatch;
mod error;
mod execute;
mod genesis;
mod grant;
mod invariants;
mod msgs;
mod query;
mod state;
mod store;
mod wire;

use agora_framework::{
    AppError, BlockCtx, GenesisCtx, Invariant, Module, QueryCtx, Registry, ValidatorUpdate,
};
use agora_state::{CollectionInfo, StateKey, StoreId, Value, WriteSet};
pub use authorization::{Authorization, StakeAction, Validators};
pub use error::ALL as ERRORS;
pub use grant::Grant;
pub use msgs::{Exec, GrantRight, Revoke};

/// Expired grants that the beginning of a block removes.
pub const PRUNED_PER_BLOCK: usize = 200;

/// Acting for another account.
#[derive(Clone, Copy, Debug, Default)]
pub struct Authz;

impl Module for Authz {
    fn name(&self) -> &'static str {
        "authz"
    }

    fn store(&self) -> Option<StoreId> {
        Some(state::STORE)
    }

    fn collections(&self) -> Vec<CollectionInfo> {
        state::collections()
    }

    fn register(&self, registry: &mut Registry) {
        registry.message::<GrantRight>(execute::grant);
        registry.message::<Revoke>(execute::revoke);
        registry.message::<Exec>(dispatch::exec);
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
        let now = ctx.block().time;
        Ok(store::prune(ctx, now, PRUNED_PER_BLOCK)?)
    }

    fn derive(&self, key: &StateKey, value: Option<&Value>, derived: &mut WriteSet) {
        state::derive(key, value, derived);
    }

    /// Who may act for whom stays, however much is left.
    fn derive_changed(&self, _: &StateKey, _: &Value, _: &mut WriteSet) {}

    fn invariants(&self) -> Vec<Invariant> {
        invariants::all()
    }
}
