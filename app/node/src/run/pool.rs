//! How large a mempool is where the node sets it up: larger than what CheckTx admits, so that it never refuses first.

use crate::devnet::MempoolConfig;

/// The most transactions that may wait: some more than [`agora_runtime::PoolLimits::LARGE`], for what CheckTx does not know yet to have
/// been dropped.
pub(super) const MAX_TXS: u32 = 36_000;
/// Hashes remembered, so that what was seen is not checked again.
pub(super) const CACHE_SIZE: u32 = 100_000;

/// The mempool of a devnet.
pub(super) fn devnet() -> MempoolConfig {
    let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    MempoolConfig { max_txs: size(MAX_TXS), cache_size: size(CACHE_SIZE), ..MempoolConfig::default() }
}

#[cfg(test)]
mod tests {
    use agora_runtime::PoolLimits;

    use super::*;

    #[test]
    fn a_mempool_holds_more_than_check_tx_admits() {
        let (ours, theirs) = (PoolLimits::LARGE, devnet());
        assert!(ours.max_txs < theirs.max_txs && ours.max_bytes < theirs.max_bytes);
        let (ours, theirs) = (PoolLimits::default(), MempoolConfig::default());
        assert!(ours.max_txs < theirs.max_txs && ours.max_bytes < theirs.max_bytes);
    }
}
