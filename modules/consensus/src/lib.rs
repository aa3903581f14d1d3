#![doc = include_str!("../README.md")]

pub mod api;
mod genesis;
mod query;
mod state;

use agora_framework::{AppError, BlockCtx, GenesisCtx, Module, Registry, ValidatorUpdate};
use agora_state::{CollectionInfo, StoreId};
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
