//! `MsgDelegate`.

use agora_framework::errors::sdk;
use agora_framework::{AppError, Event, ExecCtx, StateCtx};
use agora_primitives::{Address, Coin, Dec};
use agora_proto::cosmos::staking::v1beta1::MsgDelegateResponse;

use super::require_denom;
use crate::msgs::Delegate;
use crate::types::Validator;
use crate::wire::operator_text;
use crate::{ledger, pools, state};

/// Takes the coins and gives shares.
pub(crate) fn execute(ctx: &mut ExecCtx<'_>, msg: Delegate) -> Result<MsgDelegateResponse, AppError> {
    let validator = ledger::validator(ctx, &msg.validator)?;
    require_denom(&msg.amount, &state::params(ctx)?.bond_denom)?;
    let shares = bond(ctx, &msg.delegator, &msg.validator, &validator, &msg.amount)?;
    ctx.emit(
        Event::new("delegate")
            .with("validator", operator_text(&msg.validator))
            .with("delegator", msg.delegator)
            .with("amount", msg.amount.to_string())
            .with("new_shares", shares),
    );
    Ok(MsgDelegateResponse {})
}

/// Takes a delegator's own coins into the validator's pool and books them.
pub(super) fn bond(
    ctx: &mut ExecCtx<'_>,
    delegator: &Address,
    operator: &Address,
    validator: &Validator,
    coin: &Coin,
) -> Result<Dec, AppError> {
    // Booked first: whoever follows stakes pays out before the coins are taken.
    let shares = ledger::deposit(ctx, delegator, operator, validator, coin.amount)?;
    let bonded = validator.is_bonded();
    pools::take(ctx, delegator, &coin.denom, coin.amount, bonded).map_err(|error| {
        if (error.codespace, error.code) != ("sdk", sdk::INSUFFICIENT_FUNDS.code) {
            return error;
        }
        match agora_bank::api::balance(ctx, delegator, &coin.denom) {
            Ok(have) => sdk::INSUFFICIENT_FUNDS
                .wrap(format_args!("failed to delegate; {have}{} is smaller than {coin}", coin.denom)),
            Err(error) => error.into(),
        }
    })?;
    Ok(shares)
}
