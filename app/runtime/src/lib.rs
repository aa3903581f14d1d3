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

mod admission;
mod ahead;
mod ante;
mod block;
mod check;
mod fee;
mod genesis;
mod hints;
mod known;
mod modules;
mod parsed_keys;
mod proposal;
mod query;
mod release;
mod runtime;
mod signature;
mod tx;
mod tx_exec;
#[cfg(test)]
mod tx_samples;
pub mod upgrades;

pub use admission::PoolLimits;
pub use block::BlockOutcome;
pub use check::{CheckKind, CheckState};
pub use genesis::{GenesisOutcome, InitChain};
pub use modules::{modules, with_upgrade};
pub use proposal::{MAX_BLOCK_BYTES, MAX_TX_BYTES};
pub use release::Release;
pub use runtime::Runtime;
pub use tx::Tx;
pub use tx_exec::TxResult;

/// The version of the state machine. A change of any result or hash raises it.
pub const APP_VERSION: u64 = 4;
