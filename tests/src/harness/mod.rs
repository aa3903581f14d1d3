//! A chain in this process, driven through ABCI as consensus drives it.

mod builder;
mod chain;
mod events;
mod outcome;
mod validators;

pub use builder::{Builder, Modules};
pub use chain::{Block, TestChain};
pub use events::{CoinReceived, CoinSpent, Event, FeePaid, MessageDone, Transfer, TypedEvent};
pub use outcome::{Checked, Outcome};
pub use validators::{FIRST_KEY, Validators};
