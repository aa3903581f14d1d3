//! Means of prices over time.
//!
//! A window from `start` to `end` is the difference of the sums at both, divided by what lies between: the price at `end` itself
//! weighs nothing. Between records the price is the earlier one's, so sums at any time are exact.

use agora_framework::AppError;
use agora_primitives::Denom;
use agora_state::StateRead;
use ruint::aliases::U256;

use super::MILLI;
use super::keep::KEPT;
use super::log2::{exp2, mean};
use super::price::{Price, pairs};
use super::record::{Latest, Pair, Record, in_force};
use crate::error;
use crate::pool::{Pool, PoolId};
use crate::router;
use crate::state::LATEST;

/// Which mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mean {
    /// Of the price.
    Arithmetic,
    /// Of its logarithm, which moves by a bounded amount a block.
    Geometric,
}

/// Two coins of a pool in the order asked for.
pub(crate) struct Market {
    /// The pool.
    pub(crate) id: PoolId,
    /// What it is now.
    pub(crate) pool: Pool,
    /// The place of the base coin among the reserves.
    pub(crate) base: usize,
    /// The place of the quote coin.
    pub(crate) quote: usize,
}

impl Market {
    /// Both coins in the pool.
    ///
    /// # Errors
    /// Code 2 without the pool, code 5 without the coins in it.
    pub(crate) fn new(
        state: &(impl StateRead + ?Sized),
        id: PoolId,
        base: &Denom,
        quote: &Denom,
    ) -> Result<Self, AppError> {
        let pool = router::pool(state, id)?;
        let (base_index, quote_index) = (pool.index(id, base)?, pool.index(id, quote)?);
        if base_index == quote_index {
            return Err(error::DENOM.wrap(format_args!("{base} has no price in itself")));
        }
        Ok(Self { id, pool, base: base_index, quote: quote_index })
    }

    /// The last record.
    ///
    /// # Errors
    /// Code 11 before the end of the pool's first block.
    pub(crate) fn latest(&self, state: &(impl StateRead + ?Sized)) -> Result<Latest, AppError> {
        LATEST.get(state, &self.id)?.ok_or_else(|| {
            error::PRICE.wrap(format_args!("pool {} has no record before its first block has ended", self.id))
        })
    }

    /// The pair among those of a record, and whether it is asked for the other way round.
    fn pair(&self, all: &[Pair]) -> Option<(Pair, bool)> {
        let (low, high) = (self.base.min(self.quote), self.base.max(self.quote));
        let place = pairs(self.pool.reserves.len()).position(|pair| pair == (low, high))?;
        Some((all.get(place)?.clone(), self.base > self.quote))
    }

    /// The price that a record holds, arithmetic or by its logarithm.
    pub(crate) fn price_of(&self, record: &Record, which: Mean) -> Option<Price> {
        match which {
            Mean::Arithmetic => record.price(self.pool.reserves.len(), self.base, self.quote),
            Mean::Geometric => {
                let (pair, turned) = self.pair(&record.pairs).filter(|_| record.priced)?;
                power(pair.log, turned)
            }
        }
    }

    /// The mean price from `start` to `end`, in nanoseconds since 1970, seen from `now`; where both are the same, the price in force.
    ///
    /// # Errors
    /// Code 11 outside the records, and over a time in which the price could not be computed.
    pub(crate) fn mean(
        &self,
        state: &(impl StateRead + ?Sized),
        which: Mean,
        start: u64,
        end: u64,
        now: u64,
    ) -> Result<Price, AppError> {
        let (start, end, now) = (start / MILLI, end / MILLI, now / MILLI);
        let latest = self.latest(state)?;
        let first = self.record_at(state, &latest, start, end, now)?;
        let last = self.record_at(state, &latest, end, end, now)?;
        if !first.priced || !last.priced || (last.error_time > 0 && last.error_time >= start) {
            return Err(error::PRICE.wrap(format_args!(
                "the price of pool {} could not be computed until {} ms after the window began",
                self.id,
                last.error_time.saturating_sub(start)
            )));
        }
        let beyond = || error::PRICE.wrap(format_args!("the mean price of pool {} is out of range", self.id));
        if start == end {
            return self.price_of(&last, which).ok_or_else(beyond);
        }
        let pairs = (self.pair(&first.pairs_at(start)), self.pair(&last.pairs_at(end)));
        let (Some((from, turned)), Some((to, _))) = pairs else { return Err(beyond()) };
        let passed = end.saturating_sub(start);
        let price = match which {
            Mean::Arithmetic => {
                let sum = |pair: &Pair| pair.sum.get(usize::from(turned)).map(|sum| sum.0);
                let both = sum(&to).zip(sum(&from));
                both.and_then(|(to, from)| to.wrapping_sub(from).checked_div(U256::from(passed)))
                    .and_then(Price::new)
            }
            Mean::Geometric => to
                .log_sum
                .checked_sub(from.log_sum)
                .and_then(|sum| mean(sum, passed))
                .and_then(|log| power(log, turned)),
        };
        price.ok_or_else(beyond)
    }

    /// The record in force at a time of a window.
    fn record_at(
        &self,
        state: &(impl StateRead + ?Sized),
        latest: &Latest,
        time: u64,
        end: u64,
        now: u64,
    ) -> Result<Record, AppError> {
        let refused = |why: &str| error::PRICE.wrap(format_args!("pool {}: {why}", self.id));
        if time > end {
            return Err(refused("the window ends before it begins"));
        }
        if end > now {
            return Err(refused("the window ends in the future; end it now at the latest"));
        }
        if time < now.saturating_sub(KEPT) {
            return Err(refused("the window begins too early: records are kept for 48 hours"));
        }
        in_force(state, self.id, latest, time)?
            .ok_or_else(|| refused("the window begins before the first record"))
    }
}

/// A logarithm as a price: of the first coin in the second, or turned round.
fn power(log: i128, turned: bool) -> Option<Price> {
    let log = if turned { log.checked_neg()? } else { log };
    Price::new(exp2(log)?)
}
