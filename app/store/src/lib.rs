#![doc = include_str!("../README.md")]
// The determinism and money rules; `.clippy.toml` has the lists.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        clippy::disallowed_methods,
        clippy::disallowed_types,
        clippy::expect_used,
        clippy::float_arithmetic,
        clippy::indexing_slicing,
        clippy::iter_over_hash_type,
        clippy::panic,
        clippy::unwrap_used
    )
)]

mod backend;
mod background;
mod cache;
mod checkpoint;
mod commit;
#[cfg(test)]
mod crash;
mod error;
mod export;
mod fail_point;
#[cfg(all(test, feature = "rocksdb", target_os = "linux"))]
mod faults;
mod history;
mod inner;
mod keys;
mod memory;
mod open;
mod options;
mod planted;
mod proof;
mod prune;
mod reads;
mod rollback;
mod snapshot;
mod store;
pub mod tree;
mod trees;
mod tuning;
mod upkeep;

pub use backend::MemoryBackend;
#[cfg(feature = "rocksdb")]
pub use backend::RocksBackend;
pub use backend::{Backend, Batch, Column, Cursor, Durability};
pub use commit::Staged;
pub use error::StoreError;
pub use export::Export;
#[cfg(any(test, feature = "fail-points"))]
pub use fail_point::{FAIL_POINTS, arm_fail_point};
pub use inner::Committed;
pub use options::{Location, Options, Progress, ProgressFn, Pruning};
pub use proof::{PROOF_TYPE, Proof, ProofOp, proof_spec};
pub use snapshot::Snapshot;
pub use store::Store;
pub use tuning::Tuning;
