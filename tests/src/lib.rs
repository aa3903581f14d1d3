#![doc = include_str!("../README.md")]

pub mod demo;
pub mod faults;
pub mod harness;
pub mod txs;

pub use harness::TestChain;
pub use txs::Account;

/// The folder of this crate. Asked when a test runs and not when it is built, because built tests are kept between clones.
#[must_use]
pub fn folder() -> std::path::PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| ".".into(), Into::into)
}
