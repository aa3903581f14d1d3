//! What a transaction is likely to touch, and what it is likely to cost: for the executor, which may be told anything.

use agora_auth::api as auth;
use agora_bank::api as bank;
use agora_framework::{Access, AccessHint};
use agora_primitives::{Address, Coins};

use crate::tx::{Signer, TxMessage};

/// The signers' accounts, the fee, and what the messages say.
pub(crate) fn access(
    signers: &[Signer],
    fee_payer: &Address,
    fee: &Coins,
    messages: &[TxMessage],
) -> AccessHint {
    let mut hint = AccessHint::new();
    for signer in signers {
        hint.push(auth::account_key(&signer.address), Access::Write);
    }
    for coin in fee {
        hint.push(bank::balance_key(fee_payer, &coin.denom), Access::Delta);
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
