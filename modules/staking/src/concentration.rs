//! How much of the voting power few hold: the Nakamoto coefficient, the Gini coefficient and the Herfindahl-Hirschman index of the set.
//!
//! The sums behind the three are brought up to date where the set is: its members come from a list that is kept in the order of
//! power, so nothing is sorted, and a block that leaves the set alone does nothing here.

use agora_framework::{AppError, StateCtx};
use agora_primitives::Dec;
use borsh::{BorshDeserialize, BorshSerialize};

use crate::state::CONCENTRATION;

/// Sums over the powers of the set. A power is at most 2^60, CometBFT's bound of their total, so none leaves 128 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Concentration {
    /// Validators.
    pub(crate) validators: u64,
    /// The sum of their powers.
    pub(crate) total: u128,
    /// The sum of the squares.
    pub(crate) squares: u128,
    /// The sum of each power times its rank; the greatest power has rank 1.
    pub(crate) ranked: u128,
    /// The fewest validators with a third of the power or more: without them no block finds more than two thirds.
    pub(crate) nakamoto: u64,
}
agora_state::borsh_value!(Concentration, 1);

impl Concentration {
    /// The sums over powers that come in order, the greatest first.
    pub(crate) fn of(descending: impl Iterator<Item = u64> + Clone) -> Self {
        let mut sums = Self::default();
        for power in descending.clone().map(u128::from) {
            sums.validators = sums.validators.saturating_add(1);
            sums.total = sums.total.saturating_add(power);
            sums.squares = sums.squares.saturating_add(power.saturating_mul(power));
            let ranked = power.saturating_mul(sums.validators.into());
            sums.ranked = sums.ranked.saturating_add(ranked);
        }
        let mut held: u128 = 0;
        for power in descending {
            sums.nakamoto = sums.nakamoto.saturating_add(1);
            held = held.saturating_add(power.into());
            if held.saturating_mul(3) >= sums.total {
                break;
            }
        }
        sums
    }

    /// `((n + 1) T - 2 R) / (n T)`, rounded down, where `T` is the total and `R` the ranked sum; 0 for no power.
    pub(crate) fn gini(&self) -> Dec {
        let n = u128::from(self.validators);
        let all = n.saturating_add(1).saturating_mul(self.total);
        let above = all.saturating_sub(self.ranked.saturating_mul(2));
        Dec::ratio_floor(above, n.saturating_mul(self.total)).unwrap_or_default()
    }

    /// The sum of `(power / T)^2`, rounded down; 0 for no power.
    pub(crate) fn hhi(&self) -> Dec {
        Dec::ratio_floor(self.squares, self.total.saturating_mul(self.total)).unwrap_or_default()
    }
}

/// Notes the sums over a set that was chosen, the greatest power first.
pub(crate) fn note<C: StateCtx>(
    ctx: &mut C,
    descending: impl Iterator<Item = u64> + Clone,
) -> Result<(), AppError> {
    Ok(CONCENTRATION.set(ctx, &Concentration::of(descending))?)
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::*;

    fn dec(text: &str) -> Dec {
        text.parse().unwrap()
    }

    #[test]
    fn figures_of_sets_known_by_hand() {
        let equal = Concentration::of([10, 10, 10, 10].into_iter());
        assert_eq!((equal.nakamoto, equal.gini(), equal.hhi()), (2, Dec::ZERO, dec("0.25")));
        let alone = Concentration::of([7].into_iter());
        assert_eq!((alone.nakamoto, alone.gini(), alone.hhi()), (1, Dec::ZERO, Dec::ONE));
        // Exactly a third stops the chain.
        assert_eq!(Concentration::of([2, 2, 2].into_iter()).nakamoto, 1);
        let steep = Concentration::of([70, 20, 10].into_iter());
        assert_eq!((steep.nakamoto, steep.gini(), steep.hhi()), (1, dec("0.4"), dec("0.54")));
        let nobody = Concentration::of([].into_iter());
        assert_eq!((nobody.nakamoto, nobody.gini(), nobody.hhi()), (0, Dec::ZERO, Dec::ZERO));
    }

    proptest! {
        #[test]
        fn figures_are_those_of_their_definitions(mut powers in prop::collection::vec(1u64..1 << 50, 1..200)) {
            powers.sort_unstable_by_key(|power| std::cmp::Reverse(*power));
            let sums = Concentration::of(powers.iter().copied());
            let n = BigUint::from(powers.len());
            let total: BigUint = powers.iter().copied().map(BigUint::from).sum();
            let one = BigUint::from(10u8).pow(18);
            // Gini by its first definition: half the mean difference of all pairs, by the mean.
            let pairs = powers.iter().flat_map(|a| powers.iter().map(|b| BigUint::from(a.abs_diff(*b))));
            let gini = pairs.sum::<BigUint>() * &one / (BigUint::from(2u8) * &n * &total);
            prop_assert_eq!(BigUint::from(sums.gini().atomics()), gini);
            let squares: BigUint = powers.iter().map(|power| BigUint::from(*power).pow(2)).sum();
            prop_assert_eq!(BigUint::from(sums.hhi().atomics()), squares * &one / (&total * &total));
            let held = |count: usize| powers[..count].iter().copied().map(BigUint::from).sum::<BigUint>() * 3u8;
            let fewest = (1..=powers.len()).find(|count| held(*count) >= total).unwrap();
            prop_assert_eq!(sums.nakamoto, fewest as u64);
        }
    }
}
