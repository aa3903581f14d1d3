#![doc = include_str!("../README.md")]

mod address;
mod coin;
mod dec;
mod denom;
pub mod math;

pub use address::{Address, AddressError, BECH32_PREFIX, BECH32_VALCONS_PREFIX, BECH32_VALOPER_PREFIX, module_address};
pub use coin::{Amount, Coin, CoinError, Coins, MAX_COINS, MAX_SUPPLY};
pub use dec::{Dec, DecError};
pub use denom::{Denom, DenomError, NATIVE_DENOM};
