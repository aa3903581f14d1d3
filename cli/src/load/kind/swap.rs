//! Swaps: each sender buys a little on one of the chain's pools, on another each time.

use agora_dex::proto::agora::dex::v1 as dex;
use agora_proto::cosmos::base::query::v1beta1::PageRequest;
use agora_proto::cosmos::base::v1beta1::Coin;
use agora_proto::prost_types::Any;

use super::pack;
use crate::client::Client;
use crate::error::{CliError, Result};
use crate::load::FEE_DENOM;

/// What a swap gives, in base units: enough to buy something wherever a base unit of the other coin is worth less than that.
pub(super) const GIVEN: u64 = 1_000;
/// The most pools of a load.
const MOST: usize = 50;

/// A pool that takes the coin the accounts of the load hold.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    id: String,
    /// What it gives for it.
    denom: String,
}

/// The first pools that trade the coin of fees.
///
/// # Errors
/// There are none.
pub(super) fn pools(client: &Client) -> Result<Vec<Pool>> {
    let (mut pools, mut key) = (Vec::new(), Vec::new());
    while pools.len() < MOST {
        let pagination = Some(PageRequest { key, limit: 100, ..PageRequest::default() });
        let request = dex::QueryPoolsRequest { pagination };
        let page: dex::QueryPoolsResponse = client.query("/agora.dex.v1.Query/Pools", &request, 0)?;
        pools.extend(page.pools.into_iter().filter(|pool| !pool.halted).filter_map(trading));
        key = page.pagination.unwrap_or_default().next_key;
        if key.is_empty() {
            break;
        }
    }
    pools.truncate(MOST);
    if pools.is_empty() {
        return Err(CliError::usage(format!(
            "no pool of this chain trades {FEE_DENOM}, so nothing can be swapped"
        ))
        .hint("leave swap out of --mix, or make a pool: agora tx dex create-pool --help"));
    }
    Ok(pools)
}

fn trading(pool: dex::Pool) -> Option<Pool> {
    let (given, mut taken): (Vec<String>, Vec<String>) =
        pool.reserves.into_iter().map(|coin| coin.denom).partition(|denom| denom == FEE_DENOM);
    let denom = taken.pop().filter(|_| !given.is_empty())?;
    Some(Pool { id: pool.id, denom })
}

pub(super) fn messages(from: usize, addresses: &[String], pools: &[Pool], n: u64) -> Vec<Any> {
    let Some(pool) = usize::try_from(n).ok().and_then(|n| pools.get(n % pools.len().max(1))) else {
        return Vec::new();
    };
    let coin = |amount: u64, denom: &str| Some(Coin { denom: denom.to_owned(), amount: amount.to_string() });
    let hop = dex::Hop { pool_id: pool.id.clone(), denom_out: pool.denom.clone(), limit: String::new() };
    vec![pack(&dex::MsgSwapExactIn {
        sender: addresses.get(from).cloned().unwrap_or_default(),
        token_in: coin(GIVEN, FEE_DENOM),
        token_out_min: coin(1, &pool.denom),
        routes: vec![dex::Route { hops: vec![hop], weight: 1 }],
        deadline: None,
    })]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(denoms: &[&str]) -> dex::Pool {
        let coin = |denom: &&str| Coin { denom: (*denom).to_owned(), amount: "5".to_owned() };
        dex::Pool { id: "1".to_owned(), reserves: denoms.iter().map(coin).collect(), ..dex::Pool::default() }
    }

    #[test]
    fn only_pools_that_take_what_the_accounts_hold_are_used() {
        let bought = |denoms: &[&str]| trading(pool(denoms)).map(|pool| pool.denom);
        assert_eq!(bought(&["uago", "uusdc"]).as_deref(), Some("uusdc"));
        assert_eq!(bought(&["satoshi", "uago", "uusdc"]).as_deref(), Some("uusdc"));
        assert_eq!(bought(&["uusdc", "uusdt"]), None);
    }
}
