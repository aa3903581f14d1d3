//! Pools as the wire has them, in queries and genesis.

use agora_framework::AppError;
use agora_primitives::{Coin, MAX_SUPPLY};

use crate::error;
use crate::msgs::{parse_coin, parse_fee, wire_coin, wire_fee};
use crate::pool::{Curve, Pool, PoolId};
use crate::proto::agora::dex::v1 as wire;
use crate::proto::agora::dex::v1::pool::Curve as WireCurve;
use crate::route::parse_pool_id;
use crate::shares;

/// A pool as queries and genesis show it.
pub(crate) fn wire_pool(id: PoolId, pool: &Pool) -> Result<wire::Pool, AppError> {
    let curve = match pool.curve {
        Curve::ConstantProduct => WireCurve::ConstantProduct(wire::ConstantProduct {}),
    };
    Ok(wire::Pool {
        id: id.to_string(),
        address: id.address().to_string(),
        swap_fee: wire_fee(pool.swap_fee),
        reserves: pool.reserves.iter().map(wire_coin).collect(),
        shares: Some(wire_coin(&Coin::new(pool.shares, shares::denom(id)?))),
        curve: Some(curve),
    })
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
    if !reserves.is_sorted_by(|a, b| a.denom < b.denom) {
        return Err(refused("the reserves must be sorted by denom"));
    }
    let shares = parse_coin("shares", wire.shares.as_ref())?;
    if shares.denom != shares::denom(id)? || shares.amount > MAX_SUPPLY {
        return Err(refused("the denom of the shares does not follow from the id"));
    }
    let curve = match wire.curve.as_ref().ok_or_else(|| refused("the curve is missing"))? {
        WireCurve::ConstantProduct(_) => {
            if reserves.len() != 2 || reserves.iter().any(|coin| coin.amount == 0) || shares.amount == 0 {
                return Err(refused("a constant-product pool has two reserves and shares"));
            }
            Curve::ConstantProduct
        }
    };
    Ok((id, Pool { swap_fee: parse_fee(&wire.swap_fee)?, reserves, shares: shares.amount, curve }))
}
