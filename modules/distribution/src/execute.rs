//! What the messages do.

use agora_bank::api as bank;
use agora_framework::errors::sdk;
use agora_framework::wire::wire_coins;
use agora_framework::{AppError, Event, ExecCtx, StateCtx};
use agora_primitives::Dec;
use agora_proto::cosmos::distribution::v1beta1 as wire;
use agora_staking::api as staking;
use agora_state::{Bounds, StateError};

use crate::ledger::{self, Atoms};
use crate::msgs::{
    CommunityPoolSpend, DepositRewards, FundCommunityPool, SetWithdrawAddress, UpdateParams,
    WithdrawCommission, WithdrawReward,
};
use crate::state::{self, COMMUNITY, INDEXES, MAX_DENOMS, PARAMS, WITHDRAW_ADDRESSES};
use crate::{error, index};

/// Rewards go elsewhere from now on; to the delegator itself again if it says so.
pub(crate) fn set_withdraw_address(
    ctx: &mut ExecCtx<'_>,
    msg: SetWithdrawAddress,
) -> Result<wire::MsgSetWithdrawAddressResponse, AppError> {
    if ctx.registry().module_account(&msg.to).is_some_and(|account| !account.receives) {
        return Err(
            sdk::UNAUTHORIZED.wrap(format_args!("{} is not allowed to receive external funds", msg.to))
        );
    }
    if !state::params(ctx)?.withdraw_addr_enabled {
        return Err(error::WITHDRAW_ADDRESS.bare());
    }
    if msg.to == msg.delegator {
        WITHDRAW_ADDRESSES.delete(ctx, &msg.delegator)?;
    } else {
        WITHDRAW_ADDRESSES.set(ctx, &msg.delegator, &msg.to)?;
    }
    ctx.emit(Event::new("set_withdraw_address").with("withdraw_address", msg.to));
    Ok(wire::MsgSetWithdrawAddressResponse {})
}

/// Pays a delegation what it has earned.
pub(crate) fn withdraw_reward(
    ctx: &mut ExecCtx<'_>,
    msg: WithdrawReward,
) -> Result<wire::MsgWithdrawDelegatorRewardResponse, AppError> {
    let shares = staking::require_delegation(ctx, &msg.delegator, &msg.validator)?;
    let paid = ledger::settle(ctx, &msg.delegator, &msg.validator, (shares, shares))?;
    Ok(wire::MsgWithdrawDelegatorRewardResponse { amount: wire_coins(&paid) })
}

/// Pays an operator its commission in whole units.
pub(crate) fn withdraw_commission(
    ctx: &mut ExecCtx<'_>,
    msg: WithdrawCommission,
) -> Result<wire::MsgWithdrawValidatorCommissionResponse, AppError> {
    let taken = ledger::take_commission(ctx, &msg.operator, false)?;
    if taken.is_empty() {
        return Err(error::NO_COMMISSION.bare());
    }
    let to = ledger::withdraw_address(ctx, &msg.operator)?;
    bank::send(ctx, &ledger::account(), &to, &taken)?;
    ctx.emit(Event::new("withdraw_commission").with("amount", taken.to_string()));
    Ok(wire::MsgWithdrawValidatorCommissionResponse { amount: wire_coins(&taken) })
}

/// Takes a gift for the community.
pub(crate) fn fund_community_pool(
    ctx: &mut ExecCtx<'_>,
    msg: FundCommunityPool,
) -> Result<wire::MsgFundCommunityPoolResponse, AppError> {
    bank::send(ctx, &msg.depositor, &ledger::account(), &msg.amount)?;
    for coin in &msg.amount {
        ledger::give_community(ctx, &coin.denom, ledger::atoms(coin)?)?;
    }
    Ok(wire::MsgFundCommunityPoolResponse {})
}

/// Pays from what the community has; only for the chain's authority.
pub(crate) fn community_pool_spend(
    ctx: &mut ExecCtx<'_>,
    msg: CommunityPoolSpend,
) -> Result<wire::MsgCommunityPoolSpendResponse, AppError> {
    ctx.registry().require_authority(&msg.authority)?;
    if ctx.registry().module_account(&msg.recipient).is_some_and(|account| !account.receives) {
        return Err(sdk::UNAUTHORIZED
            .wrap(format_args!("{} is not allowed to receive external funds", msg.recipient)));
    }
    for coin in &msg.amount {
        let taken = i128::try_from(ledger::atoms(coin)?).unwrap_or(i128::MAX).saturating_neg();
        COMMUNITY.add(ctx, &coin.denom, taken, Some(Bounds::NON_NEGATIVE)).map_err(|error| match error {
            StateError::OutOfBounds { .. } => error::COMMUNITY_POOL.bare(),
            other => other.into(),
        })?;
    }
    bank::send(ctx, &ledger::account(), &msg.recipient, &msg.amount)?;
    Ok(wire::MsgCommunityPoolSpendResponse {})
}

/// Takes a gift for a validator and its delegators. Of denoms nobody earns yet only half as many are taken as fit, so that gifts
/// cannot keep fees out.
pub(crate) fn deposit_rewards(
    ctx: &mut ExecCtx<'_>,
    msg: DepositRewards,
) -> Result<wire::MsgDepositValidatorRewardsPoolResponse, AppError> {
    staking::require_validator(ctx, &msg.validator)?;
    let (_, shares) = staking::tokens_and_shares(ctx, &msg.validator)?;
    let indexes = INDEXES.get(ctx, &msg.validator)?.unwrap_or_default();
    let is_known = |coin: &agora_primitives::Coin| {
        indexes.0.iter().any(|index: &index::Index| index.denom == coin.denom)
    };
    let new = msg.amount.iter().filter(|coin| !is_known(coin)).count();
    let half = MAX_DENOMS >> 1;
    if shares == Dec::ZERO || (new > 0 && indexes.0.len().saturating_add(new) > half) {
        return Err(sdk::INVALID_REQUEST.wrap(format_args!(
            "the validator has no delegations, or would earn in more than {half} denoms"
        )));
    }
    bank::send(ctx, &msg.depositor, &ledger::account(), &msg.amount)?;
    let rewards = msg
        .amount
        .iter()
        .map(|coin| Ok((coin.denom.clone(), ledger::atoms(coin)?)))
        .collect::<Result<Atoms, AppError>>()?;
    ledger::give(ctx, &msg.validator, &rewards)?;
    Ok(wire::MsgDepositValidatorRewardsPoolResponse {})
}

/// Replaces the parameters; only for the chain's authority.
pub(crate) fn update_params(
    ctx: &mut ExecCtx<'_>,
    msg: UpdateParams,
) -> Result<wire::MsgUpdateParamsResponse, AppError> {
    ctx.registry().require_authority(&msg.authority)?;
    PARAMS.set(ctx, &msg.params)?;
    Ok(wire::MsgUpdateParamsResponse {})
}
