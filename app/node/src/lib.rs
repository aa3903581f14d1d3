#![doc = include_str!("../README.md")]

pub mod abci;
pub mod api;
pub mod app;
pub mod chain;
pub mod comet;
pub mod devnet;
pub mod event_query;
pub mod faucet;
pub mod metrics;
pub mod query;
pub mod rpc;
pub mod run;
