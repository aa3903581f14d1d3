//! The state while a block is planned.

use std::collections::BTreeMap;

use agora_framework::BlockInfo;
use agora_primitives::Address;
use agora_proto::cosmos::tx::v1beta1::TxBody;
use agora_state::StateRead;
use anyhow::Result;
use prost_reflect::DescriptorPool;

use crate::accounts::Account;
use crate::draft::Draft;

/// What is known while a block is planned.
pub(super) struct Now<'a> {
    pub(super) state: &'a dyn StateRead,
    pub(super) pool: &'a DescriptorPool,
    pub(super) head: &'a BlockInfo,
    pub(super) time: u64,
    pub(super) price: agora_feemarket::api::GasPrice,
    /// The next sequences of those who have signed in this block.
    pub(super) sequences: BTreeMap<Address, u64>,
}

impl Now<'_> {
    /// A transaction with the next sequence and the fee this gas takes.
    pub(super) fn draft(&mut self, from: &Account, gas: u64) -> Result<Draft> {
        let stored = agora_auth::api::account(self.state, &from.address)?.sequence;
        let sequence = *self.sequences.entry(from.address).or_insert(stored);
        Ok(Draft {
            from: from.clone(),
            chain_id: self.head.chain_id.clone(),
            sequence,
            amino: false,
            body: TxBody::default(),
            gas,
            fee: self.price.fee(gas).unwrap_or(u128::MAX),
        })
    }

    /// The sequence of this account is used up.
    pub(super) fn used(&mut self, from: &Account) {
        if let Some(sequence) = self.sequences.get_mut(&from.address) {
            *sequence += 1;
        }
    }

    /// What an account holds.
    pub(super) fn balance(&self, holder: &Address, denom: &str) -> Result<u128> {
        Ok(agora_bank::api::balance(self.state, holder, &denom.parse()?)?)
    }
}
