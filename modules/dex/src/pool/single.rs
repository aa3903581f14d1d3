//! Joining and leaving a pool by shares in one coin alone, exact on either side. What is rounded stays with those who remain.

use agora_framework::AppError;
use agora_primitives::{Amount, Coin, MAX_SUPPLY};
use ruint::aliases::U256;

use super::stable::Stable;
use super::weighted::MIN_RESERVE;
use super::{Curve, Pool, PoolId};
use crate::error;
use crate::math::fixed::ONE;
use crate::math::wide::to_u128;
use crate::math::{stable, weighted};

/// One millionth with 18 decimals.
const FEE_ATOMICS: u128 = 1_000_000_000_000;
/// A half with 18 decimals: what each coin of a constant product weighs.
const HALF: U256 = U256::from_limbs([500_000_000_000_000_000, 0, 0, 0]);

impl Pool {
    /// The shares that one coin alone gives.
    ///
    /// # Errors
    /// Code 5 for a denom that is not there, code 6 beyond the bounds of the curve.
    pub(crate) fn shares_for_single(&self, id: PoolId, coin: &Coin, now: u64) -> Result<Amount, AppError> {
        self.refuse_without_shares(id)?;
        let index = self.index(id, &coin.denom)?;
        let (supply, amount) = (U256::from(self.shares), U256::from(coin.amount));
        let shares = || match &self.curve {
            Curve::Stable(curve) => {
                let (scaled, a) = self.scaled(curve, now)?;
                self.settles_at(curve, index, self.reserve(index).checked_add(coin.amount)?, a)?;
                let amount = curve.scale_floor(index, coin.amount)?;
                stable::shares_given_single_in(&scaled, index, amount, supply, a, self.swap_fee)
            }
            _ => {
                let (balance, weight, fee) = self.weighed(index)?;
                weighted::shares_given_single_in(balance, weight, supply, amount, fee)
            }
        };
        let shares = shares().and_then(to_u128).filter(|shares| *shares > 0);
        shares.ok_or_else(|| coin_refused(id, "take", coin))
    }

    /// What shares are worth in one coin alone.
    ///
    /// # Errors
    /// As [`Pool::shares_for_single`].
    pub(crate) fn worth_in_single(
        &self,
        id: PoolId,
        shares: Amount,
        index: usize,
        now: u64,
    ) -> Result<Amount, AppError> {
        self.refuse_without_shares(id)?;
        let (supply, wide) = (U256::from(self.shares), U256::from(shares));
        let out = || match &self.curve {
            Curve::Stable(curve) => {
                let (scaled, a) = self.scaled(curve, now)?;
                let out = stable::single_out_given_shares(&scaled, index, wide, supply, a, self.swap_fee)?;
                let out = curve.unscale_floor(index, out)?;
                self.settles_at(curve, index, self.reserve(index).checked_sub(out)?, a)?;
                Some(out)
            }
            _ => {
                let (balance, weight, fee) = self.weighed(index)?;
                let out = to_u128(weighted::single_out_given_shares(balance, weight, supply, wide, fee)?)?;
                let rest = self.reserve(index).checked_sub(out)?;
                self.leaves_enough(rest).then_some(out)
            }
        };
        let fewer = shares < self.shares;
        let out = out().filter(|out| *out > 0 && *out < self.reserve(index) && fewer);
        out.ok_or_else(|| shares_refused(id, format_args!("pay {shares} shares in one coin")))
    }

