//! What the mempool holds, and what it takes to get in: the price rises as the pool fills.
//!
//! CometBFT's mempool is first in, first out, and turns everybody away when it is full. So it must never be: CheckTx follows what it
//! has admitted, and asks for more the less room is left. All of this is policy of one node: no block depends on it.

use std::collections::BTreeMap;

use agora_framework::AppError;
use agora_framework::errors::sdk;
use agora_primitives::{Amount, math};

/// Parts of a pool, by which its fill is measured.
const WHOLE: u128 = 1024;

/// Up to here the base fee is enough.
const FREE: u128 = WHOLE / 2;

/// How often the price doubles between [`FREE`] and [`WHOLE`].
const DOUBLINGS: u128 = 10;

/// Blocks' worth of gas that make a full pool. Half of it are free, so that a block that was missed costs nobody anything.
const FULL_BLOCKS: u128 = 4;

/// The most that CheckTx admits. Below the limits of the mempool in front of it, which must not refuse first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolLimits {
    /// Transactions.
    pub max_txs: usize,
    /// Their bytes.
    pub max_bytes: usize,
}

impl PoolLimits {
    /// For a mempool set up by the node: some blocks of transfers.
    pub const LARGE: Self = Self { max_txs: 32_000, max_bytes: 56 << 20 };
}

impl Default for PoolLimits {
    /// For a mempool as CometBFT sets it up: 5,000 transactions, 64 MiB.
    fn default() -> Self {
        Self { max_txs: 4_500, max_bytes: 56 << 20 }
    }
}

/// A transaction as far as its place in the pool goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) bytes: usize,
    pub(crate) gas: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    size: Size,
    /// When it was last admitted or checked again.
    generation: u64,
}

/// What CheckTx has admitted and no block holds yet.
///
/// A mempool does not say what it drops. But after each block it has what is left checked again: what was not is gone.
#[derive(Clone, Debug)]
pub(crate) struct Admitted {
    limits: PoolLimits,
    entries: BTreeMap<[u8; 32], Entry>,
    bytes: u128,
    gas: u128,
    /// Blocks committed.
    generation: u64,
}

impl Admitted {
    pub(crate) const fn new(limits: PoolLimits) -> Self {
        Self { limits, entries: BTreeMap::new(), bytes: 0, gas: 0, generation: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How full the pool is without `hash`, in parts of [`WHOLE`]: by number, bytes or gas, whichever is most.
    fn fill(&self, hash: &[u8; 32], block_gas: u64) -> u128 {
        let own = self.entries.get(hash).map(|entry| entry.size);
        let others = |all: u128, own: u128| all.saturating_sub(own);
        let part = |of: u128, whole: u128| math::mul_div_floor(of, WHOLE, whole).unwrap_or(u128::MAX);
        let txs = others(self.entries.len() as u128, u128::from(own.is_some()));
        let bytes = others(self.bytes, own.map_or(0, |size| size.bytes as u128));
        let gas = others(self.gas, own.map_or(0, |size| u128::from(size.gas)));
        part(txs, self.limits.max_txs as u128)
            .max(part(bytes, self.limits.max_bytes as u128))
            .max(part(gas, u128::from(block_gas).saturating_mul(FULL_BLOCKS)))
    }

    /// The least fee of a transaction at present, where `base` is what any block would take.
    ///
    /// # Errors
    /// The pool is full.
    pub(crate) fn floor(&self, hash: &[u8; 32], base: Amount, block_gas: u64) -> Result<Amount, AppError> {
        let fill = self.fill(hash, block_gas);
        if fill >= WHOLE {
            return Err(sdk::MEMPOOL_IS_FULL
                .wrap(format_args!("{} transactions wait; try again after the next blocks", self.len())));
        }
        Ok(raised(base, fill))
    }

    /// Remembers a transaction that CheckTx admits.
    pub(crate) fn admit(&mut self, hash: [u8; 32], size: Size) {
        self.remove(&hash);
        self.bytes = self.bytes.saturating_add(size.bytes as u128);
        self.gas = self.gas.saturating_add(u128::from(size.gas));
        self.entries.insert(hash, Entry { size, generation: self.generation });
    }

    /// Forgets a transaction that is not in the pool any more.
    pub(crate) fn remove(&mut self, hash: &[u8; 32]) {
        if let Some(Entry { size, .. }) = self.entries.remove(hash) {
            self.bytes = self.bytes.saturating_sub(size.bytes as u128);
            self.gas = self.gas.saturating_sub(u128::from(size.gas));
        }
    }

    /// A block was committed: its transactions are gone, and so is what was not checked again after the block before it.
    pub(crate) fn next_block<'a>(&mut self, included: impl IntoIterator<Item = &'a [u8; 32]>) {
        for hash in included {
            self.remove(hash);
        }
        let lost: Vec<[u8; 32]> = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.generation < self.generation)
            .map(|(hash, _)| *hash)
            .collect();
        lost.iter().for_each(|hash| self.remove(hash));
        self.generation = self.generation.saturating_add(1);
    }
}

