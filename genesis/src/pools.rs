//! The sample pools of the development network: one of each kind, at prices that agree with each other.

use agora_dex::math::sqrt_price::{Round, amounts_for, liquidity_for};
use agora_dex::math::tick::sqrt_price_at;
use agora_dex::math::{constant_product, fixed, stable, weighted};
use agora_dex::{PoolId, PositionId};
use agora_primitives::{Amount, Coin};
use ruint::aliases::U256;
use serde_json::{Value, json};

use crate::document::{GenesisDocument, GenesisError};
use crate::presets::POOL_PROVIDER;

/// Base units of a whole coin with 6 decimals.
const MICRO: Amount = 1_000_000;
/// Base units of a whole sample bitcoin.
const BITCOIN: Amount = 100_000_000;

/// A pool to be: what its address holds, and what its provider does.
pub(crate) struct SamplePool {
    id: PoolId,
    reserves: Vec<Coin>,
    /// Shares of the provider.
    pub(crate) shares: Option<Coin>,
    entry: Value,
    positions: Vec<Value>,
    ticks: Vec<Value>,
}

impl SamplePool {
    /// Puts the pool and its coins into a document.
    pub(crate) fn add_to(self, document: &mut GenesisDocument) {
        let mut held = self.reserves;
        if let Some(Coin { denom, .. }) = self.shares {
            held.push(Coin::new(constant_product::MINIMUM_SHARES, denom));
        }
        document.hold(&self.id.address(), &held);
        document.push("dex", "pools", self.entry);
        for position in self.positions {
            document.push("dex", "positions", position);
        }
        for tick in self.ticks {
            document.push("dex", "ticks", tick);
        }
    }
}

/// The pools: AGO at 5 dollars, bitcoin at 60,000.
///
/// # Errors
/// A formula refuses the figures, which a test excludes.
pub(crate) fn sample() -> Result<Vec<SamplePool>, GenesisError> {
    let pools = [constant_product_pool(), weighted_pool(), stable_pool(), concentrated_pool()];
    let refused = || GenesisError::Application("the sample pools cannot be made".to_owned());
    pools.into_iter().map(|pool| pool.ok_or_else(refused)).collect()
}

fn coins(list: &[(&str, Amount)]) -> Option<Vec<Coin>> {
    list.iter().map(|(denom, amount)| Some(Coin::new(*amount, denom.parse().ok()?))).collect()
}

fn wire(coin: &Coin) -> Value {
    json!({ "denom": coin.denom.as_str(), "amount": coin.amount.to_string() })
}

fn by_denom(figures: &[(&str, &str)]) -> Value {
    figures.iter().map(|(denom, amount)| json!({ "denom": denom, "amount": amount })).collect()
}

/// A pool whose shares are `shares` in all, the locked ones included.
fn with_shares(
    number: u64,
    list: &[(&str, Amount)],
    fee: &str,
    shares: Amount,
    curve: (&str, Value),
) -> Option<SamplePool> {
    let (id, reserves) = (PoolId::new(number), coins(list)?);
    let denom = id.share_denom().ok()?;
    let (name, curve) = curve;
    let mut entry = json!({
        "id": id.to_string(),
        "address": id.address().to_string(),
        "swap_fee": fee,
        "reserves": reserves.iter().map(wire).collect::<Vec<_>>(),
        "shares": { "denom": denom.as_str(), "amount": shares.to_string() }
    });
    entry.as_object_mut()?.insert(name.to_owned(), curve);
    let given = shares.checked_sub(constant_product::MINIMUM_SHARES)?;
    let shares = Some(Coin::new(given, denom));
    Some(SamplePool { id, reserves, shares, entry, positions: Vec::new(), ticks: Vec::new() })
}

fn constant_product_pool() -> Option<SamplePool> {
    let (ago, usdc) = (200_000 * MICRO, 1_000_000 * MICRO);
    let shares = constant_product::first_shares(ago, usdc)?;
    with_shares(1, &[("uago", ago), ("uusdc", usdc)], "0.003", shares, ("constant_product", json!({})))
}

