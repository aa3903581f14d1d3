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
mod genesis_nonces;
mod hooks;
mod msgs;
mod pubkey;
mod query;
mod state;

use agora_framework::{
    AppError, BlockCtx, GenesisCtx, Module, ModuleAccount, QueryCtx, Registry, ValidatorUpdate,
};
use agora_state::{CollectionInfo, StoreId};
pub use msgs::UpdateParams;
pub use pubkey::{MAX_MULTISIG_KEYS, PubKey, PubKeyError};
pub use state::{Account, Params};

/// The account that collects fees until they are distributed.
pub const FEE_COLLECTOR: &str = "fee_collector";

/// The auth module.
#[derive(Clone, Copy, Debug, Default)]
pub struct Auth;

impl Module for Auth {
    fn name(&self) -> &'static str {
        "auth"
    }

    fn store(&self) -> Option<StoreId> {
        Some(state::STORE)
    }

    fn collections(&self) -> Vec<CollectionInfo> {
        state::collections()
    }

    fn accounts(&self) -> &'static [ModuleAccount] {
        &[ModuleAccount { name: FEE_COLLECTOR, permissions: &[], receives: false }]
    }

    fn register(&self, registry: &mut Registry) {
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
        hooks::forget_expired_nonces(ctx)
    }
}
