//! The mempool: first in, first out, with CometBFT's limits, cache and errors.
//!
//! Transactions are checked one after the other, in parallel to the execution of a block; only the Commit of
//! a block and the recheck after it wait for a running check, and checks for them.

use std::collections::{HashMap, HashSet, VecDeque};

use bytes::Bytes;
use parking_lot::{Mutex, RwLock, RwLockWriteGuard};
use tendermint_abci::Application;
use tendermint_proto::v0_38::abci::{CheckTxType, ExecTxResult, RequestCheckTx, ResponseCheckTx};

use super::guard::{Fault, guarded};
use super::hashes::sha256;
use crate::chain::ChainError;

/// The mempool's limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MempoolConfig {
    /// The most transactions that may wait.
    pub max_txs: usize,
    /// The most bytes that may wait.
    pub max_bytes: usize,
    /// The largest transaction, in bytes.
    pub max_tx_bytes: usize,
    /// How many hashes of transactions already seen are remembered.
    pub cache_size: usize,
}

impl Default for MempoolConfig {
    fn default() -> Self {
        Self { max_txs: 5_000, max_bytes: 64 << 20, max_tx_bytes: 1 << 20, cache_size: 10_000 }
    }
}

struct Entry {
    hash: [u8; 32],
    tx: Bytes,
    gas_wanted: i64,
}

/// The last hashes seen.
#[derive(Default)]
struct Cache {
    /// Each with the number under which it was seen.
    known: HashMap<[u8; 32], u64>,
    /// What was seen, oldest first. What was removed since then is still here, under a number that is known no more: to
    /// look for it would let everyone who sends refused transactions have the whole cache searched.
    order: VecDeque<(u64, [u8; 32])>,
    next: u64,
}

impl Cache {
    /// False if it was there already.
    fn push(&mut self, hash: [u8; 32], size: usize) -> bool {
        if self.known.contains_key(&hash) {
            return false;
        }
        self.known.insert(hash, self.next);
        self.order.push_back((self.next, hash));
        self.next += 1;
        while self.known.len() > size {
            let Some((number, oldest)) = self.order.pop_front() else { break };
            if self.known.get(&oldest) == Some(&number) {
                self.known.remove(&oldest);
            }
        }
        if self.order.len() > size.saturating_mul(2) {
            let known = &self.known;
            self.order.retain(|(number, hash)| known.get(hash) == Some(number));
        }
        true
    }

    fn remove(&mut self, hash: &[u8; 32]) {
        self.known.remove(hash);
    }
}

#[derive(Default)]
struct Pool {
    waiting: VecDeque<Entry>,
    bytes: usize,
    cache: Cache,
}

impl Pool {
    fn drop_all(&mut self, hashes: &HashSet<[u8; 32]>) {
        self.waiting.retain(|entry| !hashes.contains(&entry.hash));
        self.bytes = self.waiting.iter().map(|entry| entry.tx.len()).sum();
    }
}

/// What the next block allows a transaction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Bytes of transactions in a block.
    pub(super) max_data_bytes: i64,
    /// Gas of a block, -1 for any.
    pub(super) max_gas: i64,
}

pub(super) struct Mempool {
    config: MempoolConfig,
    pool: Mutex<Pool>,
    limits: Mutex<Limits>,
    /// Keeps checks in order: a sender's next transaction must not overtake.
    turn: Mutex<()>,
    /// Held for reading by a check and for writing from Commit to the end of the recheck.
    quiet: RwLock<()>,
}

impl Mempool {
    pub(super) fn new(config: MempoolConfig, limits: Limits) -> Self {
        Self {
            config,
            pool: Mutex::new(Pool::default()),
            limits: Mutex::new(limits),
            turn: Mutex::new(()),
            quiet: RwLock::new(()),
        }
    }

    /// Checks a transaction and keeps it if it is good.
    pub(super) fn add<A: Application>(&self, app: &A, tx: Vec<u8>) -> Result<ResponseCheckTx, AddError> {
        let hash = sha256(&tx);
        let tx = Bytes::from(tx);
        self.has_room(&self.pool.lock(), tx.len())?;
        let limits = *self.limits.lock();
        let data_limit = usize::try_from(limits.max_data_bytes).unwrap_or(0);
        let max = self.config.max_tx_bytes.min(data_limit);
        if tx.len() > max {
            return Err(ChainError::TxTooLarge { max, size: tx.len() }.into());
        }
        if !self.pool.lock().cache.push(hash, self.config.cache_size) {
            return Err(ChainError::TxInCache.into());
        }
        let _quiet = self.quiet.read();
        let _turn = self.turn.lock();
        let outcome = guarded("CheckTx", || app.check_tx(request(&tx, CheckTxType::New)));
        let mut pool = self.pool.lock();
        let response = match outcome {
            Ok(response) => response,
            Err(fault) => {
                pool.cache.remove(&hash);
                return Err(AddError::Fault(fault));
            }
        };
        if response.code != 0 {
            pool.cache.remove(&hash);
            return Ok(response);
        }
        if limits.max_gas >= 0 && response.gas_wanted > limits.max_gas {
            pool.cache.remove(&hash);
            return Err(AddError::Refused(ChainError::Internal(format!(
                "gas wanted {} is greater than max gas {}",
                response.gas_wanted, limits.max_gas
            ))));
        }
        if let Err(full) = self.has_room(&pool, tx.len()) {
            pool.cache.remove(&hash);
            return Err(full.into());
        }
        pool.bytes += tx.len();
        pool.waiting.push_back(Entry { hash, tx, gas_wanted: response.gas_wanted });
        Ok(response)
    }

