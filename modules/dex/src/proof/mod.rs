//! The inputs of known exploits, and long walks against exact models. Each check is also shown to find a bug planted for it.

#[path = "../../tests/common/mod.rs"]
mod common;

mod drained;
mod exact;
mod fees;
mod half_changed;
mod machine;
mod shares;
mod ticks;
mod walk;
mod walk_of_positions;
mod worth;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::planted::plant;

/// Runs a check as it is, which holds, and with each of the bugs, which it finds.
#[track_caller]
fn holds_and_finds(bugs: &[&'static str], check: impl Fn()) {
    check();
    for bug in bugs {
        plant(bug);
        let outcome = catch_unwind(AssertUnwindSafe(&check));
        plant("");
        assert!(outcome.is_err(), "{bug} was not found");
    }
}

/// How many operations a walk takes in all: `AGORA_DEX_OPS`, a few thousands if it is not set.
fn operations() -> u64 {
    std::env::var("AGORA_DEX_OPS").ok().and_then(|value| value.parse().ok()).unwrap_or(4000)
}
