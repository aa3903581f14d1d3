//! Powers by logarithm and exponential, in integers, to the unit those of Balancer's `LogExpMath`.
//!
//! Signed numbers are kept as a magnitude and a sign: every division of the original truncates toward zero.

use ruint::aliases::U256;

/// 10^18, 10^20 and 10^36.
const ONE_18: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);
const ONE_20: U256 = U256::from_limbs([7_766_279_631_452_241_920, 5, 0, 0]);
const ONE_36: U256 = U256::from_limbs([12_919_594_847_110_692_864, 54_210_108_624_275_221, 0, 0]);
const HUNDRED: U256 = U256::from_limbs([100, 0, 0, 0]);

/// The exponential is defined from -41 to 130.
const MAX_EXPONENT: u128 = 130_000_000_000_000_000_000;
const MIN_EXPONENT: u128 = 41_000_000_000_000_000_000;
/// Within a tenth of one the logarithm is taken with 36 decimals.
const LN_36_LOWER: u128 = 900_000_000_000_000_000;
const LN_36_UPPER: u128 = 1_100_000_000_000_000_000;

/// 128 and 64 with 18 decimals, and e to these powers without decimals.
const WHOLE: [(u128, U256); 2] = [
    (
        128_000_000_000_000_000_000,
        U256::from_limbs([171_843_153_341_448_192, 17_670_479_068_478_958_691, 114_249_481_722_274_167, 0]),
    ),
    (64_000_000_000_000_000_000, U256::from_limbs([17_696_838_799_657_497_472, 338_008_108, 0, 0])),
];

/// 32, 16, ... 1/16 with 20 decimals, and e to these powers with 20 decimals.
const PARTS: [(u128, u128); 10] = [
    (3_200_000_000_000_000_000_000, 7_896_296_018_268_069_516_100_000_000_000_000),
    (1_600_000_000_000_000_000_000, 888_611_052_050_787_263_676_000_000),
    (800_000_000_000_000_000_000, 298_095_798_704_172_827_474_000),
    (400_000_000_000_000_000_000, 5_459_815_003_314_423_907_810),
    (200_000_000_000_000_000_000, 738_905_609_893_065_022_723),
    (100_000_000_000_000_000_000, 271_828_182_845_904_523_536),
    (50_000_000_000_000_000_000, 164_872_127_070_012_814_685),
    (25_000_000_000_000_000_000, 128_402_541_668_774_148_407),
    (12_500_000_000_000_000_000, 113_314_845_306_682_631_683),
    (6_250_000_000_000_000_000, 106_449_445_891_785_942_956),
];

/// A magnitude with a sign.
#[derive(Clone, Copy)]
struct Signed {
    negative: bool,
    magnitude: U256,
}

/// `floor(a * b / c)` where the product is known to fit.
fn ratio(a: U256, b: U256, c: U256) -> Option<U256> {
    a.checked_mul(b)?.checked_div(c)
}

/// `base ^ exponent`, both with 18 decimals. `None` if the result or the exponent leaves the range.
#[must_use]
pub fn pow(base: U256, exponent: U256) -> Option<U256> {
    if exponent.is_zero() {
        return Some(ONE_18);
    }
    if base.is_zero() {
        return Some(U256::ZERO);
    }
    if base.bit_len() > 255 || exponent >= U256::from(1u8).wrapping_shl(254).checked_div(ONE_20)? {
        return None;
    }
    let near_one = base > U256::from(LN_36_LOWER) && base < U256::from(LN_36_UPPER);
    let (log, scaled) = if near_one {
        let log = ln_36(base)?;
        let whole = log.magnitude.checked_div(ONE_18)?.checked_mul(exponent)?;
        let part = ratio(log.magnitude.checked_rem(ONE_18)?, exponent, ONE_18)?;
        (log, whole.checked_add(part)?)
    } else {
        let log = ln(base)?;
        (log, log.magnitude.checked_mul(exponent)?)
    };
    exp(Signed { negative: log.negative, magnitude: scaled.checked_div(ONE_18)? })
}

