//! Transactions of a chain: drafted, checked, executed alone.

use tendermint_abci::Application;
use tendermint_proto::v0_38::abci::RequestCheckTx;

use super::chain::TestChain;
use super::outcome::Outcome;
use crate::txs::{Account, Draft};

impl TestChain {
    /// Starts a transaction of `account`: its next sequence, 200,000 gas, the fee that takes at present.
    pub fn tx(&mut self, account: &Account) -> Draft<&mut Self> {
        let sequence = self.sequence(account);
        let fee = self.fee_for(200_000);
        let (pool, chain_id) = (self.runtime().registry().pool().clone(), self.chain_id.clone());
        Draft::of(self, &pool, &chain_id, account, sequence).fee(&fee)
    }

    /// As [`TestChain::tx`], for bytes.
    pub fn draft(&self, account: &Account) -> Draft {
        let pool = self.runtime().registry().pool();
        Draft::new(pool, &self.chain_id, account, self.sequence(account)).fee(&self.fee_for(200_000))
    }

    /// The least fee for so much gas at present.
    ///
    /// # Panics
    /// If the price cannot be read.
    #[must_use]
    pub fn fee_for(&self, gas: u64) -> String {
        let price = agora_feemarket::api::gas_price(&self.state()).expect("a price");
        format!("{}{}", price.fee(gas).expect("a fee"), price.denom)
    }

    /// What CheckTx says.
    pub fn check(&self, bytes: &[u8]) -> Outcome {
        self.check_as(bytes, 0)
    }

    /// What CheckTx says when it is asked again after a block.
    pub fn recheck(&self, bytes: &[u8]) -> Outcome {
        self.check_as(bytes, 1)
    }

    fn check_as(&self, bytes: &[u8], kind: i32) -> Outcome {
        let result = self.app.check_tx(RequestCheckTx { tx: bytes.to_vec().into(), r#type: kind });
        Outcome::checked(&result, self.height, self.app.store())
    }
}

impl Draft<&mut TestChain> {
    /// Executes it alone in a block.
    pub fn run(self) -> Outcome {
        let bytes = self.bytes();
        self.chain.block(vec![bytes]).only()
    }

    /// What CheckTx says.
    pub fn check(self) -> Outcome {
        let bytes = self.bytes();
        self.chain.check(&bytes)
    }

    /// Gas limit and the fee it takes at present.
    pub fn gas_and_fee(self, limit: u64) -> Self {
        let fee = self.chain.fee_for(limit);
        self.gas(limit).fee(&fee)
    }
}
