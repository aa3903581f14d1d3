//! Weighted pools: the product of `balance ^ weight` never falls (Balancer whitepaper, 2019; formulas as in its vault).
//!
//! Weights have 18 decimals and add up to one. Amounts are base units as they stand: only ratios of one coin with
//! itself enter the powers.

mod liquidity;
mod swap;

pub use liquidity::{
    shares_given_single_in, shares_given_single_out, single_in_given_shares, single_out_given_shares,
};
use ruint::aliases::U256;
pub use swap::{in_given_out, out_given_in};

use super::fixed::{ONE, mul_down, pow_down};

/// The most that a swap may bring in or take out, of the balance: 30 %.
pub const MAX_RATIO: U256 = U256::from_limbs([300_000_000_000_000_000, 0, 0, 0]);
/// The least weight: 1 %.
pub const MIN_WEIGHT: u128 = 10_000_000_000_000_000;
/// The most coins.
pub const MAX_COINS: usize = 8;
/// A single-sided join raises the invariant to three times at most, an exit leaves seven tenths at least.
pub const MAX_INVARIANT_RATIO: U256 = U256::from_limbs([3_000_000_000_000_000_000, 0, 0, 0]);
/// See [`MAX_INVARIANT_RATIO`].
pub const MIN_INVARIANT_RATIO: U256 = U256::from_limbs([700_000_000_000_000_000, 0, 0, 0]);

/// The invariant: the product of `balance ^ weight`, rounded down.
#[must_use]
pub fn invariant_down(balances: &[U256], weights: &[U256]) -> Option<U256> {
    balances.iter().zip(weights).try_fold(ONE, |product, (balance, weight)| {
        mul_down(product, pow_down(balance.checked_mul(ONE)?, *weight)?)
    })
}

#[cfg(test)]
mod test_support;
