//! The JSON-RPC server: CometBFT v0.38's methods, shapes and conventions over any [`Chain`](crate::chain::Chain),
//! by POST, by URI and by WebSocket, so that CosmJS, wallets, explorers and relayers need no change.
//!
//! How a call flows: `server` (connection) -> `http` or `socket` (envelope) -> `jsonrpc` and `params` (reading) ->
//! `routes` (which method) -> `methods` (asking the chain) -> `json` (CometBFT's rendering).

mod config;
mod cors;
mod events;
mod http;
mod hub;
mod index;
pub(crate) mod json;
mod jsonrpc;
mod methods;
mod node;
mod params;
mod proof;
mod routes;
mod server;
mod socket;
mod stall;
mod syntax;
#[cfg(test)]
pub(crate) mod tests;

pub use config::RpcConfig;
pub use server::{RpcError, RpcServer};
