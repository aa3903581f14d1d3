//! Whether the invariant has fallen.

use ruint::aliases::U256;

use super::{fine_invariant, invariant, is_within};

/// From balances further apart than this many times to others as far, the true invariant is compared too.
const CLOSE: u64 = 10;

/// The invariant of balances, as exactly as it takes to compare it.
///
/// In whole units it is off by less than one while balances are not far apart, so that it tells enough: swaps never lower it,
/// and what the true one may lose in between does not add up. Where they are far apart whole units are off by more, and the next swap
/// could take that out: there the true one must not fall either.
#[derive(Clone, Copy, Debug)]
pub struct Worth {
    whole: U256,
    /// With [`super::FINE_BITS`] after the point; of balances that are far apart.
    fine: Option<U256>,
}

impl Worth {
    /// That of `balances`, which are `fine` with [`super::FINE_BITS`] after the point. `None` where it does not settle: then the
    /// next swap would have no answer.
    #[must_use]
    pub fn of(
        balances: &[U256],
        fine: impl FnOnce() -> Option<Vec<U256>>,
        amplification: u64,
    ) -> Option<Self> {
        let whole = invariant(balances, amplification)?;
        let far = !is_within(balances, CLOSE);
        let fine = if far { Some(fine_invariant(&fine()?, amplification)?) } else { None };
        Some(Self { whole, fine })
    }

    /// Whether it has not fallen.
    #[must_use]
    pub fn is_kept_by(&self, after: &Self) -> bool {
        after.whole >= self.whole && self.fine.zip(after.fine).is_none_or(|(before, after)| after >= before)
    }
}
