#![doc = include_str!("../README.md")]

pub mod dev_accounts;
mod document;
mod json;
mod pools;
mod presets;

pub use document::{GenesisDocument, GenesisError, fund};
pub use json::{from_json, to_json, validator_json};
pub use presets::{DEV_CHAIN_ID, POOL_PROVIDER, devnet};
