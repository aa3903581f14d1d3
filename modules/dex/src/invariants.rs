//! What must hold after every block.

use std::collections::{BTreeMap, BTreeSet};

use agora_bank::api as bank;
use agora_framework::Invariant;
use agora_primitives::Address;
use agora_state::{StateRead, every};
use ruint::aliases::U256;

use crate::math::bitmap;
use crate::math::sqrt_price::Round;
use crate::math::tick::sqrt_price_at;
use crate::pool::concentrated::{Concentrated, is_in_range, word_key};
use crate::pool::{Curve, Pool, PoolId, PositionId};
use crate::position::{self, Position};
use crate::shares;
use crate::state::{BITMAP, OWNED, POOLS, POSITIONS, TICKS};
use crate::taker_fee;

pub(crate) fn all() -> Vec<Invariant> {
    vec![
        Invariant { name: "the address of a pool holds its reserves", check: reserves_are_held },
        Invariant { name: "the shares of a pool are those that exist", check: shares_exist },
        Invariant {
            name: "the liquidity in force is the sum of the ranges around the price",
            check: liquidity_in_force,
        },
        Invariant { name: "ticks and bitmap follow from the positions", check: ticks_and_bitmap },
        Invariant {
            name: "a pool's reserves cover all positions and their fees",
            check: positions_are_covered,
        },
        Invariant { name: "every position is listed with its owner", check: owners_are_listed },
        Invariant { name: "taker fees that are due are held", check: |state| taker_fee::are_held(state) },
    ]
}

fn pools(state: &dyn StateRead) -> Result<Vec<(PoolId, Pool)>, String> {
    every(|from, limit| POOLS.page(state, &[], from, false, limit)).map_err(|e| e.to_string())
}

/// At least: anybody may send more to the address, which is not counted.
fn reserves_are_held(state: &dyn StateRead) -> Result<(), String> {
    for (id, pool) in pools(state)? {
        for coin in &pool.reserves {
            let held = bank::balance(state, &id.address(), &coin.denom).map_err(|e| e.to_string())?;
            if held < coin.amount {
                return Err(format!("pool {id} counts {coin}, its address holds {held}"));
            }
        }
    }
    Ok(())
}

