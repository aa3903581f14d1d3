//! Exchanging coins.

use agora_bank::api::balance_key;
use agora_framework::wire::account;
use agora_framework::{Access, AccessHint, AppError, Message, message};
use agora_primitives::{Address, Coin, Denom, module_address};
use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;

use super::parse::{hint_stored, parse_coin, parse_deadline, parse_positive};
use crate::pool::PoolId;
use crate::proto::agora::dex::v1 as wire;
use crate::route::{MAX_HOPS, MAX_ROUTES, Route, parse_routes, require_ends};
use crate::state::{LATEST, TAKER_FEES};
use crate::taker_fee;

/// An exact amount for as much as the routes give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwapExactIn {
    /// Who gives and receives.
    pub sender: Address,
    /// What is given.
    pub token_in: Coin,
    /// The least to receive.
    pub token_out_min: Coin,
    /// 1 to 8, all ending in the denom of `token_out_min`.
    pub routes: Vec<Route>,
    /// In nanoseconds since 1970; the swap fails in later blocks.
    pub deadline: Option<u64>,
}

/// As little as the routes need for an exact amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwapExactOut {
    /// Who gives and receives.
    pub sender: Address,
    /// The most to give.
    pub token_in_max: Coin,
    /// What is received.
    pub token_out: Coin,
    /// 1 to 8, all ending in the denom of `token_out`.
    pub routes: Vec<Route>,
    /// In nanoseconds since 1970; the swap fails in later blocks.
    pub deadline: Option<u64>,
}

impl Message for SwapExactIn {
    message!(wire::MsgSwapExactIn, wire::MsgSwapExactInResponse, sender);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let token_in = parse_positive("token_in", wire.token_in.as_ref())?;
        let token_out_min = parse_coin("token_out_min", wire.token_out_min.as_ref())?;
        let routes = parse_routes(&wire.routes)?;
        require_ends(&routes, &token_in.denom, &token_out_min.denom)?;
        Ok(Self {
            sender: account("sender", &wire.sender)?,
            token_in,
            token_out_min,
            routes,
            deadline: parse_deadline(wire.deadline.as_ref())?,
        })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        hint_swap(&wire.sender, wire.token_in.as_ref(), wire.token_out_min.as_ref(), &wire.routes, hint);
    }
}

impl Message for SwapExactOut {
    message!(wire::MsgSwapExactOut, wire::MsgSwapExactOutResponse, sender);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let token_in_max = parse_positive("token_in_max", wire.token_in_max.as_ref())?;
        let token_out = parse_positive("token_out", wire.token_out.as_ref())?;
        let routes = parse_routes(&wire.routes)?;
        require_ends(&routes, &token_in_max.denom, &token_out.denom)?;
        Ok(Self {
            sender: account("sender", &wire.sender)?,
            token_in_max,
            token_out,
            routes,
            deadline: parse_deadline(wire.deadline.as_ref())?,
        })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        hint_swap(&wire.sender, wire.token_in_max.as_ref(), wire.token_out.as_ref(), &wire.routes, hint);
    }
}

/// The pools of the routes are written, which orders swaps on one pool; what they hold is only added to.
fn hint_swap(
    sender: &str,
    given: Option<&WireCoin>,
    taken: Option<&WireCoin>,
    routes: &[wire::Route],
    hint: &mut AccessHint,
) {
    let denom = |coin: Option<&WireCoin>| coin.and_then(|coin| coin.denom.parse::<Denom>().ok());
    let (Ok(sender), Some(given), Some(taken)) = (sender.parse::<Address>(), denom(given), denom(taken))
    else {
        return;
    };
    hint.push(balance_key(&sender, &given), Access::Delta);
    hint.push(balance_key(&sender, &taken), Access::Delta);
    let fees = module_address(taker_fee::ACCOUNT);
    for route in routes.iter().take(MAX_ROUTES) {
        let mut coming = given.clone();
        for hop in route.hops.iter().take(MAX_HOPS) {
            let (Ok(pool), Ok(going)) = (hop.pool_id.parse::<PoolId>(), hop.denom_out.parse::<Denom>())
            else {
                break;
            };
            let address = pool.address();
            hint_stored(&pool, hint);
            // Read for the price band, and by the end of the block in any case.
            hint.push(LATEST.key(&pool), Access::Read);
            hint.push(balance_key(&address, &coming), Access::Delta);
            hint.push(balance_key(&fees, &coming), Access::Delta);
            hint.push(TAKER_FEES.key(&coming), Access::Delta);
            hint.push(balance_key(&address, &going), Access::Delta);
            coming = going;
        }
    }
}
