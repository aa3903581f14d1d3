//! The context of a query.

use agora_state::{Entries, KeyRange, StateError, StateKey, StateRead, Value};

use super::BlockInfo;
use crate::registry::Registry;

/// The context of a query: one view of one height, reads only.
pub struct QueryCtx<'a> {
    state: &'a dyn StateRead,
    block: &'a BlockInfo,
    registry: &'a Registry,
}

impl<'a> QueryCtx<'a> {
    /// Assembled by the runtime.
    #[must_use]
    pub fn new(state: &'a dyn StateRead, block: &'a BlockInfo, registry: &'a Registry) -> Self {
        Self { state, block, registry }
    }

    /// The head the query reads.
    #[must_use]
    pub const fn block(&self) -> &BlockInfo {
        self.block
    }

    /// Names, accounts and routes of the chain.
    #[must_use]
    pub const fn registry(&self) -> &Registry {
        self.registry
    }
}

impl StateRead for QueryCtx<'_> {
    fn get(&self, key: &StateKey) -> Result<Option<Value>, StateError> {
        self.state.get(key)
    }

    fn range(&self, range: &KeyRange) -> Result<Entries, StateError> {
        self.state.range(range)
    }
}
