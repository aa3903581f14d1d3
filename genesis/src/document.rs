//! The genesis document.

use agora_primitives::{Address, Coin};
use agora_proto::tendermint::types::{
    AbciParams, BlockParams, ConsensusParams, EvidenceParams, ValidatorParams, VersionParams,
};
use agora_runtime::{InitChain, Runtime};
use serde_json::{Map, Value, json};

/// Why a document cannot be made or used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GenesisError {
    /// A chain id that CometBFT or clients refuse.
    #[error("the chain id {0:?} must have 1 to 50 letters, digits, dots, underscores and dashes")]
    ChainId(String),
    /// Not RFC 3339.
    #[error("the genesis time {0:?} is not RFC 3339, such as 2026-01-01T00:00:00Z")]
    Time(String),
    /// The modules refuse their sections.
    #[error("the application refuses this genesis: {0}")]
    Application(String),
}

/// A genesis document in the making.
#[derive(Clone, Debug, PartialEq)]
pub struct GenesisDocument {
    chain_id: String,
    genesis_time: String,
    app_state: Map<String, Value>,
}

impl GenesisDocument {
    /// A new chain with the default sections of every module and nobody funded. `genesis_time` is RFC 3339.
    ///
    /// # Errors
    /// A malformed chain id or time.
    pub fn new(runtime: &Runtime, chain_id: &str, genesis_time: &str) -> Result<Self, GenesisError> {
        let well_formed = (1..=50).contains(&chain_id.len())
            && chain_id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
        if !well_formed {
            return Err(GenesisError::ChainId(chain_id.to_owned()));
        }
        if genesis_time.parse::<prost_types::Timestamp>().is_err() {
            return Err(GenesisError::Time(genesis_time.to_owned()));
        }
        let app_state = match runtime.default_genesis() {
            Value::Object(sections) => sections,
            _ => Map::new(),
        };
        Ok(Self { chain_id: chain_id.to_owned(), genesis_time: genesis_time.to_owned(), app_state })
    }

    /// The section of a module.
    pub fn section(&mut self, module: &str) -> &mut Value {
        self.app_state.entry(module).or_insert_with(|| json!({}))
    }

    /// Adds an entry to a list of a module's section.
    pub fn push(&mut self, module: &str, list: &str, item: Value) {
        let section = self.section(module);
        if let Some(fields) = section.as_object_mut() {
            let list = fields.entry(list).or_insert_with(|| json!([]));
            if let Some(list) = list.as_array_mut() {
                list.push(item);
            }
        }
    }

    /// Gives an account coins; they are sorted here. An account is funded once.
    pub fn fund(&mut self, holder: &Address, coins: &[Coin]) {
        self.hold(holder, coins);
        let account = json!({
            "@type": "/cosmos.auth.v1beta1.BaseAccount",
            "address": holder.to_string(),
            "pub_key": null,
            "account_number": "0",
            "sequence": "0"
        });
        self.push("auth", "accounts", account);
    }

    /// Gives coins to an address nobody has a key of, such as a pool's; they are sorted here.
    pub fn hold(&mut self, holder: &Address, coins: &[Coin]) {
        let mut coins = coins.to_vec();
        coins.sort_by(|a, b| a.denom.cmp(&b.denom));
        let wire: Vec<Value> = coins
            .iter()
            .map(|c| json!({ "denom": c.denom.as_str(), "amount": c.amount.to_string() }))
            .collect();
        self.push("bank", "balances", json!({ "address": holder.to_string(), "coins": wire }));
    }

    /// Says how a denom is shown: `base` is 10^-`exponent` of `display`.
    pub fn describe_denom(
        &mut self,
        base: &str,
        display: &str,
        symbol: &str,
        exponent: u32,
        description: &str,
    ) {
        let metadata = json!({
            "description": description,
            "denom_units": [
                { "denom": base, "exponent": 0, "aliases": [] },
                { "denom": display, "exponent": exponent, "aliases": [] }
            ],
            "base": base,
            "display": display,
            "name": symbol,
            "symbol": symbol,
            "uri": "",
            "uri_hash": ""
        });
        self.push("bank", "denom_metadata", metadata);
    }

    /// Runs the document through the application.
    ///
    /// # Errors
    /// What the application says.
    pub fn validate(&self, runtime: &Runtime) -> Result<(), GenesisError> {
        let init = InitChain {
            chain_id: self.chain_id.clone(),
            initial_height: 1,
            time: 0,
            params: consensus_params(),
            app_state: Value::Object(self.app_state.clone()),
        };
        runtime.init_chain(&init).map(|_| ()).map_err(|e| GenesisError::Application(e.to_string()))
    }

    /// The document in CometBFT's form, without validators: whoever starts the chain adds its own.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "genesis_time": self.genesis_time,
            "chain_id": self.chain_id,
            "initial_height": "1",
            "consensus_params": {
                "block": { "max_bytes": "-1", "max_gas": "-1" },
                "evidence": {
                    "max_age_num_blocks": "100000",
                    "max_age_duration": "172800000000000",
                    "max_bytes": "1048576"
                },
                "validator": { "pub_key_types": ["ed25519"] },
                "version": { "app": "0" },
                "abci": { "vote_extensions_enable_height": "0" }
            },
            "app_hash": "",
            "app_state": Value::Object(self.app_state.clone())
        })
    }
}

/// The parameters of the document, as the application gets them.
fn consensus_params() -> ConsensusParams {
    ConsensusParams {
        block: Some(BlockParams { max_bytes: -1, max_gas: -1 }),
        evidence: Some(EvidenceParams {
            max_age_num_blocks: 100_000,
            max_age_duration: Some(prost_types::Duration { seconds: 172_800, nanos: 0 }),
            max_bytes: 1_048_576,
        }),
        validator: Some(ValidatorParams { pub_key_types: vec!["ed25519".to_owned()] }),
        version: Some(VersionParams { app: 0 }),
        abci: Some(AbciParams { vote_extensions_enable_height: 0 }),
        authority: None,
    }
}
