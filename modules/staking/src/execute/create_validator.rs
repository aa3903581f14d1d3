//! `MsgCreateValidator`.

use agora_framework::{AppError, Event, ExecCtx, StateCtx};
use agora_proto::cosmos::staking::v1beta1::MsgCreateValidatorResponse;

use super::delegate::bond;
use super::require_denom;
use crate::error;
use crate::msgs::CreateValidator;
use crate::state::{self, BY_CONSENSUS, VALIDATORS};
use crate::types::{Commission, Status, Validator};
use crate::wire::operator_text;

/// Makes a validator out of the set, with its own delegation. When the block ends it may enter.
pub(crate) fn execute(
    ctx: &mut ExecCtx<'_>,
    msg: CreateValidator,
) -> Result<MsgCreateValidatorResponse, AppError> {
    let params = state::params(ctx)?;
    if msg.rate < params.min_commission_rate {
        return Err(error::COMMISSION_UNDER_MIN.wrap(format_args!(
            "cannot set validator commission to less than minimum rate of {}",
            params.min_commission_rate
        )));
    }
    if VALIDATORS.has(ctx, &msg.operator)? {
        return Err(error::OPERATOR_EXISTS.bare());
    }
    let validator = Validator {
        consensus_key: msg.consensus_key,
        jailed: false,
        status: Status::Unbonded,
        description: msg.description,
        commission: Commission {
            rate: msg.rate,
            max_rate: msg.max_rate,
            max_change_rate: msg.max_change_rate,
            update_time: ctx.block().time,
        },
        min_self_delegation: msg.min_self_delegation,
        unbonding_height: 0,
        unbonding_time: 0,
        diluted: false,
    };
    let address = validator.consensus_address();
    if BY_CONSENSUS.has(ctx, &address)? {
        return Err(error::KEY_EXISTS.bare());
    }
    require_denom(&msg.value, &params.bond_denom)?;
    VALIDATORS.set(ctx, &msg.operator, &validator)?;
    BY_CONSENSUS.set(ctx, &address, &msg.operator)?;
    bond(ctx, &msg.operator, &msg.operator, &validator, &msg.value)?;
    ctx.emit(
        Event::new("create_validator")
            .with("validator", operator_text(&msg.operator))
            .with("amount", msg.value.to_string()),
    );
    Ok(MsgCreateValidatorResponse {})
}
