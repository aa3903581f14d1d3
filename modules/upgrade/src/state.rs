//! Everything upgrade stores.

use agora_state::{CollectionInfo, Item, Map, Space, StoreId};
use borsh::{BorshDeserialize, BorshSerialize};

/// The store.
pub(crate) const STORE: StoreId = StoreId::new("upgrade");

/// What is planned.
pub(crate) const PLAN: Item<Plan> = Item::new(STORE, 1, Space::Tree, "PLAN");

/// Heights of the upgrades that were done, by name.
pub(crate) const APPLIED: Map<String, u64> = Map::new(STORE, 2, Space::Tree, "APPLIED");

/// The newest of them.
pub(crate) const LAST: Item<Applied> = Item::new(STORE, 3, Space::Tree, "LAST");

/// The versions of the modules' states, by module.
pub(crate) const VERSIONS: Map<String, u64> = Map::new(STORE, 4, Space::Tree, "VERSIONS");

/// An upgrade to come.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Plan {
    /// What the release that goes on calls it: 1 to 64 letters, digits, `.`, `_` and `-`.
    pub name: String,
    /// The first block that the other release executes.
    pub height: u64,
    /// For people, and for tools that fetch releases.
    pub info: String,
}
agora_state::borsh_value!(Plan, 1);

/// An upgrade that was done.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Applied {
    /// Its name.
    pub(crate) name: String,
    /// The block it was done in.
    pub(crate) height: u64,
}
agora_state::borsh_value!(Applied, 1);

/// The declarations, for the registry.
pub(crate) fn collections() -> Vec<CollectionInfo> {
    vec![PLAN.info(), APPLIED.info(), LAST.info(), VERSIONS.info()]
}
