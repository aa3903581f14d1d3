//! The assembled state machine.

use std::collections::BTreeSet;
use std::sync::Arc;

use agora_framework::{Module, Registry, RegistryError};
use agora_proto::amino::AminoCodec;
use agora_proto::strict::StrictDecoder;
use parking_lot::Mutex;

use crate::signature::Verifier;

/// Hashes remembered in each generation of the cache.
const GENERATION: usize = 1 << 16;

/// Transactions whose signatures are known to be good, by the hash of their bytes.
///
/// Only pure verdicts come in: those of transactions that show all their keys. Two generations bound it.
#[derive(Debug, Default)]
pub(crate) struct VerdictCache {
    generations: Mutex<[BTreeSet<[u8; 32]>; 2]>,
}

impl VerdictCache {
    /// Whether the signatures of this transaction were found good before.
    #[must_use]
    pub(crate) fn is_good(&self, hash: &[u8; 32]) -> bool {
        self.generations.lock().iter().any(|g| g.contains(hash))
    }

    /// Remembers good signatures.
    pub(crate) fn remember(&self, hash: [u8; 32]) {
        let mut generations = self.generations.lock();
        let [young, old] = &mut *generations;
        if young.len() >= GENERATION {
            *old = std::mem::take(young);
        }
        young.insert(hash);
    }
}

/// The state machine: pure functions of state, block and bytes.
pub struct Runtime {
    registry: Registry,
    strict: StrictDecoder,
    amino: AminoCodec,
    verdicts: VerdictCache,
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
        Ok(Self { registry, strict, amino, verdicts: VerdictCache::default() })
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

    pub(crate) const fn verdicts(&self) -> &VerdictCache {
        &self.verdicts
    }
}
