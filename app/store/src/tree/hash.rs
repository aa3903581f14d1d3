//! The hashes of the tree, byte for byte those of `jmt` 0.12 with SHA-256.
//!
//! Leaves and inner nodes are messages of two blocks each. They are laid out here with their padding and go straight into the
//! compression function: the general interface spends a quarter of the time on its buffer.

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

/// SHA-256 of `domain || first || second`. The domain has 1 to 55 bytes, so that the message fills two blocks.
fn two_parts<const N: usize>(domain: &[u8; N], first: &Hash, second: &Hash) -> Hash {
    const { assert!(N >= 1 && N <= 55, "the message must fill exactly two blocks") };
    let mut bytes = [0_u8; 128];
    if let Some((to, rest)) = bytes.split_first_chunk_mut::<N>() {
        *to = *domain;
        if let Some((to, rest)) = rest.split_first_chunk_mut::<32>() {
            *to = *first;
            if let Some((to, [end, ..])) = rest.split_first_chunk_mut::<32>() {
                *to = *second;
                *end = 0x80;
            }
        }
    }
    let bits = (N as u64).saturating_add(64).saturating_mul(8);
    if let Some(length) = bytes.last_chunk_mut::<8>() {
        *length = bits.to_be_bytes();
    }
    compressed(bytes.as_chunks::<64>().0)
}

/// SHA-256. Keys and most values fit one or two blocks with their padding.
fn sha256(message: &[u8]) -> Hash {
    let blocks = match message.len() {
        ..56 => 1,
        56..120 => 2,
        _ => return Sha256::digest(message).into(),
    };
    let mut bytes = [0_u8; 128];
    let Some((to, [end, ..])) = bytes.split_at_mut_checked(message.len()) else {
        return Sha256::digest(message).into();
    };
    to.copy_from_slice(message);
    *end = 0x80;
    let (blocks, _) = bytes.as_chunks_mut::<64>().0.split_at_mut(blocks);
    if let Some(length) = blocks.as_flattened_mut().last_chunk_mut::<8>() {
        *length = (message.len() as u64).saturating_mul(8).to_be_bytes();
    }
    compressed(blocks)
}

/// The hash of a message that is padded already.
fn compressed(blocks: &[[u8; 64]]) -> Hash {
    let mut state = INITIAL;
    for block in blocks {
        compress256(&mut state, std::slice::from_ref(GenericArray::from_slice(block)));
    }
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
