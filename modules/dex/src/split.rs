//! Sharing an amount out without losing a unit.

use agora_primitives::Amount;
use ruint::aliases::U256;

/// Splits an amount by weights, the parts adding up to it exactly: each gets its share rounded down, and the units left go
/// to the largest remainders, the earlier first among equals. A single part may have no weight.
///
/// `None` if there is no part, or no weight among several.
pub(crate) fn split(amount: Amount, weights: &[u64]) -> Option<Vec<Amount>> {
    if weights.len() == 1 {
        return Some(vec![amount]);
    }
    let total = weights.iter().try_fold(0u128, |sum, w| sum.checked_add(u128::from(*w)))?;
    if total == 0 {
        return None;
    }
    let divisor = U256::from(total);
    let mut parts = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    for (index, weight) in weights.iter().enumerate() {
        let product = U256::from(amount).checked_mul(U256::from(*weight))?;
        parts.push(Amount::try_from(product.checked_div(divisor)?).ok()?);
        remainders.push((std::cmp::Reverse(product.checked_rem(divisor)?), index));
    }
    let given = parts.iter().try_fold(0u128, |sum, part| sum.checked_add(*part))?;
    let left = usize::try_from(amount.checked_sub(given)?).ok()?;
    remainders.sort_unstable();
    for (_, index) in remainders.into_iter().take(left) {
        let part = parts.get_mut(index)?;
        *part = part.checked_add(1)?;
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parts_add_up_and_are_within_a_unit_of_their_share(
            amount in 0u128..u128::MAX,
            weights in proptest::collection::vec(any::<u64>(), 1..9),
        ) {
            let total: u128 = weights.iter().map(|w| u128::from(*w)).sum();
            let parts = split(amount, &weights);
            if weights.len() > 1 && total == 0 {
                prop_assert_eq!(parts, None);
                return Ok(());
            }
            let parts = parts.unwrap();
            prop_assert_eq!(parts.iter().sum::<u128>(), amount);
            for (part, weight) in parts.iter().zip(&weights).filter(|_| weights.len() > 1) {
                let floor = BigUint::from(amount) * *weight / total;
                let part = BigUint::from(*part);
                prop_assert!(part == floor || part == floor + 1u8);
            }
        }
    }

    #[test]
    fn units_left_go_to_the_largest_remainders() {
        assert_eq!(split(10, &[1, 1, 1]), Some(vec![4, 3, 3]));
        assert_eq!(split(10, &[1, 2, 3]), Some(vec![2, 3, 5]));
        assert_eq!(split(1, &[1, 3]), Some(vec![0, 1]));
        assert_eq!(split(7, &[0]), Some(vec![7]));
        assert_eq!(split(7, &[0, 0]), None);
        assert_eq!(split(7, &[]), None);
    }
}
