//! Joining and leaving a pool by shares. What is rounded stays with those who remain.

use agora_framework::AppError;
use agora_primitives::math::{mul_div_ceil, mul_div_floor};
use agora_primitives::{Amount, Coin, Coins, MAX_SUPPLY};
use ruint::aliases::U256;

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
    fn refuse_without_shares(&self, id: PoolId) -> Result<(), AppError> {
        match self.curve {
            Curve::Concentrated(_) => {
                Err(error::POOL.wrap(format_args!("pool {id} has positions, not shares: open one instead")))
            }
            _ => Ok(()),
        }
    }

    /// The most shares that coins of every reserve give in proportion.
    ///
    /// # Errors
    /// Code 5 for other coins than the pool's, code 6 for too little.
    pub(crate) fn shares_for(&self, id: PoolId, coins: &Coins) -> Result<Amount, AppError> {
        self.refuse_without_shares(id)?;
        let same = coins.iter().map(|c| &c.denom).eq(self.reserves.iter().map(|c| &c.denom));
        if !same {
            return Err(
                error::DENOM.wrap(format_args!("pool {id} takes all its coins in proportion, not {coins}"))
            );
        }
        let share = |(coin, reserve): (&Coin, &Coin)| mul_div_floor(coin.amount, self.shares, reserve.amount);
        let shares = coins.iter().zip(&self.reserves).map(share).min().flatten();
        shares
            .filter(|shares| *shares > 0)
            .ok_or_else(|| error::AMOUNT.wrap(format_args!("{coins} is worth no share of pool {id}")))
    }

    /// What shares cost in proportion, rounded up.
    ///
    /// # Errors
    /// Code 6 beyond the greatest supply.
    pub(crate) fn cost_of(&self, id: PoolId, shares: Amount) -> Result<Coins, AppError> {
        self.refuse_without_shares(id)?;
        let refused =
            || error::AMOUNT.wrap(format_args!("pool {id} cannot take so much for {shares} shares"));
        if shares == 0 || self.shares.checked_add(shares).is_none_or(|sum| sum > MAX_SUPPLY) {
            return Err(refused());
        }
        self.in_proportion(shares, mul_div_ceil).ok_or_else(refused)
    }

    /// What shares are worth in proportion, rounded down.
    ///
    /// # Errors
    /// Code 6 for no share or more than can be given back.
    pub(crate) fn worth_of(&self, id: PoolId, shares: Amount) -> Result<Coins, AppError> {
        self.refuse_without_shares(id)?;
        let refused = || error::AMOUNT.wrap(format_args!("pool {id} gives nothing for {shares} shares"));
        if shares == 0 || shares >= self.shares {
            return Err(refused());
        }
        self.in_proportion(shares, mul_div_floor).filter(|coins| !coins.is_empty()).ok_or_else(refused)
    }

    fn in_proportion(
        &self,
        shares: Amount,
        ratio: fn(Amount, Amount, Amount) -> Option<Amount>,
    ) -> Option<Coins> {
        let mut coins = Coins::default();
        for reserve in &self.reserves {
            let amount = ratio(reserve.amount, shares, self.shares)?;
            coins.add(&Coin::new(amount, reserve.denom.clone())).ok()?;
        }
        Some(coins)
    }

    /// Counts coins that join and the shares given for them.
    ///
    /// # Errors
    /// Beyond the greatest supply.
    pub(crate) fn joined(&mut self, id: PoolId, coins: &Coins, shares: Amount) -> Result<(), AppError> {
        for coin in coins {
            let index = self.index(id, &coin.denom)?;
            self.receive(index, coin.amount)?;
        }
        let sum = self.shares.checked_add(shares).filter(|sum| *sum <= MAX_SUPPLY);
        self.shares =
            sum.ok_or_else(|| error::AMOUNT.wrap(format_args!("pool {id} has no room for {shares} shares")))?;
        Ok(())
    }

    /// Counts coins that leave and the shares given back for them.
    ///
    /// # Errors
    /// More than there is.
    pub(crate) fn left(&mut self, id: PoolId, coins: &Coins, shares: Amount) -> Result<(), AppError> {
        for coin in coins {
            let index = self.index(id, &coin.denom)?;
            self.pay(index, coin.amount)?;
        }
        let rest = self.shares.checked_sub(shares).filter(|rest| *rest > 0);
        self.shares =
            rest.ok_or_else(|| error::AMOUNT.wrap(format_args!("pool {id} has fewer than {shares} shares")))?;
        Ok(())
    }

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
                let (scaled, a) = (curve.scaled(&self.reserves)?, curve.amplification_at(now)?);
                let amount = curve.scale_floor(index, coin.amount)?;
                stable::shares_given_single_in(&scaled, index, amount, supply, a, self.swap_fee)
            }
            _ => {
                let (balance, weight, fee) = self.weighed(index)?;
                weighted::shares_given_single_in(balance, weight, supply, amount, fee)
            }
        };
        shares().and_then(to_u128).filter(|shares| *shares > 0).ok_or_else(|| {
            error::AMOUNT
                .wrap(format_args!("pool {id} cannot take {coin} alone: it is too little or too much"))
        })
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
                let (scaled, a) = (curve.scaled(&self.reserves)?, curve.amplification_at(now)?);
                let out = stable::single_out_given_shares(&scaled, index, wide, supply, a, self.swap_fee)?;
                curve.unscale_floor(index, out)
            }
            _ => {
                let (balance, weight, fee) = self.weighed(index)?;
                let out = to_u128(weighted::single_out_given_shares(balance, weight, supply, wide, fee)?)?;
                let rest = self.reserve(index).checked_sub(out)?;
                (rest >= MIN_RESERVE || matches!(self.curve, Curve::ConstantProduct)).then_some(out)
            }
        };
        let fewer = shares < self.shares;
        out().filter(|out| *out > 0 && *out < self.reserve(index) && fewer).ok_or_else(|| {
            error::AMOUNT
                .wrap(format_args!("pool {id} cannot pay {shares} shares in one coin: too few or too many"))
        })
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

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::*;

    fn pool(x: Amount, y: Amount, shares: Amount) -> Pool {
        let coin = |amount, denom: &str| Coin::new(amount, denom.parse().unwrap());
        Pool::new(0, vec![coin(x, "aaa"), coin(y, "bbb")], shares, Curve::ConstantProduct)
    }

    fn amount() -> impl Strategy<Value = Amount> {
        (any::<u128>(), 2u32..127).prop_map(|(n, bits)| (n >> bits).max(1))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn joining_takes_no_more_than_was_offered_and_leaving_never_profits(
            x in amount(), y in amount(), shares in amount(), a in amount(), b in amount(),
        ) {
            let id = PoolId::new(1);
            let mut pool = pool(x, y, shares);
            let coins = Coins::new(vec![Coin::new(a, "aaa".parse().unwrap()), Coin::new(b, "bbb".parse().unwrap())]).unwrap();
            let Ok(given) = pool.shares_for(id, &coins) else { return Ok(()) };
            let Ok(cost) = pool.cost_of(id, given) else { return Ok(()) };
            for (cost, offered) in cost.iter().zip(&coins) {
                prop_assert!(cost.amount <= offered.amount);
            }
            // June 2022: shares were given also for what was not taken.
            if pool.joined(id, &cost, given).is_err() { return Ok(()) }
            for (reserve, before) in pool.reserves.iter().zip([x, y]) {
                let (now, then) = (BigUint::from(reserve.amount) * shares, BigUint::from(before) * pool.shares);
                prop_assert!(now >= then, "a share is worth less");
            }
            if let Ok(back) = pool.worth_of(id, given) {
                for coin in &back {
                    prop_assert!(coin.amount <= cost.amount_of(&coin.denom));
                }
                pool.left(id, &back, given).unwrap();
                prop_assert!(pool.reserves[0].amount >= x && pool.reserves[1].amount >= y);
            }
        }
    }
}
