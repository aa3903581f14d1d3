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

mod allocate;
pub mod api;
pub mod compound;
mod error;
mod execute;
mod genesis;
mod genesis_compounds;
mod genesis_indexes;
mod hooks;
pub mod index;
mod invariants;
mod ledger;
mod msgs;
mod query;
mod state;

#[allow(missing_docs, unreachable_pub, clippy::all, rustdoc::all)]
#[rustfmt::skip]
#[path = "gen/mod.rs"]
pub mod proto;

use agora_framework::{
    AppError, BlockCtx, GenesisCtx, Invariant, Module, ModuleAccount, QueryCtx, Registry, StakeHooks,
    ValidatorUpdate,
};
use agora_state::{CollectionInfo, StoreId};
pub use error::ALL as ERRORS;
pub use ledger::ACCOUNT;
pub use msgs::{
    CommunityPoolSpend, Compound, DepositRewards, FundCommunityPool, SetAutoCompound, SetWithdrawAddress,
    UpdateParams, WithdrawCommission, WithdrawReward,
};
pub use state::Params;

/// Rewards.
#[derive(Clone, Copy, Debug, Default)]
pub struct Distribution;

impl Module for Distribution {
    fn name(&self) -> &'static str {
        "distribution"
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
        &[ModuleAccount { name: ACCOUNT, permissions: &[], receives: false }]
    }

    fn register(&self, registry: &mut Registry) {
        registry.message::<SetWithdrawAddress>(execute::set_withdraw_address);
        registry.message::<WithdrawReward>(execute::withdraw_reward);
        registry.message::<WithdrawCommission>(execute::withdraw_commission);
        registry.message::<FundCommunityPool>(execute::fund_community_pool);
        registry.message::<CommunityPoolSpend>(execute::community_pool_spend);
        registry.message::<DepositRewards>(execute::deposit_rewards);
        registry.message::<UpdateParams>(execute::update_params);
        registry.message::<Compound>(compound::compound);
        registry.message::<SetAutoCompound>(compound::set_auto_compound);
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
        if let Some(decided) = ctx.decided() {
            allocate::run(ctx, &decided.votes)?;
        }
        compound::run(ctx)
    }

    fn stake_hooks(&self) -> Option<&dyn StakeHooks> {
        Some(self)
    }

    fn invariants(&self) -> Vec<Invariant> {
        invariants::all()
    }
}
