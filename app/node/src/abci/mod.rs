//! The ABCI 2.0 socket server: CometBFT v0.38 on one side, a [`tendermint_abci::Application`] on the other.
//!
//! CometBFT opens four connections (consensus, mempool, query, snapshot), writes length-delimited requests to each and
//! reads the answers in order. Here each connection has a thread and a clone of the application, so `CheckTx` and
//! `Query` run while `FinalizeBlock` does; what they may share is the application's business.
//!
//! A replica that is half alive is worse than one that has stopped: when the application panics, or says through its
//! [`Fault`] that it cannot go on, CometBFT gets an exception instead of an answer, every connection is closed, and the
//! owner of the [`AbciHandle`] learns the reason and is expected to end the process.

mod codec;
mod connection;
mod dispatch;
mod fault;
mod grammar;
mod listen;
mod metrics;
mod proposals;
mod recorder;
mod server;
mod stopping;

pub use codec::{FrameError, MAX_RESPONSE_BYTES};
pub use dispatch::Method;
pub use fault::Fault;
pub use grammar::GrammarMode;
pub use listen::Listen;
pub use metrics::{AbciMetrics, LATENCY_BOUNDS, MethodStats};
pub use proposals::{decision_of, proposal_of};
pub use recorder::{Recording, read_recording};
pub use server::{AbciError, AbciHandle, AbciOptions, AbciServer, Fatal, FatalHook, StopError};

#[cfg(test)]
pub(crate) mod tests;
