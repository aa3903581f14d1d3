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

mod error;
mod execute;
mod gate;
mod genesis;
mod msgs;
mod permission;
mod query;
mod state;

use agora_framework::{AppError, GenesisCtx, MessageGate, Module, QueryCtx, Registry, ValidatorUpdate};
use agora_state::{CollectionInfo, StoreId};
pub use error::ALL as ERRORS;
pub use gate::ALWAYS_OPEN;
pub use msgs::{Authorize, Reset, Trip};
pub use permission::Permission;
pub use state::MAX_CLOSED;

/// Messages that are closed in an emergency.
#[derive(Clone, Copy, Debug, Default)]
pub struct Circuit;

impl Module for Circuit {
    fn name(&self) -> &'static str {
        "circuit"
    }

    fn store(&self) -> Option<StoreId> {
        Some(state::STORE)
    }

    fn collections(&self) -> Vec<CollectionInfo> {
        state::collections()
    }

    fn register(&self, registry: &mut Registry) {
        registry.message::<Authorize>(execute::authorize);
        registry.message::<Trip>(execute::trip);
        registry.message::<Reset>(execute::reset);
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

    fn gate(&self) -> Option<&dyn MessageGate> {
        Some(self)
    }
}
