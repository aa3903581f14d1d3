#![doc = include_str!("../README.md")]

pub mod demo;
pub mod faults;
pub mod harness;
pub mod txs;

pub use harness::TestChain;
pub use txs::Account;
