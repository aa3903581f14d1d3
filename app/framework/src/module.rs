//! What a module is.

use agora_primitives::{Address, module_address};
use agora_state::{CollectionInfo, StateKey, StateRead, StoreId, Value as StoredValue, WriteSet};
use serde_json::Value;

use crate::context::{BlockCtx, GenesisCtx, QueryCtx};
use crate::errors::{AppError, sdk};
use crate::gate::MessageGate;
use crate::registry::Registry;
use crate::stake::StakeHooks;

/// What a module's account may do with coins beyond holding them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Make coins.
    Minter,
    /// Destroy its own coins.
    Burner,
    /// Hold delegated coins.
    Staking,
}

impl Permission {
    /// The Cosmos SDK's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minter => "minter",
            Self::Burner => "burner",
            Self::Staking => "staking",
        }
    }
}

/// An account owned by a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModuleAccount {
    /// Its name, from which the address follows.
    pub name: &'static str,
    /// Its rights.
    pub permissions: &'static [Permission],
    /// Whether users may send coins to it.
    pub receives: bool,
}

impl ModuleAccount {
    /// Its address.
    #[must_use]
    pub fn address(&self) -> Address {
        module_address(self.name)
    }
}

/// A change of the validator set, asked of consensus by a block hook or genesis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidatorUpdate {
    /// The ed25519 key.
    pub pub_key: [u8; 32],
    /// The new power; 0 removes.
    pub power: u64,
}

/// A statement about the state that must hold after every block.
#[derive(Clone, Copy)]
pub struct Invariant {
    /// A sentence.
    pub name: &'static str,
    /// Says what is broken.
    pub check: fn(&dyn StateRead) -> Result<(), String>,
}

/// A module of the chain. One folder, one line in the runtime's list.
///
/// Only `name`, `collections` and `register` must be written; the defaults are those of a module that needs nothing else.
pub trait Module: Send + Sync + 'static {
    /// The name: unique, lower case, the codespace of its errors and the key of its genesis section.
    fn name(&self) -> &'static str;

    /// The store of its state; `None` for a module without state.
    fn store(&self) -> Option<StoreId> {
        None
    }

    /// Every collection of its `state.rs`.
    fn collections(&self) -> Vec<CollectionInfo> {
        Vec::new()
    }

    /// The encoded `FileDescriptorSet` of its own definitions; empty when all are in `agora-proto`.
    fn descriptors(&self) -> &'static [u8] {
        &[]
    }

    /// Its accounts.
    fn accounts(&self) -> &'static [ModuleAccount] {
        &[]
    }

    /// Declares its messages and queries.
    fn register(&self, registry: &mut Registry);

    /// The state version its code writes; raised together with a migration.
    fn version(&self) -> u64 {
        1
    }

    /// The genesis section of a new chain.
    fn default_genesis(&self) -> Value {
        Value::Object(serde_json::Map::new())
    }

    /// Writes the genesis section into the state.
    ///
    /// # Errors
    /// The section is malformed or contradicts itself; names the place.
    fn init_genesis(
        &self,
        ctx: &mut GenesisCtx<'_>,
        section: &Value,
    ) -> Result<Vec<ValidatorUpdate>, AppError> {
        let _ = (ctx, section);
        Ok(Vec::new())
    }

    /// Reads the genesis section back from the state.
    ///
    /// # Errors
    /// Storage fails.
    fn export_genesis(&self, ctx: &QueryCtx<'_>) -> Result<Value, AppError> {
        let _ = ctx;
        Ok(self.default_genesis())
    }

    /// The validators that make blocks in this state, for an export; empty for a module that chooses none.
    ///
    /// # Errors
    /// Storage fails.
    fn validators(&self, ctx: &QueryCtx<'_>) -> Result<Vec<ValidatorUpdate>, AppError> {
        let _ = ctx;
        Ok(Vec::new())
    }

    /// Brings the state to [`Module::version`] from an older one, at an upgrade: `from` is below it. A module whose key layout changes
    /// does it over several blocks, with a cursor.
    ///
    /// # Errors
    /// Only what must stop the chain; by default there is no migration.
    fn migrate(&self, ctx: &mut BlockCtx<'_>, from: u64) -> Result<(), AppError> {
        let _ = ctx;
        Err(sdk::LOGIC.wrap(format_args!(
            "module {} has no migration from version {from} to {}",
            self.name(),
            self.version()
        )))
    }

    /// Whether this release may go on from a state; asked when a node starts.
    ///
    /// # Errors
    /// Why not, and which release may.
    fn check_start(&self, ctx: &QueryCtx<'_>) -> Result<(), AppError> {
        let _ = ctx;
        Ok(())
    }

    /// Runs before every module's `begin_block`, in list order: what decides how the block is executed.
    ///
    /// # Errors
    /// Only what must stop the chain.
    fn pre_block(&self, ctx: &mut BlockCtx<'_>) -> Result<(), AppError> {
        let _ = ctx;
        Ok(())
    }

    /// Runs before the block's transactions, in list order.
    ///
    /// # Errors
    /// Only what must stop the chain.
    fn begin_block(&self, ctx: &mut BlockCtx<'_>) -> Result<(), AppError> {
        let _ = ctx;
        Ok(())
    }

    /// Runs after the block's transactions, in list order.
    ///
    /// # Errors
    /// Only what must stop the chain.
    fn end_block(&self, ctx: &mut BlockCtx<'_>) -> Result<(), AppError> {
        let _ = ctx;
        Ok(())
    }

    /// What it does when stakes change; `None` for a module that does not follow them.
    fn stake_hooks(&self) -> Option<&dyn StakeHooks> {
        None
    }

    /// What it says of messages before they run; `None` for a module that refuses nobody's.
    fn gate(&self) -> Option<&dyn MessageGate> {
        None
    }

    /// Follows a change of its own authenticated state in its derived collections. Called once for every changed key of
    /// its store when a block ends, so an index costs a transaction neither gas nor conflicts, and can be rebuilt.
    fn derive(&self, key: &StateKey, value: Option<&StoredValue>, derived: &mut WriteSet) {
        let _ = (key, value, derived);
    }

    /// Follows an entry that was there before the block and has another value now: as [`Module::derive`] by default. An index of
    /// which entries there are has nothing to do then, and should say so here.
    ///
    /// Which entries are known to have been there is a matter of speed: what is derived must be the same either way.
    fn derive_changed(&self, key: &StateKey, value: &StoredValue, derived: &mut WriteSet) {
        self.derive(key, Some(value), derived);
    }

    /// What must hold after every block; checked in simulation, never in production.
    fn invariants(&self) -> Vec<Invariant> {
        Vec::new()
    }
}
