//! A state in memory, so that no database is measured.

use agora_state::{
    EmptyState, Entries, KeyBytes, KeyRange, StateError, StateKey, StateRead, Value, WriteSet, overlay_range,
};

/// What was written so far.
#[derive(Clone, Debug, Default)]
pub struct Memory(pub WriteSet);

impl StateRead for Memory {
    fn get(&self, key: &StateKey) -> Result<Option<Value>, StateError> {
        Ok(self.0.get(key).cloned().flatten())
    }

    /// As far as the limit, like a database: what lies behind costs nothing.
    fn range(&self, range: &KeyRange) -> Result<Entries, StateError> {
        if range.reverse {
            return overlay_range(&EmptyState, &self.0, range);
        }
        let (store, space) = (range.store, range.space);
        let start = StateKey { store, space, key: KeyBytes::from_slice(&range.start) };
        let within = |key: &StateKey| key.store == store && key.space == space && range.contains(&key.key);
        let entries = self.0.range(start..).take_while(|(key, _)| within(key));
        let present = entries.filter_map(|(key, value)| Some((key.key.to_vec(), value.clone()?)));
        Ok(present.take(range.limit).collect())
    }
}
