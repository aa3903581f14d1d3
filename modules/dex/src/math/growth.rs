//! Fees per unit of liquidity in Q128.128 (Uniswap v3 core paper, section 6.3). The sums wrap: only differences count.

use ruint::aliases::U256;

use super::wide::mul_div_floor;
use crate::planted::planted;

/// 2^128: one, in the unit of fee growth.
pub const Q128: U256 = U256::from_limbs([0, 0, 1, 0]);

/// The growth after `fee` for `liquidity`, which is not zero.
#[must_use]
pub fn grown(growth: U256, fee: U256, liquidity: u128) -> Option<U256> {
    Some(growth.wrapping_add(mul_div_floor(fee, Q128, U256::from(liquidity))?))
}

/// The growth within a range: all of it, less what was earned below and above.
///
/// `outside` of a tick is what was earned on the other side of it than the current tick.
#[must_use]
pub fn inside(
    global: U256,
    current: i32,
    (lower, outside_lower): (i32, U256),
    (upper, outside_upper): (i32, U256),
) -> U256 {
    let below = if current >= lower { outside_lower } else { global.wrapping_sub(outside_lower) };
    let above = if current < upper { outside_upper } else { global.wrapping_sub(outside_upper) };
    global.wrapping_sub(below).wrapping_sub(above)
}

/// What `liquidity` has earned while the growth went from `last` to `now`, rounded down.
#[must_use]
pub fn earned(now: U256, last: U256, liquidity: u128) -> Option<U256> {
    let earned = mul_div_floor(now.wrapping_sub(last), U256::from(liquidity), Q128)?;
    if planted("growth:rounded_up") { earned.checked_add(U256::from(1u8)) } else { Some(earned) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_earned_never_exceeds_what_was_paid(
            start in any::<[u64; 4]>(), fees in proptest::collection::vec(0u128..1 << 100, 1..20),
            parts in proptest::collection::vec(1u128..1 << 100, 1..6),
        ) {
            let start = U256::from_limbs(start);
            let whole: u128 = parts.iter().sum();
            let now = fees.iter().fold(start, |growth, fee| grown(growth, U256::from(*fee), whole).unwrap());
            let earned: U256 = parts.iter().map(|part| earned(now, start, *part).unwrap()).fold(U256::ZERO, |a, b| a + b);
            let paid: U256 = fees.iter().fold(U256::ZERO, |a, b| a + U256::from(*b));
            prop_assert!(earned <= paid);
        }
    }
}
