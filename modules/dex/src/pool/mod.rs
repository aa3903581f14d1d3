//! A pool: reserves, shares, and the curve by which coins are exchanged.
//!
//! Every curve stands behind the same few functions: `exchange` here, and in [`liquidity`] how it is joined and left. A
//! further curve is a file beside these and an arm in each of them.

pub(crate) mod concentrated;
mod constant_product;
mod id;
pub(crate) mod liquidity;
pub(crate) mod outflow;
mod single;
pub(crate) mod stable;
pub(crate) mod weighted;

use agora_framework::AppError;
use agora_primitives::{Amount, Coin, Denom, MAX_SUPPLY};
use agora_state::StateRead;
use borsh::{BorshDeserialize, BorshSerialize};
pub use id::{IdError, PoolId, PositionId};

use crate::error;
use concentrated::{Concentrated, Overlay};
use outflow::Outflows;
use stable::Stable;
use weighted::Weighted;

/// The most that a swap may pay to the liquidity providers: 10 %, in millionths.
pub const MAX_SWAP_FEE: u32 = 100_000;
/// The most coins of a pool.
pub const MAX_POOL_COINS: usize = 8;

/// A pool.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Pool {
    /// The part of what is exchanged that stays with the liquidity providers, in millionths.
    pub(crate) swap_fee: u32,
    /// What the pool counts as its own, sorted by denom. Coins that others sent to its address are not among them.
    pub(crate) reserves: Vec<Coin>,
    /// The shares that exist, locked ones included; none in a concentrated pool.
    pub(crate) shares: Amount,
    /// The rule of exchange.
    pub(crate) curve: Curve,
    /// Whether the breaker is tripped.
    pub(crate) halted: bool,
    /// What exchanges took out of late, while there is a limit to it.
    pub(crate) outflows: Option<Outflows>,
}
agora_state::borsh_value!(Pool, 2);

/// The rules of exchange.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) enum Curve {
    /// x * y = k.
    ConstantProduct,
    /// The product of the reserves to the power of their weights.
    Weighted(Weighted),
    /// Coins of like worth.
    Stable(Stable),
    /// Liquidity in ranges of prices.
    Concentrated(Concentrated),
}

/// What is asked of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    /// To give exactly this.
    In(Amount),
    /// To receive exactly this.
    Out(Amount),
}

/// What a curve answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    /// What comes in, the fee included.
    pub(crate) amount_in: Amount,
    /// What goes out.
    pub(crate) amount_out: Amount,
    /// What stays with the liquidity providers.
    pub(crate) fee: Amount,
}

/// One exchange in a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exchange {
    /// The pool.
    pub(crate) pool: PoolId,
    /// What it takes; the taker fee comes on top.
    pub(crate) token_in: Coin,
    /// What it pays.
    pub(crate) token_out: Coin,
    /// What stays with the liquidity providers: of what it takes, in a stable pool of what it pays.
    pub(crate) fee: Coin,
    /// What the chain takes beside, of the denom that comes in.
    pub(crate) taker_fee: Amount,
    /// The gas of the computation, beyond that of reading and writing.
    pub(crate) gas: u64,
}

/// What an exchange reads beside the pool.
pub(crate) struct Env<'a, S: ?Sized> {
    /// The state.
    pub(crate) state: &'a S,
    /// Seconds since 1970.
    pub(crate) now: u64,
    /// Ticks changed by exchanges before and not yet written.
    pub(crate) ticks: &'a mut Overlay,
}

impl Pool {
    /// A pool in which nothing happened yet.
    pub(crate) const fn new(swap_fee: u32, reserves: Vec<Coin>, shares: Amount, curve: Curve) -> Self {
        Self { swap_fee, reserves, shares, curve, halted: false, outflows: None }
    }

    /// The place of a denom among the reserves.
    pub(crate) fn index(&self, id: PoolId, denom: &Denom) -> Result<usize, AppError> {
        self.reserves
            .iter()
            .position(|coin| coin.denom == *denom)
            .ok_or_else(|| error::DENOM.wrap(format_args!("pool {id} has no {denom}")))
    }

