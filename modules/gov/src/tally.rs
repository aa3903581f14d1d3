//! Counting, without context. Power is counted in atoms: 10^-18 base units.

use agora_primitives::{Amount, Dec};
use ruint::aliases::U256;

use crate::types::{Choice, Options};

/// Atoms in a base unit, and the mantissa of one.
const ONE: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);

/// Where a choice stands in lists of four.
pub(crate) const fn place(choice: Choice) -> usize {
    match choice {
        Choice::Yes => 0,
        Choice::Abstain => 1,
        Choice::No => 2,
        Choice::Veto => 3,
    }
}

/// Divides shares, given times 10^18, by a vote's parts: each rounded down, and the last has what is left, so that they add up.
#[must_use]
pub(crate) fn split(shares: u128, options: &Options) -> [u128; 4] {
    let (mut parts, mut left) = ([0u128; 4], shares);
    let last = options.parts().len().saturating_sub(1);
    for (index, (choice, weight)) in options.parts().iter().enumerate() {
        let part = if index == last { left } else { weight.mul_floor(shares).unwrap_or(left).min(left) };
        left = left.saturating_sub(part);
        if let Some(place) = parts.get_mut(place(*choice)) {
            *place = part;
        }
    }
    parts
}

/// Power behind each choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    parts: [U256; 4],
    voted: U256,
}

impl Count {
    /// Adds what is voted at a validator with `tokens` base units in `shares`, of which each choice has a part; all but tokens times
    /// 10^18. Rounded down for each choice and for all together. `None` if nothing of the kind can be.
    #[must_use]
    pub fn add(&mut self, tokens: Amount, shares: u128, parts: [u128; 4]) -> Option<()> {
        if shares == 0 {
            return Some(());
        }
        let worth = |part: U256| {
            U256::from(tokens).checked_mul(ONE)?.checked_mul(part)?.checked_div(U256::from(shares))
        };
        let mut all = U256::ZERO;
        for (sum, part) in self.parts.iter_mut().zip(parts) {
            all = all.checked_add(U256::from(part))?;
            *sum = sum.checked_add(worth(U256::from(part))?)?;
        }
        self.voted = self.voted.checked_add(worth(all)?)?;
        Some(())
    }

    /// Whole base units behind each choice, in the order of [`Choice::ALL`].
    #[must_use]
    pub fn amounts(&self) -> [Amount; 4] {
        self.parts.map(|atoms| {
            atoms.checked_div(ONE).and_then(|units| units.try_into().ok()).unwrap_or(Amount::MAX)
        })
    }

    fn of(&self, choice: Choice) -> U256 {
        self.parts.get(place(choice)).copied().unwrap_or_default()
    }
}

/// What decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The part of the bonded tokens that must vote.
    pub quorum: Dec,
    /// More than this part of those that do not abstain must vote yes.
    pub threshold: Dec,
    /// With more than this part of veto votes it is rejected.
    pub veto: Dec,
    /// Whether deposits are destroyed when too few vote.
    pub burn_quorum: bool,
    /// Whether deposits are destroyed by a veto.
    pub burn_veto: bool,
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it passed.
    pub passed: bool,
    /// Whether the deposits are destroyed.
    pub burn: bool,
}

