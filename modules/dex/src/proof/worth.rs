//! What the shares of a pool are worth, compared in exact integers.

use num_bigint::BigUint;

use super::exact;
use crate::math::fixed::ONE;
use crate::math::stable;
use crate::pool::{Curve, Pool};

/// The weights of a pool's coins in tenths.
fn tenths(pool: &Pool) -> Vec<u32> {
    match &pool.curve {
        Curve::Weighted(curve) => {
            let tenth = ONE.to::<u128>() / 10;
            curve.weights.iter().map(|weight| u32::try_from(weight / tenth).unwrap()).collect()
        }
        _ => vec![5, 5],
    }
}

/// Whether a share is worth no less than before: the product of `reserve ^ weight`, or the true D, by shares.
pub(super) fn is_kept(before: &Pool, after: &Pool) -> bool {
    if let Curve::Stable(curve) = &before.curve {
        // With 24 bits after the point.
        let d = |pool: &Pool| {
            let fine: Vec<BigUint> = pool.reserves.iter().map(|c| BigUint::from(c.amount) << 24u32).collect();
            exact::invariant(&fine, curve.amplification)
        };
        // Swaps compare whole units while the balances are not far apart: a part of one may be lost in between.
        let far = |pool: &Pool| {
            let amounts = || pool.reserves.iter().map(|c| c.amount);
            amounts().max().unwrap() > amounts().min().unwrap() * 10
        };
        // At the border whole units are off by a unit or two.
        let slack = if before.shares != after.shares || (far(before) && far(after)) { 1u32 } else { 1 << 25 };
        let whole =
            |pool: &Pool| stable::invariant(&curve.scaled(&pool.reserves).unwrap(), curve.amplification);
        return (d(after) + slack) * before.shares >= d(before) * after.shares
            && (before.shares != after.shares || whole(after) >= whole(before));
    }
    let power = |pool: &Pool, shares: u128| {
        let product: BigUint =
            pool.reserves.iter().zip(tenths(pool)).map(|(c, w)| BigUint::from(c.amount).pow(w)).product();
        product * BigUint::from(shares).pow(10)
    };
    power(after, before.shares) >= power(before, after.shares)
}

/// Whether D as a stable pool computes it is the true one, but for what the divisions of Newton's method lose: more the
/// further the balances are apart.
pub(super) fn is_true(pool: &Pool) -> bool {
    let Curve::Stable(curve) = &pool.curve else { return true };
    let balances = curve.scaled(&pool.reserves).unwrap();
    let big: Vec<BigUint> = balances.iter().map(|x| BigUint::from(x.to::<u128>())).collect();
    let exact = exact::invariant(&big, curve.amplification);
    let ours = stable::invariant(&balances, curve.amplification).unwrap();
    let ours = BigUint::from_bytes_be(&ours.to_be_bytes::<32>());
    let slack = big.iter().max().unwrap() / big.iter().min().unwrap() + 2u8;
    ours <= &exact + &slack && exact <= ours + slack
}
