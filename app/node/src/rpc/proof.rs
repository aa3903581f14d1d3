//! Merkle proofs that a transaction is in a block: the tree of RFC 6962 over the hashes of the transactions.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::json::{base64, hex_upper, int};

type Hash = [u8; 32];

/// The proof that the transaction at `index` is in `txs`, as `tx` and `tx_search` answer it; `None` if there is
/// no such index.
pub(crate) fn tx_proof(txs: &[Vec<u8>], index: usize) -> Option<Value> {
    let tx = txs.get(index)?;
    let leaves: Vec<Hash> = txs.iter().map(|tx| leaf(&Sha256::digest(tx))).collect();
    let mut aunts = Vec::new();
    let root = climb(&leaves, index, &mut aunts);
    let aunts: Vec<Value> = aunts.iter().map(|aunt| base64(aunt)).collect();
    Some(json!({
        "root_hash": hex_upper(&root),
        "data": base64(tx),
        "proof": {
            "total": int(txs.len()),
            "index": int(index),
            "leaf_hash": base64(leaves.get(index)?),
            "aunts": aunts,
        },
    }))
}

/// The root of `leaves`, noting the siblings on the way from `index`, lowest first.
fn climb(leaves: &[Hash], index: usize, aunts: &mut Vec<Hash>) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [only] => *only,
        _ => {
            let (left, right) = leaves.split_at(split_point(leaves.len()));
            match index.checked_sub(left.len()) {
                None => {
                    let (below, aunt) = (climb(left, index, aunts), root(right));
                    aunts.push(aunt);
                    inner(&below, &aunt)
                }
                Some(index) => {
                    let (below, aunt) = (climb(right, index, aunts), root(left));
                    aunts.push(aunt);
                    inner(&aunt, &below)
                }
            }
        }
    }
}

fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [only] => *only,
        _ => {
            let (left, right) = leaves.split_at(split_point(leaves.len()));
            inner(&root(left), &root(right))
        }
    }
}

/// The largest power of two below `length`, which is at least 2.
fn split_point(length: usize) -> usize {
    let half = length.next_power_of_two() / 2;
    half.max(1)
}

fn leaf(bytes: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(bytes).finalize().into()
}

fn inner(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash_of(value: &Value) -> Hash {
        use ::base64::Engine as _;
        let text = value.as_str().unwrap();
        ::base64::engine::general_purpose::STANDARD.decode(text).unwrap().try_into().unwrap()
    }

    /// Walks from a leaf to the root with the aunts alone, as a light client does.
    fn verify(leaf_hash: Hash, index: usize, total: usize, aunts: &[Hash]) -> Hash {
        let Some((last, rest)) = aunts.split_last() else {
            assert_eq!(total, 1);
            return leaf_hash;
        };
        let split = split_point(total);
        if index < split {
            inner(&verify(leaf_hash, index, split, rest), last)
        } else {
            inner(last, &verify(leaf_hash, index - split, total - split, rest))
        }
    }

    #[test]
    fn every_proof_leads_to_the_root_that_another_implementation_computes() {
        for total in 1..=20usize {
            let txs: Vec<Vec<u8>> = (0..total).map(|i| vec![i as u8; i + 1]).collect();
            let hashes: Vec<Vec<u8>> = txs.iter().map(|tx| Sha256::digest(tx).to_vec()).collect();
            let expected = tendermint::merkle::simple_hash_from_byte_vectors::<
                tendermint::crypto::default::Sha256,
            >(&hashes);
            for index in 0..total {
                let proof = tx_proof(&txs, index).unwrap();
                assert_eq!(proof["root_hash"], hex::encode_upper(expected));
                let aunts: Vec<Hash> =
                    proof["proof"]["aunts"].as_array().unwrap().iter().map(hash_of).collect();
                let leaf_hash = hash_of(&proof["proof"]["leaf_hash"]);
                assert_eq!(leaf_hash, leaf(&Sha256::digest(&txs[index])));
                assert_eq!(verify(leaf_hash, index, total, &aunts), expected);
            }
            assert_eq!(tx_proof(&txs, total), None);
        }
    }
}
