//! A [`Chain`](crate::chain::Chain) whose blocks a real CometBFT makes: our gRPC and REST servers ask it through
//! CometBFT's JSON-RPC.

mod client;
mod follow;
pub mod home;
mod parse;
mod rpc;
pub mod supervisor;
#[cfg(test)]
mod tests;

pub use client::{CometChain, CometConfig};

#[cfg(test)]
pub(crate) use parse::testing;
