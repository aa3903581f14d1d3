//! Exchanges between coins of like worth.

use agora_primitives::{Address, Amount, Coin};
use borsh::{BorshDeserialize, BorshSerialize};
use ruint::aliases::U256;

use super::{Given, Want};
use crate::math::fixed::ONE;
use crate::math::stable::{self, FINE_BITS, KEPT_UNITS, Worth, ramped};
use crate::math::wide::{mul_div_ceil, mul_div_floor, to_u128};
use crate::planted::planted;

/// What a stable pool keeps.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Stable {
    /// The amplification with two decimals when the ramp began.
    pub(crate) amplification: u64,
    /// When it began, in seconds since 1970.
    pub(crate) ramp_start: u64,
    /// The amplification when it ends.
    pub(crate) ramp_amplification: u64,
    /// When it ends.
    pub(crate) ramp_end: u64,
    /// What a base unit of each coin counts for, with 18 decimals, in the order of the reserves.
    pub(crate) rates: Vec<u128>,
    /// Who may move the rates.
    pub(crate) rate_provider: Option<Address>,
    /// The height at which they were last moved.
    pub(crate) rates_height: u64,
}

impl Stable {
    /// The amplification at a time.
    pub(crate) fn amplification_at(&self, now: u64) -> Option<u64> {
        ramped(self.amplification, self.ramp_start, self.ramp_amplification, self.ramp_end, now)
    }

    fn rate(&self, index: usize) -> Option<U256> {
        self.rates.get(index).map(|rate| U256::from(*rate))
    }

    /// The reserves in a common unit, rounded down.
    pub(crate) fn scaled(&self, reserves: &[Coin]) -> Option<Vec<U256>> {
        let scale = |(index, coin): (usize, &Coin)| self.scale_floor(index, coin.amount);
        reserves.iter().enumerate().map(scale).collect()
    }

    /// An amount of a coin in the common unit, rounded down: what comes in.
    pub(crate) fn scale_floor(&self, index: usize, amount: Amount) -> Option<U256> {
        mul_div_floor(U256::from(amount), self.rate(index)?, ONE)
    }

    /// An amount of the common unit in a coin, rounded down: what goes out.
    pub(crate) fn unscale_floor(&self, index: usize, amount: U256) -> Option<Amount> {
        to_u128(mul_div_floor(amount, ONE, self.rate(index)?)?)
    }

    /// As [`Stable::scale_floor`], rounded up: what is asked for.
    pub(crate) fn scale_ceil(&self, index: usize, amount: Amount) -> Option<U256> {
        if planted("stable:ask_rounded_down") {
            return self.scale_floor(index, amount);
        }
        mul_div_ceil(U256::from(amount), self.rate(index)?, ONE)
    }

    /// As [`Stable::unscale_floor`], rounded up: what comes in.
    pub(crate) fn unscale_ceil(&self, index: usize, amount: U256) -> Option<Amount> {
        to_u128(mul_div_ceil(amount, ONE, self.rate(index)?)?)
    }

    /// Exchanges coin `i` for coin `j`. The fee is taken off what goes out.
    pub(crate) fn exchange(
        &self,
        reserves: &[Coin],
        i: usize,
        j: usize,
        want: Want,
        fee: u32,
        now: u64,
    ) -> Option<Given> {
        let (balances, a) = (self.scaled(reserves)?, self.amplification_at(now)?);
        let given = match want {
            Want::In(amount_in) => {
                let scaled = self.scale_floor(i, amount_in)?;
                let swap = stable::swap_in(&balances, i, j, scaled, a, fee)?;
                let amount_out = self.unscale_floor(j, swap.amount_out)?;
                Given { amount_in, amount_out, fee: self.unscale_ceil(j, swap.fee)? }
            }
            Want::Out(amount_out) => {
                let scaled = self.scale_ceil(j, amount_out)?;
                let swap = stable::swap_out(&balances, i, j, scaled, a, fee)?;
                let amount_in = self.unscale_ceil(i, swap.amount_in)?;
                Given { amount_in, amount_out, fee: self.unscale_ceil(j, swap.fee)? }
            }
        };
        if self.rates.iter().all(|rate| U256::from(*rate) == ONE) || planted("stable:ask_rounded_down") {
            return Some(given);
        }
        // Scaling hides parts of units, which might be taken out: what is kept follows from what the pool really holds.
        KEPT_UNITS.iter().find_map(|kept| {
            let kept = Amount::from(*kept);
            let given = match want {
                Want::In(_) => Given { amount_out: given.amount_out.checked_sub(kept)?, ..given },
                Want::Out(_) => Given { amount_in: given.amount_in.checked_add(kept)?, ..given },
            };
            self.keeps_invariant(reserves, i, j, &given, a).then_some(given)
        })
    }

    /// Whether the invariant of what the pool really holds has not fallen after an exchange, and settles.
    fn keeps_invariant(&self, reserves: &[Coin], i: usize, j: usize, given: &Given, a: u64) -> bool {
        let worth = |reserves: &[Coin]| {
            let scale = |(index, coin): (usize, &Coin)| {
                mul_div_floor(U256::from(coin.amount).wrapping_shl(FINE_BITS), self.rate(index)?, ONE)
            };
            Worth::of(&self.scaled(reserves)?, || reserves.iter().enumerate().map(scale).collect(), a)
        };
        let after = || {
            let mut after = reserves.to_vec();
            let x = after.get_mut(i)?;
            x.amount = x.amount.checked_add(given.amount_in)?;
            let y = after.get_mut(j)?;
            y.amount = y.amount.checked_sub(given.amount_out)?;
            worth(&after)
        };
        worth(reserves).zip(after()).is_some_and(|(before, after)| before.is_kept_by(&after))
    }
}
