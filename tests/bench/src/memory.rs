//! A state in memory, so that no database is measured.

use agora_state::{
    EmptyState, Entries, KeyRange, StateError, StateKey, StateRead, Value, WriteSet, overlay_range,
};

/// What was written so far.
#[derive(Clone, Debug, Default)]
pub struct Memory(pub WriteSet);

impl StateRead for Memory {
    fn get(&self, key: &StateKey) -> Result<Option<Value>, StateError> {
        Ok(self.0.get(key).cloned().flatten())
    }

    fn range(&self, range: &KeyRange) -> Result<Entries, StateError> {
        overlay_range(&EmptyState, &self.0, range)
    }
}
