#![doc = include_str!("../README.md")]

mod accounts;
mod chain;
mod digest;
mod draft;
pub mod golden;
mod life;
mod plants;
mod readers;
mod rng;
mod run;
mod steward;

pub use accounts::{Account, Document};
pub use chain::{Block, Chain, SharedState};
pub use digest::{BlockHashes, Hash};
pub use draft::{Draft, coin};
pub use life::{CHAIN_ID, Life, Plan, SWINGING, SWINGING_SUPPLY, swinging};
pub use plants::Plant;
pub use readers::ReadCounts;
pub use rng::Rng;
pub use run::{Settings, Summary, run, start};
pub use steward::Steward;
