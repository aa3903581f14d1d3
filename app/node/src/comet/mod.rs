//! A [`Chain`](crate::chain::Chain) whose blocks a real CometBFT makes: our gRPC and REST servers ask it through
//! CometBFT's JSON-RPC.

pub mod home;
pub mod supervisor;
mod client;
mod follow;
mod parse;
mod rpc;
#[cfg(test)]
mod tests;

pub use client::{CometChain, CometConfig};

#[cfg(test)]
pub(crate) use parse::testing;
