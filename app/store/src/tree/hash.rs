//! The hashes of the tree, byte for byte those of `jmt` 0.12 with SHA-256.
//!
//! Leaves and inner nodes are messages of two blocks each. They are laid out here with their padding and go straight into the
//! compression function: the general interface spends a quarter of the time on its buffer.

use sha2::digest::consts::U64;
use sha2::digest::generic_array::GenericArray;
use sha2::{Digest, Sha256, compress256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The hash that stands for an empty subtree.
pub(crate) const PLACEHOLDER: Hash = *b"SPARSE_MERKLE_PLACEHOLDER_HASH__";

/// The domain of leaf hashes.
pub(crate) const LEAF_DOMAIN: &[u8; 13] = b"JMT::LeafNode";

/// The domain of inner hashes.
pub(crate) const INNER_DOMAIN: &[u8; 16] = b"JMT::IntrnalNode";

/// The initial state of SHA-256 (FIPS 180-4, section 5.3.3).
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// The path of a key.
pub(super) fn key_hash(key: &[u8]) -> Hash {
    sha256(key)
}

/// The hash of the leaf that binds `path` to `value`.
pub(super) fn leaf_hash(path: &Hash, value: &[u8]) -> Hash {
    two_parts(LEAF_DOMAIN, path, &sha256(value))
}

/// The hash of a branch.
pub(super) fn inner_hash(left: &Hash, right: &Hash) -> Hash {
    two_parts(INNER_DOMAIN, left, right)
}

/// SHA-256 of `domain || first || second`. The domain has 1 to 32 bytes: one block ends within the second part, and the padding
/// fills the other.
fn two_parts<const N: usize>(domain: &[u8; N], first: &Hash, second: &Hash) -> Hash {
    const { assert!(N >= 1 && N <= 32, "the message must fill exactly two blocks") };
    let mut blocks = <[GenericArray<u8, U64>; 2]>::default();
    let [one, two] = &mut blocks;
    let (front, back) = second.split_at(32_usize.saturating_sub(N));
    let length = (N as u64).saturating_add(64).saturating_mul(8).to_be_bytes();
    put(one, 0, domain);
    put(one, N, first);
    put(one, N.saturating_add(32), front);
    put(two, 0, back);
    put(two, N, &[0x80]);
    put(two, 56, &length);
    compressed(&blocks)
}

/// Puts `bytes` into a block, where there is room for them.
#[inline(always)]
fn put(block: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(to) = block.get_mut(at..at.saturating_add(bytes.len())) {
        to.copy_from_slice(bytes);
    }
}

/// SHA-256. Keys and most values fit one or two blocks with their padding.
fn sha256(message: &[u8]) -> Hash {
    let blocks = match message.len() {
        ..56 => 1,
        56..120 => 2,
        _ => return Sha256::digest(message).into(),
    };
    let mut both = <[GenericArray<u8, U64>; 2]>::default();
    let (used, _) = both.split_at_mut(blocks);
    for (block, part) in used.iter_mut().zip(message.chunks(64)) {
        put(block, 0, part);
    }
    if let Some(block) = used.get_mut(message.len() / 64) {
        put(block, message.len() % 64, &[0x80]);
    }
    if let Some(last) = used.last_mut() {
        put(last, 56, &(message.len() as u64).saturating_mul(8).to_be_bytes());
    }
    compressed(used)
}

/// The hash of a message that is padded already.
fn compressed(blocks: &[GenericArray<u8, U64>]) -> Hash {
    let mut state = INITIAL;
    compress256(&mut state, blocks);
    let mut hash = [0_u8; 32];
    for (to, word) in hash.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *to = word.to_be_bytes();
    }
    hash
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn messages_of_every_length_around_the_blocks_are_hashed_right() {
        for length in 0..300_usize {
            let message: Vec<u8> = (0..length).map(|i| u8::try_from(i % 251).unwrap()).collect();
            assert_eq!(sha256(&message), Hash::from(Sha256::digest(&message)), "{length} bytes");
        }
    }

    proptest! {
        #[test]
        fn hashes_are_sha_256_of_the_parts_in_a_row(left in any::<Hash>(), right in any::<Hash>(), value in any::<Vec<u8>>()) {
            let inner: Hash = Sha256::digest([INNER_DOMAIN.as_slice(), &left, &right].concat()).into();
            prop_assert_eq!(inner_hash(&left, &right), inner);
            let value_hash: Hash = Sha256::digest(&value).into();
            let leaf: Hash = Sha256::digest([LEAF_DOMAIN.as_slice(), &left, &value_hash].concat()).into();
            prop_assert_eq!(leaf_hash(&left, &value), leaf);
        }
    }
}
