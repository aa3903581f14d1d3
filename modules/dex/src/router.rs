//! Routes through pools: computed on copies, then settled at once.
//!
//! A quote and a swap run the same computation; a quote ends before settling. So nobody can see a pool in the middle of
//! a swap, and a quote is what the swap gives.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use agora_bank::api as bank;
use agora_framework::{AppError, BlockInfo, Event, StateCtx};
use agora_primitives::{Address, Amount, Coin, Coins, Denom};
use agora_state::{StateRead, StateWrite};

use crate::error;
use crate::oracle::store_pool;
use crate::pool::concentrated::Overlay;
use crate::pool::{Env, Exchange, Pool, PoolId, Want};
use crate::route::Route;
use crate::state::{POOLS, TICKS, TickKey};

/// Nanoseconds in a second.
pub(crate) const NANOS: u64 = 1_000_000_000;

/// The pools that a message uses, read once, and the exchanges made in them.
pub(crate) struct Router {
    pools: BTreeMap<PoolId, Pool>,
    ticks: Overlay,
    /// Seconds since 1970.
    now: u64,
    /// The exchanges, in order; the first of each route is paid by the trader.
    exchanges: Vec<(Place, Exchange)>,
}

/// Where in its route an exchange stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    first: bool,
    last: bool,
}

/// The pool of an id.
///
/// # Errors
/// Code 2 when there is none.
pub(crate) fn pool(state: &(impl StateRead + ?Sized), id: PoolId) -> Result<Pool, AppError> {
    POOLS.get(state, &id)?.ok_or_else(|| error::NO_POOL.wrap(id))
}

impl Router {
    /// A router at the time of a block.
    pub(crate) fn new(block: &BlockInfo) -> Self {
        let now = block.time / NANOS;
        Self { pools: BTreeMap::new(), ticks: Overlay::new(), now, exchanges: Vec::new() }
    }

    fn exchange(
        &mut self,
        state: &(impl StateRead + ?Sized),
        id: PoolId,
        denom_in: &Denom,
        denom_out: &Denom,
        want: Want,
    ) -> Result<Exchange, AppError> {
        let pool = match self.pools.entry(id) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(pool(state, id)?),
        };
        let mut env = Env { state, now: self.now, ticks: &mut self.ticks };
        pool.exchange(&mut env, id, denom_in, denom_out, want)
    }

    /// Sends `token_in` along the routes, each with its share; returns what comes out of all.
    ///
    /// # Errors
    /// A pool is missing or cannot exchange; a hop gives less than its limit.
    pub(crate) fn exact_in(
        &mut self,
        state: &(impl StateRead + ?Sized),
        token_in: &Coin,
        routes: &[Route],
    ) -> Result<Amount, AppError> {
        let mut total: Amount = 0;
        for (route, part) in routes.iter().zip(parts(token_in, routes)?) {
            let out = self.route_exact_in(state, Coin::new(part, token_in.denom.clone()), route)?;
            total = total.checked_add(out).ok_or_else(|| error::AMOUNT.wrap("the sum overflows"))?;
        }
        Ok(total)
    }

    fn route_exact_in(
        &mut self,
        state: &(impl StateRead + ?Sized),
        mut coin: Coin,
        route: &Route,
    ) -> Result<Amount, AppError> {
        let hops = route.hops.len();
        for (index, hop) in route.hops.iter().enumerate() {
            let place = Place { first: index == 0, last: index.saturating_add(1) == hops };
            let exchange =
                self.exchange(state, hop.pool, &coin.denom, &hop.denom_out, Want::In(coin.amount))?;
            if exchange.token_out.amount < hop.limit {
                return Err(error::LIMIT.wrap(format_args!(
                    "pool {} gives {}, at least {}{} was asked for",
                    hop.pool, exchange.token_out, hop.limit, hop.denom_out
                )));
            }
            coin = exchange.token_out.clone();
            self.exchanges.push((place, exchange));
        }
        Ok(coin.amount)
    }

    /// Finds what must go in at the front of the routes so that `token_out` comes out of all, each giving its share;
    /// routes are computed from their ends. Returns the sum.
    ///
    /// # Errors
    /// A pool is missing or cannot exchange; a hop takes more than its limit.
    pub(crate) fn exact_out(
        &mut self,
        state: &(impl StateRead + ?Sized),
        denom_in: &Denom,
        token_out: &Coin,
        routes: &[Route],
    ) -> Result<Amount, AppError> {
        let mut total: Amount = 0;
        for (route, part) in routes.iter().zip(parts(token_out, routes)?) {
            let cost = self.route_exact_out(state, denom_in, part, route)?;
            total = total.checked_add(cost).ok_or_else(|| error::AMOUNT.wrap("the sum overflows"))?;
        }
        Ok(total)
    }

    fn route_exact_out(
        &mut self,
        state: &(impl StateRead + ?Sized),
        denom_in: &Denom,
        mut amount: Amount,
        route: &Route,
    ) -> Result<Amount, AppError> {
        let mut backwards = Vec::with_capacity(route.hops.len());
        for (index, hop) in route.hops.iter().enumerate().rev() {
            let before = index.checked_sub(1).and_then(|index| route.hops.get(index));
            let denom = before.map_or(denom_in, |hop| &hop.denom_out);
            let exchange = self.exchange(state, hop.pool, denom, &hop.denom_out, Want::Out(amount))?;
            if hop.limit > 0 && exchange.token_in.amount > hop.limit {
                return Err(error::LIMIT.wrap(format_args!(
                    "pool {} takes {}, at most {}{denom} was allowed",
                    hop.pool, exchange.token_in, hop.limit
                )));
            }
            amount = exchange.token_in.amount;
            let place = Place { first: index == 0, last: backwards.is_empty() };
            backwards.push((place, exchange));
        }
        self.exchanges.extend(backwards.into_iter().rev());
        Ok(amount)
    }

    /// The gas of the computations.
    pub(crate) fn gas(&self) -> u64 {
        self.exchanges().fold(0, |sum, exchange| sum.saturating_add(exchange.gas))
    }

    /// The exchanges made, in order.
    pub(crate) fn exchanges(&self) -> impl Iterator<Item = &Exchange> {
        self.exchanges.iter().map(|(_, exchange)| exchange)
    }

    /// Writes the pools and moves the coins: from the trader into the first pool, from pool to pool, from the last to the
    /// trader.
    ///
    /// # Errors
    /// Code 5 of `sdk` when the trader has too little.
    pub(crate) fn settle<C: StateCtx + StateWrite + ?Sized>(
        self,
        ctx: &mut C,
        trader: &Address,
    ) -> Result<(), AppError> {
        for (id, pool) in &self.pools {
            store_pool(ctx, *id, pool)?;
        }
        for ((id, tick), value) in &self.ticks {
            TICKS.set(ctx, &(*id, TickKey(*tick)), value)?;
        }
        let mut payer = *trader;
        for (place, exchange) in self.exchanges {
            let address = exchange.pool.address();
            if place.first {
                payer = *trader;
            }
            // The pool before may be this one: then the coin stays where it is.
            if payer != address {
                bank::send(ctx, &payer, &address, &Coins::one(exchange.token_in.clone()))?;
            }
            if place.last {
                bank::send(ctx, &address, trader, &Coins::one(exchange.token_out.clone()))?;
            }
            payer = address;
            ctx.emit(swapped(trader, &exchange));
        }
        Ok(())
    }
}

