//! Pools, ticks and positions as the wire has them, in queries and genesis.

use agora_framework::AppError;
use agora_framework::wire::account;
use agora_framework::wire::wire_coin;
use agora_primitives::{Coin, Denom, MAX_SUPPLY};

use crate::error;
use crate::math::stable::{A_PRECISION, MAX_AMPLIFICATION};
use crate::math::tick::{MAX_SQRT_PRICE, MAX_TICK, MIN_SQRT_PRICE, MIN_TICK};
use crate::msgs::{parse_coin, parse_fee, parse_rates, wire_fee, wire_rates};
use crate::num::{Wide, parse_number};
use crate::pool::concentrated::{Concentrated, Tick};
use crate::pool::outflow::Outflows;
use crate::pool::stable::Stable;
use crate::pool::weighted::Weighted;
use crate::pool::{Curve, MAX_POOL_COINS, Pool, PoolId, PositionId};
use crate::position::Position;
use crate::proto::agora::dex::v1 as wire;
use crate::proto::agora::dex::v1::pool::Curve as WireCurve;
use crate::route::parse_pool_id;
use crate::shares;

/// A pool as queries and genesis show it.
pub(crate) fn wire_pool(id: PoolId, pool: &Pool) -> Result<wire::Pool, AppError> {
    let denoms = || pool.reserves.iter().map(|coin| &coin.denom);
    let curve = match &pool.curve {
        Curve::ConstantProduct => WireCurve::ConstantProduct(wire::ConstantProduct {}),
        Curve::Weighted(curve) => {
            WireCurve::Weighted(wire::Weighted { weights: wire_rates(denoms().zip(&curve.weights)) })
        }
        Curve::Stable(curve) => WireCurve::Stable(wire::Stable {
            amplification: curve.amplification,
            ramp_start: curve.ramp_start,
            ramp_amplification: curve.ramp_amplification,
            ramp_end: curve.ramp_end,
            rates: wire_rates(denoms().zip(&curve.rates)),
            rate_provider: curve.rate_provider.map(|address| address.to_string()).unwrap_or_default(),
            rates_height: curve.rates_height,
        }),
        Curve::Concentrated(curve) => {
            let [growth_0, growth_1] = curve.growth;
            WireCurve::Concentrated(wire::Concentrated {
                sqrt_price: curve.sqrt_price.0.to_string(),
                tick: curve.tick,
                liquidity: curve.liquidity.to_string(),
                tick_spacing: curve.spacing.unsigned_abs(),
                fee_growth_0: growth_0.0.to_string(),
                fee_growth_1: growth_1.0.to_string(),
            })
        }
    };
    Ok(wire::Pool {
        id: id.to_string(),
        address: id.address().to_string(),
        swap_fee: wire_fee(pool.swap_fee),
        reserves: pool.reserves.iter().map(wire_coin).collect(),
        shares: Some(wire_coin(&Coin::new(pool.shares, shares::denom(id)?))),
        curve: Some(curve),
        halted: pool.halted,
        outflows: pool.outflows.as_ref().map(wire_outflows),
    })
}

fn wire_outflows(flows: &Outflows) -> wire::Outflows {
    let list = |list: &[i128]| list.iter().map(i128::to_string).collect();
    wire::Outflows { began: flows.began, earlier: list(&flows.earlier), present: list(&flows.present) }
}

fn parse_outflows(wire: &wire::Outflows) -> Result<Outflows, AppError> {
    let list = |list: &[String]| -> Result<Vec<i128>, AppError> {
        list.iter().map(|text| parse_number("outflows", text)).collect()
    };
    Ok(Outflows { began: wire.began, earlier: list(&wire.earlier)?, present: list(&wire.present)? })
}