    /// The reserve at a place.
    pub(crate) fn reserve(&self, index: usize) -> Amount {
        self.reserves.get(index).map_or(0, |coin| coin.amount)
    }

    /// Exchanges a coin for another; the reserves, and what else the curve keeps, are changed.
    ///
    /// # Errors
    /// Code 5 for a denom that is not there, code 6 for an amount the curve cannot exchange.
    pub(crate) fn exchange(
        &mut self,
        env: &mut Env<'_, impl StateRead + ?Sized>,
        id: PoolId,
        denom_in: &Denom,
        denom_out: &Denom,
        want: Want,
    ) -> Result<Exchange, AppError> {
        let (i, j) = (self.index(id, denom_in)?, self.index(id, denom_out)?);
        if i == j {
            return Err(error::DENOM.wrap(format_args!("{denom_out} cannot be exchanged for itself")));
        }
        let fee = self.swap_fee;
        let (x, y) = (self.reserve(i), self.reserve(j));
        let given = match &mut self.curve {
            Curve::ConstantProduct => constant_product::exchange(x, y, want, fee),
            Curve::Weighted(curve) => curve.exchange((i, x), (j, y), want, fee),
            Curve::Stable(curve) => curve.exchange(&self.reserves, i, j, want, fee, env.now),
            Curve::Concentrated(curve) => curve.exchange(env, id, i < j, want, fee)?,
        };
        let given = given
            .filter(|given| given.amount_in > 0 && given.amount_out > 0 && given.amount_out <= y)
            .filter(|given| given.amount_in <= MAX_SUPPLY)
            .ok_or_else(|| match want {
                Want::In(amount) => error::AMOUNT
                    .wrap(format_args!("pool {id} cannot give {denom_out} for {amount}{denom_in}")),
                Want::Out(amount) => error::AMOUNT
                    .wrap(format_args!("pool {id} cannot give {amount}{denom_out} for {denom_in}")),
            })?;
        self.receive(i, given.amount_in)?;
        self.pay(j, given.amount_out)?;
        let fee_denom = if matches!(self.curve, Curve::Stable(_)) { denom_out } else { denom_in };
        Ok(Exchange {
            pool: id,
            token_in: Coin::new(given.amount_in, denom_in.clone()),
            token_out: Coin::new(given.amount_out, denom_out.clone()),
            fee: Coin::new(given.fee, fee_denom.clone()),
            taker_fee: 0,
            gas: self.curve.gas(),
        })
    }

    /// Counts coins that come in.
    pub(crate) fn receive(&mut self, index: usize, amount: Amount) -> Result<(), AppError> {
        self.change(index, amount, Amount::checked_add)
    }

    /// Counts coins that go out.
    pub(crate) fn pay(&mut self, index: usize, amount: Amount) -> Result<(), AppError> {
        self.change(index, amount, Amount::checked_sub)
    }

    fn change(
        &mut self,
        index: usize,
        amount: Amount,
        change: fn(Amount, Amount) -> Option<Amount>,
    ) -> Result<(), AppError> {
        let changed = self.reserves.get_mut(index).and_then(|reserve| {
            reserve.amount = change(reserve.amount, amount).filter(|amount| *amount <= MAX_SUPPLY)?;
            Some(())
        });
        changed.ok_or_else(|| {
            error::AMOUNT.wrap(format_args!("the reserves of the pool cannot change by {amount}"))
        })
    }
}

impl Curve {
    /// The gas of an exchange's computation: about what as much time of reading state costs.
    pub(crate) const fn gas(&self) -> u64 {
        match self {
            Self::ConstantProduct => 500,
            Self::Weighted(_) => 5_000,
            Self::Stable(_) => 10_000,
            // The words and ticks it reads are charged as they are read.
            Self::Concentrated(_) => 2_000,
        }
    }
}
