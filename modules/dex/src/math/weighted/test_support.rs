//! What the tests of this folder share.

use num_bigint::BigUint;
use proptest::prelude::*;
use ruint::aliases::U256;

use crate::math::fixed::ONE;

pub(super) fn n(n: u128) -> U256 {
    U256::from(n)
}

pub(super) fn big(n: U256) -> BigUint {
    BigUint::from_bytes_be(&n.to_be_bytes::<32>())
}

/// Small whole weights that add up to ten, so that powers can be compared in exact integers.
pub(super) fn weights() -> impl Strategy<Value = (u32, u32)> {
    (1u32..10).prop_map(|w| (w, 10 - w))
}

pub(super) fn part(weight: u32) -> U256 {
    ONE * U256::from(weight) / U256::from(10)
}
