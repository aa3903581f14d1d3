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
mod error;
mod execute;
mod genesis;
mod invariants;
mod msgs;
mod query;
mod state;

use agora_framework::{AppError, GenesisCtx, Invariant, Module, QueryCtx, Registry, ValidatorUpdate};
use agora_state::{CollectionInfo, StateKey, StoreId, Value, WriteSet};
pub use error::ALL as ERRORS;
pub use msgs::{MultiSend, Send, SetSendEnabled, UpdateParams};

/// The bank module.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bank;

impl Module for Bank {
    fn name(&self) -> &'static str {
        "bank"
    }

    fn store(&self) -> Option<StoreId> {
        Some(state::STORE)
    }

    fn collections(&self) -> Vec<CollectionInfo> {
        state::collections()
    }

    fn register(&self, registry: &mut Registry) {
        registry.message::<Send>(execute::send::execute);
        registry.message::<MultiSend>(execute::multi_send::execute);
        registry.message::<UpdateParams>(execute::update_params::execute);
        registry.message::<SetSendEnabled>(execute::set_send_enabled::execute);
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

    fn derive(&self, key: &StateKey, value: Option<&Value>, derived: &mut WriteSet) {
        state::derive(key, value, derived);
    }

    /// Who holds a denom stays who holds it, however much that is.
    fn derive_changed(&self, _: &StateKey, _: &Value, _: &mut WriteSet) {}

    fn invariants(&self) -> Vec<Invariant> {
        invariants::all()
    }
}