/// The base fee as it is raised at a fill: as it is up to [`FREE`], then doubled [`DOUBLINGS`] times on the way to [`WHOLE`], straight between
/// the powers. Rounded up.
fn raised(base: Amount, fill: u128) -> Amount {
    let span = WHOLE.saturating_sub(FREE);
    let steps = fill.saturating_sub(FREE).saturating_mul(DOUBLINGS);
    let (whole, rest) = (steps.checked_div(span).unwrap_or(0), steps.checked_rem(span).unwrap_or(0));
    let doubled = u32::try_from(whole).ok().and_then(|whole| 1_u128.checked_shl(whole)).unwrap_or(u128::MAX);
    math::mul_div_ceil(base, doubled.saturating_mul(span.saturating_add(rest)), span).unwrap_or(u128::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(n: u64) -> [u8; 32] {
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&n.to_be_bytes());
        hash
    }

    fn pool(max_txs: usize) -> Admitted {
        Admitted::new(PoolLimits { max_txs, max_bytes: 1_000_000 })
    }

    const SMALL: Size = Size { bytes: 10, gas: 1 };

    #[test]
    fn the_price_rises_from_half_full_on_and_never_falls_with_the_fill() {
        assert_eq!(raised(100, 0), 100);
        assert_eq!(raised(100, FREE), 100);
        assert!(raised(100, FREE + 10) > 100);
        assert_eq!(raised(100, FREE + 512), 102_400);
        let all: Vec<Amount> = (0..=WHOLE).map(|fill| raised(1_000, fill)).collect();
        assert!(all.windows(2).all(|pair| pair[0] <= pair[1]), "{all:?}");
        assert_eq!(raised(u128::MAX, WHOLE), u128::MAX);
        assert_eq!(raised(0, WHOLE - 1), 0);
    }

    #[test]
    fn payers_of_one_price_fill_the_pool_to_a_level_and_who_pays_more_still_gets_in() {
        let mut pool = pool(1_000);
        let mut taken = 0;
        for n in 0..5_000 {
            if pool.floor(&hash(n), 100, u64::MAX).is_ok_and(|floor| floor <= 100) {
                pool.admit(hash(n), SMALL);
                taken += 1;
            }
        }
        assert!((500..=502).contains(&taken), "{taken}");
        assert!(pool.floor(&hash(9_999), 100, u64::MAX).unwrap() <= 102);
        // Once in, each is held to what the others leave: none is thrown out for itself.
        assert!(pool.floor(&hash(0), 100, u64::MAX).unwrap() <= 100);
    }

    #[test]
    fn number_bytes_and_gas_each_fill_the_pool() {
        let full = |limits: PoolLimits, size: Size, block_gas: u64| {
            let mut pool = Admitted::new(limits);
            (0..100)
                .map(hash)
                .take_while(|hash| {
                    let room = pool.floor(hash, 1, block_gas).is_ok();
                    if room {
                        pool.admit(*hash, size);
                    }
                    room
                })
                .count()
        };
        let wide = PoolLimits { max_txs: 1_000, max_bytes: 1 << 30 };
        assert_eq!(full(PoolLimits { max_txs: 7, ..wide }, SMALL, u64::MAX), 7);
        assert_eq!(full(PoolLimits { max_bytes: 50, ..wide }, SMALL, u64::MAX), 5);
        // Four blocks of three transactions.
        assert_eq!(full(wide, Size { bytes: 1, gas: 10 }, 30), 12);
    }

    #[test]
    fn what_a_block_holds_or_nobody_checks_again_is_forgotten() {
        let mut pool = pool(100);
        (0..10).for_each(|n| pool.admit(hash(n), SMALL));
        pool.next_block(&[hash(0), hash(1)]);
        assert_eq!(pool.len(), 8);
        (2..6).for_each(|n| pool.admit(hash(n), SMALL));
        pool.admit(hash(20), SMALL);
        pool.next_block(&[]);
        // 6 to 9 were not checked again.
        assert_eq!(pool.len(), 5);
        pool.remove(&hash(2));
        pool.next_block(&[]);
        assert_eq!((pool.len(), pool.bytes, pool.gas), (0, 0, 0));
    }
}
