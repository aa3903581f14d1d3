//! A release after this one, for tests that replace a running network's program: one upgrade, one module with a migration, one new
//! module with a store of its own, and a higher application version.

use std::collections::BTreeSet;
use std::sync::Arc;

use agora_auth::api as auth;
use agora_framework::{
    AppError, BlockCtx, GenesisCtx, Invariant, MessageGate, Module, ModuleAccount, QueryCtx, Registry,
    StakeHooks, ValidatorUpdate,
};
use agora_primitives::Address;
use agora_runtime::upgrades::{Handler, Upgrade};
use agora_runtime::{APP_VERSION, Release, with_upgrade};
use agora_state::{CollectionInfo, Item, Space, StateKey, StoreId, Value as StoredValue, WriteSet};
use serde_json::Value;

/// The upgrade that begins it.
pub const NAME: &str = "next";

/// The module that it migrates, and to which version.
pub const MIGRATED: (&str, u64) = ("auth", 2);

/// The module that it adds, and its store.
pub const ADDED: &str = "marks";

/// The sequence that the migration gives to [`witness`].
pub const SEQUENCE: u64 = 77;

/// Blocks since the upgrade.
const BLOCKS: Item<u64> = Item::new(StoreId::new(ADDED), 1, Space::Tree, "BLOCKS");

/// The account that the migration makes.
#[must_use]
pub fn witness() -> Address {
    Address::from_20([0xaa; 20])
}

/// The release.
#[must_use]
pub const fn release() -> Release {
    Release { app_version: APP_VERSION + 1, modules }
}

/// Its modules.
#[must_use]
pub fn modules(skipped: BTreeSet<u64>) -> Vec<Arc<dyn Module>> {
    let upgrade = Upgrade::new(vec![Handler { name: NAME, run: |_| Ok(()) }]).skipping(skipped);
    let mut modules = with_upgrade(upgrade);
    for module in &mut modules {
        if module.name() == MIGRATED.0 {
            *module = Arc::new(Migrated(Arc::clone(module)));
        }
    }
    modules.push(Arc::new(Marks));
    modules
}

/// A module of this release with the version after.
struct Migrated(Arc<dyn Module>);

impl Module for Migrated {
    fn version(&self) -> u64 {
        MIGRATED.1
    }

    fn migrate(&self, ctx: &mut BlockCtx<'_>, from: u64) -> Result<(), AppError> {
        assert_eq!(from, self.0.version(), "the version recorded is that of the release before");
        let account = agora_auth::Account { sequence: SEQUENCE, pub_key: None };
        Ok(auth::set_account(ctx, &witness(), &account)?)
    }

    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn store(&self) -> Option<StoreId> {
        self.0.store()
    }

    fn collections(&self) -> Vec<CollectionInfo> {
        self.0.collections()
    }

    fn descriptors(&self) -> &'static [u8] {
        self.0.descriptors()
    }

    fn accounts(&self) -> &'static [ModuleAccount] {
        self.0.accounts()
    }

    fn register(&self, registry: &mut Registry) {
        self.0.register(registry);
    }

    fn default_genesis(&self) -> Value {
        self.0.default_genesis()
    }

    fn init_genesis(
        &self,
        ctx: &mut GenesisCtx<'_>,
        section: &Value,
    ) -> Result<Vec<ValidatorUpdate>, AppError> {
        self.0.init_genesis(ctx, section)
    }

    fn export_genesis(&self, ctx: &QueryCtx<'_>) -> Result<Value, AppError> {
        self.0.export_genesis(ctx)
    }

    fn validators(&self, ctx: &QueryCtx<'_>) -> Result<Vec<ValidatorUpdate>, AppError> {
        self.0.validators(ctx)
    }

    fn pre_block(&self, ctx: &mut BlockCtx<'_>) -> Result<(), AppError> {
        self.0.pre_block(ctx)
    }

    fn begin_block(&self, ctx: &mut BlockCtx<'_>) -> Result<(), AppError> {
        self.0.begin_block(ctx)
    }

    fn end_block(&self, ctx: &mut BlockCtx<'_>) -> Result<(), AppError> {
        self.0.end_block(ctx)
    }

    fn stake_hooks(&self) -> Option<&dyn StakeHooks> {
        self.0.stake_hooks()
    }

    fn gate(&self) -> Option<&dyn MessageGate> {
        self.0.gate()
    }

    fn derive(&self, key: &StateKey, value: Option<&StoredValue>, derived: &mut WriteSet) {
        self.0.derive(key, value, derived);
    }

    fn derive_changed(&self, key: &StateKey, value: &StoredValue, derived: &mut WriteSet) {
        self.0.derive_changed(key, value, derived);
    }

    fn invariants(&self) -> Vec<Invariant> {
        self.0.invariants()
    }
}

/// Counts blocks.
struct Marks;

impl Module for Marks {
    fn name(&self) -> &'static str {
        ADDED
    }

    fn store(&self) -> Option<StoreId> {
        Some(BLOCKS.info().store)
    }

    fn collections(&self) -> Vec<CollectionInfo> {
        vec![BLOCKS.info()]
    }

    fn register(&self, _: &mut Registry) {}

    fn begin_block(&self, ctx: &mut BlockCtx<'_>) -> Result<(), AppError> {
        let blocks = BLOCKS.get(ctx)?.unwrap_or_default();
        Ok(BLOCKS.set(ctx, &blocks.saturating_add(1))?)
    }
}
