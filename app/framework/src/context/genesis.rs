//! The context of genesis.

use agora_state::{Bounds, Entries, KeyRange, StateError, StateKey, StateRead, StateWrite, Value};

use super::{StateCtx, TxView};
use crate::event::Event;
use crate::module::ValidatorUpdate;
use crate::registry::Registry;

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

unmetered!(GenesisCtx);

impl StateCtx for GenesisCtx<'_> {
    /// Genesis has no events.
    fn emit(&mut self, _: Event) {}

    fn registry(&self) -> &Registry {
        self.registry
    }
}
