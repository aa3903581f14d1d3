//! The bank and the exchange on a state in memory: messages run as in a block, one at a time.
#![allow(dead_code, unused_imports)] // Each test file uses a part.

mod make;

use std::sync::Arc;

use agora_bank::Bank;
use agora_dex::Dex;
use agora_dex::proto::agora::dex::v1 as wire;
use agora_framework::{AppError, Module};
use agora_primitives::{Address, module_address};
use agora_proto::cosmos::base::v1beta1::Coin;
use agora_stage::on_stage;
pub(crate) use agora_stage::{Done, Random, SECOND, Stage, account};
use serde_json::{Value, json};

pub(crate) use make::{
    amount, coin, coins, curve, figures, kinds, millionths, n, open, route, swap_in, swap_out,
};

/// Enough for every test of concentrated pools.
pub(crate) const RICHER: &str = "1000000000000000000000000000000aaa,1000000000000000000000000000000bbb";
/// Enough for every test of pools with shares.
pub(crate) const RICH: &str =
    "1000000000000000000000000aaa,1000000000000000000000000bbb,1000000000000000000000000ccc";

/// A chain of two modules.
pub(crate) struct World {
    stage: Stage,
}

on_stage!(World);

/// The account of governance.
pub(crate) fn authority() -> Address {
    module_address("gov")
}

impl World {
    /// A chain on which the first accounts hold coins, and making a pool costs nothing.
    pub(crate) fn new(accounts: u8, each: &str) -> Self {
        let coin = |c: &Coin| json!({"denom": c.denom, "amount": c.amount});
        let held: Vec<Value> = coins(each).iter().map(coin).collect();
        let balances: Vec<Value> =
            (1..=accounts).map(|n| json!({"address": account(n).to_string(), "coins": held})).collect();
        let mut bank = Bank.default_genesis();
        bank["balances"] = balances.into();
        let mut dex = Dex.default_genesis();
        dex["params"]["pool_creation_fee"]["amount"] = "0".into();
        Self::from_genesis(&bank, &dex)
    }

    /// A chain with these sections.
    pub(crate) fn from_genesis(bank: &Value, dex: &Value) -> Self {
        Self::try_from_genesis(bank, dex).unwrap()
    }

    /// As [`World::from_genesis`], or what is wrong with them.
    pub(crate) fn try_from_genesis(bank: &Value, dex: &Value) -> Result<Self, AppError> {
        let mut stage = Stage::new(vec![Arc::new(Bank), Arc::new(Dex)], "agora.dex.v1", 1_000_000);
        stage.genesis(&[bank.clone(), dex.clone()], &[])?;
        Ok(Self { stage })
    }

    /// Time passes.
    pub(crate) fn advance(&mut self, seconds: u64) {
        self.block.height += 1;
        self.block.time += seconds * SECOND;
    }

    /// What an account holds.
    pub(crate) fn balance(&self, holder: &Address, denom: &str) -> u128 {
        agora_bank::api::balance(&self.state, holder, &denom.parse().unwrap()).unwrap()
    }

    /// A pool.
    pub(crate) fn pool(&self, id: &str) -> wire::Pool {
        let request = wire::QueryPoolRequest { pool_id: id.to_owned() };
        self.query::<_, wire::QueryPoolResponse>("Pool", &request).unwrap().pool.unwrap()
    }

    /// The reserve of a pool.
    pub(crate) fn reserve(&self, id: &str, denom: &str) -> u128 {
        self.pool(id).reserves.iter().find(|c| c.denom == denom).unwrap().amount.parse().unwrap()
    }

    /// The sections of both modules.
    pub(crate) fn export(&self) -> (Value, Value) {
        let [bank, dex] = self.sections().try_into().unwrap();
        (bank, dex)
    }

    /// Every invariant of the exchange and the supply of the bank. The bank's list of holders is made by the end of a block,
    /// which there is none of here.
    #[track_caller]
    pub(crate) fn check(&self) {
        let all = Dex.invariants().into_iter().chain(Bank.invariants().into_iter().take(1));
        for invariant in all {
            if let Err(why) = (invariant.check)(&self.state) {
                panic!("{:?} does not hold: {why}", invariant.name);
            }
        }
    }

    /// The address of every pool holds exactly its reserves and its locked shares.
    #[track_caller]
    pub(crate) fn check_exact(&self) {
        let pools: wire::QueryPoolsResponse =
            self.query("Pools", &wire::QueryPoolsRequest::default()).unwrap();
        for pool in pools.pools {
            let address: Address = pool.address.parse().unwrap();
            for reserve in &pool.reserves {
                assert_eq!(self.balance(&address, &reserve.denom).to_string(), reserve.amount, "{}", pool.id);
            }
        }
    }
}
