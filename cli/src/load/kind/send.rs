//! Transfers: each sender pays one other account.

use agora_proto::cosmos::bank::v1beta1::MsgSend;
use agora_proto::cosmos::base::v1beta1::Coin;
use agora_proto::prost_types::Any;

use super::{pack, peer};
use crate::load::FEE_DENOM;

pub(super) fn messages(from: usize, addresses: &[String], n: u64) -> Vec<Any> {
    vec![pack(&MsgSend {
        from_address: addresses.get(from).cloned().unwrap_or_default(),
        to_address: peer(from, addresses, n),
        amount: vec![Coin { denom: FEE_DENOM.to_owned(), amount: "1".to_owned() }],
    })]
}
