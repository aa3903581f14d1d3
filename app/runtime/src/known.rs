//! What is known of transactions already: decoded, with good signatures.
//!
//! The same bytes come up to four times (mempool, proposal made, proposal checked, block), and reading and checking them
//! is most of what they cost. Only pure knowledge comes in: what follows from bytes and chain id alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::RwLock;

use crate::tx::Tx;

/// Parts that can be changed side by side.
const SHARDS: usize = 64;

/// Bytes, as estimated by [`Known::size`], that a generation of one part may hold: 64 MiB in each generation of all parts.
const GENERATION: usize = (64 << 20) / SHARDS;

/// Longer transactions are not kept decoded: they are rare, and decoding costs little of what their bytes cost.
const MAX_KEPT: usize = 16 << 10;

/// By hash of the bytes.
type Generation = BTreeMap<[u8; 32], Known>;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::Runtime;
    use crate::tx_samples::{decoded, transfer};

    #[test]
    fn a_transaction_is_known_on_the_chain_it_was_checked_for_and_long_ones_without_their_contents() {
        let (runtime, known) = (Runtime::standard().unwrap(), KnownTxs::default());
        let short = Arc::new(decoded(&runtime, &transfer(1, 2, 0)));
        let long = Arc::new(decoded(&runtime, &transfer(1, 2, MAX_KEPT)));
        assert!(matches!(known.find("a-1", &short.hash), Found::Nothing));
        known.remember("a-1", &short);
        known.remember("a-1", &long);
        assert!(matches!(known.find("a-1", &short.hash), Found::Decoded(tx) if Arc::ptr_eq(&tx, &short)));
        assert!(matches!(known.find("a-1", &long.hash), Found::Good));
        assert!(matches!(known.find("b-1", &short.hash), Found::Nothing));
    }

    #[test]
    fn what_is_known_stays_bounded_and_the_latest_is_always_among_it() {
        let (runtime, known) = (Runtime::standard().unwrap(), KnownTxs::default());
        // All into one part, which holds about 60 of this size in a generation.
        let in_one_part = |tx: &Tx| usize::from(tx.hash[0]) % SHARDS == 0;
        let txs = (0..u16::MAX).map(|i| {
            let [from, to] = i.to_be_bytes();
            Arc::new(decoded(&runtime, &transfer(from, to, 2000)))
        });
        let txs: Vec<Arc<Tx>> = txs.filter(|tx| in_one_part(tx)).take(400).collect();
        for tx in &txs {
            known.remember("a-1", tx);
            assert!(matches!(known.find("a-1", &tx.hash), Found::Decoded(_)));
            let shard = known.shards[0].read();
            let held: usize = shard.young.values().chain(shard.old.values()).map(Known::size).sum();
            assert!(held <= 2 * GENERATION + (8 * MAX_KEPT + 1024), "{held} bytes");
        }
        let forgotten = txs.iter().filter(|tx| matches!(known.find("a-1", &tx.hash), Found::Nothing)).count();
        assert!((200..400).contains(&forgotten), "{forgotten} of 400 forgotten");
    }
}
