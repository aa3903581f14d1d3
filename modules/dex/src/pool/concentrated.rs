//! Exchanges through ranges of prices.

use std::collections::BTreeMap;

use agora_framework::AppError;
use agora_primitives::MAX_SUPPLY;
use agora_state::{StateError, StateRead};
use borsh::{BorshDeserialize, BorshSerialize};
use ruint::aliases::U256;

use super::{Env, Given, PoolId, Want};
use crate::error;
use crate::math::bitmap;
use crate::math::growth;
use crate::math::step::{Left, step};
use crate::math::tick::{MAX_SQRT_PRICE, MIN_SQRT_PRICE, sqrt_price_at, tick_at};
use crate::math::wide::to_u128;
use crate::num::Wide;
use crate::planted::planted;
use crate::state::{BITMAP, TICKS, TickKey};

/// The most steps of one exchange: ticks and borders of words of the bitmap. More is refused.
pub(crate) const MAX_STEPS: usize = 4096;

/// What a concentrated pool keeps.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Concentrated {
    /// The root of the price, times 2^96.
    pub(crate) sqrt_price: Wide,
    /// The tick of the price; one less right after the price fell onto a tick's own.
    pub(crate) tick: i32,
    /// Liquidity in force.
    pub(crate) liquidity: u128,
    /// Ranges begin and end at its multiples.
    pub(crate) spacing: i32,
    /// Fees per unit of liquidity of both coins, times 2^128, modulo 2^256.
    pub(crate) growth: [Wide; 2],
}

/// Where ranges begin or end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Tick {
    /// Liquidity of all ranges that begin or end here.
    pub(crate) gross: u128,
    /// What the liquidity in force gains when the price rises past.
    pub(crate) net: i128,
    /// Fees earned on the other side than the price.
    pub(crate) outside: [Wide; 2],
}
agora_state::borsh_value!(Tick, 1);

/// Ticks that exchanges have changed, before they are written.
pub(crate) type Overlay = BTreeMap<(PoolId, i32), Tick>;

/// `liquidity + net`; `None` if it leaves its range.
pub(crate) fn add_net(liquidity: u128, net: i128) -> Option<u128> {
    liquidity.checked_add_signed(net)
}

/// Whether liquidity from `lower` to `upper` is in force at `tick`.
pub(crate) const fn is_in_range(tick: i32, lower: i32, upper: i32) -> bool {
    lower <= tick && tick < upper
}

/// An exchange under way.
struct Run {
    left: Left,
    /// The other side: received when the input is exact, paid when the output is.
    other: U256,
    fee: U256,
    sqrt_price: U256,
    tick: i32,
    liquidity: u128,
    growth: U256,
}

impl Run {
    fn is_done(&self) -> bool {
        match self.left {
            Left::In(left) | Left::Out(left) => left.is_zero(),
        }
    }
}

impl Concentrated {
    /// Exchanges the first coin for the second, or the other way; changes the price, the liquidity, the growth of fees and
    /// the ticks it crosses. Nothing if the ranges do not suffice.
    ///
    /// # Errors
    /// Storage fails.
    pub(crate) fn exchange(
        &mut self,
        env: &mut Env<'_, impl StateRead + ?Sized>,
        id: PoolId,
        zero_for_one: bool,
        want: Want,
        fee: u32,
    ) -> Result<Option<Given>, AppError> {
        let side = usize::from(!zero_for_one);
        let Some(growth) = self.growth.get(side).map(|growth| growth.0) else { return Ok(None) };
        let mut run = Run {
            left: match want {
                Want::In(amount) => Left::In(U256::from(amount)),
                Want::Out(amount) => Left::Out(U256::from(amount)),
            },
            other: U256::ZERO,
            fee: U256::ZERO,
            sqrt_price: self.sqrt_price.0,
            tick: self.tick,
            liquidity: self.liquidity,
            growth,
        };
        // Crossings are kept apart until the whole exchange is known to work.
        let mut crossed = Vec::new();
        for _ in 0..MAX_STEPS {
            if run.is_done() {
                return Ok(self.finish(env, id, side, &run, crossed, want));
            }
            if !self.advance(env, id, zero_for_one, fee, &mut run, &mut crossed)? {
                return Ok(None);
            }
        }
        if run.is_done() {
            return Ok(self.finish(env, id, side, &run, crossed, want));
        }
        Err(error::AMOUNT
            .wrap(format_args!("pool {id} would need more than {MAX_STEPS} steps; swap less at once")))
    }

