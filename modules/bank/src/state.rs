//! Everything bank stores.

use agora_primitives::{Address, Denom};
use agora_proto::cosmos::bank::v1beta1::Metadata;
use agora_state::{
    AccumulatorMap, CollectionInfo, Item, KeyCodec, Map, Set, Space, StateKey, StateRead, StoreId, Value,
    WriteSet,
};
use borsh::{BorshDeserialize, BorshSerialize};

/// The store.
pub(crate) const STORE: StoreId = StoreId::new("bank");

/// Base units held, by holder and denom. A credit adds without reading.
pub(crate) const BALANCES: AccumulatorMap<(Address, Denom)> =
    AccumulatorMap::new(STORE, 1, Space::Tree, "BALANCES");

/// Base units that exist, by denom.
pub(crate) const SUPPLY: AccumulatorMap<Denom> = AccumulatorMap::new(STORE, 2, Space::Tree, "SUPPLY");

/// What wallets show of a denom.
pub(crate) const DENOM_METADATA: Map<Denom, StoredMetadata> =
    Map::new(STORE, 3, Space::Tree, "DENOM_METADATA");

/// Denoms whose sending is switched explicitly.
pub(crate) const SEND_ENABLED: Map<Denom, bool> = Map::new(STORE, 4, Space::Tree, "SEND_ENABLED");

/// The parameters.
pub(crate) const PARAMS: Item<Params> = Item::new(STORE, 5, Space::Tree, "PARAMS");

/// Who holds a denom; follows from [`BALANCES`].
pub(crate) const HOLDERS: Set<(Denom, Address)> = Set::new(STORE, 6, Space::Derived, "HOLDERS");

/// Parameters of the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Params {
    /// Whether a denom without its own switch can be sent.
    pub(crate) default_send_enabled: bool,
}
agora_state::borsh_value!(Params, 1);

impl Default for Params {
    fn default() -> Self {
        Self { default_send_enabled: true }
    }
}

/// Metadata as stored: the wire's message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StoredMetadata(pub(crate) Metadata);
agora_state::proto_value!(StoredMetadata, 1);

/// The declarations, for the registry.
pub(crate) fn collections() -> Vec<CollectionInfo> {
    vec![
        BALANCES.info(),
        SUPPLY.info(),
        DENOM_METADATA.info(),
        SEND_ENABLED.info(),
        PARAMS.info(),
        HOLDERS.info(),
    ]
}

/// Keeps [`HOLDERS`] in step with a changed balance.
pub(crate) fn derive(key: &StateKey, value: Option<&Value>, derived: &mut WriteSet) {
    let Some((&id, rest)) = key.key.split_first() else { return };
    if id != BALANCES.info().id || key.space != Space::Tree {
        return;
    }
    if let Ok((holder, denom)) = <(Address, Denom)>::decode_last(rest) {
        derived.insert(HOLDERS.key(&(denom, holder)), value.map(|_| Value::from([1u8].as_slice())));
    }
}

/// The parameters in force.
pub(crate) fn params(state: &(impl StateRead + ?Sized)) -> Result<Params, agora_state::StateError> {
    Ok(PARAMS.get(state)?.unwrap_or_default())
}
