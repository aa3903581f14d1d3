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

pub mod curve;
mod genesis;
mod invariants;
mod msgs;
mod provision;
mod query;
mod state;

#[allow(missing_docs, unreachable_pub, clippy::all, rustdoc::all)]
#[rustfmt::skip]
#[path = "gen/mod.rs"]
pub mod proto;

use agora_bank::api as bank;
use agora_framework::{
    AppError, BlockCtx, ExecCtx, GenesisCtx, Invariant, Module, ModuleAccount, Permission, QueryCtx,
    Registry, StateCtx, ValidatorUpdate,
};
use agora_proto::cosmos::mint::v1beta1::MsgUpdateParamsResponse;
use agora_state::{CollectionInfo, StoreId};
pub use msgs::{Burn, UpdateParams};
use proto::agora::mint::v1::MsgBurnResponse;
pub use provision::{ACCOUNT, EPOCH};
pub use state::Params;

/// New coins.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mint;

/// Replaces the parameters; only for the chain's authority. They count from the next hour on, but for the cap, which counts at
/// once.
fn update_params(ctx: &mut ExecCtx<'_>, msg: UpdateParams) -> Result<MsgUpdateParamsResponse, AppError> {
    ctx.registry().require_authority(&msg.authority)?;
    state::PARAMS.set(ctx, &msg.params)?;
    Ok(MsgUpdateParamsResponse {})
}

/// Destroys coins of the sender.
fn burn(ctx: &mut ExecCtx<'_>, msg: Burn) -> Result<MsgBurnResponse, AppError> {
    bank::destroy(ctx, &msg.sender, &msg.amount)?;
    Ok(MsgBurnResponse {})
}

impl Module for Mint {
    fn name(&self) -> &'static str {
        "mint"
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
        &[ModuleAccount { name: ACCOUNT, permissions: &[Permission::Minter], receives: false }]
    }

    fn register(&self, registry: &mut Registry) {
        registry.message::<UpdateParams>(update_params);
        registry.message::<Burn>(burn);
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
        provision::run(ctx, now)
    }

    fn invariants(&self) -> Vec<Invariant> {
        invariants::all()
    }
}
