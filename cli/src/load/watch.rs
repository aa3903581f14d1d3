//! Watching blocks for what was sent.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::kind::Kind;
use crate::client::Client;
use crate::error::Result;

/// How often the node is asked for its height. Latencies are known no better than that.
const LOOK: Duration = Duration::from_millis(10);
/// Answers that may fail in a row before the watch is given up.
const FAILURES: u32 = 50;

/// What was handed in and is in no block yet.
#[derive(Debug, Default)]
pub(super) struct Waiting(Mutex<HashMap<[u8; 32], (Instant, Kind)>>);

impl Waiting {
    fn with<T>(&self, body: impl FnOnce(&mut HashMap<[u8; 32], (Instant, Kind)>) -> T) -> T {
        body(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Notes the moment before a transaction is handed in; false if it was handed in before.
    pub(super) fn begin(&self, hash: [u8; 32], kind: Kind, at: Instant) -> bool {
        self.with(|waiting| match waiting.entry(hash) {
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert((at, kind));
                true
            }
            std::collections::hash_map::Entry::Occupied(_) => false,
        })
    }

    /// Forgets a transaction: it was refused, or it is in a block.
    pub(super) fn end(&self, hash: &[u8; 32]) -> Option<(Instant, Kind)> {
        self.with(|waiting| waiting.remove(hash))
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.with(|waiting| waiting.len())
    }
}

/// A transaction of the load in a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Included {
    pub(super) kind: Kind,
    /// Its place in the block.
    pub(super) index: usize,
    pub(super) latency: Duration,
}

/// A block that was committed during the load.
#[derive(Clone, Debug)]
pub(super) struct SeenBlock {
    pub(super) height: u64,
    pub(super) seen: Instant,
    /// Transactions of anybody.
    pub(super) txs: usize,
    pub(super) ours: Vec<Included>,
}

/// Collects the blocks above `height` until `done`, which is asked after each look.
pub(super) fn watch(
    client: &Client,
    mut height: u64,
    waiting: &Waiting,
    done: impl Fn() -> bool,
    on_block: impl Fn(&SeenBlock),
) -> Result<Vec<SeenBlock>> {
    let mut blocks = Vec::new();
    let mut failures = 0;
    loop {
        match client.committed_height() {
            Ok(head) => {
                failures = 0;
                while height < head {
                    let seen = Instant::now();
                    // A devnet commits a block a moment before it shows it.
                    let Some(answer) = client.block_if_made(height + 1)? else { break };
                    height += 1;
                    let txs = answer.block.data.txs.unwrap_or_default();
                    let ours = txs.iter().enumerate().filter_map(|(index, tx)| {
                        let (begun, kind) = waiting.end(&Sha256::digest(&tx.0).into())?;
                        Some(Included { kind, index, latency: seen.saturating_duration_since(begun) })
                    });
                    let block = SeenBlock { height, seen, txs: txs.len(), ours: ours.collect() };
                    on_block(&block);
                    blocks.push(block);
                }
            }
            Err(error) => {
                failures += 1;
                if failures >= FAILURES {
                    return Err(error);
                }
            }
        }
        if done() {
            return Ok(blocks);
        }
        std::thread::sleep(LOOK);
    }
}
