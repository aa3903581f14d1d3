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
mod find;
mod genesis;
mod invariants;
pub mod math;
mod msgs;
mod num;
mod oracle;
mod params;
mod planted;
mod pool;
mod position;
#[cfg(test)]
mod proof;
mod protection;
mod query;
mod route;
mod router;
mod shares;
mod split;
mod state;
mod taker_fee;
mod wire;

#[allow(missing_docs, unreachable_pub, clippy::all, rustdoc::all)]
#[rustfmt::skip]
#[path = "gen/mod.rs"]
pub mod proto;

// The tests in `proof` share the means of those in `tests`, which know this crate by its name.
#[cfg(test)]
extern crate self as agora_dex;

use agora_framework::{
    AppError, BlockCtx, GenesisCtx, Invariant, Module, ModuleAccount, Permission, QueryCtx, Registry,
    ValidatorUpdate,
};
use agora_state::{CollectionInfo, StateKey, StoreId, Value, WriteSet};
pub use error::ALL as ERRORS;
pub use msgs::{
    CollectFees, CreateConcentratedPool, CreatePool, CreateStablePool, CreateWeightedPool, DecreasePosition,
    Exit, ExitSingle, ExitSingleExactOut, FEE_TIERS, IncreasePosition, Join, JoinExactShares, JoinSingle,
    JoinSingleExactShares, OpenPosition, RampAmplification, SetPoolBreaker, SetRates, SwapExactIn,
    SwapExactOut, TransferPosition, UpdateParams,
};
pub use oracle::price::Price;
pub use pool::{IdError, MAX_POOL_COINS, MAX_SWAP_FEE, PoolId, PositionId};
pub use route::{Hop, MAX_HOPS, MAX_ROUTES, Route};

/// The module's definitions.
pub static DESCRIPTORS: &[u8] = include_bytes!("gen/descriptors.bin");

/// The exchange.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dex;

impl Module for Dex {
    fn name(&self) -> &'static str {
        "dex"
    }

    fn store(&self) -> Option<StoreId> {
        Some(state::STORE)
    }

    fn collections(&self) -> Vec<CollectionInfo> {
        state::collections()
    }

    fn descriptors(&self) -> &'static [u8] {
        DESCRIPTORS
    }

    fn accounts(&self) -> &'static [ModuleAccount] {
        &[
            ModuleAccount {
                name: shares::ACCOUNT,
                permissions: &[Permission::Minter, Permission::Burner],
                receives: false,
            },
            ModuleAccount { name: taker_fee::ACCOUNT, permissions: &[Permission::Burner], receives: false },
        ]
    }

    fn register(&self, registry: &mut Registry) {
        registry.message::<CreatePool>(execute::create_pool::constant_product);
        registry.message::<CreateWeightedPool>(execute::create_pool::weighted);
        registry.message::<CreateStablePool>(execute::create_pool::stable);
        registry.message::<CreateConcentratedPool>(execute::create_pool::concentrated);
        registry.message::<Join>(execute::liquidity::join);
        registry.message::<JoinExactShares>(execute::liquidity::join_exact_shares);
        registry.message::<JoinSingle>(execute::liquidity::join_single);
        registry.message::<Exit>(execute::liquidity::exit);
        registry.message::<ExitSingle>(execute::liquidity::exit_single);
        registry.message::<JoinSingleExactShares>(execute::liquidity::join_single_exact_shares);
        registry.message::<ExitSingleExactOut>(execute::liquidity::exit_single_exact_out);
        registry.message::<OpenPosition>(execute::positions::open);
        registry.message::<IncreasePosition>(execute::positions::increase);
        registry.message::<DecreasePosition>(execute::positions::decrease);
        registry.message::<CollectFees>(execute::positions::collect);
        registry.message::<TransferPosition>(execute::positions::transfer);
        registry.message::<SwapExactIn>(execute::swap::exact_in);
        registry.message::<SwapExactOut>(execute::swap::exact_out);
        registry.message::<RampAmplification>(execute::stable::ramp);
        registry.message::<SetRates>(execute::stable::set_rates);
        registry.message::<SetPoolBreaker>(execute::breaker::execute);
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
        genesis::init(ctx, section).map(|()| Vec::new())
    }

    fn export_genesis(&self, ctx: &QueryCtx<'_>) -> Result<serde_json::Value, AppError> {
        genesis::export(ctx)
    }

    fn begin_block(&self, ctx: &mut BlockCtx<'_>) -> Result<(), AppError> {
        protection::watch_clock(ctx)
    }

    fn end_block(&self, ctx: &mut BlockCtx<'_>) -> Result<(), AppError> {
        oracle::record_touched(ctx)?;
        taker_fee::hand_on(ctx)
    }

    fn derive(&self, key: &StateKey, value: Option<&Value>, derived: &mut WriteSet) {
        state::derive(key, value, derived);
    }

    /// The coins of a pool stay what they are.
    fn derive_changed(&self, _: &StateKey, _: &Value, _: &mut WriteSet) {}

    fn invariants(&self) -> Vec<Invariant> {
        invariants::all()
    }
}
