//! Genesis builder and network presets.

pub mod dev_accounts;
