//! What a transaction is likely to touch, and what it is likely to cost: for the executor, which may be told anything.

use agora_auth::api as auth;
use agora_bank::api as bank;
use agora_framework::{Access, AccessHint};

use crate::tx::Tx;

impl Tx {
    /// What the transaction is likely to touch: its signers' accounts, the fee, and what its messages say.
    #[must_use]
    pub fn access(&self) -> AccessHint {
        let mut hint = AccessHint::new();
        for signer in &self.signers {
            hint.push(auth::account_key(&signer.address), Access::Write);
        }
        for coin in &self.fee_coins {
            hint.push(bank::balance_key(&self.fee_payer, &coin.denom), Access::Delta);
        }
        self.messages.iter().for_each(|message| message.message.access(&mut hint));
        hint
    }

    /// A number that transactions with the same messages share.
    #[must_use]
    pub fn class(&self) -> u32 {
        // FNV-1a of the type URLs: two classes that share a number share a guess of their cost, no more.
        let urls = self.messages.iter().flat_map(|message| message.message.type_url().bytes());
        urls.fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
    }
}
