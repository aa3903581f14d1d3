//! Everything distribution stores. Amounts are in atoms: 10^-18 base units.

use agora_primitives::{Address, Dec, Denom};
use agora_state::{AccumulatorMap, CollectionInfo, Item, Map, Set, Space, StateError, StateRead, StoreId};
use borsh::{BorshDeserialize, BorshSerialize};

use crate::index::{Indexes, Starts};

/// The store.
pub(crate) const STORE: StoreId = StoreId::new("distribution");

/// The parameters.
pub(crate) const PARAMS: Item<Params> = Item::new(STORE, 1, Space::Tree, "PARAMS");

/// Rewards per share of a validator since its first, by operator.
pub(crate) const INDEXES: Map<Address, Indexes> = Map::new(STORE, 2, Space::Tree, "INDEXES");

/// Where a delegation was paid last, by delegator and operator; none stands for the beginning.
pub(crate) const STARTS: Map<(Address, Address), Starts> = Map::new(STORE, 3, Space::Tree, "STARTS");

/// What was earned at a validator and not paid, commission included.
pub(crate) const OUTSTANDING: AccumulatorMap<(Address, Denom)> =
    AccumulatorMap::new(STORE, 4, Space::Tree, "OUTSTANDING");

/// Of that, the operator's.
pub(crate) const COMMISSION: AccumulatorMap<(Address, Denom)> =
    AccumulatorMap::new(STORE, 5, Space::Tree, "COMMISSION");

/// The community's.
pub(crate) const COMMUNITY: AccumulatorMap<Denom> = AccumulatorMap::new(STORE, 6, Space::Tree, "COMMUNITY");

/// Where a delegator's rewards go, if not to itself.
pub(crate) const WITHDRAW_ADDRESSES: Map<Address, Address> =
    Map::new(STORE, 7, Space::Tree, "WITHDRAW_ADDRESSES");

/// Parts of their tokens that validators lost, by operator and height.
pub(crate) const SLASHES: Map<(Address, u64), Dec> = Map::new(STORE, 8, Space::Tree, "SLASHES");

/// Delegations that are compounded once a day: when next, in nanoseconds since 1970.
pub(crate) const AUTO_COMPOUNDS: Map<(Address, Address), u64> =
    Map::new(STORE, 9, Space::Tree, "AUTO_COMPOUNDS");

/// The same by time, delegator and operator.
pub(crate) const COMPOUND_QUEUE: Set<(u64, Address, Address)> =
    Set::new(STORE, 10, Space::Tree, "COMPOUND_QUEUE");

/// Atoms in a base unit.
pub(crate) const ATOMS: u128 = 1_000_000_000_000_000_000;

/// The most denoms that rewards of a validator are in, and of those that anybody can bring.
pub(crate) const MAX_DENOMS: usize = 16;

/// Parameters of the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Params {
    /// The community's part of fees and new coins, from 0 to 1.
    pub community_tax: Dec,
    /// Whether rewards can go to another account.
    pub withdraw_addr_enabled: bool,
}
agora_state::borsh_value!(Params, 1);

impl Default for Params {
    fn default() -> Self {
        Self { community_tax: Dec::from_atomics(20_000_000_000_000_000), withdraw_addr_enabled: true }
    }
}

/// The declarations, for the registry.
pub(crate) fn collections() -> Vec<CollectionInfo> {
    vec![
        PARAMS.info(),
        INDEXES.info(),
        STARTS.info(),
        OUTSTANDING.info(),
        COMMISSION.info(),
        COMMUNITY.info(),
        WITHDRAW_ADDRESSES.info(),
        SLASHES.info(),
        AUTO_COMPOUNDS.info(),
        COMPOUND_QUEUE.info(),
    ]
}

/// The parameters in force.
pub(crate) fn params(state: &(impl StateRead + ?Sized)) -> Result<Params, StateError> {
    Ok(PARAMS.get(state)?.unwrap_or_default())
}
