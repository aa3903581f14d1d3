//! The binary logarithm of a price, and back.
//!
//! A price is unsigned with 128 binary places, a logarithm signed with 64. Both functions round down.

use ruint::aliases::U256;

/// Binary places of a logarithm.
const PLACES: u32 = 64;
/// The natural logarithm of two with 128 binary places, rounded down.
const LN_2: U256 = U256::from_limbs([0xc9e3_b398_03f2_f6af, 0xb172_17f7_d1cf_79ab, 0, 0]);
/// One with 128 binary places: also the unit of prices.
pub(super) const ONE: U256 = U256::from_limbs([0, 0, 1, 0]);
/// More terms of the exponential series than are ever above the last place.
const MAX_TERMS: u64 = 64;

/// `log2(price)`, rounded down to 2^-64. `None` for zero.
///
/// The mantissa, 128 bits, is squared 64 times, and each time its whole part is a place of the result. Each squaring drops less
/// than 2^-127 of its value, so the logarithm that is rounded is at most 2^-125 below the true one.
pub(super) fn log2(price: U256) -> Option<i128> {
    let whole = i128::try_from(price.bit_len().checked_sub(1)?).ok()?.checked_sub(128)?;
    let shift = price.bit_len();
    let mut mantissa = if shift > 128 {
        price.wrapping_shr(shift.saturating_sub(128))
    } else {
        price.wrapping_shl(128usize.saturating_sub(shift))
    };
    let mut places: u64 = 0;
    for _ in 0..PLACES {
        mantissa = mantissa.wrapping_mul(mantissa).wrapping_shr(127);
        let two = mantissa.bit_len() > 128;
        if two {
            mantissa = mantissa.wrapping_shr(1);
        }
        places = places.wrapping_shl(1) | u64::from(two);
    }
    whole.checked_mul(1 << PLACES)?.checked_add(i128::from(places))
}

/// `2^log`, rounded down. `None` where it would not be below 2^100.
///
/// The fraction is raised by the series of the exponential with 128 binary places; what its terms drop is less than 2^-121 of
/// the result.
pub(super) fn exp2(log: i128) -> Option<U256> {
    let whole = log.div_euclid(1 << PLACES);
    let fraction = U256::from(u128::try_from(log.rem_euclid(1 << PLACES)).ok()?);
    let exponent = fraction.wrapping_mul(LN_2).wrapping_shr(64);
    let (mut sum, mut term) = (ONE, ONE);
    for n in 1..MAX_TERMS {
        term = term.wrapping_mul(exponent).wrapping_shr(128).checked_div(U256::from(n))?;
        if term.is_zero() {
            break;
        }
        sum = sum.checked_add(term)?;
    }
    match usize::try_from(whole) {
        Ok(up) => (up < 100).then(|| sum.wrapping_shl(up)),
        Err(_) => {
            let down = usize::try_from(whole.checked_neg()?).ok()?;
            Some(if down > 128 { U256::ZERO } else { sum.wrapping_shr(down) })
        }
    }
}

/// `sum / duration`, rounded down, for logarithms.
pub(super) fn mean(sum: i128, duration: u64) -> Option<i128> {
    sum.checked_div_euclid(i128::from(duration))
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::*;

    fn big(n: U256) -> BigUint {
        BigUint::from_bytes_be(&n.to_be_bytes::<32>())
    }

    /// Whether `2^(log / 2^64) <= price < 2^((log + 2) / 2^64)`, by squaring the price 64 times with 512 bits kept.
    fn brackets(price: U256, log: i128) -> bool {
        // The price as mantissa * 2^exponent, the mantissa with 512 bits; errors stay far below the last place.
        let (mut mantissa, mut exponent) = (big(price), BigUint::from(0u8));
        let mut negative = 128u128;
        for _ in 0..64 {
            mantissa = &mantissa * &mantissa;
            exponent *= 2u8;
            negative *= 2;
            let bits = mantissa.bits();
            if bits > 512 {
                mantissa >>= bits - 512;
                exponent += bits - 512;
            }
        }
        // log2(price^(2^64)), rounded down, is the logarithm in the unit of its last place.
        let floor = exponent + (mantissa.bits() - 1);
        let floor = i128::try_from(floor).unwrap() - i128::try_from(negative).unwrap();
        log == floor || log + 1 == floor
    }

    #[test]
    fn powers_of_two_are_exact_both_ways() {
        for power in -100i128..100 {
            let price = if power < 0 { ONE >> (-power) as usize } else { ONE << power as usize };
            assert_eq!(log2(price), Some(power << 64));
            assert_eq!(exp2(power << 64), Some(price));
        }
        assert_eq!((log2(U256::ZERO), exp2(100 << 64), exp2(-(200 << 64))), (None, None, Some(U256::ZERO)));
    }

    #[test]
    fn the_constant_is_the_logarithm_of_two() {
        // e^(ln 2) = 2: the series at a fraction that is all ones comes within its last places.
        let almost_two = exp2((1 << 64) - 1).unwrap();
        let missing: U256 = ONE + (ONE - almost_two);
        // 2 - 2^(1 - 2^-64) = 2 * ln 2 * 2^-64, and 2^128 * 2^-64 = 2^64.
        let expected = LN_2.wrapping_shr(63);
        assert!(missing.abs_diff(expected) <= U256::from(256u16), "{missing} against {expected}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn the_logarithm_is_the_true_one_rounded_down_to_its_last_place_or_the_one_before(
            bytes in any::<[u8; 28]>(), drop in 0usize..220,
        ) {
            let price = U256::from_be_slice(&bytes) >> drop;
            prop_assume!(!price.is_zero());
            prop_assert!(brackets(price, log2(price).unwrap()));
        }

        #[test]
        fn there_and_back_loses_less_than_two_to_the_minus_62(
            bytes in any::<[u8; 28]>(), drop in 0usize..120,
        ) {
            let price = U256::from_be_slice(&bytes) >> drop;
            prop_assume!(price.bit_len() > 100);
            let back = exp2(log2(price).unwrap()).unwrap();
            prop_assert!(back <= price);
            prop_assert!(price - back <= (price >> 62) + U256::from(1u8), "{} became {}", price, back);
        }

        #[test]
        fn powers_rise_with_the_exponent(log in -(99i128 << 64)..(99i128 << 64), step in 1i128..(1 << 70)) {
            if let (Some(low), Some(high)) = (exp2(log), exp2(log + step)) {
                prop_assert!(low <= high);
            }
        }
    }
}
