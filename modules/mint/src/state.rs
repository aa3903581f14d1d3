//! Everything mint stores.

use agora_primitives::{Amount, Dec, Denom};
use agora_state::{CollectionInfo, Item, Space, StateError, StateRead, StoreId};
use borsh::{BorshDeserialize, BorshSerialize};

use crate::curve::BondedRatio;

/// The store.
pub(crate) const STORE: StoreId = StoreId::new("mint");

/// The parameters.
pub(crate) const PARAMS: Item<Params> = Item::new(STORE, 1, Space::Tree, "PARAMS");

/// Where the curve stands.
pub(crate) const MINTER: Item<Minter> = Item::new(STORE, 2, Space::Tree, "MINTER");

/// Parameters of the module.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Params {
    /// What is made.
    pub denom: Denom,
    /// The most the rate moves in a year, from 0 to 1.
    pub rate_change: Dec,
    /// The greatest rate a year, from 0 to 1.
    pub rate_max: Dec,
    /// The least rate a year, at most the greatest.
    pub rate_min: Dec,
    /// The part of the supply that should be bonded, above 0 and at most 1.
    pub goal_bonded: Dec,
    /// Kept for clients, who count with it; coins are made by time, not by blocks.
    pub blocks_per_year: u64,
    /// The most base units that may exist; 0 for no bound but the bank's.
    pub max_supply: Amount,
}
agora_state::borsh_value!(Params, 1);

impl Default for Params {
    fn default() -> Self {
        let hundredths = |n: u128| Dec::from_atomics(n.saturating_mul(10_000_000_000_000_000));
        Self {
            denom: Denom::native(),
            rate_change: hundredths(13),
            rate_max: hundredths(20),
            rate_min: hundredths(7),
            goal_bonded: hundredths(67),
            blocks_per_year: 31_557_600,
            max_supply: 0,
        }
    }
}

impl Params {
    /// The curve these parameters describe.
    #[must_use]
    pub const fn curve(&self) -> BondedRatio {
        BondedRatio {
            change: self.rate_change,
            max: self.rate_max,
            min: self.rate_min,
            goal: self.goal_bonded,
        }
    }
}

/// Where the curve stands: within an hour so many base units a year, of which so many were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Minter {
    /// The rate a year.
    pub(crate) rate: Dec,
    /// Base units a year at this rate.
    pub(crate) annual: Amount,
    /// When this began, in nanoseconds since 1970; 0 while nothing is made.
    pub(crate) since: u64,
    /// Base units made since.
    pub(crate) made: Amount,
}
agora_state::borsh_value!(Minter, 1);

impl Default for Minter {
    fn default() -> Self {
        Self { rate: Dec::from_atomics(130_000_000_000_000_000), annual: 0, since: 0, made: 0 }
    }
}

/// The declarations, for the registry.
pub(crate) fn collections() -> Vec<CollectionInfo> {
    vec![PARAMS.info(), MINTER.info()]
}

/// The parameters in force.
pub(crate) fn params(state: &(impl StateRead + ?Sized)) -> Result<Params, StateError> {
    Ok(PARAMS.get(state)?.unwrap_or_default())
}

/// Where the curve stands.
pub(crate) fn minter(state: &(impl StateRead + ?Sized)) -> Result<Minter, StateError> {
    Ok(MINTER.get(state)?.unwrap_or_default())
}
