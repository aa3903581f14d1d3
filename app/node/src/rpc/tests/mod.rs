//! A real server, driven over HTTP and WebSocket, with a chain rebuilt from recorded answers of a CometBFT node.

mod answers;
mod client;
mod conventions;
mod hostile;
pub(crate) mod recorded;
mod socket;
