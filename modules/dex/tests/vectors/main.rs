//! Published vectors: what the systems whose conventions these are give, to the unit.
//!
//! The tables under `data/` name the repository they come from. Where a repository publishes few figures or only tolerances,
//! the table was computed by a second implementation, in integers without bounds, that shares no code with this one.

#[path = "../common/mod.rs"]
mod common;

mod balancer;
mod curve;
mod osmosis;
mod uniswap_v2;
mod uniswap_v3;
mod uniswap_v3_pools;

use std::fmt::Debug;
use std::str::FromStr;

use ruint::aliases::U256;

/// The rows of a table, split at blanks; lines that begin with `#` are comments.
fn rows(text: &'static str) -> Vec<Vec<&'static str>> {
    let rows = text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split(' ').collect());
    let rows: Vec<_> = rows.collect();
    assert!(!rows.is_empty(), "the table is empty");
    rows
}

/// A number of a table.
fn number<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// A result of a table: nothing where the original reverts.
fn outcome(text: &str) -> Option<U256> {
    (text != "refused").then(|| number(text))
}
