//! Validators and their keys.

use serde_json::{Value, json};
use tendermint_proto::v0_38::crypto::PublicKey;
use tendermint_proto::v0_38::crypto::public_key::Sum;
use tendermint_proto::v0_38::types::Validator;

use super::{base64, hex_upper, int};

/// A validator of a set.
pub(crate) fn validator(v: &Validator) -> Value {
    json!({
        "address": hex_upper(&v.address),
        "pub_key": public_key(v.pub_key.as_ref()),
        "voting_power": int(v.voting_power),
        "proposer_priority": int(v.proposer_priority),
    })
}

/// A consensus key, tagged by its kind.
pub(crate) fn public_key(key: Option<&PublicKey>) -> Value {
    match key.and_then(|k| k.sum.as_ref()) {
        None => Value::Null,
        Some(Sum::Ed25519(bytes)) => json!({"type": "tendermint/PubKeyEd25519", "value": base64(bytes)}),
        Some(Sum::Secp256k1(bytes)) => json!({"type": "tendermint/PubKeySecp256k1", "value": base64(bytes)}),
    }
}

/// A consensus key inside an ABCI validator update, which has a form of its own.
pub(super) fn abci_public_key(key: Option<&PublicKey>) -> Value {
    match key.and_then(|k| k.sum.as_ref()) {
        None => json!({"Sum": null}),
        Some(Sum::Ed25519(bytes)) => json!({
            "Sum": {"type": "tendermint.crypto.PublicKey_Ed25519", "value": {"ed25519": base64(bytes)}}
        }),
        Some(Sum::Secp256k1(bytes)) => json!({
            "Sum": {"type": "tendermint.crypto.PublicKey_Secp256K1", "value": {"secp256k1": base64(bytes)}}
        }),
    }
}
