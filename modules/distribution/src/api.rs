//! What other modules may call.

use agora_bank::api as bank;
use agora_framework::{AppError, StateCtx};
use agora_primitives::{Address, Coin, Coins};

use crate::ledger;

/// The account that holds the community's coins, and what is earned and not paid.
#[must_use]
pub fn account() -> Address {
    ledger::account()
}

/// Gives the community a coin of somebody's.
///
/// # Errors
/// Code 18 beyond what is counted, code 5 when there is less; nothing is changed by the first.
pub fn fund_community<C: StateCtx + ?Sized>(
    ctx: &mut C,
    from: &Address,
    coin: &Coin,
) -> Result<(), AppError> {
    ledger::give_community(ctx, &coin.denom, ledger::atoms(coin)?)?;
    bank::send(ctx, from, &ledger::account(), &Coins::one(coin.clone()))
}
