//! Messages, valid once constructed.

use agora_bank::api as bank;
use agora_framework::errors::sdk;
use agora_framework::wire::{account, coins};
use agora_framework::{AccessHint, AppError, Message, message};
use agora_primitives::{Address, Coins, Dec, Denom, MAX_SUPPLY};
use agora_proto::cosmos::mint::v1beta1 as wire;

use crate::proto::agora::mint::v1 as own;
use crate::state::Params;

/// New parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateParams {
    /// Who asks; must be the chain's authority.
    pub authority: String,
    /// The parameters.
    pub params: Params,
}

/// Coins to destroy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Burn {
    /// Whose.
    pub sender: Address,
    /// What; not empty.
    pub amount: Coins,
}

impl Message for Burn {
    message!(own::MsgBurn, own::MsgBurnResponse, sender);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let sender = account("sender", &wire.sender)?;
        let amount = coins(&wire.amount).map_err(|e| sdk::INVALID_COINS.wrap(e))?;
        if amount.is_empty() {
            return Err(sdk::INVALID_COINS.wrap("name at least one coin to burn"));
        }
        Ok(Self { sender, amount })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        bank::hint_balances(&wire.sender, &wire.amount, hint);
    }
}

impl Message for UpdateParams {
    message!(wire::MsgUpdateParams, wire::MsgUpdateParamsResponse, authority);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self { authority: wire.authority.clone(), params: parse_params(wire.params.as_ref())? })
    }
}

/// Parses parameters within their bounds.
///
/// # Errors
/// Code 18, naming the parameter and its bounds.
pub(crate) fn parse_params(wire: Option<&wire::Params>) -> Result<Params, AppError> {
    let refused = |what: String| sdk::INVALID_REQUEST.wrap(what);
    let wire = wire.ok_or_else(|| refused("the parameters are missing".to_owned()))?;
    let part = |name: &str, text: &str| {
        Dec::from_wire(text)
            .ok()
            .filter(|part| *part <= Dec::ONE)
            .ok_or_else(|| refused(format!("{name} must be from 0 to 1")))
    };
    let denom: Denom = wire.mint_denom.parse().map_err(|e| refused(format!("mint_denom: {e}")))?;
    let rate_max = part("inflation_max", &wire.inflation_max)?;
    let rate_min = part("inflation_min", &wire.inflation_min)?;
    if rate_min > rate_max {
        return Err(refused(format!(
            "max inflation ({rate_max}) must be greater than or equal to min inflation ({rate_min})"
        )));
    }
    let goal_bonded = part("goal_bonded", &wire.goal_bonded)?;
    if goal_bonded == Dec::ZERO {
        return Err(refused("goal_bonded must be positive".to_owned()));
    }
    if wire.blocks_per_year == 0 {
        return Err(refused("blocks_per_year must be positive".to_owned()));
    }
    let max_supply = match wire.max_supply.as_str() {
        "" => 0,
        text => text
            .parse()
            .ok()
            .filter(|most| *most <= MAX_SUPPLY && text.bytes().all(|b| b.is_ascii_digit()))
            .ok_or_else(|| refused("max_supply must be from 0 to 2^127-1".to_owned()))?,
    };
    Ok(Params {
        denom,
        rate_change: part("inflation_rate_change", &wire.inflation_rate_change)?,
        rate_max,
        rate_min,
        goal_bonded,
        blocks_per_year: wire.blocks_per_year,
        max_supply,
    })
}

/// The parameters as the wire has them.
pub(crate) fn wire_params(params: &Params) -> wire::Params {
    wire::Params {
        mint_denom: params.denom.to_string(),
        inflation_rate_change: params.rate_change.to_wire(),
        inflation_max: params.rate_max.to_wire(),
        inflation_min: params.rate_min.to_wire(),
        goal_bonded: params.goal_bonded.to_wire(),
        blocks_per_year: params.blocks_per_year,
        max_supply: params.max_supply.to_string(),
    }
}
