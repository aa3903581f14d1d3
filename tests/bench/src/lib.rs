#![doc = include_str!("../README.md")]

pub mod calibrate;
pub mod cli;
pub mod folder;
pub mod jmt_rocks;
pub mod machine;
pub mod market;
pub mod memory;
pub mod node;
pub mod parts;
pub mod picture;
pub mod plain_rocks;
pub mod record;
pub mod report;
pub mod rounds;
pub mod sha_floor;
pub mod summary;
pub mod transfers;
pub mod workload;

pub use cli::{Args, run};
