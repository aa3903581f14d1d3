//! The interface definitions Agora speaks, their generated types and descriptor tools.

pub mod amino;
mod any;
#[cfg(feature = "codegen")]
pub mod codegen;
mod descriptors;
pub mod json;
pub mod options;
pub mod strict;

pub use any::{pack, type_url};
pub use descriptors::{DescriptorError, descriptor_pool, file_descriptor_set, pool_with};
pub use prost;
pub use prost_reflect;
pub use prost_types;
pub use types::*;

/// All generated types, nested as their packages are: `types::cosmos::bank::v1beta1::MsgSend`.
///
/// The same modules stand at the root of the crate; this path never clashes with one of its own modules.
#[allow(missing_docs, unreachable_pub, clippy::all, rustdoc::all)]
#[rustfmt::skip]
#[path = "gen/mod.rs"]
pub mod types;

/// The fee market wallets know; `v1` stands for the package `feemarket.feemarket.v1`.
pub mod feemarket {
    pub use crate::types::feemarket::feemarket;
    pub use crate::types::feemarket::feemarket::v1;
}
