//! ICS-23 proofs in two steps: the key in its store's tree, the store's root in the application's tree.

use agora_state::{StateError, StateKey, Value};
use ics23::commitment_proof::Proof as Kind;
use ics23::{
    CommitmentProof, ExistenceProof, HashOp, InnerOp, InnerSpec, LeafOp, LengthOp, NonExistenceProof,
    ProofSpec,
};
use prost::Message as _;

use crate::error::StoreError;
use crate::tree::{INNER_DOMAIN, LEAF_DOMAIN, Located, PLACEHOLDER, Tree};

/// The type of every proof operation: an ICS-23 proof under the `jmt` specification.
pub const PROOF_TYPE: &str = "ics23:jmt";

/// One step of a proof, as CometBFT's `ProofOp` has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofOp {
    /// [`PROOF_TYPE`].
    pub kind: &'static str,
    /// What the step is about: the key, then the name of the store.
    pub key: Vec<u8>,
    /// An encoded ICS-23 `CommitmentProof`.
    pub data: Vec<u8>,
}

/// A value, or its absence, with the steps that lead to the application hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The value; `None` when absence is what is proven.
    pub value: Option<Value>,
    /// The key in the store's tree first, the store's root in the application's tree second.
    pub ops: Vec<ProofOp>,
    /// The height proven: its application hash stands in the header of the next block.
    pub height: u64,
}

/// The specification under which both steps verify; equal to `jmt::ics23_spec()`.
#[must_use]
pub fn proof_spec() -> ProofSpec {
    // The domain is 16 bytes long.
    let prefix_length = i32::try_from(INNER_DOMAIN.len()).unwrap_or(i32::MAX);
    ProofSpec {
        leaf_spec: Some(leaf_op()),
        inner_spec: Some(InnerSpec {
            child_order: vec![0, 1],
            child_size: 32,
            min_prefix_length: prefix_length,
            max_prefix_length: prefix_length,
            empty_child: PLACEHOLDER.to_vec(),
            hash: HashOp::Sha256.into(),
        }),
        max_depth: 64,
        min_depth: 0,
        prehash_key_before_comparison: true,
    }
}

fn leaf_op() -> LeafOp {
    LeafOp {
        hash: HashOp::Sha256.into(),
        prehash_key: HashOp::Sha256.into(),
        prehash_value: HashOp::Sha256.into(),
        length: LengthOp::NoPrefix.into(),
        prefix: LEAF_DOMAIN.to_vec(),
    }
}

/// Proves `key` in `tree`, or its absence. `value_of` answers the values of the tree's keys at the tree's height.
pub(crate) fn prove_key(
    tree: &Tree,
    key: &[u8],
    value_of: impl Fn(&[u8]) -> Result<Option<Value>, StateError>,
) -> Result<(Option<Value>, ProofOp), StoreError> {
    let existence = |located: Located| {
        let value = value_of(&located.key)?
            .ok_or_else(|| StoreError::Corrupt("a leaf of the tree has no value".to_owned()))?;
        Ok::<_, StoreError>((existence(&located, &value), value))
    };
    let (value, proof) = if let Some(located) = tree.locate(key) {
        let (proof, value) = existence(located)?;
        (Some(value), Kind::Exist(proof))
    } else {
        let (left, right) = tree.neighbours(key);
        let left = left.map(existence).transpose()?.map(|(proof, _)| proof);
        let right = right.map(existence).transpose()?.map(|(proof, _)| proof);
        (None, Kind::Nonexist(NonExistenceProof { key: key.to_vec(), left, right }))
    };
    let data = CommitmentProof { proof: Some(proof) }.encode_to_vec();
    Ok((value, ProofOp { kind: PROOF_TYPE, key: key.to_vec(), data }))
}

/// The steps for `key`: in `store_tree`, then that tree's root in `app_tree`.
pub(crate) fn prove(
    height: u64,
    key: &StateKey,
    store_tree: &Tree,
    app_tree: &Tree,
    value_of: impl Fn(&[u8]) -> Result<Option<Value>, StateError>,
) -> Result<Proof, StoreError> {
    let (value, in_store) = prove_key(store_tree, &key.key, value_of)?;
    let name = key.store.name().as_bytes();
    let root = Value::from(store_tree.root().as_slice());
    let (_, in_app) = prove_key(app_tree, name, |_| Ok(Some(root.clone())))?;
    Ok(Proof { value, ops: vec![in_store, in_app], height })
}

fn existence(located: &Located, value: &[u8]) -> ExistenceProof {
    let path = located.steps.iter().map(|step| {
        let (prefix, suffix) = if step.right {
            ([INNER_DOMAIN.as_slice(), &step.sibling].concat(), Vec::new())
        } else {
            (INNER_DOMAIN.to_vec(), step.sibling.to_vec())
        };
        InnerOp { hash: HashOp::Sha256.into(), prefix, suffix }
    });
    ExistenceProof {
        key: located.key.to_vec(),
        value: value.to_vec(),
        leaf: Some(leaf_op()),
        path: path.collect(),
    }
}
