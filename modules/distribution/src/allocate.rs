//! Fees and new coins, given out when a block begins.

use agora_auth::FEE_COLLECTOR;
use agora_bank::api as bank;
use agora_framework::{AppError, StateCtx, Vote};
use agora_primitives::math::mul_div_floor;
use agora_primitives::{Address, Coin, Coins, Denom, module_address};
use agora_staking::api as staking;

use crate::ledger::{self, Atoms};
use crate::state;

/// Gives what was collected to those who voted on the block before, by power, whatever they voted; the community's part
/// first, and what rounding leaves over. Nothing is given out while no validator stakes.
///
/// # Errors
/// Storage fails.
pub(crate) fn run<C: StateCtx>(ctx: &mut C, votes: &[Vote]) -> Result<(), AppError> {
    let mut staked: Vec<(Address, u64)> = Vec::with_capacity(votes.len());
    let mut total: u128 = 0;
    for vote in votes {
        total = total.saturating_add(vote.power.into());
        if let Some(operator) = staking::operator_by_consensus(ctx, &vote.address)? {
            staked.push((operator, vote.power));
        }
    }
    if staked.is_empty() || total == 0 {
        return Ok(());
    }
    let collected = collected(ctx)?;
    if collected.is_empty() {
        return Ok(());
    }
    bank::send(ctx, &module_address(FEE_COLLECTOR), &ledger::account(), &collected)?;
    let tax = state::params(ctx)?.community_tax;
    // What is given out in each denom, and what is left of it.
    let mut pots: Vec<(Denom, u128, u128)> = Vec::with_capacity(collected.len());
    for coin in &collected {
        let atoms = ledger::atoms(coin)?;
        let pot = atoms.saturating_sub(tax.mul_ceil(atoms).unwrap_or(atoms));
        pots.push((coin.denom.clone(), pot, atoms));
    }
    for (operator, power) in staked {
        let mut rewards = Atoms::with_capacity(pots.len());
        for (denom, pot, left) in &mut pots {
            let part = mul_div_floor(*pot, power.into(), total).unwrap_or_default();
            *left = left.saturating_sub(part);
            rewards.push((denom.clone(), part));
        }
        ledger::give(ctx, &operator, &rewards)?;
    }
    pots.into_iter().try_for_each(|(denom, _, left)| ledger::give_community(ctx, &denom, left))
}

/// What the fee collector has, as far as it is counted: fees are in the native denom, and whatever else it got can wait.
fn collected<C: StateCtx>(ctx: &C) -> Result<Coins, AppError> {
    let bond = staking::bond_denom(ctx)?;
    let mut coins = Coins::default();
    let mut denoms = vec![bond];
    if !denoms.contains(&Denom::native()) {
        denoms.push(Denom::native());
    }
    for denom in denoms {
        let amount = bank::balance(ctx, &module_address(FEE_COLLECTOR), &denom)?;
        // So much that it cannot be counted is given out in parts.
        let most = i128::MAX.unsigned_abs().checked_div(state::ATOMS).unwrap_or_default();
        let coin = Coin::new(amount.min(most), denom);
        coins.add(&coin).map_err(|e| agora_framework::errors::sdk::LOGIC.wrap(e))?;
    }
    Ok(coins)
}
