//! Routes through pools: computed on copies, then settled at once.
//!
//! A quote and a swap run the same computation; a quote ends before settling. So nobody can see a pool in the middle of
//! a swap, and a quote is what the swap gives.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use agora_bank::api as bank;
use agora_framework::errors::sdk;
use agora_framework::time::NANOS;
use agora_framework::{AppError, BlockInfo, Event, StateCtx};
use agora_primitives::{Address, Amount, Coin, Coins, Denom};
use agora_state::{StateRead, StateWrite};

use crate::error;
use crate::oracle::store_pool;
use crate::params::{Params, grossed, taken};
use crate::planted::seen;
use crate::pool::concentrated::Overlay;
use crate::pool::{Env, Exchange, Pool, PoolId, Want};
use crate::route::{Route, parts};
use crate::state::{self, POOLS, TICKS, TickKey};
use crate::{protection, taker_fee};

/// The pools that a message uses, read once, and the exchanges made in them.
pub(crate) struct Router {
    pools: BTreeMap<PoolId, Pool>,
    ticks: Overlay,
    /// What the limits on outflow compare with: the reserves before.
    reserves: BTreeMap<PoolId, Vec<Coin>>,
    /// Read with the first exchange.
    params: Option<Params>,
    /// The block's time, in nanoseconds since 1970.
    time: u64,
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
    let pool = POOLS.get(state, &id)?.ok_or_else(|| error::NO_POOL.wrap(id))?;
    seen(state, id, pool)
}

impl Router {
    /// A router at the time of a block.
    pub(crate) fn new(block: &BlockInfo) -> Self {
        Self {
            pools: BTreeMap::new(),
            ticks: Overlay::new(),
            reserves: BTreeMap::new(),
            params: None,
            time: block.time,
            exchanges: Vec::new(),
        }
    }

    /// The parameters; with the first reading, whether exchanges may be made at all.
    fn params(&mut self, state: &(impl StateRead + ?Sized)) -> Result<&Params, AppError> {
        if self.params.is_none() {
            let params = state::params(state)?;
            protection::require_recovered(state, &params.protection, self.time)?;
            self.params = Some(params);
        }
        self.params.as_ref().ok_or_else(|| sdk::LOGIC.wrap("no parameters"))
    }

    /// One exchange. The taker fee is taken off what comes in before the pool sees it, or comes on top of what the pool asks for.
    fn exchange(
        &mut self,
        state: &(impl StateRead + ?Sized),
        id: PoolId,
        denom_in: &Denom,
        denom_out: &Denom,
        want: Want,
    ) -> Result<Exchange, AppError> {
        let params = self.params(state)?;
        let (rate, limited) =
            (params.taker_fee.rate(denom_in, denom_out), params.protection.outflow_limit > 0);
        let pool = match self.pools.entry(id) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let pool = pool(state, id)?;
                protection::require_open(id, &pool)?;
                if limited {
                    self.reserves.insert(id, pool.reserves.clone());
                }
                entry.insert(pool)
            }
        };
        let mut env = Env { state, now: self.time / NANOS, ticks: &mut self.ticks };
        let refused = |amount| {
            error::AMOUNT.wrap(format_args!("{amount}{denom_in} is too little or too much for the taker fee"))
        };
        match want {
            Want::In(amount) => {
                let fee = taken(amount, rate).ok_or_else(|| refused(amount))?;
                let net = amount.checked_sub(fee).filter(|net| *net > 0).ok_or_else(|| refused(amount))?;
                let exchange = pool.exchange(&mut env, id, denom_in, denom_out, Want::In(net))?;
                Ok(Exchange { taker_fee: fee, ..exchange })
            }
            Want::Out(_) => {
                let exchange = pool.exchange(&mut env, id, denom_in, denom_out, want)?;
                let net = exchange.token_in.amount;
                let gross = grossed(net, rate).ok_or_else(|| refused(net))?;
                Ok(Exchange { taker_fee: gross.saturating_sub(net), ..exchange })
            }
        }
    }

    /// Refuses exchanges that do to a pool what none may.
    fn protect(&mut self, state: &(impl StateRead + ?Sized)) -> Result<(), AppError> {
        let Some(params) = &self.params else { return Ok(()) };
        let (limits, now) = (&params.protection, self.time / NANOS);
        if limits.price_band > 0 {
            for (_, exchange) in &self.exchanges {
                let Some(pool) = self.pools.get(&exchange.pool) else { continue };
                let base = pool.index(exchange.pool, &exchange.token_in.denom)?;
                let quote = pool.index(exchange.pool, &exchange.token_out.denom)?;
                protection::require_in_band(state, limits, exchange.pool, pool, (base, quote), now)?;
            }
        }
        for (id, before) in &self.reserves {
            if let Some(pool) = self.pools.get_mut(id) {
                pool.count_flow(*id, before, limits, now)?;
            }
        }
        Ok(())
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
        self.protect(state)?;
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
        self.protect(state)?;
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
            let cost = exchange.token_in.amount.saturating_add(exchange.taker_fee);
            if hop.limit > 0 && cost > hop.limit {
                return Err(error::LIMIT.wrap(format_args!(
                    "pool {} takes {cost}{denom}, at most {}{denom} was allowed",
                    hop.pool, hop.limit
                )));
            }
            amount = cost;
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
            let fee = Coin::new(exchange.taker_fee, exchange.token_in.denom.clone());
            taker_fee::collect(ctx, &payer, &fee)?;
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

fn swapped(trader: &Address, exchange: &Exchange) -> Event {
    let event = Event::new("swapped")
        .with("pool_id", format_args!("{}", exchange.pool))
        .with("trader", trader)
        .with("token_in", &exchange.token_in)
        .with("token_out", &exchange.token_out)
        .with("fee", &exchange.fee);
    if exchange.taker_fee == 0 {
        return event;
    }
    event.with("taker_fee", Coin::new(exchange.taker_fee, exchange.token_in.denom.clone()))
}
