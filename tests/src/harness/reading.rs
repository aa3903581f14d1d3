//! What a chain says of itself: its state, queries, balances, invariants.

use agora_framework::Invariant;
use agora_primitives::{Amount, Denom};
use agora_store::Snapshot;
use prost::Message;
use serde_json::Value;
use tendermint_abci::Application;
use tendermint_proto::v0_38::abci::{RequestQuery, ResponseQuery};

use super::chain::{TestChain, height_of};
use crate::txs::Addressed;

impl TestChain {
    /// The state after the last block.
    ///
    /// # Panics
    /// If it cannot be read.
    #[must_use]
    pub fn state(&self) -> Snapshot {
        self.app.store().snapshot(None).expect("a state")
    }

    /// The hash of the state after the last block.
    ///
    /// # Panics
    /// Never: every chain has a block.
    #[must_use]
    pub fn app_hash(&self) -> Vec<u8> {
        self.app.store().latest().expect("a block").app_hash.to_vec()
    }

    /// The genesis that would start a chain from here.
    ///
    /// # Panics
    /// If the state cannot be read.
    #[must_use]
    pub fn export(&self) -> Value {
        self.runtime().export(&self.state()).expect("an export")
    }

    /// An ABCI query at a height; `None` for the latest.
    #[must_use]
    pub fn abci_query(&self, path: &str, data: Vec<u8>, height: Option<u64>) -> ResponseQuery {
        let height = height.map_or(0, height_of);
        self.app.query(RequestQuery { data: data.into(), path: path.to_owned(), height, prove: false })
    }

    /// A gRPC query over ABCI.
    ///
    /// # Errors
    /// The log of the refusal.
    ///
    /// # Panics
    /// If the answer is malformed.
    pub fn query<Req: Message, Res: Message + Default>(
        &self,
        path: &str,
        request: &Req,
    ) -> Result<Res, String> {
        let answer = self.abci_query(path, request.encode_to_vec(), None);
        match answer.code {
            0 => Ok(Res::decode(answer.value).expect("the response of the definition")),
            _ => Err(answer.log),
        }
    }

    /// What an account holds.
    ///
    /// # Panics
    /// If the state cannot be read.
    #[must_use]
    pub fn balance(&self, holder: &impl Addressed, denom: &str) -> Amount {
        let denom: Denom = denom.parse().expect("a denom");
        agora_bank::api::balance(&self.state(), &holder.address(), &denom).expect("a balance")
    }

    /// How much of a denom there is.
    ///
    /// # Panics
    /// If the state cannot be read.
    #[must_use]
    pub fn supply(&self, denom: &str) -> Amount {
        agora_bank::api::supply(&self.state(), &denom.parse().expect("a denom")).expect("a supply")
    }

    /// The sequence an account must use next.
    ///
    /// # Panics
    /// If the state cannot be read.
    #[must_use]
    pub fn sequence(&self, account: &impl Addressed) -> u64 {
        agora_auth::api::account(&self.state(), &account.address()).expect("an account").sequence
    }

    /// Checks every invariant of every module.
    ///
    /// # Errors
    /// The invariants that do not hold, and why.
    pub fn check_invariants(&self) -> Result<(), String> {
        let state = self.state();
        let broken: Vec<String> = self
            .runtime()
            .registry()
            .modules()
            .iter()
            .flat_map(|module| module.invariants().into_iter().map(|invariant| (module.name(), invariant)))
            .filter_map(|(module, Invariant { name, check })| {
                check(&state)
                    .err()
                    .map(|why| format!("{module}: {name:?} does not hold at height {}: {why}", self.height))
            })
            .collect();
        if broken.is_empty() { Ok(()) } else { Err(broken.join("\n")) }
    }
}
