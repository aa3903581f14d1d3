//! Tests of the server against a small real application, through sockets.

pub(crate) mod app;
pub(crate) mod client;
mod codec;
mod ending;
mod grammar;
mod latency;
mod listening;
mod serving;
