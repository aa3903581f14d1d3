//! The assembled state machine.

use std::collections::BTreeSet;
use std::sync::Arc;

use agora_auth::FEE_COLLECTOR;
use agora_framework::{Module, Registry, RegistryError};
use agora_primitives::{Address, module_address};
use agora_proto::amino::AminoCodec;
use agora_proto::strict::StrictDecoder;
use agora_state::StateKey;

use crate::ahead;
use crate::known::KnownTxs;
use crate::parsed_keys::ParsedKeys;
use crate::release::Release;
use crate::signature::Verifier;

/// The state machine: pure functions of state, block and bytes.
pub struct Runtime {
    registry: Registry,
    strict: StrictDecoder,
    amino: AminoCodec,
    known: KnownTxs,
    keys: ParsedKeys,
    fee_collector: Address,
    items: Vec<StateKey>,
    app_version: u64,
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
            keys: ParsedKeys::default(),
            fee_collector: module_address(FEE_COLLECTOR),
            items,
            app_version: Release::current().app_version,
        })
    }

    /// The list of modules of the program's release.
    ///
    /// # Errors
    /// The list contradicts itself; a test excludes it.
    pub fn standard() -> Result<Self, RegistryError> {
        Self::skipping(BTreeSet::new())
    }

    /// The same, passing by the upgrades that are planned for some heights: an operator's last resort.
    ///
    /// # Errors
    /// As [`Runtime::standard`].
    pub fn skipping(heights: BTreeSet<u64>) -> Result<Self, RegistryError> {
        Self::new((Release::current().modules)(heights))
    }

    /// The version of the state machine, as consensus has it from the block on that this release upgrades.
    #[must_use]
    pub const fn app_version(&self) -> u64 {
        self.app_version
    }

    /// The same machine under another version.
    #[must_use]
    pub const fn with_app_version(mut self, version: u64) -> Self {
        self.app_version = version;
        self
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
        Verifier { amino: &self.amino, pool: self.registry.pool(), keys: &self.keys, chain_id }
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
