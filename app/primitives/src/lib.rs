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

mod address;
mod bech32_fast;
mod coin;
mod dec;
mod denom;
pub mod math;

pub use address::{
    Address, AddressError, BECH32_PREFIX, BECH32_VALCONS_PREFIX, BECH32_VALOPER_PREFIX, module_address,
};
pub use coin::{Amount, Coin, CoinError, Coins, MAX_COINS, MAX_SUPPLY};
pub use dec::{Dec, DecError};
pub use denom::{Denom, DenomError, NATIVE_DENOM};
