//! The assembled state machine.

use std::sync::Arc;

use agora_auth::FEE_COLLECTOR;
use agora_framework::{Module, Registry, RegistryError};
use agora_primitives::{Address, module_address};
use agora_proto::amino::AminoCodec;
use agora_proto::strict::StrictDecoder;
use agora_state::StateKey;

use crate::ahead;
use crate::known::KnownTxs;
use crate::signature::Verifier;

/// The state machine: pure functions of state, block and bytes.
pub struct Runtime {
    registry: Registry,
    strict: StrictDecoder,
    amino: AminoCodec,
    known: KnownTxs,
    fee_collector: Address,
    items: Vec<StateKey>,
}

impl Runtime {
    /// Assembles the machine from a list of modules.
    ///
    /// # Errors
    /// The list contradicts itself.
    pub fn new(modules: Vec<Arc<dyn Module>>) -> Result<Self, RegistryError> {
        let registry = Registry::new(modules)?;
        let strict = StrictDecoder::new(registry.pool());
        let amino = AminoCodec::new(registry.pool());
        let items = ahead::items(&registry);
        Ok(Self {
            registry,
            strict,
            amino,
            known: KnownTxs::default(),
            fee_collector: module_address(FEE_COLLECTOR),
            items,
        })
    }

    /// The chain's own list of modules.
    ///
    /// # Errors
    /// The list contradicts itself; a test excludes it.
    pub fn standard() -> Result<Self, RegistryError> {
        Self::new(crate::modules())
    }

    /// Routes, accounts, stores and definitions.
    #[must_use]
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(crate) const fn strict(&self) -> &StrictDecoder {
        &self.strict
    }

    /// What checks signatures for a chain.
    pub(crate) const fn verifier<'a>(&'a self, chain_id: &'a str) -> Verifier<'a> {
        Verifier { amino: &self.amino, pool: self.registry.pool(), chain_id }
    }

    /// The keys of the modules' single values.
    pub(crate) fn items(&self) -> &[StateKey] {
        &self.items
    }

    /// The account that collects fees.
    pub(crate) const fn fee_collector(&self) -> &Address {
        &self.fee_collector
    }

    pub(crate) const fn known(&self) -> &KnownTxs {
        &self.known
    }
}
