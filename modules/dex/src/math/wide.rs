//! Products and ratios beyond 128 bits.

use ruint::UintTryFrom;
use ruint::aliases::{U256, U512};

/// The exact product of two 256-bit numbers.
#[must_use]
pub fn product(a: U256, b: U256) -> U512 {
    a.widening_mul::<256, 4, 512, 8>(b)
}

/// `floor(a * b / c)`, the product in 512 bits. `None` when `c` is zero or the result exceeds 256 bits.
#[must_use]
pub fn mul_div_floor(a: U256, b: U256, c: U256) -> Option<U256> {
    if let Some(small) = a.checked_mul(b) {
        return small.checked_div(c);
    }
    narrow(product(a, b).checked_div(U512::from(c))?)
}

/// `ceil(a * b / c)`, the product in 512 bits. `None` when `c` is zero or the result exceeds 256 bits.
#[must_use]
pub fn mul_div_ceil(a: U256, b: U256, c: U256) -> Option<U256> {
    if let Some(small) = a.checked_mul(b) {
        return div_ceil(small, c);
    }
    let (product, divisor) = (product(a, b), U512::from(c));
    let floor = product.checked_div(divisor)?;
    let exact = product.checked_rem(divisor)?.is_zero();
    narrow(if exact { floor } else { floor.checked_add(U512::from(1u8))? })
}

/// `ceil(a / b)`; `None` when `b` is zero.
#[must_use]
pub fn div_ceil(a: U256, b: U256) -> Option<U256> {
    let floor = a.checked_div(b)?;
    if a.checked_rem(b)?.is_zero() { Some(floor) } else { floor.checked_add(U256::from(1u8)) }
}

/// `floor(sqrt(n))`, by Newton's method from above: monotone and exact.
#[must_use]
pub fn sqrt_floor(n: U256) -> U256 {
    if n.is_zero() {
        return n;
    }
    // A power of two not below the root; from there each round falls until the root is reached.
    let mut root = U256::from(1u8).wrapping_shl(n.bit_len().div_ceil(2));
    if n.bit_len() > 254 {
        root = U256::from(u128::MAX);
    }
    loop {
        let Some(ratio) = n.checked_div(root) else { return root };
        let next = root.wrapping_add(ratio).wrapping_shr(1);
        if next >= root {
            return root;
        }
        root = next;
    }
}

/// The number in 128 bits; `None` if it needs more.
#[must_use]
pub fn to_u128(n: U256) -> Option<u128> {
    u128::try_from(n).ok()
}

/// The number in 256 bits; `None` if it needs more.
#[must_use]
pub fn narrow(n: U512) -> Option<U256> {
    U256::uint_try_from(n).ok()
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::*;

    fn big(n: U256) -> BigUint {
        BigUint::from_bytes_be(&n.to_be_bytes::<32>())
    }

    /// Numbers of every length.
    fn number() -> impl Strategy<Value = U256> {
        (any::<[u64; 4]>(), 0usize..256).prop_map(|(limbs, bits)| U256::from_limbs(limbs) >> bits)
    }

    proptest! {
        #[test]
        fn ratios_equal_exact_integers(a in number(), b in number(), c in number()) {
            let max = big(U256::MAX);
            let exact = |n: BigUint| (n <= max).then_some(n);
            let product = big(a) * big(b);
            let floor = (!c.is_zero()).then(|| &product / big(c)).and_then(exact);
            let ceil = (!c.is_zero()).then(|| (&product + big(c) - 1u8) / big(c)).and_then(exact);
            prop_assert_eq!(mul_div_floor(a, b, c).map(big), floor);
            prop_assert_eq!(mul_div_ceil(a, b, c).map(big), ceil);
        }

        #[test]
        fn roots_equal_exact_integers(n in number()) {
            prop_assert_eq!(big(sqrt_floor(n)), big(n).sqrt());
            // The last number before a square and the square itself.
            let root = sqrt_floor(n);
            if let Some(square) = root.checked_mul(root).filter(|square| !square.is_zero()) {
                prop_assert_eq!(sqrt_floor(square), root);
                prop_assert_eq!(sqrt_floor(square - U256::from(1)), root - U256::from(1));
            }
        }
    }

    #[test]
    fn roots_at_the_ends_are_exact() {
        for n in [U256::ZERO, U256::from(1), U256::from(2), U256::from(3), U256::from(4), U256::MAX] {
            assert_eq!(big(sqrt_floor(n)), big(n).sqrt(), "{n}");
        }
    }
}
