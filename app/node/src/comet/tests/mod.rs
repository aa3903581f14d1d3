//! The client against our own RPC server, whose answers are checked against recordings elsewhere, and, where the
//! binary is at hand, against a real CometBFT.

mod real;
mod round_trip;
