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
mod apply;
mod error;
mod execute;
mod genesis;
mod msgs;
mod query;
mod start;
mod state;

use std::collections::BTreeSet;

use agora_framework::{AppError, BlockCtx, GenesisCtx, Module, QueryCtx, Registry, ValidatorUpdate};
use agora_state::{CollectionInfo, StoreId};
pub use error::ALL as ERRORS;
pub use msgs::{CancelUpgrade, SoftwareUpgrade};
pub use state::Plan;

/// What a release does at an upgrade, beside the migrations of its modules.
#[derive(Clone, Copy, Debug)]
pub struct Handler {
    /// The name of the plan.
    pub name: &'static str,
    /// Runs after the migrations.
    pub run: fn(&mut BlockCtx<'_>) -> Result<(), AppError>,
}

/// Planned upgrades. First in the list of modules: nothing may run on a state that has not been migrated.
#[derive(Clone, Debug, Default)]
pub struct Upgrade {
    handlers: Vec<Handler>,
    skipped: BTreeSet<u64>,
}

impl Upgrade {
    /// A release with these handlers, the newest that was ever applied among them.
    #[must_use]
    pub const fn new(handlers: Vec<Handler>) -> Self {
        Self { handlers, skipped: BTreeSet::new() }
    }

    /// Passes by what is planned for these heights, as an operator's last resort.
    #[must_use]
    pub fn skipping(self, heights: BTreeSet<u64>) -> Self {
        Self { skipped: heights, ..self }
    }

    fn handler(&self, name: &str) -> Option<&Handler> {
        self.handlers.iter().find(|handler| handler.name == name)
    }
}

impl Module for Upgrade {
    fn name(&self) -> &'static str {
        "upgrade"
    }

    fn store(&self) -> Option<StoreId> {
        Some(state::STORE)
    }

    fn collections(&self) -> Vec<CollectionInfo> {
        state::collections()
    }

    fn register(&self, registry: &mut Registry) {
        registry.message::<SoftwareUpgrade>(execute::plan);
        registry.message::<CancelUpgrade>(execute::cancel);
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

    fn check_start(&self, ctx: &QueryCtx<'_>) -> Result<(), AppError> {
        start::check(self, ctx)
    }

    fn pre_block(&self, ctx: &mut BlockCtx<'_>) -> Result<(), AppError> {
        apply::pre_block(self, ctx)
    }
}
