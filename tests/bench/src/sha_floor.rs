//! The hashes that an update cannot do without: counted exactly, and timed doing nothing else.

use std::collections::BTreeMap;
use std::hint::black_box;

use rayon::prelude::*;
use sha2::digest::consts::U64;
use sha2::digest::generic_array::GenericArray;
use sha2::{Digest, Sha256, compress256};

/// Bytes hashed for an inner node: its domain and two hashes.
const INNER_LEN: usize = 80;

/// Bytes hashed for a leaf: its domain and two hashes.
const LEAF_LEN: usize = 77;

/// How the work is cut, so that a disturbed thread does not decide: pieces.
const PIECES: u64 = 64;

/// The initial state of SHA-256 (FIPS 180-4, section 5.3.3).
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// SHA-256 computations by length of the input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hashing(BTreeMap<usize, u64>);

impl Hashing {
    /// Adds `count` hashes of `len` bytes.
    pub fn add(&mut self, len: usize, count: u64) {
        *self.0.entry(len).or_default() += count;
    }

    /// Adds key, value and leaf of an entry that is written.
    pub fn add_entry(&mut self, key: usize, value: usize) {
        self.add(key, 1);
        self.add(value, 1);
        self.add(LEAF_LEN, 1);
    }

    /// Adds inner nodes.
    pub fn add_inner(&mut self, count: u64) {
        self.add(INNER_LEN, count);
    }

    /// How many hashes there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// Does exactly these hashes on the threads of the current pool.
    pub fn run(&self) {
        self.0.par_iter().for_each(|(len, count)| {
            (0..PIECES).into_par_iter().for_each(|piece| {
                let share = (piece + 1) * count / PIECES - piece * count / PIECES;
                repeat(&mut Padded::new(*len), share);
            });
        });
    }
}

/// Hashes a message that is padded already `count` times, a different one each time.
pub(crate) fn repeat(message: &mut Padded, count: u64) {
    for number in 0..count {
        black_box(message.hash(number));
    }
}

/// A message of some length, laid out in blocks with its padding: hashing it is the compression function and nothing else.
#[derive(Clone, Debug)]
pub struct Padded {
    blocks: Vec<Block>,
}

type Block = GenericArray<u8, U64>;

impl Padded {
    /// A message of `len` zeros.
    #[must_use]
    pub fn new(len: usize) -> Self {
        let mut bytes = vec![0; (len + 9).div_ceil(64) * 64];
        bytes[len] = 0x80;
        let end = bytes.len() - 8;
        bytes[end..].copy_from_slice(&(len as u64 * 8).to_be_bytes());
        Self { blocks: bytes.chunks_exact(64).map(|block| *Block::from_slice(block)).collect() }
    }

    /// The hash of the message that begins with `number`, which must have eight bytes at least, as eight words.
    #[must_use]
    pub fn hash(&mut self, number: u64) -> [u32; 8] {
        if let Some(first) = self.blocks.first_mut() {
            first[..8].copy_from_slice(&number.to_le_bytes());
        }
        let mut state = INITIAL;
        compress256(&mut state, black_box(&self.blocks));
        state
    }
}

/// The paths of all keys of one tree. The first 128 bits of a path stand for it: that they part later does not happen.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    sorted: Vec<u128>,
}

impl Paths {
    /// The path of a key.
    #[must_use]
    pub fn of(key: &[u8]) -> u128 {
        let hash = Sha256::digest(key);
        hash.iter().take(16).fold(0, |path, byte| path << 8 | u128::from(*byte))
    }

    /// A tree with these paths.
    #[must_use]
    pub fn new(mut paths: Vec<u128>) -> Self {
        paths.par_sort_unstable();
        paths.dedup();
        Self { sorted: paths }
    }

    /// Adds paths.
    pub fn extend(&mut self, paths: impl IntoIterator<Item = u128>) {
        self.sorted.extend(paths);
        // A sorted run with few others behind it: merged, not sorted anew.
        self.sorted.sort();
        self.sorted.dedup();
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// How many inner nodes lie on the paths of `changed`, each counted once. All of `changed` must be in the tree.
    ///
    /// An inner node is a prefix that two keys share, so the deepest one above a leaf is as long as what the leaf has in
    /// common with the closer of its neighbours; those above are shared with the changed path before as far as the two agree.
    #[must_use]
    pub fn inner_above(&self, mut changed: Vec<u128>) -> u64 {
        changed.sort_unstable();
        changed.dedup();
        let mut count = 0;
        let mut before: Option<u128> = None;
        for path in changed {
            let at = self.sorted.partition_point(|other| *other < path);
            let neighbours = [at.checked_sub(1), at.checked_add(1)].into_iter().flatten();
            let deepest =
                neighbours.filter_map(|i| self.sorted.get(i)).map(|other| common(path, *other)).max();
            // A leaf alone in its tree has no node above it.
            let Some(deepest) = deepest else { continue };
            count += match before {
                Some(before) => deepest - common(path, before),
                None => deepest + 1,
            };
            before = Some(path);
        }
        count
    }
}

/// How many leading bits two paths share.
fn common(a: u128, b: u128) -> u64 {
    u64::from((a ^ b).leading_zeros())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand::rngs::StdRng;
    use rand::seq::SliceRandom;
    use rand::{Rng, SeedableRng};

    use super::*;

    #[test]
    fn inner_nodes_are_counted_as_the_definition_says() {
        let seed = 7;
        let mut rng = StdRng::seed_from_u64(seed);
        for size in [1, 2, 3, 10, 300] {
            let paths = Paths::new((0..size).map(|_| rng.r#gen()).collect());
            let changed: Vec<u128> = paths.sorted.choose_multiple(&mut rng, 1 + size / 3).copied().collect();
            // Every prefix of a changed path that at least two keys share.
            let mut nodes = BTreeSet::new();
            for path in &changed {
                for depth in 0..128_u32 {
                    let prefix = |path: u128| if depth == 0 { 0 } else { path >> (128 - depth) };
                    let below = paths.sorted.iter().filter(|other| prefix(**other) == prefix(*path)).count();
                    if below >= 2 {
                        nodes.insert((depth, prefix(*path)));
                    }
                }
            }
            assert_eq!(paths.inner_above(changed), nodes.len() as u64, "seed {seed}, size {size}");
        }
    }

    #[test]
    fn paths_added_later_count_as_those_from_the_start() {
        let (first, second): (Vec<u128>, Vec<u128>) = ((0..50).collect(), (30..90).collect());
        let mut grown = Paths::new(first.clone());
        grown.extend(second.clone());
        let whole = Paths::new(first.into_iter().chain(second).collect());
        assert_eq!(grown.sorted, whole.sorted);
        assert_eq!((grown.len(), grown.is_empty()), (90, false));
    }

    #[test]
    fn a_padded_message_hashes_as_any_other() {
        for len in [8, 24, 32, 55, 56, 63, 64, 77, 80, 119, 120, 300] {
            let mut message = vec![0; len];
            message[..8].copy_from_slice(&77_u64.to_le_bytes());
            let words = Padded::new(len).hash(77);
            assert_eq!(
                words.map(u32::to_be_bytes).as_flattened(),
                Sha256::digest(&message).as_slice(),
                "{len}"
            );
        }
    }

    #[test]
    fn entries_are_three_hashes_and_nodes_one() {
        let mut hashing = Hashing::default();
        hashing.add_entry(24, 64);
        hashing.add_inner(5);
        assert_eq!(hashing.0, BTreeMap::from([(24, 1), (64, 1), (77, 1), (80, 5)]));
        assert_eq!(hashing.count(), 8);
        hashing.run();
    }
}
