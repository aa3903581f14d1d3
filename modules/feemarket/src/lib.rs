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

pub mod api;
mod execute;
mod genesis;
mod hooks;
mod math;
mod msgs;
mod query;
mod state;

use agora_framework::{AppError, BlockCtx, GenesisCtx, Module, QueryCtx, Registry, ValidatorUpdate};
use agora_state::{CollectionInfo, StoreId};
pub use msgs::SetParams;
pub use state::Params;

/// The fee market module.
#[derive(Clone, Copy, Debug, Default)]
pub struct FeeMarket;

impl Module for FeeMarket {
    fn name(&self) -> &'static str {
        "feemarket"
    }

    fn store(&self) -> Option<StoreId> {
        Some(state::STORE)
    }

    fn collections(&self) -> Vec<CollectionInfo> {
        state::collections()
    }

    fn register(&self, registry: &mut Registry) {
        registry.message::<SetParams>(execute::set_params);
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

    fn end_block(&self, ctx: &mut BlockCtx<'_>) -> Result<(), AppError> {
        hooks::adjust_price(ctx)
    }
}
