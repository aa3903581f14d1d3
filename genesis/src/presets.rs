//! The networks.

use agora_primitives::{Address, Coin, NATIVE_DENOM};
use agora_runtime::Runtime;
use serde_json::{Value, json};

use crate::dev_accounts::{DEV_ACCOUNTS, DevAccount, FAUCET, VALIDATOR};
use crate::document::{GenesisDocument, GenesisError};
use crate::pools;

/// The development network's chain id.
pub const DEV_CHAIN_ID: &str = "agora-dev-1";

/// Base units of a whole AGO.
const AGO: u128 = 1_000_000;

/// Whose the liquidity of the sample pools is.
pub const POOL_PROVIDER: DevAccount = FAUCET;

/// The development network: the published accounts, the faucet and the validator's operator with a million AGO each and some
/// sample coins, `extra` accounts with as much, and a pool of each kind with the liquidity of [`POOL_PROVIDER`]. The operator
/// stakes for the one validator that whoever starts the chain names.
///
/// # Errors
/// A malformed chain id or time; an `extra` account that is a published one is skipped.
pub fn devnet(
    runtime: &Runtime,
    chain_id: &str,
    genesis_time: &str,
    extra: &[Address],
) -> Result<GenesisDocument, GenesisError> {
    let mut document = GenesisDocument::new(runtime, chain_id, genesis_time)?;
    document.describe_denom(NATIVE_DENOM, "AGO", "AGO", 6, "The native token of Agora");
    document.describe_denom("uusdc", "USDC", "USDC", 6, "A sample dollar of the development network");
    document.describe_denom("satoshi", "BTC", "BTC", 8, "A sample bitcoin of the development network");
    document.describe_denom("uusdt", "USDT", "USDT", 6, "Another sample dollar of the development network");
    let pools = pools::sample()?;
    let provider: Option<Address> = POOL_PROVIDER.address.parse().ok();
    let mut funded: Vec<Address> = Vec::new();
    let published = DEV_ACCOUNTS.iter().chain([&FAUCET, &VALIDATOR]);
    let published = published.filter_map(|account| account.address.parse::<Address>().ok());
    for holder in published.chain(extra.iter().copied()) {
        if funded.contains(&holder) {
            continue;
        }
        let mut coins = sample_coins();
        if Some(holder) == provider {
            coins.extend(pools.iter().flat_map(|pool| pool.shares.clone()));
        }
        document.fund(&holder, &coins);
        funded.push(holder);
    }
    for pool in pools {
        pool.add_to(&mut document);
    }
    protect(document.section("dex"));
    if let Some(section) = document.section("staking").as_object_mut() {
        section.insert("operator".to_owned(), VALIDATOR.address.into());
    }
    vote_at_once(document.section("gov"));
    document.validate(runtime)?;
    Ok(document)
}

/// Votes that a user can watch: a minute for a proposal, half of it for an expedited one, and two to complete the deposit.
fn vote_at_once(gov: &mut Value) {
    gov["params"]["max_deposit_period"] = "120s".into();
    gov["params"]["voting_period"] = "60s".into();
    gov["params"]["expedited_voting_period"] = "30s".into();
}

/// The exchange takes a thousandth of what is swapped, and lets a price at most double or halve within a block, half of a reserve leave
/// within an hour, and nobody swap for a minute after the chain stood still for half an hour.
fn protect(dex: &mut Value) {
    dex["params"]["taker_fee"]["rate"] = "0.001".into();
    dex["params"]["protection"] = json!({
        "price_band": "1",
        "outflow_limit": "0.5",
        "outflow_window": "3600",
        "downtime": "1800",
        "recovery": "60"
    });
}

fn sample_coins() -> Vec<Coin> {
    let (whole, bitcoin) = (1_000_000 * AGO, 100 * 100_000_000);
    [(NATIVE_DENOM, whole), ("uusdc", whole), ("uusdt", whole), ("satoshi", bitcoin)]
        .into_iter()
        .filter_map(|(denom, amount)| Some(Coin::new(amount, denom.parse().ok()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_devnet_can_be_started_and_funds_the_published_accounts() {
        let runtime = Runtime::standard().unwrap();
        let extra = Address::from_20([9; 20]);
        let document = devnet(&runtime, DEV_CHAIN_ID, "2026-01-01T00:00:00Z", &[extra, extra]).unwrap();
        let json = document.to_json();
        let balances = json["app_state"]["bank"]["balances"].as_array().unwrap();
        let pools = json["app_state"]["dex"]["pools"].as_array().unwrap();
        assert_eq!(pools.len(), 4, "a pool of each kind");
        assert_eq!(balances.len(), DEV_ACCOUNTS.len() + 3 + pools.len());
    }

    #[test]
    fn a_malformed_chain_id_or_time_is_refused() {
        let runtime = Runtime::standard().unwrap();
        assert!(matches!(
            devnet(&runtime, "a b", "2026-01-01T00:00:00Z", &[]),
            Err(GenesisError::ChainId(_))
        ));
        assert!(matches!(devnet(&runtime, "a", "yesterday", &[]), Err(GenesisError::Time(_))));
    }
}
