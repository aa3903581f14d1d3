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

mod ballot;
mod end;
mod error;
mod execute;
mod genesis;
mod genesis_records;
mod hooks;
mod invariants;
mod msgs;
mod params;
mod power;
mod query;
mod settle;
mod state;
mod sweep;
mod tally;
mod types;
mod wire;

use agora_framework::{
    AppError, BlockCtx, GenesisCtx, Invariant, Module, ModuleAccount, Permission, QueryCtx, Registry,
    StakeHooks, ValidatorUpdate,
};
use agora_state::{CollectionInfo, StoreId};
pub use end::{BLOCK_GAS, MOST_COUNTED, MOST_PROPOSALS, PROPOSAL_GAS};
pub use error::ALL as ERRORS;
pub use msgs::{
    CancelProposal, Deposit, DepositBeta, ExecLegacyContent, SubmitBeta, SubmitProposal, UpdateParams, Vote,
    VoteBeta, VoteWeighted, VoteWeightedBeta,
};
pub use params::Params;
pub use settle::{ACCOUNT, MOST_DEPOSITS};
pub use sweep::MOST_SWEPT;
pub use tally::{Count, Rules, Verdict, decide};
pub use types::{Choice, Options};

/// The account that passed proposals act for: the authority over parameters.
pub const AUTHORITY: &str = "gov";

/// Proposals and votes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gov;

impl Module for Gov {
    fn name(&self) -> &'static str {
        "gov"
    }

    fn store(&self) -> Option<StoreId> {
        Some(state::STORE)
    }

    fn collections(&self) -> Vec<CollectionInfo> {
        state::collections()
    }

    fn accounts(&self) -> &'static [ModuleAccount] {
        &[
            ModuleAccount { name: AUTHORITY, permissions: &[], receives: false },
            ModuleAccount { name: ACCOUNT, permissions: &[Permission::Burner], receives: false },
        ]
    }

    fn register(&self, registry: &mut Registry) {
        registry.message::<SubmitProposal>(execute::submit_proposal);
        registry.message::<Deposit>(execute::deposit);
        registry.message::<Vote>(execute::vote);
        registry.message::<VoteWeighted>(execute::vote_weighted);
        registry.message::<CancelProposal>(execute::cancel_proposal);
        registry.message::<ExecLegacyContent>(execute::exec_legacy_content);
        registry.message::<UpdateParams>(execute::update_params);
        registry.message::<SubmitBeta>(execute::beta::submit_proposal);
        registry.message::<DepositBeta>(execute::beta::deposit);
        registry.message::<VoteBeta>(execute::beta::vote);
        registry.message::<VoteWeightedBeta>(execute::beta::vote_weighted);
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
        end::run(ctx)
    }

    fn stake_hooks(&self) -> Option<&dyn StakeHooks> {
        Some(self)
    }

    fn invariants(&self) -> Vec<Invariant> {
        invariants::all()
    }
}
