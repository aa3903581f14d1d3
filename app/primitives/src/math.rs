//! Products and ratios of amounts, exact, with the rounding named in the call.

use ruint::aliases::U256;

/// `floor(a * b / c)`, the product in 256 bits. `None` when `c` is zero or the result exceeds `u128`.
#[must_use]
pub fn mul_div_floor(a: u128, b: u128, c: u128) -> Option<u128> {
    let product = U256::from(a).checked_mul(U256::from(b))?;
    product.checked_div(U256::from(c))?.try_into().ok()
}

/// `ceil(a * b / c)`, the product in 256 bits. `None` when `c` is zero or the result exceeds `u128`.
#[must_use]
pub fn mul_div_ceil(a: u128, b: u128, c: u128) -> Option<u128> {
    let product = U256::from(a).checked_mul(U256::from(b))?;
    let divisor = U256::from(c);
    let floor = product.checked_div(divisor)?;
    let exact = product.checked_rem(divisor)?.is_zero();
    let result = if exact { floor } else { floor.checked_add(U256::from(1u8))? };
    result.try_into().ok()
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ratios_equal_exact_integers(a: u128, b: u128, c: u128) {
            let (x, y, z) = (BigUint::from(a), BigUint::from(b), BigUint::from(c));
            let floor = (c != 0).then(|| &x * &y / &z).and_then(|r| u128::try_from(r).ok());
            let ceil = (c != 0).then(|| (&x * &y + &z - 1u8) / &z).and_then(|r| u128::try_from(r).ok());
            prop_assert_eq!(mul_div_floor(a, b, c), floor);
            prop_assert_eq!(mul_div_ceil(a, b, c), ceil);
        }
    }
}
