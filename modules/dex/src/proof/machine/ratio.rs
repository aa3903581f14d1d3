//! Exact ratios of whole numbers without bounds.

use num_bigint::BigUint;

/// `above / below`, not reduced.
#[derive(Clone, Debug)]
pub(crate) struct Ratio {
    above: BigUint,
    below: BigUint,
}

impl Ratio {
    /// A whole number.
    pub(crate) fn whole(n: u128) -> Self {
        Self { above: n.into(), below: 1u8.into() }
    }

    /// `n / 1_000_000`.
    pub(crate) fn millionths(n: u128) -> Self {
        Self { above: n.into(), below: 1_000_000u32.into() }
    }

    pub(crate) fn plus(&self, other: &Self) -> Self {
        Self {
            above: &self.above * &other.below + &other.above * &self.below,
            below: &self.below * &other.below,
        }
    }

    pub(crate) fn times(&self, other: &Self) -> Self {
        Self { above: &self.above * &other.above, below: &self.below * &other.below }
    }

    pub(crate) fn over(&self, other: &Self) -> Self {
        Self { above: &self.above * &other.below, below: &self.below * &other.above }
    }

    pub(crate) fn floor(&self) -> u128 {
        u128::try_from(&self.above / &self.below).unwrap()
    }

    pub(crate) fn ceil(&self) -> u128 {
        u128::try_from((&self.above + &self.below - 1u8) / &self.below).unwrap()
    }
}
