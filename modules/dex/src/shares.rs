//! The shares of pools: coins of the bank that only this module makes and destroys.

use agora_bank::api as bank;
use agora_framework::errors::sdk;
use agora_framework::{AppError, StateCtx};
use agora_primitives::{Address, Amount, Coin, Coins, Denom, module_address};

use crate::pool::PoolId;

/// The module's account, which makes and destroys shares.
pub(crate) const ACCOUNT: &str = "dex";

/// The denom of a pool's shares.
pub(crate) fn denom(id: PoolId) -> Result<Denom, AppError> {
    id.share_denom().map_err(|e| sdk::LOGIC.wrap(e))
}

/// Makes shares for `holder`.
///
/// # Errors
/// The supply would exceed 2^127 - 1.
pub(crate) fn mint<C: StateCtx + ?Sized>(
    ctx: &mut C,
    id: PoolId,
    holder: &Address,
    amount: Amount,
) -> Result<(), AppError> {
    if amount == 0 {
        return Ok(());
    }
    let coins = Coins::one(Coin::new(amount, denom(id)?));
    bank::mint(ctx, ACCOUNT, &coins)?;
    bank::send(ctx, &module_address(ACCOUNT), holder, &coins)
}

/// Destroys shares of `holder`.
///
/// # Errors
/// Code 5 of `sdk` when there are fewer.
pub(crate) fn burn<C: StateCtx + ?Sized>(
    ctx: &mut C,
    holder: &Address,
    shares: &Coin,
) -> Result<(), AppError> {
    let coins = Coins::one(shares.clone());
    bank::send(ctx, holder, &module_address(ACCOUNT), &coins)?;
    bank::burn(ctx, ACCOUNT, &coins)
}