    fn has_room(&self, pool: &Pool, more: usize) -> Result<(), ChainError> {
        if pool.waiting.len() < self.config.max_txs
            && pool.bytes.saturating_add(more) <= self.config.max_bytes
        {
            return Ok(());
        }
        Err(ChainError::MempoolFull {
            txs: pool.waiting.len(),
            max_txs: self.config.max_txs,
            bytes: pool.bytes,
            max_bytes: self.config.max_bytes,
        })
    }

    /// The transactions for a proposal, oldest first. `max_bytes` (encoding included) and `max_gas` may be -1
    /// for all.
    pub(super) fn reap(&self, max_bytes: i64, max_gas: i64) -> Vec<Bytes> {
        let pool = self.pool.lock();
        let (mut bytes, mut gas) = (0_i64, 0_i64);
        let fits = |entry: &&Entry| {
            bytes = bytes.saturating_add(encoded_size(entry.tx.len()));
            gas = gas.saturating_add(entry.gas_wanted);
            (max_bytes < 0 || bytes <= max_bytes) && (max_gas < 0 || gas <= max_gas)
        };
        pool.waiting.iter().take_while(fits).map(|entry| entry.tx.clone()).collect()
    }

    /// Waits for the running check and keeps others off while the guard lives.
    pub(super) fn pause(&self) -> RwLockWriteGuard<'_, ()> {
        self.quiet.write()
    }

    /// After a block: forgets its transactions and checks the others again. The mempool must be paused.
    pub(super) fn update<A: Application>(
        &self,
        app: &A,
        txs: &[Vec<u8>],
        results: &[ExecTxResult],
        limits: Limits,
    ) -> Result<(), Fault> {
        *self.limits.lock() = limits;
        // What is waiting stays visible while it is checked again; nothing is added meanwhile.
        let waiting: Vec<([u8; 32], Bytes)> = {
            let mut pool = self.pool.lock();
            let mut included = HashSet::with_capacity(txs.len());
            for (tx, result) in txs.iter().zip(results) {
                let hash = sha256(tx);
                included.insert(hash);
                // A transaction that failed may succeed later and can be sent again.
                if result.code == 0 {
                    pool.cache.push(hash, self.config.cache_size);
                } else {
                    pool.cache.remove(&hash);
                }
            }
            pool.drop_all(&included);
            pool.waiting.iter().map(|entry| (entry.hash, entry.tx.clone())).collect()
        };
        let mut stale = HashSet::new();
        for (hash, tx) in waiting {
            if guarded("CheckTx", || app.check_tx(request(&tx, CheckTxType::Recheck)))?.code != 0 {
                stale.insert(hash);
            }
        }
        let mut pool = self.pool.lock();
        for hash in &stale {
            pool.cache.remove(hash);
        }
        pool.drop_all(&stale);
        Ok(())
    }

    /// The oldest `limit` transactions, and the number and bytes of all.
    pub(super) fn waiting(&self, limit: usize) -> (Vec<Vec<u8>>, usize, usize) {
        let pool = self.pool.lock();
        let txs = pool.waiting.iter().take(limit).map(|entry| entry.tx.to_vec()).collect();
        (txs, pool.waiting.len(), pool.bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pool.lock().waiting.is_empty()
    }
}

/// Why a transaction was not taken.
#[derive(Debug)]
pub(super) enum AddError {
    Refused(ChainError),
    Fault(Fault),
}

impl From<ChainError> for AddError {
    fn from(error: ChainError) -> Self {
        Self::Refused(error)
    }
}

fn request(tx: &Bytes, kind: CheckTxType) -> RequestCheckTx {
    RequestCheckTx { tx: tx.clone(), r#type: kind.into() }
}

/// The bytes a transaction takes in a block: its own, a tag and its length.
pub(super) fn encoded_size(length: usize) -> i64 {
    let size = 1 + prost::length_delimiter_len(length) + length;
    i64::try_from(size).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_forgets_the_oldest_and_does_not_grow_with_what_is_removed() {
        let mut cache = Cache::default();
        let hash = |n: u8| [n; 32];
        assert!(cache.push(hash(1), 3) && cache.push(hash(2), 3) && cache.push(hash(3), 3));
        assert!(!cache.push(hash(1), 3));
        for _ in 0..100 {
            assert!(cache.push(hash(9), 4));
            cache.remove(&hash(9));
        }
        assert!(cache.order.len() <= 8, "{}", cache.order.len());
        assert!(!cache.push(hash(1), 4), "refused ones do not push out others");
        assert!(cache.push(hash(4), 3) && cache.push(hash(1), 3));
        assert_eq!(cache.known.len(), 3);
        // Removed and seen again, it is as new as the second time.
        cache.remove(&hash(3));
        assert!(cache.push(hash(3), 3) && cache.push(hash(5), 3));
        assert!(!cache.push(hash(3), 3));
    }
}
