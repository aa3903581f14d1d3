//! What becomes of deposits. They lie in an account of their own, for which no proposal can act: not even one that passed can spend
//! what others have deposited.

use agora_bank::api as bank;
use agora_distribution::api as distribution;
use agora_framework::errors::sdk;
use agora_framework::{AppError, StateCtx};
use agora_primitives::{Address, Coin, Coins, module_address};

use crate::state::{DEPOSITS, SETTLING, prefix};
use crate::types::Terms;

/// The account that holds deposits.
pub const ACCOUNT: &str = "gov_deposits";

/// Deposits that are paid back or destroyed when a block ends, at most; the rest waits for the next one.
pub const MOST_DEPOSITS: usize = 1000;

/// Its address.
pub(crate) fn account() -> Address {
    module_address(ACCOUNT)
}

/// Settles the deposits of a proposal, as many as the budget allows; what is left is noted for later.
pub(crate) fn settle(
    ctx: &mut impl StateCtx,
    id: u64,
    terms: &Terms,
    budget: &mut usize,
) -> Result<(), AppError> {
    let page = DEPOSITS.page(ctx, &prefix(&id), None, false, *budget)?;
    let mut kept = Coins::default();
    for ((_, depositor), deposit) in &page.entries {
        DEPOSITS.delete(ctx, &(id, *depositor))?;
        let mut back = Coins::default();
        for coin in &deposit.0 {
            let taken = match terms {
                Terms::Refund => 0,
                Terms::Burn => coin.amount,
                Terms::Charge { part, .. } => part.mul_floor(coin.amount).unwrap_or(coin.amount),
            };
            let rest = coin.amount.saturating_sub(taken);
            add(&mut kept, Coin::new(taken, coin.denom.clone()))?;
            add(&mut back, Coin::new(rest, coin.denom.clone()))?;
        }
        if !back.is_empty() {
            bank::send(ctx, &account(), depositor, &back)?;
        }
    }
    *budget = budget.saturating_sub(page.entries.len());
    keep(ctx, terms, &kept)?;
    match page.next {
        Some(_) => SETTLING.set(ctx, &id, terms)?,
        None => SETTLING.delete(ctx, &id)?,
    }
    Ok(())
}

fn add(coins: &mut Coins, coin: Coin) -> Result<(), AppError> {
    coins.add(&coin).map_err(|e| sdk::LOGIC.wrap(e))
}

/// What is not paid back is destroyed, or goes where the parameters say.
fn keep(ctx: &mut impl StateCtx, terms: &Terms, kept: &Coins) -> Result<(), AppError> {
    if kept.is_empty() {
        return Ok(());
    }
    match terms {
        Terms::Charge { to: Some(to), .. } if *to == distribution::account() => {
            kept.iter().try_for_each(|coin| match distribution::fund_community(ctx, &account(), coin) {
                // More than the community can be given: an end of a block must not fail for it.
                Err(error) if !error.fatal => bank::burn(ctx, ACCOUNT, &Coins::one(coin.clone())),
                outcome => outcome,
            })
        }
        Terms::Charge { to: Some(to), .. } => bank::send(ctx, &account(), to, kept),
        _ => bank::burn(ctx, ACCOUNT, kept),
    }
}
