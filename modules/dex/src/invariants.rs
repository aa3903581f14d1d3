//! What must hold after every block.

use agora_bank::api as bank;
use agora_framework::Invariant;
use agora_state::{StateRead, every};

use crate::pool::{Pool, PoolId};
use crate::shares;
use crate::state::POOLS;

pub(crate) fn all() -> Vec<Invariant> {
    vec![
        Invariant { name: "the address of a pool holds its reserves", check: reserves_are_held },
        Invariant { name: "the shares of a pool are those that exist", check: shares_exist },
    ]
}

fn pools(state: &dyn StateRead) -> Result<Vec<(PoolId, Pool)>, String> {
    every(|from, limit| POOLS.page(state, &[], from, false, limit)).map_err(|e| e.to_string())
}

/// At least: anybody may send more to the address, which is not counted.
fn reserves_are_held(state: &dyn StateRead) -> Result<(), String> {
    for (id, pool) in pools(state)? {
        for coin in &pool.reserves {
            let held = bank::balance(state, &id.address(), &coin.denom).map_err(|e| e.to_string())?;
            if held < coin.amount {
                return Err(format!("pool {id} counts {coin}, its address holds {held}"));
            }
        }
    }
    Ok(())
}

fn shares_exist(state: &dyn StateRead) -> Result<(), String> {
    for (id, pool) in pools(state)? {
        let denom = shares::denom(id).map_err(|e| e.to_string())?;
        let supply = bank::supply(state, &denom).map_err(|e| e.to_string())?;
        if supply != pool.shares {
            return Err(format!("pool {id} has {} shares, {supply}{denom} exist", pool.shares));
        }
    }
    Ok(())
}
