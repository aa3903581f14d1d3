//! The context of a block hook.

use agora_state::{Bounds, Entries, KeyRange, StateError, StateKey, StateRead, StateWrite, Value};

use super::{BlockInfo, GenesisCtx, StateCtx, TxView};
use crate::decided::Decided;
use crate::event::Event;
use crate::module::ValidatorUpdate;
use crate::registry::Registry;

/// The context of a block hook. Not metered; sees the block's totals; may change validators.
pub struct BlockCtx<'a> {
    pub(crate) view: &'a mut (dyn TxView + 'a),
    pub(crate) block: &'a BlockInfo,
    decided: Option<&'a Decided>,
    pub(crate) registry: &'a Registry,
    /// Gas wanted by the block's transactions that passed ante; 0 before them.
    pub gas_wanted: u64,
    /// Changes of the validator set, for consensus.
    pub validator_updates: Vec<ValidatorUpdate>,
    pub(crate) events: Vec<Event>,
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

    /// The context in which a module begins that an upgrade adds.
    pub fn genesis(&mut self) -> GenesisCtx<'_> {
        GenesisCtx::new(&mut *self.view, self.registry)
    }

    /// The events recorded so far; the context is left without.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }
}

unmetered!(BlockCtx);

impl StateCtx for BlockCtx<'_> {
    fn emit(&mut self, event: Event) {
        self.events.push(event);
    }

    fn registry(&self) -> &Registry {
        self.registry
    }
}
