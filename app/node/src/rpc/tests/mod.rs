//! A real server, driven over HTTP and WebSocket, with a chain rebuilt from recorded answers of a CometBFT node.

mod answers;
mod client;
mod conventions;
mod hostile;
mod outside_client;
pub(crate) mod recorded;
pub(crate) mod recordings;
mod socket;
