//! The amplification on its way from one value to another.

/// The amplification at `now` on its way from `(first, from)` to `(last, until)`: a straight line, both ends included.
#[must_use]
pub fn ramped(first: u64, from: u64, last: u64, until: u64, now: u64) -> Option<u64> {
    if now >= until {
        return Some(last);
    }
    let (passed, whole) = (u128::from(now.saturating_sub(from)), u128::from(until.checked_sub(from)?));
    let way = u128::from(first.abs_diff(last)).checked_mul(passed)?.checked_div(whole)?;
    let way = u64::try_from(way).ok()?;
    if last >= first { first.checked_add(way) } else { first.checked_sub(way) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_ramp_is_a_straight_line_within_its_ends(first in 1u64..1_000_000, last in 1u64..1_000_000, now in 0u64..200) {
            let a = ramped(first, 50, last, 150, now).unwrap();
            prop_assert!((first.min(last)..=first.max(last)).contains(&a));
            prop_assert_eq!(ramped(first, 50, last, 150, 150), Some(last));
            prop_assert_eq!(ramped(first, 50, last, 150, 50), Some(first));
        }
    }
}