    /// What an exact number of shares costs in one coin alone.
    ///
    /// # Errors
    /// As [`Pool::shares_for_single`].
    pub(crate) fn cost_in_single(
        &self,
        id: PoolId,
        shares: Amount,
        index: usize,
        now: u64,
    ) -> Result<Amount, AppError> {
        self.refuse_without_shares(id)?;
        let (supply, wide) = (U256::from(self.shares), U256::from(shares));
        let cost = || match &self.curve {
            Curve::Stable(curve) => {
                let (scaled, a) = self.scaled(curve, now)?;
                let cost = stable::single_in_given_shares(&scaled, index, wide, supply, a, self.swap_fee)?;
                let cost = curve.unscale_ceil(index, cost)?;
                self.settles_at(curve, index, self.reserve(index).checked_add(cost)?, a)?;
                Some(cost)
            }
            _ => {
                let (balance, weight, fee) = self.weighed(index)?;
                to_u128(weighted::single_in_given_shares(balance, weight, supply, wide, fee)?)
            }
        };
        let cost = cost().filter(|cost| *cost > 0 && *cost <= MAX_SUPPLY);
        cost.ok_or_else(|| shares_refused(id, format_args!("give {shares} shares for one coin")))
    }

    /// The shares that an exact amount of one coin alone costs.
    ///
    /// # Errors
    /// As [`Pool::shares_for_single`].
    pub(crate) fn shares_for_single_out(
        &self,
        id: PoolId,
        coin: &Coin,
        now: u64,
    ) -> Result<Amount, AppError> {
        self.refuse_without_shares(id)?;
        let index = self.index(id, &coin.denom)?;
        let (supply, amount) = (U256::from(self.shares), U256::from(coin.amount));
        let shares = || {
            let rest = self.reserve(index).checked_sub(coin.amount).filter(|rest| *rest > 0)?;
            match &self.curve {
                Curve::Stable(curve) => {
                    let (scaled, a) = self.scaled(curve, now)?;
                    self.settles_at(curve, index, rest, a)?;
                    let amount = curve.scale_ceil(index, coin.amount)?;
                    stable::shares_given_single_out(&scaled, index, amount, supply, a, self.swap_fee)
                }
                _ => {
                    self.leaves_enough(rest).then_some(())?;
                    let (balance, weight, fee) = self.weighed(index)?;
                    weighted::shares_given_single_out(balance, weight, supply, amount, fee)
                }
            }
        };
        let shares = shares().and_then(to_u128).filter(|shares| *shares > 0 && *shares < self.shares);
        shares.ok_or_else(|| coin_refused(id, "pay", coin))
    }

    /// The reserves of a stable pool in the common unit, and its amplification.
    fn scaled(&self, curve: &Stable, now: u64) -> Option<(Vec<U256>, u64)> {
        Some((curve.scaled(&self.reserves)?, curve.amplification_at(now)?))
    }

    /// The invariant of a stable pool once a reserve is `amount`; `None` if it does not settle, which would leave the next
    /// swap without an answer.
    fn settles_at(&self, curve: &Stable, index: usize, amount: Amount, a: u64) -> Option<U256> {
        let mut after = self.reserves.clone();
        after.get_mut(index)?.amount = amount;
        stable::invariant(&curve.scaled(&after)?, a)
    }

    /// Whether a reserve of a pool without a stable curve may fall to `rest`.
    fn leaves_enough(&self, rest: Amount) -> bool {
        rest >= MIN_RESERVE || matches!(self.curve, Curve::ConstantProduct)
    }

    /// Reserve, weight and fee of a coin, with 18 decimals the latter two.
    fn weighed(&self, index: usize) -> Option<(U256, U256, U256)> {
        let weight = match &self.curve {
            Curve::ConstantProduct => Some(HALF),
            Curve::Weighted(curve) => curve.weight(index),
            _ => None,
        }?;
        let fee = U256::from(self.swap_fee).checked_mul(U256::from(FEE_ATOMICS))?;
        (fee < ONE).then_some((U256::from(self.reserve(index)), weight, fee))
    }
}

fn coin_refused(id: PoolId, verb: &str, coin: &Coin) -> AppError {
    error::AMOUNT.wrap(format_args!("pool {id} cannot {verb} {coin} alone: it is too little or too much"))
}

fn shares_refused(id: PoolId, what: std::fmt::Arguments<'_>) -> AppError {
    error::AMOUNT.wrap(format_args!("pool {id} cannot {what}: too few or too many"))
}
