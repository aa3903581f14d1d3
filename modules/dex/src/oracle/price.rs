//! The price at which a pool would exchange next to nothing, fees aside.

use std::fmt;

use agora_primitives::Amount;
use ruint::aliases::U256;

use super::log2::ONE;
use crate::math::stable::{A_PRECISION, invariant};
use crate::math::wide::{mul_div_floor, to_u128};
use crate::pool::concentrated::Concentrated;
use crate::pool::stable::Stable;
use crate::pool::weighted::Weighted;
use crate::pool::{Curve, Pool};

/// What counts as one with 18 decimals.
const DEC: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);
/// Bits of the greatest price: 100 before the point.
const MAX_BITS: usize = 228;

/// A price: base units of the quote coin for one base unit of the base coin, with 128 binary places, rounded down.
///
/// From 2^-100 to 2^100; a pool whose price lies beyond has none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Price(U256);

impl Price {
    /// The price with 128 binary places, if it lies within the bounds.
    pub(crate) fn new(raw: U256) -> Option<Self> {
        let inverse = ONE.checked_mul(ONE.wrapping_sub(U256::from(1u8)))?.checked_div(raw)?;
        (raw.bit_len() <= MAX_BITS && inverse.bit_len() <= MAX_BITS).then_some(Self(raw))
    }

    /// The price times 2^128.
    #[must_use]
    pub const fn raw(self) -> U256 {
        self.0
    }

    /// The price times 10^18, rounded down: a decimal as the wire has it.
    #[must_use]
    pub fn to_wire(self) -> String {
        mul_div_floor(self.0, DEC, ONE).unwrap_or_default().to_string()
    }

    /// What an amount of the base coin is worth in the quote coin, rounded down. `None` beyond 128 bits.
    #[must_use]
    pub fn worth_floor(self, amount: Amount) -> Option<Amount> {
        to_u128(mul_div_floor(U256::from(amount), self.0, ONE)?)
    }
}

impl fmt::Debug for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / 2^128", self.0)
    }
}

/// `a / b` as a price.
fn ratio(a: U256, b: U256) -> Option<Price> {
    Price::new(mul_div_floor(a, ONE, b)?)
}

impl Pool {
    /// The price of the coin at place `base` in that at place `quote`, both among the reserves. `None` where there is none: beyond
    /// the bounds of prices, without liquidity in force, or where the invariant of a stable pool does not settle.
    pub(crate) fn spot_price(&self, base: usize, quote: usize, now: u64) -> Option<Price> {
        if base == quote {
            return None;
        }
        let reserve = |index: usize| self.reserves.get(index).map(|coin| U256::from(coin.amount));
        let (x, y) = (reserve(base)?, reserve(quote)?);
        match &self.curve {
            Curve::ConstantProduct => ratio(y, x),
            Curve::Weighted(curve) => weighted(curve, (base, x), (quote, y)),
            Curve::Stable(curve) => Slopes::new(self, curve, now)?.price(base, quote),
            Curve::Concentrated(curve) => concentrated(curve, base < quote),
        }
    }

    /// The prices of every pair `i < j` of the reserves, both ways: of `i` in `j`, of `j` in `i`. `None` if one has none.
    pub(crate) fn spot_prices(&self, now: u64) -> Option<Vec<[Price; 2]>> {
        let all = pairs(self.reserves.len());
        if let Curve::Stable(curve) = &self.curve {
            // The invariant is found once for all pairs.
            let slopes = Slopes::new(self, curve, now)?;
            return all.map(|(i, j)| Some([slopes.price(i, j)?, slopes.price(j, i)?])).collect();
        }
        all.map(|(i, j)| Some([self.spot_price(i, j, now)?, self.spot_price(j, i, now)?])).collect()
    }
}

/// The pairs of so many coins, in the order of records.
pub(crate) fn pairs(coins: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..coins).flat_map(move |i| (i.saturating_add(1)..coins).map(move |j| (i, j)))
}

/// `(y / wy) / (x / wx)`.
fn weighted(curve: &Weighted, (base, x): (usize, U256), (quote, y): (usize, U256)) -> Option<Price> {
    let above = y.checked_mul(curve.weight(base)?)?;
    ratio(above, x.checked_mul(curve.weight(quote)?)?)
}

/// The slope of a stable pool's invariant towards each coin.
struct Slopes {
    /// The reserves in the common unit.
    balances: Vec<U256>,
    /// `Ann * x + P`, where `P = D^(n+1) / (n^n * prod(x))`.
    slopes: Vec<U256>,
    /// What a base unit of each coin counts for.
    rates: Vec<u128>,
}

impl Slopes {
    fn new(pool: &Pool, curve: &Stable, now: u64) -> Option<Self> {
        let balances = curve.scaled(&pool.reserves)?;
        let amplification = curve.amplification_at(now)?;
        let n = U256::from(u64::try_from(balances.len()).ok()?);
        let d = invariant(&balances, amplification)?;
        let mut p = d;
        for balance in &balances {
            p = mul_div_floor(p, d, balance.checked_mul(n)?)?;
        }
        let p = p.checked_mul(U256::from(A_PRECISION))?;
        let ann = U256::from(amplification).checked_mul(n)?;
        let slope = |balance: &U256| ann.checked_mul(*balance)?.checked_add(p);
        let slopes = balances.iter().map(slope).collect::<Option<_>>()?;
        Some(Self { balances, slopes, rates: curve.rates.clone() })
    }

    /// `y * (Ann * x + P) / (x * (Ann * y + P))`, then the ratio of the rates.
    fn price(&self, base: usize, quote: usize) -> Option<Price> {
        let slopes = mul_div_floor(*self.slopes.get(base)?, ONE, *self.slopes.get(quote)?)?;
        let price = mul_div_floor(slopes, *self.balances.get(quote)?, *self.balances.get(base)?)?;
        let rate = |index: usize| self.rates.get(index).map(|rate| U256::from(*rate));
        Price::new(mul_div_floor(price, rate(base)?, rate(quote)?)?)
    }
}

/// The square of the root price, or its inverse. Without liquidity in force the price is nobody's: anybody could move it for
/// nothing.
fn concentrated(curve: &Concentrated, first_in_second: bool) -> Option<Price> {
    if curve.liquidity == 0 {
        return None;
    }
    // 2^192 / 2^64 = 2^128: prices are squares with 192 binary places, less 64 of them.
    let unit = U256::from(1u8).wrapping_shl(64);
    let root = curve.sqrt_price.0;
    if first_in_second {
        return Price::new(mul_div_floor(root, root, unit)?);
    }
    // 2^320 / root^2 in two steps.
    let inverse = U256::from(1u8).wrapping_shl(255).checked_div(root)?;
    Price::new(mul_div_floor(inverse, U256::from(1u8).wrapping_shl(65), root)?)
}
