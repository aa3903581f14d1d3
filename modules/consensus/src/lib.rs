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
mod msgs;
mod query;
mod state;

use agora_framework::{AppError, BlockCtx, GenesisCtx, Module, Registry, ValidatorUpdate};
use agora_state::{CollectionInfo, StoreId};
pub use msgs::UpdateParams;
pub use state::Head;

/// The consensus module.
#[derive(Clone, Copy, Debug, Default)]
pub struct Consensus;

impl Module for Consensus {
    fn name(&self) -> &'static str {
        "consensus"
    }

    fn store(&self) -> Option<StoreId> {
        Some(state::STORE)
    }

    fn collections(&self) -> Vec<CollectionInfo> {
        state::collections()
    }

    fn register(&self, registry: &mut Registry) {
        registry.message::<UpdateParams>(execute::update_params);
        query::register(registry);
    }

    fn init_genesis(
        &self,
        ctx: &mut GenesisCtx<'_>,
        section: &serde_json::Value,
    ) -> Result<Vec<ValidatorUpdate>, AppError> {
        genesis::init(ctx, section).map(|()| Vec::new())
    }

    fn begin_block(&self, ctx: &mut BlockCtx<'_>) -> Result<(), AppError> {
        let head = Head { height: ctx.block().height, time: ctx.block().time };
        Ok(state::HEAD.set(ctx, &head)?)
    }
}
