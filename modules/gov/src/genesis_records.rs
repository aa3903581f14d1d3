//! The member `records` of the genesis section: entries of the collections that the Cosmos SDK's section has no place for, by the
//! collection's name, keys and values in hexadecimal digits as they are stored.

use agora_framework::{AppError, GenesisCtx, QueryCtx};
use agora_state::{AccumulatorMap, Item, KeyBytes, KeyCodec, Map, Set, StateRead, StateValue, every};
use serde_json::{Map as Members, Value, json};

use crate::genesis::invalid;
use crate::state::{
    BALLOTS, CHECKPOINTS, CHECKPOINTS_OF, CLOCK, COUNTED, RELEASED, SETTLING, SNAPSHOTS, STAKES, STARTING,
    TALLIES, VOTES,
};

/// Its name.
pub(crate) const MEMBER: &str = "records";

/// Whether votes of this proposal and round count: those stand in the section itself.
pub(crate) fn is_current(state: &impl StateRead, (id, round): (u64, u8)) -> Result<bool, AppError> {
    Ok(BALLOTS.get(state, &id)?.is_some_and(|ballot| ballot.round == round))
}

fn encoded(key: &impl KeyCodec) -> String {
    let mut bytes = KeyBytes::new();
    key.encode_last(&mut bytes);
    hex::encode(&bytes)
}

fn decoded<K: KeyCodec>(text: &str) -> Result<K, AppError> {
    K::decode_last(&hex::decode(text).map_err(invalid)?).map_err(invalid)
}

/// A collection as part of the member.
trait Record {
    fn name(&self) -> &'static str;
    fn dump(&self, ctx: &QueryCtx<'_>) -> Result<Vec<(String, String)>, AppError>;
    fn load(&self, ctx: &mut GenesisCtx<'_>, key: &str, value: &str) -> Result<(), AppError>;
}

impl<K: KeyCodec, V: StateValue> Record for Map<K, V> {
    fn name(&self) -> &'static str {
        self.info().name
    }

    fn dump(&self, ctx: &QueryCtx<'_>) -> Result<Vec<(String, String)>, AppError> {
        let all = every(|from, limit| self.page(ctx, &[], from, false, limit))?;
        Ok(all.iter().map(|(key, value)| (encoded(key), hex::encode(value.encode_value()))).collect())
    }

    fn load(&self, ctx: &mut GenesisCtx<'_>, key: &str, value: &str) -> Result<(), AppError> {
        let value = V::decode_value(&hex::decode(value).map_err(invalid)?).map_err(invalid)?;
        Ok(self.set(ctx, &decoded(key)?, &value)?)
    }
}

impl<V: StateValue> Record for Item<V> {
    fn name(&self) -> &'static str {
        self.info().name
    }

    fn dump(&self, ctx: &QueryCtx<'_>) -> Result<Vec<(String, String)>, AppError> {
        let value = self.get(ctx)?;
        Ok(value.iter().map(|value| (String::new(), hex::encode(value.encode_value()))).collect())
    }

    fn load(&self, ctx: &mut GenesisCtx<'_>, _: &str, value: &str) -> Result<(), AppError> {
        let value = V::decode_value(&hex::decode(value).map_err(invalid)?).map_err(invalid)?;
        Ok(self.set(ctx, &value)?)
    }
}

impl<K: KeyCodec> Record for Set<K> {
    fn name(&self) -> &'static str {
        self.info().name
    }

    fn dump(&self, ctx: &QueryCtx<'_>) -> Result<Vec<(String, String)>, AppError> {
        let all = every(|from, limit| self.page(ctx, &[], from, false, limit))?;
        Ok(all.iter().map(|(key, ())| (encoded(key), String::new())).collect())
    }

    fn load(&self, ctx: &mut GenesisCtx<'_>, key: &str, _: &str) -> Result<(), AppError> {
        Ok(self.insert(ctx, &decoded(key)?)?)
    }
}

/// Values are sums in decimal digits.
impl<K: KeyCodec> Record for AccumulatorMap<K> {
    fn name(&self) -> &'static str {
        self.info().name
    }

    fn dump(&self, ctx: &QueryCtx<'_>) -> Result<Vec<(String, String)>, AppError> {
        let all = every(|from, limit| self.page(ctx, &[], from, false, limit))?;
        Ok(all.iter().map(|(key, sum)| (encoded(key), sum.to_string())).collect())
    }

    fn load(&self, ctx: &mut GenesisCtx<'_>, key: &str, value: &str) -> Result<(), AppError> {
        Ok(self.add(ctx, &decoded(key)?, value.parse().map_err(invalid)?, None)?)
    }
}

const RECORDS: [&dyn Record; 12] = [
    &STARTING,
    &BALLOTS,
    &VOTES,
    &TALLIES,
    &CLOCK,
    &SNAPSHOTS,
    &STAKES,
    &CHECKPOINTS,
    &CHECKPOINTS_OF,
    &SETTLING,
    &COUNTED,
    &RELEASED,
];

/// Reads the member.
///
/// # Errors
/// Code 18, naming the collection.
pub(crate) fn init(ctx: &mut GenesisCtx<'_>, member: Option<&Value>) -> Result<(), AppError> {
    let Some(member) = member else { return Ok(()) };
    let members = member.as_object().ok_or_else(|| invalid("records must be an object of collections"))?;
    for (name, entries) in members {
        let record = RECORDS.into_iter().find(|record| record.name() == name);
        let record = record.ok_or_else(|| invalid(format_args!("records: unknown collection {name:?}")))?;
        let entries =
            entries.as_object().ok_or_else(|| invalid(format_args!("records: {name} must be an object")))?;
        for (key, value) in entries {
            let value = value.as_str().unwrap_or_default();
            record.load(ctx, key, value).map_err(|e| e.context(format_args!("{name} {key:?}")))?;
        }
    }
    Ok(())
}

/// Adds the member to a section.
///
/// # Errors
/// Storage fails.
pub(crate) fn join(ctx: &QueryCtx<'_>, mut section: Value) -> Result<Value, AppError> {
    let mut members = Members::new();
    for record in RECORDS {
        let mut entries = Members::new();
        for (key, value) in record.dump(ctx)? {
            let stands_above = record.name() == VOTES.info().name
                && is_current(ctx, decoded::<((u64, u8), agora_primitives::Address)>(&key)?.0)?;
            if !stands_above {
                entries.insert(key, json!(value));
            }
        }
        if !entries.is_empty() {
            members.insert(record.name().to_owned(), Value::Object(entries));
        }
    }
    if let (false, Some(section)) = (members.is_empty(), section.as_object_mut()) {
        section.insert(MEMBER.to_owned(), Value::Object(members));
    }
    Ok(section)
}
