//! Contexts: the rights of whoever runs.

use agora_primitives::Address;
use agora_state::{
    Bounds, Entries, KeyRange, StateError, StateKey, StateRead, StateWrite, TrackedView, Value,
};

use crate::decided::Decided;
use crate::errors::AppError;
use crate::event::Event;
use crate::gas::{GasMeter, GasSchedule};
use crate::module::ValidatorUpdate;
use crate::registry::Registry;

/// The block being executed, or the head a query reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockInfo {
    /// The chain id.
    pub chain_id: String,
    /// The height.
    pub height: u64,
    /// The header's time in nanoseconds since 1970.
    pub time: u64,
}

/// The transaction a message belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxInfo {
    /// SHA-256 of its bytes.
    pub hash: [u8; 32],
    /// The signers of the message being executed.
    pub signers: Vec<Address>,
    /// The sequence of the first signer, before this transaction: with the message's index, a unique seed for ids.
    pub sequence: u64,
    /// The message's index.
    pub msg_index: u32,
}

/// Writable state with savepoints.
pub trait TxView: StateWrite {
    /// Opens a savepoint.
    fn savepoint(&mut self);
    /// Keeps what was written since.
    ///
    /// # Errors
    /// A sum overflows.
    fn keep(&mut self) -> Result<(), StateError>;
    /// Drops what was written since.
    fn rollback(&mut self);
}

impl TxView for TrackedView<'_> {
    fn savepoint(&mut self) {
        TrackedView::savepoint(self);
    }

    fn keep(&mut self) -> Result<(), StateError> {
        TrackedView::keep(self)
    }

    fn rollback(&mut self) {
        TrackedView::rollback(self);
    }
}

/// What the functions a module offers to others need: state and events.
pub trait StateCtx: StateWrite {
    /// Records an event.
    fn emit(&mut self, event: Event);
    /// Names, accounts and routes of the chain.
    fn registry(&self) -> &Registry;
}

/// The context of a message.
pub struct ExecCtx<'a> {
    view: &'a mut (dyn TxView + 'a),
    gas: &'a GasMeter,
    events: Vec<Event>,
    block: &'a BlockInfo,
    tx: TxInfo,
    registry: &'a Registry,
}

impl<'a> ExecCtx<'a> {
    /// Assembled by the runtime.
    #[must_use]
    pub fn new(
        view: &'a mut (dyn TxView + 'a),
        gas: &'a GasMeter,
        block: &'a BlockInfo,
        tx: TxInfo,
        registry: &'a Registry,
    ) -> Self {
        Self { view, gas, events: Vec::new(), block, tx, registry }
    }

    /// The block.
    #[must_use]
    pub const fn block(&self) -> &BlockInfo {
        self.block
    }

    /// The transaction.
    #[must_use]
    pub const fn tx(&self) -> &TxInfo {
        &self.tx
    }

    /// The gas meter, for work that no state access shows (signatures, loops of math).
    #[must_use]
    pub const fn gas(&self) -> &GasMeter {
        self.gas
    }

    /// The events recorded so far; the context is left without.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Runs `body` in a savepoint: its writes and events stay only if it succeeds.
    ///
    /// # Errors
    /// Those of `body`.
    pub fn nested<T>(&mut self, body: impl FnOnce(&mut Self) -> Result<T, AppError>) -> Result<T, AppError> {
        let events = self.events.len();
        self.view.savepoint();
        match body(self) {
            Ok(value) => {
                self.view.keep()?;
                Ok(value)
            }
            Err(error) => {
                self.view.rollback();
                self.events.truncate(events);
                Err(error)
            }
        }
    }

    fn charge(&self, amount: u64, what: &'static str) -> Result<(), StateError> {
        if self.gas.take(amount, what) { Ok(()) } else { Err(StateError::OutOfGas) }
    }
}

fn bytes(key: &StateKey, value: usize) -> u64 {
    u64::try_from(key.key.len().saturating_add(value)).unwrap_or(u64::MAX)
}

const COST: GasSchedule = GasSchedule::CURRENT;

impl StateRead for ExecCtx<'_> {
    fn get(&self, key: &StateKey) -> Result<Option<Value>, StateError> {
        self.charge(COST.read_flat, "ReadFlat")?;
        let value = self.view.get(key)?;
        let len = value.as_ref().map_or(0, |v| v.len());
        self.charge(COST.read_byte.saturating_mul(bytes(key, len)), "ReadPerByte")?;
        Ok(value)
    }

    fn range(&self, range: &KeyRange) -> Result<Entries, StateError> {
        self.charge(COST.read_flat, "IterNextCostFlat")?;
        let entries = self.view.range(range)?;
        for (key, value) in &entries {
            let len = u64::try_from(key.len().saturating_add(value.len())).unwrap_or(u64::MAX);
            let cost = COST.range_entry.saturating_add(COST.read_byte.saturating_mul(len));
            self.charge(cost, "IterNextCostFlat")?;
        }
        Ok(entries)
    }
}

