//! How the rate of new coins follows the chain. Each curve is a pure function; the module asks through one interface.

use agora_primitives::Dec;

/// What a curve sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// The rate a year in force.
    pub rate: Dec,
    /// The part of the supply that is bonded.
    pub bonded: Dec,
    /// Nanoseconds since it was chosen.
    pub elapsed: u64,
}

/// A rule for the rate of new coins.
pub trait Curve {
    /// The rate a year from now on.
    fn next(&self, sight: Sight) -> Dec;
}

/// A year of 365.25 days, in nanoseconds.
pub const YEAR: u64 = 31_557_600 * 1_000_000_000;

/// The curve of the Cosmos SDK: the rate falls while more than the goal is bonded and rises while less is, by `(1 - bonded / goal) *
/// change` a year, within bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BondedRatio {
    /// The most it moves in a year.
    pub change: Dec,
    /// The greatest rate.
    pub max: Dec,
    /// The least rate.
    pub min: Dec,
    /// The part that should be bonded; not zero.
    pub goal: Dec,
}

impl Curve for BondedRatio {
    fn next(&self, Sight { rate, bonded, elapsed }: Sight) -> Dec {
        // How far bonded is from the goal, as a part of the goal, and the step that makes in the time that passed; rounded down
        // both, so that the rate never moves faster than it may.
        let ratio = Dec::ratio_floor(bonded.atomics(), self.goal.atomics()).unwrap_or(Dec::ONE);
        let (apart, rises) = if ratio <= Dec::ONE {
            (Dec::ONE.saturating_sub(ratio), true)
        } else {
            (ratio.saturating_sub(Dec::ONE), false)
        };
        let yearly = self.change.scale_floor(apart.atomics(), Dec::ONE.atomics()).unwrap_or_default();
        let step = yearly.scale_floor(elapsed.into(), YEAR.into()).unwrap_or_default();
        let moved =
            if rises { rate.checked_add(step).unwrap_or(self.max) } else { rate.saturating_sub(step) };
        moved.clamp(self.min.min(self.max), self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dec(text: &str) -> Dec {
        text.parse().unwrap()
    }

    const CURVE: BondedRatio = BondedRatio {
        change: Dec::from_atomics(130_000_000_000_000_000),
        max: Dec::from_atomics(200_000_000_000_000_000),
        min: Dec::from_atomics(70_000_000_000_000_000),
        goal: Dec::from_atomics(670_000_000_000_000_000),
    };

    fn next(rate: &str, bonded: &str, elapsed: u64) -> Dec {
        CURVE.next(Sight { rate: dec(rate), bonded: dec(bonded), elapsed })
    }

    #[test]
    fn the_rate_rises_below_the_goal_falls_above_it_and_stays_at_it() {
        assert_eq!(next("0.1", "0.67", YEAR), dec("0.1"));
        assert_eq!(next("0.07", "0", YEAR / 2), dec("0.135"));
        assert_eq!(next("0.2", "1", YEAR).to_string(), "0.135970149253731344");
        assert_eq!(next("0.07", "1", YEAR), dec("0.07"));
        assert_eq!(next("0.2", "0", YEAR), dec("0.2"));
        assert_eq!(next("0.13", "0.3", 0), dec("0.13"));
    }

    #[test]
    fn a_step_is_that_of_the_cosmos_sdk() {
        // The first block of the recorded chain: a bonded ratio of 0.029850746259746045 and a block a second.
        let rate = next("0.13", "0.029850746259746045", 1_000_000_000);
        let recorded = dec("0.130000003935916044");
        assert!(rate <= recorded && recorded.saturating_sub(rate) <= dec("0.000000000000000002"), "{rate}");
    }
}
