//! `MsgEditValidator`.

use agora_framework::time::NANOS;
use agora_framework::{AppError, Event, ExecCtx, StateCtx};
use agora_primitives::Dec;
use agora_proto::cosmos::staking::v1beta1::MsgEditValidatorResponse;

use crate::msgs::{EditValidator, KEEP, check_description};
use crate::params::Params;
use crate::state::{self, VALIDATORS};
use crate::types::{Commission, Description};
use crate::{error, ledger};

/// A day, within which the commission changes once.
const DAY: u64 = 86_400 * NANOS;

/// Changes what is given and keeps the rest.
pub(crate) fn execute(
    ctx: &mut ExecCtx<'_>,
    msg: EditValidator,
) -> Result<MsgEditValidatorResponse, AppError> {
    let mut validator = ledger::validator(ctx, &msg.operator)?;
    let params = state::params(ctx)?;
    validator.description = merged(&validator.description, msg.description);
    check_description(&validator.description)?;
    if let Some(rate) = msg.rate {
        validator.commission = changed(&validator.commission, rate, ctx.block().time, &params)?;
    }
    if let Some(least) = msg.min_self_delegation {
        if least <= validator.min_self_delegation {
            return Err(error::MIN_SELF_DELEGATION_DECREASED.bare());
        }
        let own = ledger::shares(ctx, &msg.operator, &msg.operator)?;
        if least > ledger::value(ctx, &msg.operator, &validator, own)? {
            return Err(error::SELF_DELEGATION.bare());
        }
        validator.min_self_delegation = least;
    }
    VALIDATORS.set(ctx, &msg.operator, &validator)?;
    ctx.emit(
        Event::new("edit_validator")
            .with("commission_rate", text(&validator.commission))
            .with("min_self_delegation", validator.min_self_delegation.to_string()),
    );
    Ok(MsgEditValidatorResponse {})
}

fn merged(old: &Description, new: Description) -> Description {
    let choose = |old: &str, new: String| if new == KEEP { old.to_owned() } else { new };
    Description {
        moniker: choose(&old.moniker, new.moniker),
        identity: choose(&old.identity, new.identity),
        website: choose(&old.website, new.website),
        security_contact: choose(&old.security_contact, new.security_contact),
        details: choose(&old.details, new.details),
    }
}

/// The commission with another rate: once a day, within its maximum, and not up by more than the step.
fn changed(commission: &Commission, rate: Dec, now: u64, params: &Params) -> Result<Commission, AppError> {
    if now.saturating_sub(commission.update_time) < DAY {
        return Err(error::COMMISSION_UPDATE_TIME.bare());
    }
    if rate > commission.max_rate {
        return Err(error::COMMISSION_OVER_MAX.bare());
    }
    if rate.saturating_sub(commission.rate) > commission.max_change_rate {
        return Err(error::COMMISSION_OVER_CHANGE.bare());
    }
    if rate < params.min_commission_rate {
        return Err(error::COMMISSION_UNDER_MIN.wrap(format_args!(
            "cannot set validator commission to less than minimum rate of {}",
            params.min_commission_rate
        )));
    }
    Ok(Commission { rate, update_time: now, ..*commission })
}

/// The commission in the words of the Cosmos SDK's event.
fn text(commission: &Commission) -> String {
    let Commission { rate, max_rate, max_change_rate, update_time } = commission;
    let seconds = update_time.checked_div(NANOS).unwrap_or_default();
    let nanos = match update_time.checked_rem(NANOS).unwrap_or_default() {
        0 => String::new(),
        nanos => format!("nanos:{nanos} "),
    };
    format!(
        "commission_rates:<rate:\"{}\" max_rate:\"{}\" max_change_rate:\"{}\" > update_time:<seconds:{seconds} {nanos}> ",
        rate.to_wire(),
        max_rate.to_wire(),
        max_change_rate.to_wire()
    )
}