impl StateWrite for ExecCtx<'_> {
    fn set(&mut self, key: &StateKey, value: Value) -> Result<(), StateError> {
        self.charge(COST.write_flat, "WriteFlat")?;
        self.charge(COST.write_byte.saturating_mul(bytes(key, value.len())), "WritePerByte")?;
        self.view.set(key, value)
    }

    fn delete(&mut self, key: &StateKey) -> Result<(), StateError> {
        self.charge(COST.delete_flat, "Delete")?;
        self.view.delete(key)
    }

    fn add(&mut self, key: &StateKey, delta: i128, bounds: Option<Bounds>) -> Result<(), StateError> {
        self.charge(COST.add_flat, "AddFlat")?;
        self.view.add(key, delta, bounds)
    }
}

impl StateCtx for ExecCtx<'_> {
    fn emit(&mut self, event: Event) {
        self.events.push(event);
    }

    fn registry(&self) -> &Registry {
        self.registry
    }
}

/// The context of a block hook. Not metered; sees the block's totals; may change validators.
pub struct BlockCtx<'a> {
    view: &'a mut (dyn TxView + 'a),
    block: &'a BlockInfo,
    decided: Option<&'a Decided>,
    registry: &'a Registry,
    /// Gas wanted by the block's transactions that passed ante; 0 before them.
    pub gas_wanted: u64,
    /// Changes of the validator set, for consensus.
    pub validator_updates: Vec<ValidatorUpdate>,
    events: Vec<Event>,
}

impl<'a> BlockCtx<'a> {
    /// Assembled by the runtime.
    #[must_use]
    pub fn new(
        view: &'a mut (dyn TxView + 'a),
        block: &'a BlockInfo,
        registry: &'a Registry,
        gas_wanted: u64,
    ) -> Self {
        let (validator_updates, events) = (Vec::new(), Vec::new());
        Self { view, block, decided: None, registry, gas_wanted, validator_updates, events }
    }

    /// Adds what the block was decided with.
    #[must_use]
    pub const fn with_decided(mut self, decided: &'a Decided) -> Self {
        self.decided = Some(decided);
        self
    }

    /// What the block was decided with; `None` where blocks are made without consensus.
    #[must_use]
    pub const fn decided(&self) -> Option<&'a Decided> {
        self.decided
    }

    /// The block.
    #[must_use]
    pub const fn block(&self) -> &BlockInfo {
        self.block
    }

    /// The events recorded so far; the context is left without.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }
}

/// The context of genesis: writes, and no clock.
pub struct GenesisCtx<'a> {
    view: &'a mut (dyn TxView + 'a),
    registry: &'a Registry,
    validators: &'a [ValidatorUpdate],
}

impl<'a> GenesisCtx<'a> {
    /// Assembled by the runtime.
    #[must_use]
    pub fn new(view: &'a mut (dyn TxView + 'a), registry: &'a Registry) -> Self {
        Self { view, registry, validators: &[] }
    }

    /// Adds the validators that the genesis document of consensus names.
    #[must_use]
    pub const fn with_validators(mut self, validators: &'a [ValidatorUpdate]) -> Self {
        self.validators = validators;
        self
    }

    /// The validators that the genesis document of consensus names: those of the first block, unless the modules say others.
    #[must_use]
    pub const fn validators(&self) -> &'a [ValidatorUpdate] {
        self.validators
    }
}

macro_rules! unmetered {
    ($ctx:ident) => {
        impl StateRead for $ctx<'_> {
            fn get(&self, key: &StateKey) -> Result<Option<Value>, StateError> {
                self.view.get(key)
            }

            fn range(&self, range: &KeyRange) -> Result<Entries, StateError> {
                self.view.range(range)
            }
        }

        impl StateWrite for $ctx<'_> {
            fn set(&mut self, key: &StateKey, value: Value) -> Result<(), StateError> {
                self.view.set(key, value)
            }

            fn delete(&mut self, key: &StateKey) -> Result<(), StateError> {
                self.view.delete(key)
            }

            fn add(&mut self, key: &StateKey, delta: i128, bounds: Option<Bounds>) -> Result<(), StateError> {
                self.view.add(key, delta, bounds)
            }
        }
    };
}
unmetered!(BlockCtx);
unmetered!(GenesisCtx);

impl StateCtx for BlockCtx<'_> {
    fn emit(&mut self, event: Event) {
        self.events.push(event);
    }

    fn registry(&self) -> &Registry {
        self.registry
    }
}

impl StateCtx for GenesisCtx<'_> {
    /// Genesis has no events.
    fn emit(&mut self, _: Event) {}

    fn registry(&self) -> &Registry {
        self.registry
    }
}

/// The context of a query: one view of one height, reads only.
pub struct QueryCtx<'a> {
    state: &'a dyn StateRead,
    block: &'a BlockInfo,
    registry: &'a Registry,
}

impl<'a> QueryCtx<'a> {
    /// Assembled by the runtime.
    #[must_use]
    pub fn new(state: &'a dyn StateRead, block: &'a BlockInfo, registry: &'a Registry) -> Self {
        Self { state, block, registry }
    }

    /// The head the query reads.
    #[must_use]
    pub const fn block(&self) -> &BlockInfo {
        self.block
    }

    /// Names, accounts and routes of the chain.
    #[must_use]
    pub const fn registry(&self) -> &Registry {
        self.registry
    }
}

impl StateRead for QueryCtx<'_> {
    fn get(&self, key: &StateKey) -> Result<Option<Value>, StateError> {
        self.state.get(key)
    }

    fn range(&self, range: &KeyRange) -> Result<Entries, StateError> {
        self.state.range(range)
    }
}
