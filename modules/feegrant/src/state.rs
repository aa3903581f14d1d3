//! Everything feegrant stores.

use agora_primitives::Address;
use agora_state::{
    CollectionInfo, DecodeError, KeyCodec, Map, Set, Space, StateKey, StateValue, StoreId, Value, WriteSet,
};
use prost::Message;
use prost_types::Any;

use crate::allowance::Allowance;
use crate::wire;

/// The store.
pub(crate) const STORE: StoreId = StoreId::new("feegrant");

/// Allowances by grantee and granter.
pub(crate) const ALLOWANCES: Map<(Address, Address), Allowance> =
    Map::new(STORE, 1, Space::Tree, "ALLOWANCES");

/// Allowances that end, by their last moment, grantee and granter.
pub(crate) const EXPIRIES: Set<(u64, (Address, Address))> = Set::new(STORE, 2, Space::Tree, "EXPIRIES");

/// Whom an account allows to spend, by granter and grantee: follows [`ALLOWANCES`].
pub(crate) const ISSUED: Set<(Address, Address)> = Set::new(STORE, 3, Space::Derived, "ISSUED");

/// The version of a stored allowance: the wire's message.
const VERSION: u8 = 1;

impl StateValue for Allowance {
    fn encode_value(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend(wire::wire_allowance(self).encode_to_vec());
        bytes
    }

    fn decode_value(bytes: &[u8]) -> Result<Self, DecodeError> {
        match bytes.split_first() {
            Some((&VERSION, rest)) => {
                let any = Any::decode(rest).map_err(|e| DecodeError(e.to_string()))?;
                wire::parse(Some(&any)).map_err(|e| DecodeError(e.to_string()))
            }
            Some((other, _)) => Err(DecodeError(format!("unknown version {other}"))),
            None => Err(DecodeError("empty value".to_owned())),
        }
    }
}

/// The declarations, for the registry.
pub(crate) fn collections() -> Vec<CollectionInfo> {
    vec![ALLOWANCES.info(), EXPIRIES.info(), ISSUED.info()]
}

/// Keeps [`ISSUED`] in step with an allowance that came or went.
pub(crate) fn derive(key: &StateKey, value: Option<&Value>, derived: &mut WriteSet) {
    let Some((&id, rest)) = key.key.split_first() else { return };
    if id != ALLOWANCES.info().id || key.space != Space::Tree {
        return;
    }
    if let Ok((grantee, granter)) = <(Address, Address)>::decode_last(rest) {
        derived.insert(ISSUED.key(&(granter, grantee)), value.map(|_| Value::from([1u8].as_slice())));
    }
}
