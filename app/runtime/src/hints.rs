//! What a transaction is likely to touch, and what it is likely to cost: for the executor, which may be told anything.

use agora_auth::api as auth;
use agora_bank::api as bank;
use agora_feegrant::api as feegrant;
use agora_framework::{Access, AccessHint};
use agora_primitives::{Address, Coins};

use crate::tx::{Signer, TxMessage};

/// The fee: who pays it, and of whose coins.
pub(crate) struct Payment<'a> {
    pub(crate) payer: &'a Address,
    pub(crate) granter: Option<&'a Address>,
    pub(crate) coins: &'a Coins,
}

/// The signers' accounts, the fee, and what the messages say.
pub(crate) fn access(signers: &[Signer], fee: &Payment<'_>, messages: &[TxMessage]) -> AccessHint {
    let mut hint = AccessHint::new();
    for signer in signers {
        hint.push(auth::account_key(&signer.address), Access::Write);
    }
    if let Some(granter) = fee.granter {
        hint.push(feegrant::allowance_key(granter, fee.payer), Access::Write);
    }
    for coin in fee.coins {
        hint.push(bank::balance_key(fee.granter.unwrap_or(fee.payer), &coin.denom), Access::Delta);
    }
    messages.iter().for_each(|message| message.message.access(&mut hint));
    hint
}

/// A number that transactions with the same messages share: FNV-1a of the type URLs. Two that share one by accident share a
/// guess of their cost, no more.
pub(crate) fn class(messages: &[TxMessage]) -> u32 {
    let urls = messages.iter().flat_map(|message| message.message.type_url().bytes());
    urls.fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
