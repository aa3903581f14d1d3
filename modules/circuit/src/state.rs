//! Everything circuit stores.

use agora_primitives::Address;
use agora_state::{CollectionInfo, Item, Map, Space, StateError, StateRead, StateWrite, StoreId};
use borsh::{BorshDeserialize, BorshSerialize};

use crate::permission::Permission;

/// The store.
pub(crate) const STORE: StoreId = StoreId::new("circuit");

/// The most entries that are closed at once: every message reads them.
pub const MAX_CLOSED: usize = 64;

/// What is closed; none while nothing is. One value, so that a message asks once.
const CLOSED: Item<Closed> = Item::new(STORE, 1, Space::Tree, "CLOSED");

/// Who may close what.
pub(crate) const PERMISSIONS: Map<Address, Permission> = Map::new(STORE, 2, Space::Tree, "PERMISSIONS");

/// Type URLs and names of modules, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Closed(Vec<String>);
agora_state::borsh_value!(Closed, 1);

/// The declarations, for the registry.
pub(crate) fn collections() -> Vec<CollectionInfo> {
    vec![CLOSED.info(), PERMISSIONS.info()]
}

/// What is closed, sorted.
pub(crate) fn closed(state: &(impl StateRead + ?Sized)) -> Result<Vec<String>, StateError> {
    Ok(CLOSED.get(state)?.unwrap_or_default().0)
}

/// Replaces what is closed; `entries` are sorted.
pub(crate) fn set_closed(
    state: &mut (impl StateWrite + ?Sized),
    entries: Vec<String>,
) -> Result<(), StateError> {
    if entries.is_empty() { CLOSED.delete(state) } else { CLOSED.set(state, &Closed(entries)) }
}
