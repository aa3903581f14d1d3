//! What the tests of this folder share.

use num_bigint::BigUint;
use proptest::prelude::*;
use ruint::aliases::U256;

pub(super) fn n(n: u128) -> U256 {
    U256::from(n)
}

pub(super) fn big(n: U256) -> BigUint {
    BigUint::from_bytes_be(&n.to_be_bytes::<32>())
}

/// Two to four balances of many sizes.
pub(super) fn balances() -> impl Strategy<Value = Vec<u128>> {
    proptest::collection::vec((1u128..1 << 60, 0u32..40).prop_map(|(x, s)| (x << s).max(1)), 2..5)
}