/// The share of each route.
///
/// # Errors
/// Code 6 when one would have nothing.
fn parts(coin: &Coin, routes: &[Route]) -> Result<Vec<Amount>, AppError> {
    let weights: Vec<u64> = routes.iter().map(|route| route.weight).collect();
    split(coin.amount, &weights)
        .filter(|parts| parts.iter().all(|part| *part > 0))
        .ok_or_else(|| error::AMOUNT.wrap(format_args!("{coin} is too little for so many routes")))
}

fn swapped(trader: &Address, exchange: &Exchange) -> Event {
    Event::new("swapped")
        .with("pool_id", format_args!("{}", exchange.pool))
        .with("trader", trader)
        .with("token_in", &exchange.token_in)
        .with("token_out", &exchange.token_out)
        .with("fee", &exchange.fee)
}

/// Splits an amount by weights, the parts adding up to it exactly: each gets its share rounded down, and the units left go
/// to the largest remainders, the earlier first among equals. A single part may have no weight.
///
/// `None` if there is no part, or no weight among several.
pub(crate) fn split(amount: Amount, weights: &[u64]) -> Option<Vec<Amount>> {
    use ruint::aliases::U256;
    if weights.len() == 1 {
        return Some(vec![amount]);
    }
    let total = weights.iter().try_fold(0u128, |sum, w| sum.checked_add(u128::from(*w)))?;
    if total == 0 {
        return None;
    }
    let divisor = U256::from(total);
    let mut parts = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    for (index, weight) in weights.iter().enumerate() {
        let product = U256::from(amount).checked_mul(U256::from(*weight))?;
        parts.push(Amount::try_from(product.checked_div(divisor)?).ok()?);
        remainders.push((std::cmp::Reverse(product.checked_rem(divisor)?), index));
    }
    let given = parts.iter().try_fold(0u128, |sum, part| sum.checked_add(*part))?;
    let left = usize::try_from(amount.checked_sub(given)?).ok()?;
    remainders.sort_unstable();
    for (_, index) in remainders.into_iter().take(left) {
        let part = parts.get_mut(index)?;
        *part = part.checked_add(1)?;
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parts_add_up_and_are_within_a_unit_of_their_share(
            amount in 0u128..u128::MAX,
            weights in proptest::collection::vec(any::<u64>(), 1..9),
        ) {
            let total: u128 = weights.iter().map(|w| u128::from(*w)).sum();
            let parts = split(amount, &weights);
            if weights.len() > 1 && total == 0 {
                prop_assert_eq!(parts, None);
                return Ok(());
            }
            let parts = parts.unwrap();
            prop_assert_eq!(parts.iter().sum::<u128>(), amount);
            for (part, weight) in parts.iter().zip(&weights).filter(|_| weights.len() > 1) {
                let floor = BigUint::from(amount) * *weight / total;
                let part = BigUint::from(*part);
                prop_assert!(part == floor || part == floor + 1u8);
            }
        }
    }

    #[test]
    fn units_left_go_to_the_largest_remainders() {
        assert_eq!(split(10, &[1, 1, 1]), Some(vec![4, 3, 3]));
        assert_eq!(split(10, &[1, 2, 3]), Some(vec![2, 3, 5]));
        assert_eq!(split(1, &[1, 3]), Some(vec![0, 1]));
        assert_eq!(split(7, &[0]), Some(vec![7]));
        assert_eq!(split(7, &[0, 0]), None);
        assert_eq!(split(7, &[]), None);
    }
}
