#![doc = include_str!("../README.md")]

pub mod dev_accounts;
mod document;
mod pools;
mod presets;

pub use document::{GenesisDocument, GenesisError};
pub use presets::{DEV_CHAIN_ID, POOL_PROVIDER, devnet};
