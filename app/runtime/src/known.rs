//! What is known of transactions already: decoded, with good signatures.
//!
//! The same bytes come up to four times (mempool, proposal made, proposal checked, block), and reading and checking them
//! is most of what they cost. Only pure knowledge comes in: what follows from bytes and chain id alone.

#[expect(clippy::disallowed_types, reason = "looked up by key and never iterated")]
use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;

use crate::tx::Tx;

/// Parts that can be changed side by side.
const SHARDS: usize = 64;

/// Bytes, as estimated by [`Known::size`], that a generation of one part may hold: 64 MiB in each generation of all parts.
const GENERATION: usize = (64 << 20) / SHARDS;

/// Longer transactions are not kept decoded: they are rare, and decoding costs little of what their bytes cost.
const MAX_KEPT: usize = 16 << 10;

#[expect(clippy::disallowed_types, reason = "looked up by key and never iterated")]
type Generation = HashMap<[u8; 32], Known>;

/// A transaction whose signatures are good on a chain.
#[derive(Clone)]
struct Known {
    chain_id: Arc<str>,
    /// `None` when it is too long to be kept.
    tx: Option<Arc<Tx>>,
}

impl Known {
    /// About the bytes it takes: a decoded transaction has its bytes twice and its fields.
    fn size(&self) -> usize {
        self.tx.as_ref().map_or(128, |tx| tx.len.saturating_mul(8).saturating_add(1024))
    }
}

#[derive(Default)]
struct Shard {
    young: Generation,
    old: Generation,
    bytes: usize,
}

/// What was found of a transaction.
pub(crate) enum Found {
    /// The signatures are good; here it is.
    Decoded(Arc<Tx>),
    /// The signatures are good.
    Good,
    /// Nothing is known.
    Nothing,
}

/// Transactions whose signatures are known to be good, by the hash of their bytes. Two generations bound it.
pub(crate) struct KnownTxs {
    shards: Vec<RwLock<Shard>>,
}

impl Default for KnownTxs {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| RwLock::default()).collect() }
    }
}

impl KnownTxs {
    /// What is known of the transaction with this hash on this chain.
    pub(crate) fn find(&self, chain_id: &str, hash: &[u8; 32]) -> Found {
        let Some(shard) = self.shard(hash) else { return Found::Nothing };
        let shard = shard.read();
        match shard.young.get(hash).or_else(|| shard.old.get(hash)) {
            Some(known) if *known.chain_id == *chain_id => {
                known.tx.clone().map_or(Found::Good, Found::Decoded)
            }
            _ => Found::Nothing,
        }
    }

    /// Remembers a transaction with good signatures.
    pub(crate) fn remember(&self, chain_id: &str, tx: &Arc<Tx>) {
        let known = Known { chain_id: chain_id.into(), tx: (tx.len <= MAX_KEPT).then(|| tx.clone()) };
        let Some(shard) = self.shard(&tx.hash) else { return };
        let mut shard = shard.write();
        shard.bytes = shard.bytes.saturating_add(known.size());
        let replaced = shard.young.insert(tx.hash, known).map_or(0, |known| known.size());
        shard.bytes = shard.bytes.saturating_sub(replaced);
        if shard.bytes > GENERATION {
            shard.bytes = 0;
            let young = std::mem::take(&mut shard.young);
            let old = std::mem::replace(&mut shard.old, young);
            drop(shard);
            // Thousands of transactions, which nobody has to wait for.
            drop(old);
        }
    }

    /// A hash is as good as chance, so its first byte spreads them evenly.
    fn shard(&self, hash: &[u8; 32]) -> Option<&RwLock<Shard>> {
        let [first, ..] = hash;
        self.shards.get(usize::from(*first) % SHARDS)
    }
}