/// Reads a pool from genesis.
///
/// # Errors
/// Code 8, naming what contradicts itself.
pub(crate) fn parse_pool(wire: &wire::Pool) -> Result<(PoolId, Pool), AppError> {
    let id = parse_pool_id(&wire.id)?;
    let refused = |what: &str| error::POOL.wrap(format_args!("pool {id}: {what}"));
    if !wire.address.is_empty() && wire.address != id.address().to_string() {
        return Err(refused("the address does not follow from the id"));
    }
    let reserves: Vec<Coin> =
        wire.reserves.iter().map(|coin| parse_coin("reserves", Some(coin))).collect::<Result<_, _>>()?;
    let distinct = reserves.is_sorted_by(|a, b| a.denom < b.denom);
    if !distinct || !(2..=MAX_POOL_COINS).contains(&reserves.len()) {
        return Err(refused("the reserves must be 2 to 8 coins, sorted by denom"));
    }
    let shares = parse_coin("shares", wire.shares.as_ref())?;
    if shares.denom != shares::denom(id)? || shares.amount > MAX_SUPPLY {
        return Err(refused("the denom of the shares does not follow from the id"));
    }
    let curve = wire.curve.as_ref().ok_or_else(|| refused("the curve is missing"))?;
    let pair = reserves.len() == 2;
    let by_shares = shares.amount > 0 && reserves.iter().all(|coin| coin.amount > 0);
    let fits = match curve {
        WireCurve::ConstantProduct(_) => pair && by_shares,
        WireCurve::Weighted(_) | WireCurve::Stable(_) => by_shares,
        WireCurve::Concentrated(_) => pair && shares.amount == 0,
    };
    if !fits {
        return Err(refused("the reserves and shares do not fit the curve"));
    }
    let denoms: Vec<&Denom> = reserves.iter().map(|coin| &coin.denom).collect();
    let curve = parse_curve(curve, &denoms)?;
    let mut pool = Pool::new(parse_fee(&wire.swap_fee)?, reserves, shares.amount, curve);
    pool.halted = wire.halted;
    pool.outflows = wire.outflows.as_ref().map(parse_outflows).transpose()?;
    let counted = pool.outflows.as_ref().map(|flows| (flows.earlier.len(), flows.present.len()));
    let coins = pool.reserves.len();
    if counted.is_some_and(|counted| counted != (coins, coins)) {
        return Err(refused("the outflows are not those of the reserves"));
    }
    Ok((id, pool))
}

fn parse_curve(curve: &WireCurve, denoms: &[&Denom]) -> Result<Curve, AppError> {
    let refused = |what: &str| error::POOL.wrap(what);
    Ok(match curve {
        WireCurve::ConstantProduct(_) => Curve::ConstantProduct,
        WireCurve::Weighted(curve) => {
            let weights = parse_rates("weights", &curve.weights)?;
            Curve::Weighted(Weighted {
                weights: crate::msgs::check_weights(denoms.iter().copied(), weights)?,
            })
        }
        WireCurve::Stable(curve) => {
            let bounds = A_PRECISION..=MAX_AMPLIFICATION.saturating_mul(A_PRECISION);
            let amplified =
                bounds.contains(&curve.amplification) && bounds.contains(&curve.ramp_amplification);
            if !amplified || curve.ramp_end < curve.ramp_start {
                return Err(refused("the amplification or its ramp is out of bounds"));
            }
            let rates = parse_rates("rates", &curve.rates)?;
            let provider = match curve.rate_provider.as_str() {
                "" => None,
                text => Some(account("rate provider", text)?),
            };
            Curve::Stable(Stable {
                amplification: curve.amplification,
                ramp_start: curve.ramp_start,
                ramp_amplification: curve.ramp_amplification,
                ramp_end: curve.ramp_end,
                rates: crate::msgs::check_rates(denoms.iter().copied(), &rates)?,
                rate_provider: provider,
                rates_height: curve.rates_height,
            })
        }
        WireCurve::Concentrated(curve) => {
            let sqrt_price = parse_number("sqrt_price", &curve.sqrt_price)?;
            let priced = (MIN_SQRT_PRICE..MAX_SQRT_PRICE).contains(&sqrt_price);
            let spacing = i32::try_from(curve.tick_spacing).unwrap_or_default();
            if !priced
                || !(1..=MAX_TICK).contains(&spacing)
                || !(MIN_TICK.saturating_sub(1)..MAX_TICK).contains(&curve.tick)
            {
                return Err(refused("the price, tick or spacing is out of bounds"));
            }
            Curve::Concentrated(Concentrated {
                sqrt_price: Wide(sqrt_price),
                tick: curve.tick,
                liquidity: parse_number("liquidity", &curve.liquidity)?,
                spacing,
                growth: [
                    Wide(parse_number("fee_growth_0", &curve.fee_growth_0)?),
                    Wide(parse_number("fee_growth_1", &curve.fee_growth_1)?),
                ],
            })
        }
    })
}