fn shares_exist(state: &dyn StateRead) -> Result<(), String> {
    for (id, pool) in pools(state)? {
        let denom = shares::denom(id).map_err(|e| e.to_string())?;
        let supply = bank::supply(state, &denom).map_err(|e| e.to_string())?;
        if supply != pool.shares {
            return Err(format!("pool {id} has {} shares, {supply}{denom} exist", pool.shares));
        }
    }
    Ok(())
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn positions(state: &(impl StateRead + ?Sized)) -> Result<Vec<(PositionId, Position)>, String> {
    every(|from, limit| POSITIONS.page(state, &[], from, false, limit)).map_err(text)
}

fn liquidity_in_force(state: &dyn StateRead) -> Result<(), String> {
    liquidity_follows(state)
}

/// Checked at genesis too.
pub(crate) fn liquidity_follows(state: &(impl StateRead + ?Sized)) -> Result<(), String> {
    let mut sums: BTreeMap<PoolId, u128> = BTreeMap::new();
    let pools = every(|from, limit| POOLS.page(state, &[], from, false, limit)).map_err(text)?;
    let curves: BTreeMap<PoolId, &Concentrated> = pools
        .iter()
        .filter_map(|(id, pool)| match &pool.curve {
            Curve::Concentrated(curve) => Some((*id, curve)),
            _ => None,
        })
        .collect();
    for (id, position) in positions(state)? {
        let curve = curves.get(&position.pool).ok_or_else(|| format!("position {id} lies in no pool"))?;
        if is_in_range(curve.tick, position.lower, position.upper) {
            let sum = sums.entry(position.pool).or_default();
            *sum = sum.checked_add(position.liquidity).ok_or("liquidity overflows")?;
        }
    }
    for (id, curve) in curves {
        let sum = sums.remove(&id).unwrap_or_default();
        if sum != curve.liquidity {
            return Err(format!("pool {id} has {} in force, its ranges add up to {sum}", curve.liquidity));
        }
        let (low, high) = (sqrt_price_at(curve.tick), sqrt_price_at(curve.tick.saturating_add(1)));
        // Right after a fall onto a tick the price is that of the next tick.
        if low.is_some_and(|low| curve.sqrt_price.0 < low)
            || high.is_some_and(|high| curve.sqrt_price.0 > high)
        {
            return Err(format!("the price of pool {id} does not belong to its tick {}", curve.tick));
        }
    }
    Ok(())
}

fn ticks_and_bitmap(state: &dyn StateRead) -> Result<(), String> {
    ticks_follow(state)
}

/// Checked at genesis too.
pub(crate) fn ticks_follow(state: &(impl StateRead + ?Sized)) -> Result<(), String> {
    let mut sums: BTreeMap<(PoolId, i32), (u128, i128)> = BTreeMap::new();
    for (id, position) in positions(state)? {
        let liquidity =
            i128::try_from(position.liquidity).map_err(|_| format!("position {id} is too large"))?;
        for (tick, delta) in [(position.lower, liquidity), (position.upper, liquidity.saturating_neg())] {
            let (gross, net) = sums.entry((position.pool, tick)).or_default();
            *gross = gross.checked_add(position.liquidity).ok_or("liquidity overflows")?;
            *net = net.checked_add(delta).ok_or("liquidity overflows")?;
        }
    }
    let mut bits: BTreeMap<(PoolId, u16), U256> = BTreeMap::new();
    for ((id, at), tick) in every(|from, limit| TICKS.page(state, &[], from, false, limit)).map_err(text)? {
        let sum = sums.remove(&(id, at.0)).unwrap_or_default();
        if sum != (tick.gross, tick.net) {
            return Err(format!("tick {} of pool {id} is {tick:?}, its positions add up to {sum:?}", at.0));
        }
        let pool = POOLS.get(state, &id).map_err(text)?.ok_or("a tick lies in no pool")?;
        let Curve::Concentrated(curve) = pool.curve else { return Err(format!("pool {id} has ticks")) };
        let (word, bit) = bitmap::position(at.0, curve.spacing).ok_or("a tick has no bit")?;
        *bits.entry((id, word_key(word))).or_default() |= U256::from(1u8).wrapping_shl(usize::from(bit));
    }
    if let Some(((id, tick), _)) = sums.into_iter().next() {
        return Err(format!("tick {tick} of pool {id} is missing"));
    }
    let words = every(|from, limit| BITMAP.page(state, &[], from, false, limit)).map_err(text)?;
    if words.into_iter().map(|(key, word)| (key, word.0)).eq(bits) {
        return Ok(());
    }
    Err("the bitmap is not that of the ticks".to_owned())
}

fn positions_are_covered(state: &dyn StateRead) -> Result<(), String> {
    let mut owed: BTreeMap<PoolId, [u128; 2]> = BTreeMap::new();
    for (id, position) in positions(state)? {
        let pool = POOLS.get(state, &position.pool).map_err(text)?.ok_or("a position lies in no pool")?;
        let curve = position::curve(&pool, position.pool).map_err(text)?;
        let held = position::amounts(curve, position.lower, position.upper, position.liquidity, Round::Floor)
            .ok_or_else(|| format!("position {id} cannot be paid out"))?;
        let fees = position::fees(state, curve, &position).map_err(text)?;
        let sums = owed.entry(position.pool).or_default();
        for ((sum, held), fee) in sums.iter_mut().zip(held).zip(fees) {
            *sum =
                sum.checked_add(held).and_then(|sum| sum.checked_add(fee)).ok_or("what is owed overflows")?;
        }
    }
    for (id, sums) in owed {
        let pool = POOLS.get(state, &id).map_err(text)?.ok_or("a position lies in no pool")?;
        for (reserve, sum) in pool.reserves.iter().zip(sums) {
            if sum > reserve.amount {
                return Err(format!("pool {id} counts {reserve} and owes {sum}"));
            }
        }
    }
    Ok(())
}

fn owners_are_listed(state: &dyn StateRead) -> Result<(), String> {
    let mut owned: BTreeSet<(Address, PositionId)> =
        positions(state)?.into_iter().map(|(id, position)| (position.owner, id)).collect();
    for (key, ()) in every(|from, limit| OWNED.page(state, &[], from, false, limit)).map_err(text)? {
        if !owned.remove(&key) {
            return Err(format!("{} is listed as the owner of position {} and is not", key.0, key.1));
        }
    }
    match owned.into_iter().next() {
        Some((owner, id)) => Err(format!("position {id} of {owner} is not listed")),
        None => Ok(()),
    }
}