    fn finish(
        &mut self,
        env: &mut Env<'_, impl StateRead + ?Sized>,
        id: PoolId,
        side: usize,
        run: &Run,
        crossed: Vec<(i32, Tick)>,
        want: Want,
    ) -> Option<Given> {
        let other = to_u128(run.other).filter(|other| *other <= MAX_SUPPLY)?;
        let (amount_in, amount_out) = match want {
            Want::In(amount) => (amount, other),
            Want::Out(amount) => (other, amount),
        };
        let given = Given { amount_in, amount_out, fee: to_u128(run.fee)? };
        self.sqrt_price = Wide(run.sqrt_price);
        self.tick = run.tick;
        self.liquidity = run.liquidity;
        if let Some(growth) = self.growth.get_mut(side) {
            growth.0 = run.growth;
        }
        env.ticks.extend(crossed.into_iter().map(|(tick, value)| ((id, tick), value)));
        Some(given)
    }

    /// One step, to the next tick or as far as the amount goes. False at the end of all prices.
    fn advance(
        &self,
        env: &mut Env<'_, impl StateRead + ?Sized>,
        id: PoolId,
        zero_for_one: bool,
        fee: u32,
        run: &mut Run,
        crossed: &mut Vec<(i32, Tick)>,
    ) -> Result<bool, AppError> {
        let limit = if zero_for_one {
            MIN_SQRT_PRICE.wrapping_add(U256::from(1u8))
        } else {
            MAX_SQRT_PRICE.wrapping_sub(U256::from(1u8))
        };
        if run.sqrt_price == limit {
            return Ok(false);
        }
        let Some(search) = bitmap::search(run.tick, self.spacing, zero_for_one) else { return Ok(false) };
        let word = BITMAP.get(env.state, &(id, word_key(search.word)))?.unwrap_or_default();
        let Some((next, found)) = search.next(word.0) else { return Ok(false) };
        let Some(price) = sqrt_price_at(next) else { return Ok(false) };
        let target = if zero_for_one { price.max(limit) } else { price.min(limit) };
        let before = run.sqrt_price;
        let Some(done) = step(before, target, run.liquidity, run.left, fee) else { return Ok(false) };
        let Some(()) = run.apply(&done) else { return Ok(false) };
        if run.sqrt_price == price {
            if found && !(run.is_done() && planted("concentrated:tick_passed_over")) {
                let tick = match env.ticks.get(&(id, next)) {
                    Some(tick) => *tick,
                    None => TICKS.get(env.state, &(id, TickKey(next)))?.ok_or_else(|| corrupt(id, next))?,
                };
                let falls = zero_for_one && !planted("concentrated:net_of_the_other_way");
                let net = if falls { tick.net.checked_neg() } else { Some(tick.net) };
                let Some(liquidity) = net.and_then(|net| add_net(run.liquidity, net)) else {
                    return Err(corrupt(id, next));
                };
                run.liquidity = liquidity;
                crossed.push((next, self.flipped(&tick, zero_for_one, run.growth)));
            }
            run.tick = if zero_for_one { next.saturating_sub(1) } else { next };
        } else if run.sqrt_price != before {
            match tick_at(run.sqrt_price) {
                Some(tick) => run.tick = tick,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// The tick as seen from its other side.
    fn flipped(&self, tick: &Tick, zero_for_one: bool, growth: U256) -> Tick {
        let [first, second] = self.growth;
        let [outside0, outside1] = tick.outside;
        let (now0, now1) = if zero_for_one { (growth, second.0) } else { (first.0, growth) };
        let outside = [Wide(now0.wrapping_sub(outside0.0)), Wide(now1.wrapping_sub(outside1.0))];
        Tick { outside, ..*tick }
    }
}

impl Run {
    /// Takes a step into account.
    fn apply(&mut self, step: &crate::math::step::Step) -> Option<()> {
        let paid = step.amount_in.checked_add(step.fee)?;
        match &mut self.left {
            Left::In(left) => {
                *left = left.checked_sub(paid)?;
                self.other = self.other.checked_add(step.amount_out)?;
            }
            Left::Out(left) => {
                *left = left.checked_sub(step.amount_out)?;
                self.other = self.other.checked_add(paid)?;
            }
        }
        self.fee = self.fee.checked_add(step.fee)?;
        self.sqrt_price = step.sqrt_price;
        if self.liquidity > 0 {
            self.growth = growth::grown(self.growth, step.fee, self.liquidity)?;
        }
        Some(())
    }
}

/// A word of the bitmap as a key: in the order of the ticks.
pub(crate) fn word_key(word: i16) -> u16 {
    word.cast_unsigned() ^ 0x8000
}

fn corrupt(id: PoolId, tick: i32) -> AppError {
    StateError::Corrupt {
        key: format!("tick {tick} of pool {id}"),
        reason: "the bitmap and the ticks do not agree".to_owned(),
    }
    .into()
}
