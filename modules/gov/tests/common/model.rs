//! Counting without cleverness: all votes times all delegations of the start, in exact fractions.

use std::collections::BTreeMap;

use agora_primitives::Address;
use agora_staking::api;
use num_bigint::BigUint;

use super::World;

/// Fractions are numbers of 10^-40 units.
fn scale() -> BigUint {
    BigUint::from(10u8).pow(40)
}

/// Weights of the choices, in 10^-18.
pub(crate) type Weights = [u128; 4];

/// What stood behind the validators of the set when a vote began.
#[derive(Clone, Default)]
pub(crate) struct Start {
    /// Tokens and shares, by operator.
    validators: BTreeMap<Address, (u128, u128)>,
    /// Shares, by validator and delegator.
    delegations: Vec<(Address, Address, u128)>,
}

/// A vote that goes on.
#[derive(Clone, Default)]
pub(crate) struct Model {
    pub(crate) start: Start,
    pub(crate) votes: BTreeMap<Address, Weights>,
    pub(crate) expedited: bool,
}

impl Start {
    /// As it is now.
    pub(crate) fn now(world: &World) -> Self {
        let mut start = Self::default();
        for (operator, _) in api::last_powers(&world.state).unwrap() {
            let (tokens, shares) = api::tokens_and_shares(&world.state, &operator).unwrap();
            start.validators.insert(operator, (tokens, shares.atomics()));
        }
        for (delegator, validator, shares) in api::every_delegation(&world.state).unwrap() {
            start.delegations.push((validator, delegator, shares.atomics()));
        }
        start
    }

    pub(crate) fn bonded(&self) -> u128 {
        self.validators.values().map(|(tokens, _)| tokens).sum()
    }
}

impl Model {
    /// Power behind each choice, in 10^-40 units.
    pub(crate) fn exact(&self) -> [BigUint; 4] {
        let mut sums = [BigUint::ZERO, BigUint::ZERO, BigUint::ZERO, BigUint::ZERO];
        for (validator, (tokens, all)) in &self.validators_of_start() {
            let own = self.votes.get(validator);
            let mut add = |shares: u128, weights: &Weights| {
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    *sum += scale() * *tokens * shares * *weight / *all / 10u128.pow(18);
                }
            };
            let mut left = *all;
            for (_, delegator, shares) in self.start.delegations.iter().filter(|d| d.0 == *validator) {
                if let Some(weights) = self.votes.get(delegator) {
                    add(*shares, weights);
                    left -= shares;
                }
            }
            if let Some(weights) = own {
                add(left, weights);
            }
        }
        sums
    }

    fn validators_of_start(&self) -> BTreeMap<Address, (u128, u128)> {
        self.start.validators.clone()
    }

    /// Whether it passes by the default parameters, and whether its deposits are destroyed.
    pub(crate) fn verdict(&self) -> (bool, bool) {
        let [yes, abstain, no, veto] = self.exact();
        let voted = &yes + &abstain + &no + &veto;
        let decided = &yes + &no + &veto;
        let bonded = scale() * self.start.bonded();
        // A hair's breadth for what the model rounds.
        let hair = scale() / 1_000_000_000u64;
        if self.start.bonded() == 0 || (&voted + &hair) * 1000u32 < bonded * 334u32 {
            return (false, false);
        }
        if decided < hair {
            return (false, false);
        }
        if veto * 1000u32 > (voted + &hair) * 334u32 {
            return (false, true);
        }
        let threshold = if self.expedited { 667u32 } else { 500 };
        (yes * 1000u32 > (decided + hair) * threshold, false)
    }

    /// Asserts that a tally is the exact one, but for less than a unit.
    #[track_caller]
    pub(crate) fn assert_is(&self, tally: [u128; 4], what: &str) {
        for (exact, found) in self.exact().iter().zip(tally) {
            let found = scale() * found;
            let apart = if *exact > found { exact - &found } else { &found - exact };
            assert!(
                apart < scale() + 1_000_000u32,
                "{what}: {tally:?} is counted, {:?} is exact",
                self.exact()
            );
        }
    }
}
