//! Exact models, in integers without bounds.

use num_bigint::BigUint;

use crate::math::stable::A_PRECISION;

/// The true invariant of a stable pool, rounded down: the root of `Ann * S + D = Ann * D + D^(n+1) / (n^n * prod(x))`. Balances with
/// more places give it with as many.
pub(super) fn invariant(balances: &[BigUint], amplification: u64) -> BigUint {
    let n = u32::try_from(balances.len()).unwrap();
    let (ann, one) = (BigUint::from(amplification) * n, BigUint::from(A_PRECISION));
    let sum: BigUint = balances.iter().sum();
    let product: BigUint = balances.iter().product::<BigUint>() * BigUint::from(n).pow(n);
    // What is left of the equation, D from the greatest down: convex, so Newton's method stays above the root.
    let mut d = sum.clone();
    loop {
        let power = d.pow(n);
        let above = &one * n * &power * &d + &ann * &sum * &product;
        let below = &one * (n + 1) * &power + (&ann - &one) * &product;
        let next = above / below;
        if next >= d {
            break;
        }
        d = next;
    }
    // The last round may end beyond the root by less than one.
    let exceeds = |d: &BigUint| &one * d.pow(n + 1) + (&ann - &one) * &product * d > &ann * &sum * &product;
    while exceeds(&d) {
        d -= 1u8;
    }
    while !exceeds(&(&d + 1u8)) {
        d += 1u8;
    }
    d
}

#[test]
fn the_true_invariant_of_equal_balances_is_their_sum_and_of_others_less() {
    let n = |n: u64| BigUint::from(n);
    for a in [100, 10_000] {
        assert_eq!(invariant(&[n(5), n(5), n(5)], a), n(15));
        assert!(invariant(&[n(1), n(1_000_000)], a) < n(1_000_001));
    }
}
