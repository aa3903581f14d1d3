//! The context of a message.

use agora_state::{Bounds, Entries, KeyRange, StateError, StateKey, StateRead, StateWrite, Value};

use super::{BlockInfo, StateCtx, TxInfo, TxView};
use crate::errors::{AppError, sdk};
use crate::event::Event;
use crate::gas::{GasMeter, GasSchedule};
use crate::message::DynMessage;
use crate::registry::Registry;

/// The context of a message.
pub struct ExecCtx<'a> {
    view: &'a mut (dyn TxView + 'a),
    gas: &'a GasMeter,
    events: Vec<Event>,
    block: &'a BlockInfo,
    tx: TxInfo,
    registry: &'a Registry,
    nesting: usize,
}

/// The most messages that may lie in each other: one in the transaction, one in that, and so on.
pub const MAX_NESTING: usize = 4;

/// What a message within a message came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Dispatched {
    /// The encoded response and its type.
    pub response: prost_types::Any,
    /// Its events, not recorded yet: whoever dispatches adds what tells them apart.
    pub events: Vec<Event>,
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
        Self { view, gas, events: Vec::new(), block, tx, registry, nesting: 1 }
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

    /// Runs a message of the transaction: first it is asked whether it may run at present.
    ///
    /// # Errors
    /// Those of a module's gate and of the message.
    pub fn run(&mut self, message: &dyn DynMessage) -> Result<prost_types::Any, AppError> {
        self.registry.admit(&*self.view, message)?;
        message.execute(self)
    }

    /// Runs another message within this one, in a savepoint. Whether its signers agree is the caller's to settle.
    ///
    /// # Errors
    /// It lies deeper than [`MAX_NESTING`], may not run at present, or fails.
    pub fn dispatch(&mut self, message: &dyn DynMessage) -> Result<Dispatched, AppError> {
        if self.nesting >= MAX_NESTING {
            return Err(sdk::INVALID_REQUEST
                .wrap(format_args!("messages lie in each other more than {MAX_NESTING} deep; unpack them")));
        }
        let tx = TxInfo { signers: message.signers()?, ..self.tx.clone() };
        self.nested(|ctx| {
            let mut inner = ExecCtx {
                view: &mut *ctx.view,
                gas: ctx.gas,
                events: Vec::new(),
                block: ctx.block,
                tx,
                registry: ctx.registry,
                nesting: ctx.nesting.saturating_add(1),
            };
            let response = inner.run(message)?;
            Ok(Dispatched { response, events: inner.take_events() })
        })
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
