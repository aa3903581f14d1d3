//! Rewards per share: one growing number for each validator and denom, in place of a list of periods.
//!
//! A reward `R` for `S` shares adds `R / S` to the index; whoever has `s` shares from index `a` to index `b` has earned `s * (b - a)`. A slash
//! takes tokens and leaves shares, so it changes nobody's part. What the division leaves over is carried to the next reward.

use std::io::{Error, ErrorKind};

use agora_primitives::{Dec, Denom};
use borsh::{BorshDeserialize, BorshSerialize};
use ruint::aliases::U256;

/// A 256-bit number with 128 of them behind the point: atoms per 10^-18 share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fixed(pub U256);

impl BorshSerialize for Fixed {
    fn serialize<W: borsh::io::Write>(&self, writer: &mut W) -> borsh::io::Result<()> {
        writer.write_all(&self.0.to_be_bytes::<32>())
    }
}

impl BorshDeserialize for Fixed {
    fn deserialize_reader<R: borsh::io::Read>(reader: &mut R) -> borsh::io::Result<Self> {
        let mut bytes = [0u8; 32];
        reader.read_exact(&mut bytes).map_err(|e| Error::new(ErrorKind::InvalidData, e))?;
        Ok(Self(U256::from_be_bytes(bytes)))
    }
}

/// The index of one denom.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Index {
    /// What is earned.
    pub denom: Denom,
    /// How much a share has earned since the beginning.
    pub value: Fixed,
    /// What the last division left over, in 2^-128 atoms; less than the shares it was divided by.
    pub carry: u128,
}

/// The indexes of a validator, by denom.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Indexes(pub(crate) Vec<Index>);
agora_state::borsh_value!(Indexes, 1);

/// Where a delegation was paid last: indexes by denom.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Starts(pub(crate) Vec<(Denom, Fixed)>);
agora_state::borsh_value!(Starts, 1);

impl Index {
    /// An index at its beginning.
    #[must_use]
    pub const fn new(denom: Denom) -> Self {
        Self { denom, value: Fixed(U256::ZERO), carry: 0 }
    }

    /// Adds a reward of so many atoms for so many shares. `None` without shares, or beyond 256 bits.
    #[must_use]
    pub fn grown(&self, atoms: u128, shares: Dec) -> Option<Self> {
        let shares = U256::from(shares.atomics());
        let whole = U256::from(atoms).checked_shl(128)?.checked_add(U256::from(self.carry))?;
        let value = self.value.0.checked_add(whole.checked_div(shares)?)?;
        let carry = u128::try_from(whole.checked_rem(shares)?).ok()?;
        Some(Self { denom: self.denom.clone(), value: Fixed(value), carry })
    }
}

/// Atoms that so many shares have earned from one index to another, rounded down. `None` if the second is the lesser, or beyond 128 bits.
#[must_use]
pub fn earned(shares: Dec, from: Fixed, to: Fixed) -> Option<u128> {
    let grown = to.0.checked_sub(from.0)?;
    let shares = U256::from(shares.atomics());
    let mask = U256::from(u128::MAX);
    let high = grown.wrapping_shr(128).checked_mul(shares)?;
    let low = (grown & mask).checked_mul(shares)?.wrapping_shr(128);
    u128::try_from(high.checked_add(low)?).ok()
}

impl Indexes {
    /// The present place, to begin from.
    pub(crate) fn starts(&self) -> Starts {
        Starts(self.0.iter().map(|index| (index.denom.clone(), index.value)).collect())
    }

    /// Atoms that so many shares have earned since, by denom.
    pub(crate) fn earned(&self, shares: Dec, starts: &Starts) -> Option<Vec<(Denom, u128)>> {
        let since = |index: &Index| {
            let start = starts.0.iter().find(|(denom, _)| *denom == index.denom);
            let from = start.map_or_else(Fixed::default, |(_, value)| *value);
            Some((index.denom.clone(), earned(shares, from, index.value)?))
        };
        self.0.iter().map(since).collect()
    }

    /// The index of a denom, made if there is none.
    pub(crate) fn of(&self, denom: &Denom) -> Index {
        let found = self.0.iter().find(|index| index.denom == *denom);
        found.cloned().unwrap_or_else(|| Index::new(denom.clone()))
    }

    /// Puts an index in its place.
    pub(crate) fn put(&mut self, index: Index) {
        match self.0.binary_search_by(|own| own.denom.cmp(&index.denom)) {
            Ok(at) => {
                if let Some(own) = self.0.get_mut(at) {
                    *own = index;
                }
            }
            Err(at) => self.0.insert(at, index),
        }
    }
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against exact fractions: delegators with shares that change, rewards in between.
        #[test]
        fn nobody_earns_more_than_an_exact_share_nor_an_atom_less(
            stakes in prop::collection::vec(1u128..1 << 90, 1..5),
            rewards in prop::collection::vec(0u128..1 << 80, 1..30),
        ) {
            let total: u128 = stakes.iter().sum();
            let mut index = Index::new(Denom::native());
            for reward in &rewards {
                index = index.grown(*reward, Dec::from_atomics(total)).unwrap();
            }
            let all: u128 = rewards.iter().sum();
            let mut paid = 0;
            for stake in &stakes {
                let got = earned(Dec::from_atomics(*stake), Fixed::default(), index.value).unwrap();
                let exact = BigUint::from(all) * *stake / total;
                let exact = u128::try_from(exact).unwrap();
                prop_assert!(got <= exact && exact - got <= 1, "{} of {}", got, exact);
                paid += got;
            }
            prop_assert!(paid <= all && all - paid <= stakes.len() as u128);
        }
    }

    #[test]
    fn the_ends_are_refused_and_not_wrapped() {
        let index = Index::new(Denom::native());
        assert_eq!(index.grown(1, Dec::ZERO), None);
        let full = Index { value: Fixed(U256::MAX), ..index };
        assert_eq!(full.grown(1, Dec::from_atomics(1)), None);
        assert_eq!(earned(Dec::ONE, full.value, Fixed::default()), None);
        assert_eq!(earned(Dec::from_atomics(u128::MAX), Fixed::default(), full.value), None);
    }
}
