//! Stable pools (StableSwap paper, 2019; the convention of Curve's contracts: `Ann = A * n`, and `dy - 1`).
//!
//! `Ann * S + D = Ann * D + D^(n+1) / (n^n * prod(x))`, solved by Newton's method in integers, at most 255 rounds. Where
//! it does not settle there is no answer, never a partial one. The amplification has two decimals, so that it can
//! be ramped smoothly. Balances are scaled to a common unit by the caller.

mod exit;
mod imbalance;
mod invariant;
mod join;
mod ramp;
mod swap;
mod worth;

pub use exit::{shares_given_single_out, single_out_given_shares};
use invariant::is_within;
pub use invariant::{FINE_BITS, balance_for, fine, fine_invariant, invariant, is_balanced};
pub use join::{shares_given_single_in, single_in_given_shares};
pub use ramp::ramped;
pub use swap::{KEPT_UNITS, Swap, in_given_out, out_given_in, swap_in, swap_out};
pub use worth::Worth;

/// Two decimals of the amplification.
pub const A_PRECISION: u64 = 100;
/// The most rounds of Newton's method.
pub const MAX_ROUNDS: u32 = 255;
/// The most coins.
pub const MAX_COINS: usize = 8;
/// How many times one balance may be another.
pub const MAX_IMBALANCE: u64 = 10_000;
/// The greatest amplification, without its decimals.
pub const MAX_AMPLIFICATION: u64 = 1_000_000;

#[cfg(test)]
mod test_support;
