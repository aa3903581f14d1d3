//! The genesis of a life.

use agora_primitives::Address;
use agora_proto::cosmos::base::v1beta1::Coin;
use agora_runtime::InitChain;
use serde_json::{Value, json};

use super::{CHAIN_ID, Life, SWINGING, SWINGING_SUPPLY, swinging};
use crate::draft::coin;

/// 2026-01-01, the time of genesis.
const GENESIS_TIME: u64 = 1_767_225_600_000_000_000;

impl Life {
    /// The genesis of a chain for this life, whose first block has height 1.
    ///
    /// # Panics
    /// Never: the default genesis has these sections.
    #[must_use]
    pub fn genesis(&self, mut app_state: Value) -> InitChain {
        let held = |address: &Address, coins: &[Coin]| {
            let coins: Vec<Value> =
                coins.iter().map(|c| json!({ "denom": c.denom, "amount": c.amount })).collect();
            json!({ "address": address.to_string(), "coins": coins })
        };
        let mut balances: Vec<Value> = self
            .people
            .iter()
            .map(|person| held(&person.address, &[coin(1_000_000_000, "uago"), coin(1_000_000, "uusdc")]))
            .collect();
        let mut all = vec![coin(1_000_000_000_000, "uago")];
        all.extend((0..SWINGING).map(|i| coin(SWINGING_SUPPLY, &swinging(i))));
        balances.push(held(&self.swing[0].address, &all));
        balances.push(held(&self.swing[1].address, &all[..1]));
        app_state["bank"]["balances"] = Value::Array(balances);
        // Small, so that some blocks are more than half full and the price moves both ways.
        app_state["feemarket"]["params"]["max_block_utilization"] = json!("2800000");
        InitChain {
            chain_id: CHAIN_ID.to_owned(),
            initial_height: 1,
            time: GENESIS_TIME,
            params: Default::default(),
            validators: Vec::new(),
            app_state,
        }
    }
}
