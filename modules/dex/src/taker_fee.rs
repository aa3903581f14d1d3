//! The taker fee: collected by exchanges, handed on at the ends of blocks.

use agora_bank::api as bank;
use agora_framework::{AppError, BlockCtx, Event, StateCtx};
use agora_primitives::{Address, Amount, Coin, Coins, Denom, module_address};
use agora_state::{StateRead, every};

use crate::params::TakerFee;
use crate::split::split;
use crate::state::{self, TAKER_FEES};

/// The account that collects taker fees; the community's share stays in it.
pub(crate) const ACCOUNT: &str = "dex_taker_fees";
/// Whom the share of those who stake goes to.
const FEE_COLLECTOR: &str = "fee_collector";
/// The most denoms handed on in a block; the rest is carried over.
const MAX_DENOMS: usize = 32;

/// Takes the fee of an exchange. Balance and sum are added to, never read, so that no two exchanges wait for each other.
///
/// # Errors
/// Code 5 of `sdk` when the payer has too little.
pub(crate) fn collect<C: StateCtx + ?Sized>(
    ctx: &mut C,
    payer: &Address,
    fee: &Coin,
) -> Result<(), AppError> {
    if fee.amount == 0 {
        return Ok(());
    }
    bank::send(ctx, payer, &module_address(ACCOUNT), &Coins::one(fee.clone()))?;
    TAKER_FEES.add(ctx, &fee.denom, i128::try_from(fee.amount).unwrap_or(i128::MAX), None)?;
    Ok(())
}

/// Hands on what was collected.
///
/// # Errors
/// Storage fails.
pub(crate) fn hand_on(ctx: &mut BlockCtx<'_>) -> Result<(), AppError> {
    let due = TAKER_FEES.page(ctx, &[], None, false, MAX_DENOMS)?.entries;
    if due.is_empty() {
        return Ok(());
    }
    let shares = state::params(ctx)?.taker_fee;
    for (denom, sum) in due {
        TAKER_FEES.add(ctx, &denom, sum.saturating_neg(), None)?;
        // Never more than there is: the end of a block must not fail.
        let held = bank::balance(ctx, &module_address(ACCOUNT), &denom)?;
        share_out(ctx, &shares, &denom, sum.unsigned_abs().min(held))?;
    }
    Ok(())
}

fn share_out(ctx: &mut BlockCtx<'_>, fee: &TakerFee, denom: &Denom, amount: Amount) -> Result<(), AppError> {
    let weights = [fee.community.into(), fee.stakers.into(), fee.burn.into()];
    let parts = split(amount, &weights).unwrap_or_else(|| vec![amount]);
    let part = |index: usize| parts.get(index).copied().unwrap_or_default();
    let (mut community, stakers, mut burnt) = (part(0), part(1), part(2));
    if *denom != Denom::native() {
        // Other coins are not the chain's to destroy: shares of pools would belong to nobody.
        community = community.saturating_add(burnt);
        burnt = 0;
    }
    let coins = |amount| Coins::one(Coin::new(amount, denom.clone()));
    if stakers > 0 {
        bank::send(ctx, &module_address(ACCOUNT), &module_address(FEE_COLLECTOR), &coins(stakers))?;
    }
    if burnt > 0 {
        bank::burn(ctx, ACCOUNT, &coins(burnt))?;
    }
    ctx.emit(
        Event::new("taker_fees_shared_out")
            .with("community", Coin::new(community, denom.clone()))
            .with("stakers", Coin::new(stakers, denom.clone()))
            .with("burnt", Coin::new(burnt, denom.clone())),
    );
    Ok(())
}

/// What was collected and not handed on, and lies in the account.
///
/// # Errors
/// Says what is missing.
pub(crate) fn are_held(state: &(impl StateRead + ?Sized)) -> Result<(), String> {
    let text = |error: agora_state::StateError| error.to_string();
    for (denom, sum) in every(|from, limit| TAKER_FEES.page(state, &[], from, false, limit)).map_err(text)? {
        let held = bank::balance(state, &module_address(ACCOUNT), &denom).map_err(text)?;
        if sum < 0 || held < sum.unsigned_abs() {
            return Err(format!("{sum}{denom} of taker fees are due, {held} are held"));
        }
    }
    Ok(())
}
