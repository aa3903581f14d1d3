//! The application, driven through ABCI in this process.

#[path = "application/ahead.rs"]
mod ahead;
#[path = "application/ante.rs"]
mod ante;
#[path = "application/authz.rs"]
mod authz;
#[path = "application/bank.rs"]
mod bank;
#[path = "application/circuit.rs"]
mod circuit;
#[path = "application/dex/mod.rs"]
mod dex;
#[path = "application/errors.rs"]
mod errors;
#[path = "application/fee_grants.rs"]
mod fee_grants;
#[path = "application/fees.rs"]
mod fees;
#[path = "application/gas.rs"]
mod gas;
#[path = "application/governance.rs"]
mod governance;
#[path = "application/grammar/mod.rs"]
mod grammar;
#[path = "application/harness.rs"]
mod harness;
#[path = "application/hostile.rs"]
mod hostile;
#[path = "application/house.rs"]
mod house;
#[path = "application/malleability.rs"]
mod malleability;
#[path = "application/module.rs"]
mod module;
#[path = "application/panics.rs"]
mod panics;
#[path = "application/pool.rs"]
mod pool;
#[path = "application/proposals.rs"]
mod proposals;
#[path = "application/replay.rs"]
mod replay;
#[path = "application/signing.rs"]
mod signing;
#[path = "application/simulation/mod.rs"]
mod simulation;
#[path = "application/staking.rs"]
mod staking;
#[path = "application/support.rs"]
mod support;
#[path = "application/unordered.rs"]
mod unordered;
#[path = "application/waiting.rs"]
mod waiting;
