//! A chain in this process, driven through ABCI as consensus drives it.

mod builder;
mod chain;
mod drafting;
mod events;
mod opening;
mod outcome;
mod reading;
mod recording;
mod validators;

pub use builder::{Builder, Modules};
pub use chain::{Block, TestChain};
pub use events::{CoinReceived, CoinSpent, Event, FeePaid, MessageDone, Transfer, TypedEvent};
pub use outcome::{Checked, Outcome};
pub use recording::Recording;
pub use validators::{FIRST_KEY, Validators};
