//! The descriptor set of the standard definitions, and pools made of it.

use std::sync::OnceLock;

use prost_reflect::DescriptorPool;

static DESCRIPTORS: &[u8] = include_bytes!("gen/descriptors.bin");

/// Why a descriptor set was refused.
#[derive(Debug, thiserror::Error)]
#[error(
    "descriptor set {index} of the modules is refused: {source}; regenerate it with its imports in place"
)]
pub struct DescriptorError {
    /// Position of the set in the list given.
    pub index: usize,
    /// What is wrong with it.
    pub source: prost_reflect::DescriptorError,
}

/// The encoded `google.protobuf.FileDescriptorSet` of every standard definition and all imports, options included,
/// comments left out.
#[must_use]
pub fn file_descriptor_set() -> &'static [u8] {
    DESCRIPTORS
}

/// The pool of the standard definitions.
#[must_use]
pub fn descriptor_pool() -> &'static DescriptorPool {
    static POOL: OnceLock<DescriptorPool> = OnceLock::new();
    POOL.get_or_init(|| match DescriptorPool::decode(DESCRIPTORS) {
        Ok(pool) => pool,
        // The set is built into the crate and decoded by its tests: this cannot depend on input.
        Err(error) => unreachable!("the built-in descriptor set does not decode: {error}"),
    })
}

/// A pool of the standard definitions and those of modules, each an encoded descriptor set that holds its own files only.
/// A file that is there already is skipped. A set may use the sets before it.
///
/// # Errors
/// If a set does not decode, misses an import or defines a name twice.
pub fn pool_with(extra: &[&[u8]]) -> Result<DescriptorPool, DescriptorError> {
    let mut pool = descriptor_pool().clone();
    for (index, set) in extra.iter().enumerate() {
        pool.decode_file_descriptor_set(*set).map_err(|source| DescriptorError { index, source })?;
    }
    Ok(pool)
}
