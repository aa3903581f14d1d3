//! Joining and leaving a pool by shares, in proportion. What is rounded stays with those who remain.

use agora_framework::AppError;
use agora_primitives::math::{mul_div_ceil, mul_div_floor};
use agora_primitives::{Amount, Coin, Coins, MAX_SUPPLY};

use super::{Curve, Pool, PoolId};
use crate::error;
use crate::planted::planted;

impl Pool {
    pub(super) fn refuse_without_shares(&self, id: PoolId) -> Result<(), AppError> {
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

    /// The most shares that coins of every reserve give in proportion, and what of the coins they cost.
    ///
    /// # Errors
    /// As [`Pool::shares_for`] and [`Pool::cost_of`].
    pub(crate) fn join_for(&self, id: PoolId, coins: &Coins) -> Result<(Amount, Coins), AppError> {
        let shares = self.shares_for(id, coins)?;
        let cost = self.cost_of(id, shares)?;
        let untaken = planted("join:untaken_counted");
        Ok((if untaken { shares.saturating_add(shares / 4) } else { shares }, cost))
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
