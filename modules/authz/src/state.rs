//! Everything authz stores.

use agora_primitives::Address;
use agora_proto::cosmos::authz::v1beta1 as proto;
use agora_state::{
    CollectionInfo, DecodeError, KeyCodec, Map, Set, Space, StateKey, StateValue, StoreId, Value, WriteSet,
};
use prost::Message;

use crate::grant::{Grant, Key};
use crate::wire;

/// The store.
pub(crate) const STORE: StoreId = StoreId::new("authz");

/// Rights by granter, grantee and type URL.
pub(crate) const GRANTS: Map<Key, Grant> = Map::new(STORE, 1, Space::Tree, "GRANTS");

/// Rights that end, by their last moment and key.
pub(crate) const EXPIRIES: Set<(u64, Key)> = Set::new(STORE, 2, Space::Tree, "EXPIRIES");

/// For whom an account may act, by grantee, granter and type URL: follows [`GRANTS`].
pub(crate) const HELD: Set<Key> = Set::new(STORE, 3, Space::Derived, "HELD");

/// The version of a stored right: the wire's message.
const VERSION: u8 = 1;

impl StateValue for Grant {
    fn encode_value(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend(wire::wire_grant(self).encode_to_vec());
        bytes
    }

    fn decode_value(bytes: &[u8]) -> Result<Self, DecodeError> {
        match bytes.split_first() {
            Some((&VERSION, rest)) => {
                let grant = proto::Grant::decode(rest).map_err(|e| DecodeError(e.to_string()))?;
                wire::parse_grant(grant.authorization.as_ref(), grant.expiration.as_ref())
                    .map_err(|e| DecodeError(e.to_string()))
            }
            Some((other, _)) => Err(DecodeError(format!("unknown version {other}"))),
            None => Err(DecodeError("empty value".to_owned())),
        }
    }
}

/// The declarations, for the registry.
pub(crate) fn collections() -> Vec<CollectionInfo> {
    vec![GRANTS.info(), EXPIRIES.info(), HELD.info()]
}

/// Keeps [`HELD`] in step with a right that came or went.
pub(crate) fn derive(key: &StateKey, value: Option<&Value>, derived: &mut WriteSet) {
    let Some((&id, rest)) = key.key.split_first() else { return };
    if id != GRANTS.info().id || key.space != Space::Tree {
        return;
    }
    if let Ok((granter, grantee, message)) = <(Address, Address, String)>::decode_last(rest) {
        let held = HELD.key(&(grantee, granter, message));
        derived.insert(held, value.map(|_| Value::from([1u8].as_slice())));
    }
}
