//! A view that shows what it has become after each write: what somebody would see who could look in the middle of a message.

use agora_framework::TxView;
use agora_state::{
    Bounds, Entries, KeyRange, StateError, StateKey, StateRead, StateWrite, TrackedView, Value,
};

/// See the module.
pub(crate) struct Watched<'a, 'w> {
    pub(crate) view: TrackedView<'a>,
    pub(crate) watch: &'w mut dyn FnMut(&dyn StateRead),
}

impl StateRead for Watched<'_, '_> {
    fn get(&self, key: &StateKey) -> Result<Option<Value>, StateError> {
        self.view.get(key)
    }

    fn range(&self, range: &KeyRange) -> Result<Entries, StateError> {
        self.view.range(range)
    }
}

impl StateWrite for Watched<'_, '_> {
    fn set(&mut self, key: &StateKey, value: Value) -> Result<(), StateError> {
        self.view.set(key, value)?;
        (self.watch)(&self.view);
        Ok(())
    }

    fn delete(&mut self, key: &StateKey) -> Result<(), StateError> {
        self.view.delete(key)?;
        (self.watch)(&self.view);
        Ok(())
    }

    fn add(&mut self, key: &StateKey, delta: i128, bounds: Option<Bounds>) -> Result<(), StateError> {
        self.view.add(key, delta, bounds)?;
        (self.watch)(&self.view);
        Ok(())
    }
}

impl TxView for Watched<'_, '_> {
    fn savepoint(&mut self) {
        self.view.savepoint();
    }

    fn keep(&mut self) -> Result<(), StateError> {
        self.view.keep()
    }

    fn rollback(&mut self) {
        self.view.rollback();
    }

    fn depth(&self) -> usize {
        self.view.depth()
    }
}
