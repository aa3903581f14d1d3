//! Records of prices: one at the end of each block in which a pool was touched.

use agora_state::{StateError, StateRead};
use borsh::{BorshDeserialize, BorshSerialize};
use ruint::aliases::U256;

use super::log2::{log2, mean};
use super::price::{Price, pairs};
use crate::num::Wide;
use crate::pool::PoolId;
use crate::state::RECORDS;

/// How far a recorded logarithm moves at most from one record to the next: 9116 ticks of 1.0001, a factor of 2.488, with 64 binary
/// places, rounded down.
pub(crate) const MAX_LOG_STEP: i128 = 24_259_221_739_117_820_254;

/// One pair of coins in a record.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Pair {
    /// The price of the first coin in the second and of the second in the first, with 128 binary places; from the record's time on.
    pub(crate) price: [Wide; 2],
    /// The sums of the prices times milliseconds up to the record's time, modulo 2^256.
    pub(crate) sum: [Wide; 2],
    /// The logarithm of the first price, following it by [`MAX_LOG_STEP`] a record, with 64 binary places.
    pub(crate) log: i128,
    /// The sum of logarithms times milliseconds up to the record's time.
    pub(crate) log_sum: i128,
}

/// What is known of a pool's prices from a time on.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Record {
    /// The block's time, in milliseconds since 1970.
    pub(crate) time: u64,
    /// The time of the next record; zero while there is none.
    pub(crate) until: u64,
    /// The pairs `i < j` of the reserves.
    pub(crate) pairs: Vec<Pair>,
    /// Whether the prices could be computed; those before are kept where not.
    pub(crate) priced: bool,
    /// The last time up to which prices could not be computed; zero if they always could.
    pub(crate) error_time: u64,
}
agora_state::borsh_value!(Record, 1);

/// The last record of a pool, and where the earlier ones begin.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Latest {
    /// The last record.
    pub(crate) record: Record,
    /// The time of the oldest record kept beside it; zero if there is none.
    pub(crate) oldest: u64,
    /// The time of the record after the oldest.
    pub(crate) oldest_until: u64,
    /// The time of the record that is next to be merged with the one after it; zero if there is none.
    pub(crate) merging: u64,
}
agora_state::borsh_value!(Latest, 1);

impl Pair {
    /// This pair at the mean prices on the way to the sums of `end`, which are so many milliseconds later. Rounded down.
    pub(crate) fn mean_until(&self, end: &Self, passed: u64) -> Option<Self> {
        let price = |index: usize| {
            let (from, to) = (self.sum.get(index)?.0, end.sum.get(index)?.0);
            to.wrapping_sub(from).checked_div(U256::from(passed)).map(Wide)
        };
        let log = mean(end.log_sum.checked_sub(self.log_sum)?, passed)?;
        Some(Self { price: [price(0)?, price(1)?], log, ..self.clone() })
    }
}

impl Record {
    /// The record that follows: sums run on to `now`, and the prices are those of the block's end. The second part says whether a
    /// logarithm is still on its way to its price.
    pub(crate) fn next(
        before: Option<&Self>,
        now: u64,
        coins: usize,
        prices: Option<Vec<[Price; 2]>>,
    ) -> (Self, bool) {
        let mut pairs = match before {
            Some(record) => record.pairs_at(now),
            None => pairs(coins).map(|_| Pair::default()).collect(),
        };
        // What could not be priced before is unknown up to now.
        let unknown = prices.is_none() || before.is_some_and(|record| !record.priced);
        let error_time = if unknown { now } else { before.map_or(0, |record| record.error_time) };
        let mut behind = false;
        let priced = prices.is_some();
        for (pair, [first, second]) in pairs.iter_mut().zip(prices.into_iter().flatten()) {
            let log = log2(first.raw()).unwrap_or_default();
            let (low, high) = (pair.log.saturating_sub(MAX_LOG_STEP), pair.log.saturating_add(MAX_LOG_STEP));
            // At first there is nothing to hold on to.
            let is_first = pair.price == [Wide::default(); 2];
            pair.log = if is_first { log } else { log.clamp(low, high) };
            pair.price = [Wide(first.raw()), Wide(second.raw())];
            behind |= pair.log != log;
        }
        (Self { time: now, until: 0, pairs, priced, error_time }, behind)
    }

    /// The price of one coin of the pool in another; `None` if there was none.
    pub(crate) fn price(&self, coins: usize, base: usize, quote: usize) -> Option<Price> {
        let wanted = (base.min(quote), base.max(quote));
        let place = pairs(coins).position(|pair| pair == wanted).filter(|_| self.priced)?;
        Price::new(self.pairs.get(place)?.price.get(usize::from(base > quote))?.0)
    }

    /// The pairs with their sums run on to a time.
    pub(crate) fn pairs_at(&self, time: u64) -> Vec<Pair> {
        let passed = if self.priced { time.saturating_sub(self.time) } else { 0 };
        let run = |pair: &Pair| {
            let sum = |index: usize| {
                let (price, sum) = (pair.price.get(index), pair.sum.get(index));
                let gained = price.map_or(U256::ZERO, |price| price.0.wrapping_mul(U256::from(passed)));
                Wide(sum.map_or(U256::ZERO, |sum| sum.0).wrapping_add(gained))
            };
            let gained = pair.log.saturating_mul(i128::from(passed));
            Pair {
                sum: [sum(0), sum(1)],
                log_sum: pair.log_sum.saturating_add(gained),
                price: pair.price,
                log: pair.log,
            }
        };
        self.pairs.iter().map(run).collect()
    }
}

/// The record in force at a time, and when it was made; `None` before the first that is kept.
///
/// # Errors
/// Storage fails.
pub(crate) fn in_force(
    state: &(impl StateRead + ?Sized),
    id: PoolId,
    latest: &Latest,
    time: u64,
) -> Result<Option<Record>, StateError> {
    if time >= latest.record.time {
        return Ok(Some(latest.record.clone()));
    }
    let prefix = crate::state::prefix(&id);
    let from = [prefix.as_slice(), &time.to_be_bytes()].concat();
    let page = RECORDS.page(state, &prefix, Some(&from), true, 1)?;
    Ok(page.entries.into_iter().next().map(|(_, record)| record))
}