fn weighted_pool() -> Option<SamplePool> {
    let (satoshi, ago, usdc) = (20 * BITCOIN / 3, 80_000 * MICRO, 200_000 * MICRO);
    let part = |percent: u64| fixed::ONE.checked_mul(U256::from(percent))?.checked_div(U256::from(100u8));
    let balances = [satoshi, ago, usdc].map(U256::from);
    let invariant = weighted::invariant_down(&balances, &[part(40)?, part(40)?, part(20)?])?;
    let shares = invariant.checked_div(fixed::ONE)?.checked_mul(U256::from(3u8))?;
    with_shares(
        2,
        &[("satoshi", satoshi), ("uago", ago), ("uusdc", usdc)],
        "0.002",
        shares.try_into().ok()?,
        (
            "weighted",
            json!({ "weights": by_denom(&[("satoshi", "0.4"), ("uago", "0.4"), ("uusdc", "0.2")]) }),
        ),
    )
}

fn stable_pool() -> Option<SamplePool> {
    let amount = 1_000_000 * MICRO;
    let amplification = 200 * stable::A_PRECISION;
    let shares = stable::invariant(&[U256::from(amount); 2], amplification)?;
    let curve = json!({
        "amplification": amplification.to_string(),
        "ramp_start": "0",
        "ramp_amplification": amplification.to_string(),
        "ramp_end": "0",
        "rates": by_denom(&[("uusdc", "1"), ("uusdt", "1")]),
        "rate_provider": "",
        "rates_height": "0"
    });
    with_shares(
        3,
        &[("uusdc", amount), ("uusdt", amount)],
        "0.0004",
        shares.try_into().ok()?,
        ("stable", curve),
    )
}

/// Satoshi in micro-AGO, from about a half to twice the price of 120, in one position.
fn concentrated_pool() -> Option<SamplePool> {
    const TICK: i32 = 47_880;
    const RANGE: (i32, i32) = (TICK - 6960, TICK + 6960);
    let price = sqrt_price_at(TICK)?;
    let (low, high) = (sqrt_price_at(RANGE.0)?, sqrt_price_at(RANGE.1)?);
    let liquidity = liquidity_for(price, low, high, 10 * BITCOIN, 120_000 * MICRO)?;
    let (satoshi, ago) = amounts_for(price, low, high, liquidity, Round::Ceil)?;
    let reserves = coins(&[("satoshi", satoshi.try_into().ok()?), ("uago", ago.try_into().ok()?)])?;
    let id = PoolId::new(4);
    let entry = json!({
        "id": id.to_string(),
        "address": id.address().to_string(),
        "swap_fee": "0.003",
        "reserves": reserves.iter().map(wire).collect::<Vec<_>>(),
        "shares": { "denom": id.share_denom().ok()?.as_str(), "amount": "0" },
        "concentrated": {
            "sqrt_price": price.to_string(),
            "tick": TICK,
            "liquidity": liquidity.to_string(),
            "tick_spacing": 60,
            "fee_growth_0": "0",
            "fee_growth_1": "0"
        }
    });
    let position = json!({
        "id": PositionId::new(1).to_string(),
        "pool_id": id.to_string(),
        "owner": POOL_PROVIDER.address,
        "tick_lower": RANGE.0,
        "tick_upper": RANGE.1,
        "liquidity": liquidity.to_string(),
        "fee_growth_inside_0": "0",
        "fee_growth_inside_1": "0",
        "deposited": reserves.iter().map(wire).collect::<Vec<_>>()
    });
    let tick = |at: i32, net: String| {
        json!({
            "pool_id": id.to_string(),
            "tick": at,
            "liquidity_gross": liquidity.to_string(),
            "liquidity_net": net,
            "fee_growth_outside_0": "0",
            "fee_growth_outside_1": "0"
        })
    };
    let ticks = vec![tick(RANGE.0, liquidity.to_string()), tick(RANGE.1, format!("-{liquidity}"))];
    Some(SamplePool { id, reserves, shares: None, entry, positions: vec![position], ticks })
}
