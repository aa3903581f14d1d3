//! A pool: reserves, shares, and the curve by which coins are exchanged.

mod id;

use agora_framework::AppError;
use agora_primitives::{Amount, Coin, Denom};
use borsh::{BorshDeserialize, BorshSerialize};
pub use id::{PoolId, PoolIdError};

use crate::error;
use crate::math::constant_product;

/// The most that a swap may pay to the liquidity providers: 10 %, in millionths.
pub const MAX_SWAP_FEE: u32 = 100_000;

/// A pool.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Pool {
    /// The part of what comes in that stays with the liquidity providers, in millionths.
    pub(crate) swap_fee: u32,
    /// What the pool counts as its own, sorted by denom. Coins that others sent to its address are not among them.
    pub(crate) reserves: Vec<Coin>,
    /// The shares that exist, locked ones included.
    pub(crate) shares: Amount,
    /// The rule of exchange.
    pub(crate) curve: Curve,
}
agora_state::borsh_value!(Pool, 1);

/// The rules of exchange.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) enum Curve {
    /// x * y = k.
    ConstantProduct,
}

/// One exchange in a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exchange {
    /// The pool.
    pub(crate) pool: PoolId,
    /// What it takes.
    pub(crate) token_in: Coin,
    /// What it pays.
    pub(crate) token_out: Coin,
    /// The part of what it takes that is the liquidity providers'.
    pub(crate) fee: Amount,
}

/// What a curve answers to an exact input.
struct Given {
    out: Amount,
    fee: Amount,
}

impl Pool {
    /// The reserve of a denom.
    pub(crate) fn reserve(&self, denom: &Denom) -> Option<Amount> {
        self.reserves.iter().find(|coin| coin.denom == *denom).map(|coin| coin.amount)
    }

    /// Takes `token_in` and pays `denom_out`; the reserves are changed.
    ///
    /// # Errors
    /// Code 5 for a denom that is not there, code 6 for an amount the curve cannot exchange.
    pub(crate) fn swap_exact_in(
        &mut self,
        id: PoolId,
        token_in: Coin,
        denom_out: &Denom,
    ) -> Result<Exchange, AppError> {
        let reserve_in = self.reserve_of(id, &token_in.denom)?;
        let reserve_out = self.reserve_of(id, denom_out)?;
        if token_in.denom == *denom_out {
            return Err(error::DENOM.wrap(format_args!("{denom_out} cannot be exchanged for itself")));
        }
        let given = match self.curve {
            Curve::ConstantProduct => self.constant_product_in(reserve_in, reserve_out, token_in.amount),
        };
        let given = given.filter(|given| given.out > 0 && given.out < reserve_out).ok_or_else(|| {
            error::AMOUNT.wrap(format_args!("pool {id} cannot give {denom_out} for {token_in}"))
        })?;
        let token_out = Coin::new(given.out, denom_out.clone());
        self.receive(id, &token_in)?;
        self.pay(id, &token_out)?;
        Ok(Exchange { pool: id, token_in, token_out, fee: given.fee })
    }

    fn constant_product_in(&self, x: Amount, y: Amount, amount: Amount) -> Option<Given> {
        Some(Given {
            out: constant_product::out_given_in(x, y, amount, self.swap_fee)?,
            fee: constant_product::fee_of(amount, self.swap_fee)?,
        })
    }

    fn reserve_of(&self, id: PoolId, denom: &Denom) -> Result<Amount, AppError> {
        self.reserve(denom).ok_or_else(|| error::DENOM.wrap(format_args!("pool {id} has no {denom}")))
    }

    /// Counts coins that come in.
    fn receive(&mut self, id: PoolId, coin: &Coin) -> Result<(), AppError> {
        self.change(id, coin, Amount::checked_add)
    }

    /// Counts coins that go out.
    fn pay(&mut self, id: PoolId, coin: &Coin) -> Result<(), AppError> {
        self.change(id, coin, Amount::checked_sub)
    }

    fn change(
        &mut self,
        id: PoolId,
        coin: &Coin,
        change: fn(Amount, Amount) -> Option<Amount>,
    ) -> Result<(), AppError> {
        let refused = || error::AMOUNT.wrap(format_args!("pool {id} cannot exchange {coin}"));
        let reserve = self.reserves.iter_mut().find(|reserve| reserve.denom == coin.denom);
        let reserve = reserve.ok_or_else(refused)?;
        reserve.amount = change(reserve.amount, coin.amount).ok_or_else(refused)?;
        Ok(())
    }
}