/// e^x, both with 18 decimals.
fn exp(x: Signed) -> Option<U256> {
    if x.negative {
        if x.magnitude > U256::from(MIN_EXPONENT) {
            return None;
        }
        let inverse = exp(Signed { negative: false, magnitude: x.magnitude })?;
        return ONE_36.checked_div(inverse);
    }
    let mut rest = x.magnitude;
    if rest > U256::from(MAX_EXPONENT) {
        return None;
    }
    let mut whole = U256::from(1u8);
    for (power, value) in WHOLE {
        if rest >= U256::from(power) {
            rest = rest.checked_sub(U256::from(power))?;
            whole = value;
            break;
        }
    }
    rest = rest.checked_mul(HUNDRED)?;
    let mut product = ONE_20;
    // The last two parts are small enough for the series.
    for (power, value) in PARTS.iter().take(8) {
        if rest >= U256::from(*power) {
            rest = rest.checked_sub(U256::from(*power))?;
            product = ratio(product, U256::from(*value), ONE_20)?;
        }
    }
    let mut term = rest;
    let mut sum = ONE_20.checked_add(term)?;
    for divisor in 2u8..=12 {
        term = ratio(term, rest, ONE_20)?.checked_div(U256::from(divisor))?;
        sum = sum.checked_add(term)?;
    }
    ratio(ratio(product, sum, ONE_20)?, whole, HUNDRED)
}

/// The natural logarithm, both with 18 decimals.
fn ln(a: U256) -> Option<Signed> {
    if a < ONE_18 {
        let inverse = ln(ONE_36.checked_div(a)?)?;
        return Some(Signed { negative: true, magnitude: inverse.magnitude });
    }
    let (mut a, mut sum) = (a, U256::ZERO);
    for (power, value) in WHOLE {
        if value.checked_mul(ONE_18).is_some_and(|value| a >= value) {
            a = a.checked_div(value)?;
            sum = sum.checked_add(U256::from(power))?;
        }
    }
    sum = sum.checked_mul(HUNDRED)?;
    a = a.checked_mul(HUNDRED)?;
    for (power, value) in PARTS {
        if a >= U256::from(value) {
            a = ratio(a, ONE_20, U256::from(value))?;
            sum = sum.checked_add(U256::from(power))?;
        }
    }
    let series = series(a.checked_sub(ONE_20)?, a.checked_add(ONE_20)?, ONE_20, 11)?;
    Some(Signed { negative: false, magnitude: sum.checked_add(series)?.checked_div(HUNDRED)? })
}

/// The natural logarithm of a number near one, with 36 decimals.
fn ln_36(x: U256) -> Option<Signed> {
    let x = x.checked_mul(ONE_18)?;
    let negative = x < ONE_36;
    let magnitude = series(x.abs_diff(ONE_36), x.checked_add(ONE_36)?, ONE_36, 15)?;
    Some(Signed { negative, magnitude })
}

/// `2 * artanh(numerator / denominator)`: the sum of `z^n / n` over the odd `n` up to `last`, twice.
fn series(numerator: U256, denominator: U256, one: U256, last: u8) -> Option<U256> {
    let z = ratio(numerator, one, denominator)?;
    let square = ratio(z, z, one)?;
    let (mut power, mut sum) = (z, z);
    for n in (3..=last).step_by(2) {
        power = ratio(power, square, one)?;
        sum = sum.checked_add(power.checked_div(U256::from(n))?)?;
    }
    sum.checked_mul(U256::from(2u8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constants_are_the_powers_they_stand_for() {
        assert_eq!(WHOLE[0].1.to_string(), "38877084059945950922200000000000000000000000000000000000");
        assert_eq!(WHOLE[1].1.to_string(), "6235149080811616882910000000");
        let ten = U256::from(10);
        assert_eq!(ONE_18, ten.pow(U256::from(18)));
        assert_eq!(ONE_20, ten.pow(U256::from(20)));
        assert_eq!(ONE_36, ten.pow(U256::from(36)));
    }

    #[test]
    fn exponentials_are_those_of_the_exact_function() {
        // e, e^-1, e^130 and e^-41, to 18 decimals from 80 digits.
        let e = |x: i64| {
            let magnitude = U256::from(x.unsigned_abs()) * ONE_18;
            exp(Signed { negative: x < 0, magnitude })
        };
        assert_eq!(e(0), Some(ONE_18));
        assert_eq!(e(1), Some(U256::from(2_718_281_828_459_045_235u128)));
        assert_eq!(e(-1), Some(U256::from(367_879_441_171_442_321u128)));
        assert_eq!(e(-41), Some(U256::from(1u8)));
        assert_eq!((e(131), e(-42)), (None, None));
    }

    #[test]
    fn magnitudes_near_one_keep_their_sign() {
        let below = ln_36(ONE_18 - U256::from(1)).unwrap();
        assert!(below.negative && below.magnitude == U256::from(ONE_18), "{}", below.magnitude);
        assert!(!ln_36(ONE_18 + U256::from(1)).unwrap().negative);
    }
}
