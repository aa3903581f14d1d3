//! Contexts: the rights of whoever runs.

use agora_primitives::Address;
use agora_state::{StateError, StateWrite, TrackedView};

use crate::event::Event;
use crate::registry::Registry;

/// Passes reads and writes on to the view, without gas.
macro_rules! unmetered {
    ($ctx:ident) => {
        impl StateRead for $ctx<'_> {
            fn get(&self, key: &StateKey) -> Result<Option<Value>, StateError> {
                self.view.get(key)
            }

            fn range(&self, range: &KeyRange) -> Result<Entries, StateError> {
                self.view.range(range)
            }
        }

        impl StateWrite for $ctx<'_> {
            fn set(&mut self, key: &StateKey, value: Value) -> Result<(), StateError> {
                self.view.set(key, value)
            }

            fn delete(&mut self, key: &StateKey) -> Result<(), StateError> {
                self.view.delete(key)
            }

            fn add(&mut self, key: &StateKey, delta: i128, bounds: Option<Bounds>) -> Result<(), StateError> {
                self.view.add(key, delta, bounds)
            }
        }
    };
}

mod block;
mod exec;
mod genesis;
mod query;

pub use block::BlockCtx;
pub use exec::{Dispatched, ExecCtx, MAX_NESTING};
pub use genesis::GenesisCtx;
pub use query::QueryCtx;

/// The block being executed, or the head a query reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockInfo {
    /// The chain id.
    pub chain_id: String,
    /// The height.
    pub height: u64,
    /// The header's time in nanoseconds since 1970.
    pub time: u64,
}

/// The transaction a message belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxInfo {
    /// SHA-256 of its bytes.
    pub hash: [u8; 32],
    /// The signers of the message being executed.
    pub signers: Vec<Address>,
    /// The sequence of the first signer, before this transaction: with the message's index, a unique seed for ids.
    pub sequence: u64,
    /// The message's index.
    pub msg_index: u32,
}

/// Writable state with savepoints.
pub trait TxView: StateWrite {
    /// Opens a savepoint.
    fn savepoint(&mut self);
    /// Keeps what was written since.
    ///
    /// # Errors
    /// A sum overflows.
    fn keep(&mut self) -> Result<(), StateError>;
    /// Drops what was written since.
    fn rollback(&mut self);
    /// The open savepoints.
    fn depth(&self) -> usize;
}

impl TxView for TrackedView<'_> {
    fn savepoint(&mut self) {
        TrackedView::savepoint(self);
    }

    fn keep(&mut self) -> Result<(), StateError> {
        TrackedView::keep(self)
    }

    fn rollback(&mut self) {
        TrackedView::rollback(self);
    }

    fn depth(&self) -> usize {
        TrackedView::depth(self)
    }
}

/// What the functions a module offers to others need: state and events.
pub trait StateCtx: StateWrite {
    /// Records an event.
    fn emit(&mut self, event: Event);
    /// Names, accounts and routes of the chain.
    fn registry(&self) -> &Registry;
}
