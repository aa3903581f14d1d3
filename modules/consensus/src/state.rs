//! Everything consensus stores.

use agora_proto::tendermint::types::ConsensusParams;
use agora_state::{CollectionInfo, Item, Space, StoreId};
use borsh::{BorshDeserialize, BorshSerialize};

/// The store.
pub(crate) const STORE: StoreId = StoreId::new("consensus");

/// The chain id.
pub(crate) const CHAIN_ID: Item<String> = Item::new(STORE, 1, Space::Tree, "CHAIN_ID");

/// The block being executed, or the last one.
pub(crate) const HEAD: Item<Head> = Item::new(STORE, 2, Space::Tree, "HEAD");

/// The parameters consensus runs with.
pub(crate) const PARAMS: Item<StoredParams> = Item::new(STORE, 3, Space::Tree, "PARAMS");

/// A block's height and time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Head {
    /// The height.
    pub height: u64,
    /// The header's time in nanoseconds since 1970.
    pub time: u64,
}
agora_state::borsh_value!(Head, 1);

/// Parameters as stored: the wire's message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StoredParams(pub(crate) ConsensusParams);
agora_state::proto_value!(StoredParams, 1);

/// The declarations, for the registry.
pub(crate) fn collections() -> Vec<CollectionInfo> {
    vec![CHAIN_ID.info(), HEAD.info(), PARAMS.info()]
}
