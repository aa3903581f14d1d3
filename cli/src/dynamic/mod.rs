//! Commands made from the chain's definitions: a new message or query gets its command, help and completion from
//! its descriptor alone.
//!
//! [`definitions`] says what the chain serves, [`tree`] lays it out as groups and commands, [`arguments`] makes clap
//! arguments of a message's fields, [`values`] reads text into fields and [`request`] puts the message together.
//! [`signers`] tells who must sign it.

pub mod arguments;
pub mod definitions;
pub mod request;
pub mod signers;
#[cfg(test)]
mod tests;
pub mod tree;
pub mod values;

pub use definitions::{Definitions, Served};
pub use tree::{Group, Leaf, Purpose};
pub use values::Resolve;
