//! Everything the exchange stores.

use agora_primitives::{Coin, Denom};
use agora_state::{CollectionInfo, Item, Map, Space, StateError, StateRead, StoreId};
use borsh::{BorshDeserialize, BorshSerialize};

use crate::pool::{Pool, PoolId};

/// The store.
pub(crate) const STORE: StoreId = StoreId::new("dex");

/// The parameters.
pub(crate) const PARAMS: Item<Params> = Item::new(STORE, 1, Space::Tree, "PARAMS");

/// The pools.
pub(crate) const POOLS: Map<PoolId, Pool> = Map::new(STORE, 2, Space::Tree, "POOLS");

/// What governance sets.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Params {
    /// What making a pool costs; nothing if its amount is zero.
    pub(crate) pool_creation_fee: Coin,
}
agora_state::borsh_value!(Params, 1);

impl Default for Params {
    fn default() -> Self {
        Self { pool_creation_fee: Coin::new(1_000_000, Denom::native()) }
    }
}

/// The declarations, for the registry.
pub(crate) fn collections() -> Vec<CollectionInfo> {
    vec![PARAMS.info(), POOLS.info()]
}

/// The parameters in force.
pub(crate) fn params(state: &(impl StateRead + ?Sized)) -> Result<Params, StateError> {
    Ok(PARAMS.get(state)?.unwrap_or_default())
}
