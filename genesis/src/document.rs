//! The genesis document.

use agora_primitives::{Address, Coin};
use agora_runtime::{InitChain, Runtime};
use serde_json::{Map, Value, json};

use crate::json;

/// Why a document cannot be made or used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GenesisError {
    /// A chain id that CometBFT or clients refuse.
    #[error("the chain id {0:?} must have 1 to 50 letters, digits, dots, underscores and dashes")]
    ChainId(String),
    /// Not RFC 3339.
    #[error("the genesis time {0:?} is not RFC 3339, such as 2026-01-01T00:00:00Z")]
    Time(String),
    /// A field of a document that cannot be used, and why.
    #[error("the field {0} of the genesis document: {1}")]
    Field(String, String),
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
        runtime.init_chain(&self.init()).map(|_| ()).map_err(|e| GenesisError::Application(e.to_string()))
    }

    /// The document in CometBFT's form, without validators: whoever starts the chain adds its own.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut document = json::to_json(&self.init());
        // As it was given: an equal time may be written in several ways.
        if let Some(fields) = document.as_object_mut() {
            fields.insert("genesis_time".to_owned(), json!(self.genesis_time));
        }
        document
    }

    fn init(&self) -> InitChain {
        InitChain {
            chain_id: self.chain_id.clone(),
            initial_height: 1,
            time: 0,
            params: json::default_params(),
            validators: Vec::new(),
            app_state: Value::Object(self.app_state.clone()),
        }
    }
}

/// Gives a new account coins in a document of CometBFT's form. A supply that the document states is left to be added up again.
///
/// # Errors
/// It has no application state, or the account has coins already.
pub fn fund(document: &mut Value, holder: &Address, coins: &[Coin]) -> Result<(), GenesisError> {
    let wrong = |field: &str, why: &str| GenesisError::Field(field.to_owned(), why.to_owned());
    let state = document.get_mut("app_state").and_then(Value::as_object_mut);
    let state = state.ok_or_else(|| wrong("app_state", "an object is expected"))?;
    let balances = state.get("bank").and_then(|bank| bank.get("balances")?.as_array());
    let address = holder.to_string();
    if balances
        .into_iter()
        .flatten()
        .any(|entry| entry.get("address").and_then(Value::as_str) == Some(&address))
    {
        return Err(wrong(
            "app_state.bank.balances",
            &format!("{address} has coins already; edit its entry"),
        ));
    }
    let mut edited = GenesisDocument {
        chain_id: String::new(),
        genesis_time: String::new(),
        app_state: std::mem::take(state),
    };
    edited.fund(holder, coins);
    if let Some(bank) = edited.section("bank").as_object_mut() {
        bank.insert("supply".to_owned(), json!([]));
    }
    *state = edited.app_state;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_funded_once_in_a_document_that_stays_good() {
        let runtime = Runtime::standard().unwrap();
        let new = GenesisDocument::new(&runtime, "agora-1", "2026-01-01T00:00:00Z").unwrap();
        let mut document = new.to_json();
        let holder = Address::from_20([7; 20]);
        let coins = [Coin::parse("uago", "5").unwrap()];
        fund(&mut document, &holder, &coins).unwrap();
        let init = json::from_json(&document).unwrap();
        let state = runtime.init_chain(&init).unwrap();
        assert!(!state.writes.is_empty());
        assert_eq!(document["app_state"]["bank"]["balances"][0]["coins"][0]["amount"], "5");
        let again = fund(&mut document, &holder, &coins).unwrap_err().to_string();
        assert!(again.contains("has coins already"), "{again}");
        let empty = fund(&mut serde_json::json!({}), &holder, &coins).unwrap_err().to_string();
        assert!(empty.contains("app_state"), "{empty}");
    }
}
