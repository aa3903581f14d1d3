//! Transactions for the unit tests of this crate.

use agora_primitives::Address;
use agora_proto::cosmos::bank::v1beta1::MsgSend;
use agora_proto::cosmos::base::v1beta1::Coin;
use agora_proto::cosmos::tx::v1beta1::{AuthInfo, Fee, TxBody, TxRaw};
use prost::{Message, Name};
use sha2::{Digest, Sha256};

use crate::runtime::Runtime;
use crate::tx::{Decode, Tx};

/// A transfer that nobody signed, with a memo of that many bytes.
pub(crate) fn transfer(from: u8, to: u8, memo: usize) -> Vec<u8> {
    let address = |byte| Address::from_20([byte; 20]).to_string();
    let coin = Coin { denom: "uago".to_owned(), amount: "1".to_owned() };
    let message =
        MsgSend { from_address: address(from), to_address: address(to), amount: vec![coin.clone()] };
    let any =
        prost_types::Any { type_url: format!("/{}", MsgSend::full_name()), value: message.encode_to_vec() };
    let body = TxBody { messages: vec![any], memo: "m".repeat(memo), ..TxBody::default() };
    let fee = Fee { amount: vec![coin], gas_limit: 100_000, ..Fee::default() };
    let auth_info = AuthInfo { fee: Some(fee), ..AuthInfo::default() };
    let raw = TxRaw {
        body_bytes: body.encode_to_vec(),
        auth_info_bytes: auth_info.encode_to_vec(),
        signatures: Vec::new(),
    };
    raw.encode_to_vec()
}

/// The same, decoded.
pub(crate) fn decoded(runtime: &Runtime, bytes: &[u8]) -> Tx {
    runtime.decode_as(bytes, Sha256::digest(bytes).into(), Decode::Unsigned).unwrap()
}
