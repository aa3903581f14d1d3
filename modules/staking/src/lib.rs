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
mod concentration;
mod error;
mod execute;
mod genesis;
mod genesis_entries;
mod genesis_history;
mod genesis_validators;
mod history;
mod invariants;
mod ledger;
pub mod math;
mod msgs;
mod params;
mod pools;
mod query;
mod queue;
mod set;
mod slash;
mod state;
mod types;
mod wire;

#[allow(missing_docs, unreachable_pub, clippy::all, rustdoc::all)]
#[rustfmt::skip]
#[path = "gen/mod.rs"]
pub mod proto;

use agora_framework::{
    AppError, BlockCtx, GenesisCtx, Invariant, Module, ModuleAccount, Permission, QueryCtx, Registry,
    ValidatorUpdate,
};
use agora_state::{CollectionInfo, StateKey, StoreId, Value, WriteSet};
pub use error::ALL as ERRORS;
pub use msgs::{
    BeginRedelegate, CancelUnbonding, CreateValidator, Delegate, EditValidator, KEEP, Undelegate,
    UpdateParams,
};
pub use params::Params;
pub use pools::{BONDED_POOL, NOT_BONDED_POOL};
pub use queue::MOST as MOST_DUE;
pub use types::{Commission, Description, Now, POWER_REDUCTION, Status, Validator};

/// Proof of stake.
#[derive(Clone, Copy, Debug, Default)]
pub struct Staking;

impl Module for Staking {
    fn name(&self) -> &'static str {
        "staking"
    }

    fn store(&self) -> Option<StoreId> {
        Some(state::STORE)
    }

    fn collections(&self) -> Vec<CollectionInfo> {
        state::collections()
    }

    fn descriptors(&self) -> &'static [u8] {
        include_bytes!("gen/descriptors.bin")
    }

    fn accounts(&self) -> &'static [ModuleAccount] {
        const PERMISSIONS: &[Permission] = &[Permission::Burner, Permission::Staking];
        &[
            ModuleAccount { name: BONDED_POOL, permissions: PERMISSIONS, receives: false },
            ModuleAccount { name: NOT_BONDED_POOL, permissions: PERMISSIONS, receives: false },
        ]
    }

    fn register(&self, registry: &mut Registry) {
        registry.message::<CreateValidator>(execute::create_validator::execute);
        registry.message::<EditValidator>(execute::edit_validator::execute);
        registry.message::<Delegate>(execute::delegate::execute);
        registry.message::<BeginRedelegate>(execute::redelegate::execute);
        registry.message::<Undelegate>(execute::undelegate::execute);
        registry.message::<CancelUnbonding>(execute::cancel_unbonding::execute);
        registry.message::<UpdateParams>(execute::update_params::execute);
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
        genesis::init(ctx, section)
    }

    fn export_genesis(&self, ctx: &QueryCtx<'_>) -> Result<serde_json::Value, AppError> {
        genesis::export(ctx)
    }

    fn validators(&self, ctx: &QueryCtx<'_>) -> Result<Vec<ValidatorUpdate>, AppError> {
        set::told(ctx)
    }

    fn begin_block(&self, ctx: &mut BlockCtx<'_>) -> Result<(), AppError> {
        let (now, decided) = (Now::from(ctx.block()), ctx.decided());
        history::track(ctx, now, decided)
    }

    fn end_block(&self, ctx: &mut BlockCtx<'_>) -> Result<(), AppError> {
        let now = Now::from(ctx.block());
        let updates = set::update(ctx, now)?;
        ctx.validator_updates.extend(updates);
        queue::run(ctx, now)
    }

    fn derive(&self, key: &StateKey, value: Option<&Value>, derived: &mut WriteSet) {
        state::derive(key, value, derived);
    }

    /// Who delegates to a validator goes on to, however much that is.
    fn derive_changed(&self, _: &StateKey, _: &Value, _: &mut WriteSet) {}

    fn invariants(&self) -> Vec<Invariant> {
        invariants::all()
    }
}