/// A tick as queries and genesis show it.
pub(crate) fn wire_tick(id: PoolId, at: i32, tick: &Tick) -> wire::Tick {
    let [outside_0, outside_1] = tick.outside;
    wire::Tick {
        pool_id: id.to_string(),
        tick: at,
        liquidity_gross: tick.gross.to_string(),
        liquidity_net: tick.net.to_string(),
        fee_growth_outside_0: outside_0.0.to_string(),
        fee_growth_outside_1: outside_1.0.to_string(),
    }
}

/// Reads a tick from genesis.
///
/// # Errors
/// A number is malformed.
pub(crate) fn parse_tick(wire: &wire::Tick) -> Result<(PoolId, i32, Tick), AppError> {
    let tick = Tick {
        gross: parse_number("liquidity_gross", &wire.liquidity_gross)?,
        net: parse_number("liquidity_net", &wire.liquidity_net)?,
        outside: [
            Wide(parse_number("fee_growth_outside_0", &wire.fee_growth_outside_0)?),
            Wide(parse_number("fee_growth_outside_1", &wire.fee_growth_outside_1)?),
        ],
    };
    Ok((parse_pool_id(&wire.pool_id)?, wire.tick, tick))
}

/// A position as queries and genesis show it.
pub(crate) fn wire_position(id: PositionId, position: &Position, pool: &Pool) -> wire::Position {
    let [inside_0, inside_1] = position.inside;
    let coin = |(reserve, amount): (&Coin, &u128)| wire_coin(&Coin::new(*amount, reserve.denom.clone()));
    wire::Position {
        id: id.to_string(),
        pool_id: position.pool.to_string(),
        owner: position.owner.to_string(),
        tick_lower: position.lower,
        tick_upper: position.upper,
        liquidity: position.liquidity.to_string(),
        fee_growth_inside_0: inside_0.0.to_string(),
        fee_growth_inside_1: inside_1.0.to_string(),
        deposited: pool.reserves.iter().zip(&position.deposited).map(coin).collect(),
    }
}

/// Reads a position from genesis.
///
/// # Errors
/// A number is malformed, or what was deposited is not two amounts.
pub(crate) fn parse_position(wire: &wire::Position) -> Result<(PositionId, Position), AppError> {
    let amount = |coin| parse_coin("deposited", Some(coin)).map(|coin| coin.amount);
    let deposited: Vec<u128> = wire.deposited.iter().map(amount).collect::<Result<_, _>>()?;
    let deposited = <[u128; 2]>::try_from(deposited).map_err(|_| error::POOL.wrap("deposited: two coins"))?;
    let position = Position {
        pool: parse_pool_id(&wire.pool_id)?,
        owner: account("owner", &wire.owner)?,
        lower: wire.tick_lower,
        upper: wire.tick_upper,
        liquidity: parse_number("liquidity", &wire.liquidity)?,
        inside: [
            Wide(parse_number("fee_growth_inside_0", &wire.fee_growth_inside_0)?),
            Wide(parse_number("fee_growth_inside_1", &wire.fee_growth_inside_1)?),
        ],
        deposited,
    };
    Ok((crate::msgs::parse_position_id(&wire.id)?, position))
}
