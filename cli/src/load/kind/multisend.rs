//! Transfers to several accounts at once.

use agora_proto::cosmos::bank::v1beta1::{Input, MsgMultiSend, Output};
use agora_proto::cosmos::base::v1beta1::Coin;
use agora_proto::prost_types::Any;

use super::{pack, peer};
use crate::load::FEE_DENOM;

/// Accounts paid by one transaction.
pub(super) const OUTPUTS: u64 = 4;

pub(super) fn messages(from: usize, addresses: &[String], n: u64) -> Vec<Any> {
    let coins = |amount: u64| vec![Coin { denom: FEE_DENOM.to_owned(), amount: amount.to_string() }];
    let outputs =
        (0..OUTPUTS).map(|k| Output { address: peer(from, addresses, n + k), coins: coins(1) }).collect();
    let address = addresses.get(from).cloned().unwrap_or_default();
    vec![pack(&MsgMultiSend { inputs: vec![Input { address, coins: coins(OUTPUTS) }], outputs })]
}