/// Decides as the Cosmos SDK does, comparing products in place of rounded ratios. `bonded` is the base units of all validators.
#[must_use]
pub fn decide(count: &Count, bonded: Amount, rules: &Rules) -> Verdict {
    let rejected = |burn| Verdict { passed: false, burn };
    // Neither can overflow: power is at most 2^127 units of 10^18 atoms, a part at most 10^18.
    let product = |a: U256, b: Dec| a.saturating_mul(U256::from(b.atomics()));
    let exceeds = |part: U256, whole: U256, limit: Dec| part.saturating_mul(ONE) > product(whole, limit);
    if bonded == 0 {
        return rejected(false);
    }
    if count.voted < product(U256::from(bonded), rules.quorum) {
        return rejected(rules.burn_quorum);
    }
    let decided = [Choice::Yes, Choice::No, Choice::Veto]
        .into_iter()
        .fold(U256::ZERO, |sum, choice| sum.saturating_add(count.of(choice)));
    if decided.is_zero() {
        return rejected(false);
    }
    if exceeds(count.of(Choice::Veto), count.voted, rules.veto) {
        return rejected(rules.burn_veto);
    }
    if exceeds(count.of(Choice::Yes), decided, rules.threshold) {
        return Verdict { passed: true, burn: false };
    }
    rejected(false)
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::*;

    fn dec(text: &str) -> Dec {
        text.parse().unwrap()
    }

    fn rules() -> Rules {
        Rules {
            quorum: dec("0.334"),
            threshold: dec("0.5"),
            veto: dec("0.334"),
            burn_quorum: false,
            burn_veto: true,
        }
    }

    /// Of a hundred bonded units.
    fn verdict(parts: [u128; 4], rules: &Rules) -> (bool, bool) {
        let mut count = Count::default();
        count.add(100, 100, parts).unwrap();
        let Verdict { passed, burn } = decide(&count, 100, rules);
        (passed, burn)
    }

    #[test]
    fn a_proposal_passes_with_quorum_majority_and_no_veto() {
        let rules = rules();
        for (parts, expected) in [
            ([34, 0, 0, 0], (true, false)),
            ([33, 0, 0, 0], (false, false)),
            ([0, 100, 0, 0], (false, false)),
            ([1, 99, 0, 0], (true, false)),
            ([50, 0, 50, 0], (false, false)),
            ([51, 0, 49, 0], (true, false)),
            ([60, 0, 0, 40], (false, true)),
            ([67, 0, 0, 33], (true, false)),
            ([0, 60, 0, 40], (false, true)),
            ([0; 4], (false, false)),
        ] {
            assert_eq!(verdict(parts, &rules), expected, "{parts:?}");
        }
        assert_eq!(verdict([33, 0, 0, 0], &Rules { burn_quorum: true, ..rules }), (false, true));
        assert_eq!(verdict([60, 0, 0, 40], &Rules { burn_veto: false, ..rules }), (false, false));
        // Whoever needs everybody gets it if everybody votes.
        assert_eq!(verdict([33, 33, 34, 0], &Rules { quorum: Dec::ONE, ..rules }), (false, false));
        assert_eq!(verdict([66, 33, 1, 0], &Rules { quorum: Dec::ONE, ..rules }), (true, false));
        // Nobody decides where nothing is bonded.
        assert!(!decide(&Count::default(), 0, &Rules { quorum: Dec::ZERO, ..rules }).passed);
    }

    proptest! {
        #[test]
        fn parts_of_a_vote_add_up(shares in 0u128..1 << 127, first in 1u128..10u128.pow(18), second in 0u128..10u128.pow(18)) {
            let second = second.min(10u128.pow(18) - first);
            let weights = [first, second, 10u128.pow(18) - first - second];
            let chosen = Choice::ALL.into_iter().zip(weights).filter(|(_, weight)| *weight > 0);
            let options = Options(chosen.map(|(choice, weight)| (choice, Dec::from_atomics(weight))).collect());
            let parts = split(shares, &options);
            prop_assert_eq!(parts.iter().sum::<u128>(), shares);
            for (part, weight) in parts.iter().zip(weights) {
                let exact = BigUint::from(shares) * weight / 10u128.pow(18);
                prop_assert!(BigUint::from(*part) >= exact && BigUint::from(*part) - exact <= BigUint::from(3u8));
            }
        }

        #[test]
        fn a_count_is_exact_but_for_an_atom_a_choice(tokens in 0u128..1 << 68, part in 0u128..1 << 120, rest in 1u128..1 << 120) {
            let mut count = Count::default();
            count.add(tokens, part + rest, [part, 0, rest, 0]).unwrap();
            let exact = |part: u128, all: u128| BigUint::from(tokens) * part / all;
            prop_assert_eq!(BigUint::from(count.amounts()[0]), exact(part, part + rest));
            prop_assert_eq!(BigUint::from(count.amounts()[2]), exact(rest, part + rest));
            prop_assert_eq!(count.voted, U256::from(tokens) * ONE);
        }
    }
}
