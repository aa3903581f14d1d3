//! The genesis document of a node under CometBFT: its network's, or that of a development chain of its own.

use std::fs;
use std::io::ErrorKind;
use std::time::SystemTime;

use agora_framework::ValidatorUpdate;
use agora_genesis::dev_accounts::operator;
use agora_primitives::Address;
use agora_runtime::Runtime;
use anyhow::{Context, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value};

use crate::comet::home::{CometHome, ValidatorKey};

/// Chain ids that a node may make a genesis for: chains of these names hold nothing of value.
pub(super) const DEV_PREFIX: &str = "agora-dev-";
/// The power of the only validator.
const POWER: u64 = 10;

/// What is asked of a home's genesis.
pub(super) struct Wanted<'a> {
    /// The chain id, if one was named.
    pub(super) chain_id: Option<&'a str>,
    /// Accounts funded in a new development chain.
    pub(super) funded: &'a [Address],
}

/// Where a home's genesis comes from.
pub(super) enum Source {
    /// It is in the home.
    Home(Value),
    /// It is to be made, for this chain id.
    Make(String),
}

impl Source {
    /// Looks into the home. Nothing is written.
    ///
    /// # Errors
    /// The home's genesis is of another chain than wanted, or there is none and the chain is no development chain.
    pub(super) fn find(home: &CometHome, wanted: &Wanted<'_>) -> anyhow::Result<Self> {
        let path = home.genesis_path();
        if let Some(document) = read(home)? {
            let found = chain_id(&document);
            match wanted.chain_id {
                Some(id) if id != found => bail!(
                    "{} is of chain {found}, not {id}; leave the chain id out or choose another home",
                    path.display()
                ),
                _ => return Ok(Self::Home(document)),
            }
        }
        let id = wanted.chain_id.unwrap_or(agora_genesis::DEV_CHAIN_ID);
        if !is_dev(id) {
            bail!(
                "there is no genesis of {id}; put the genesis.json of that network at {}, or name a chain \
                 id that begins with {DEV_PREFIX} for a development chain of your own",
                path.display()
            );
        }
        Ok(Self::Make(id.to_owned()))
    }
}

/// Makes the genesis of a development chain with one validator and puts it into the home.
pub(super) fn make(
    home: &CometHome,
    runtime: &Runtime,
    chain_id: &str,
    moniker: &str,
    wanted: &Wanted<'_>,
) -> anyhow::Result<Value> {
    let now = prost_types::Timestamp::from(SystemTime::now()).to_string();
    let document = of_validators(runtime, chain_id, &now, wanted.funded, &[(home, moniker.to_owned())])?;
    home.install_genesis(&serde_json::to_string_pretty(&document)?)?;
    Ok(document)
}

/// The genesis of a development chain in which these homes, by moniker, validate with equal power.
pub(super) fn of_validators(
    runtime: &Runtime,
    chain_id: &str,
    time: &str,
    funded: &[Address],
    homes: &[(&CometHome, String)],
) -> anyhow::Result<Value> {
    let operators: Vec<Address> = (0..homes.len()).map_while(operator).collect();
    let funded: Vec<Address> = funded.iter().chain(&operators).copied().collect();
    let mut document = agora_genesis::devnet(runtime, chain_id, time, &funded)?.to_json();
    let mut validators = Vec::new();
    let mut staking = Map::new();
    for ((home, moniker), operator) in homes.iter().zip(operators) {
        let key = home.validator_key()?;
        validators.push(validator(&key, moniker));
        staking.insert(BASE64.encode(key.public_key), operator.to_string().into());
    }
    document["app_state"]["staking"]["operator"] = Value::Object(staking);
    document["validators"] = Value::Array(validators);
    Ok(document)
}

fn validator(key: &ValidatorKey, moniker: &str) -> Value {
    agora_genesis::validator_json(&ValidatorUpdate { pub_key: key.public_key, power: POWER }, moniker)
}

/// Whether a node may make the genesis of this chain itself.
pub(super) fn is_dev(chain_id: &str) -> bool {
    chain_id.starts_with(DEV_PREFIX)
}

/// The chain id of a document.
pub(super) fn chain_id(document: &Value) -> &str {
    document.get("chain_id").and_then(Value::as_str).unwrap_or_default()
}

/// The validators that the home's genesis names.
pub(super) fn validators(home: &CometHome) -> anyhow::Result<Vec<ValidatorUpdate>> {
    let Some(document) = read(home)? else { return Ok(Vec::new()) };
    Ok(agora_genesis::from_json(&document)?.validators)
}

/// Whether blocks come without anybody else: the only validator is this home's.
pub(super) fn is_alone(home: &CometHome, document: &Value) -> bool {
    let validators = document.get("validators").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let [only] = validators else { return false };
    let key = only.pointer("/pub_key/value").and_then(Value::as_str);
    home.validator_key().is_ok_and(|own| key == Some(BASE64.encode(own.public_key).as_str()))
}

/// The genesis of the home; `None` also for the template that `cometbft init` leaves, which has no application in it.
fn read(home: &CometHome) -> anyhow::Result<Option<Value>> {
    let path = home.genesis_path();
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let document: Value =
        serde_json::from_str(&text).with_context(|| format!("{} is not JSON; restore it", path.display()))?;
    let is_template = document.get("app_state").is_none_or(Value::is_null) && !home.has_chain();
    Ok((!is_template).then_some(document))
}
