//! Tokens and shares. Shares have 18 decimals and are given as their mantissa; whoever acts pays the rounding.

use agora_primitives::Amount;
use agora_primitives::math::{mul_div_ceil, mul_div_floor};

/// The mantissa of one share.
pub const SHARE: u128 = 1_000_000_000_000_000_000;

/// Shares that `amount` buys from a validator with `tokens` and `shares`, rounded down; a unit buys one share where there is
/// none yet. `None` when there are shares and no tokens, or the result does not fit.
#[must_use]
pub fn bought(amount: Amount, tokens: Amount, shares: u128) -> Option<u128> {
    if shares == 0 { amount.checked_mul(SHARE) } else { mul_div_floor(shares, amount, tokens) }
}

/// The fewest shares that are worth `amount`. `None` as for [`bought`].
#[must_use]
pub fn sold(amount: Amount, tokens: Amount, shares: u128) -> Option<u128> {
    mul_div_ceil(shares, amount, tokens)
}

/// What `part` of the `shares` is worth, rounded down; all of them are worth all tokens.
#[must_use]
pub fn worth(part: u128, tokens: Amount, shares: u128) -> Amount {
    mul_div_floor(tokens, part, shares).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A validator's life: `tokens` of `shares`, slashed to any part.
        #[test]
        fn a_unit_is_never_lost_and_a_share_never_falls(
            shares in 1u128..1 << 100, part in 1u128..=1_000_000, amount in 1u128..1 << 60,
        ) {
            let shares = shares * 1000;
            let tokens = (shares / SHARE * part / 1_000_000).max(1);
            let big = BigUint::from;
            // Delegating: the share is worth as much as before or more.
            let Some(new) = bought(amount, tokens, shares) else { return Ok(()) };
            prop_assert!(big(tokens + amount) * big(shares) >= big(tokens) * (big(shares) + big(new)));
            // Undelegating what the shares are worth: exactly the amount that was asked for.
            let amount = amount.min(worth(shares, tokens, shares));
            let burned = sold(amount, tokens, shares).unwrap();
            prop_assert!(burned <= shares);
            prop_assert!(big(tokens - amount) * big(shares) >= big(tokens) * big(shares - burned));
            if shares >= tokens {
                prop_assert_eq!(worth(burned, tokens, shares), amount);
            }
            prop_assert_eq!(worth(shares, tokens, shares), tokens);
        }
    }

    #[test]
    fn the_first_share_is_worth_a_unit_and_shares_of_nothing_have_no_price() {
        assert_eq!(bought(7, 0, 0), Some(7 * SHARE));
        assert_eq!((bought(7, 0, 5), sold(7, 0, 5), worth(5, 0, 5)), (None, None, 0));
        assert_eq!(bought(u128::MAX, 0, 0), None);
    }
}
