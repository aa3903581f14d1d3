//! Exchanging coins.

use agora_bank::api::balance_key;
use agora_framework::{Access, AccessHint, AppError, Message};
use agora_primitives::{Address, Coin, Denom};

use super::{parse_address, parse_coin, parse_positive};
use crate::error;
use crate::pool::PoolId;
use crate::proto::agora::dex::v1 as wire;
use crate::route::{MAX_HOPS, MAX_ROUTES, Route, parse_routes};
use crate::router::require_ends;
use crate::state::POOLS;

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

impl Message for SwapExactIn {
    type Wire = wire::MsgSwapExactIn;
    type Response = wire::MsgSwapExactInResponse;

    fn signers(wire: &Self::Wire) -> Vec<&str> {
        vec![&wire.sender]
    }

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let token_in = parse_positive("token_in", wire.token_in.as_ref())?;
        let token_out_min = parse_coin("token_out_min", wire.token_out_min.as_ref())?;
        let routes = parse_routes(&wire.routes)?;
        require_ends(&routes, &token_in.denom, &token_out_min.denom)?;
        Ok(Self {
            sender: parse_address("sender", &wire.sender)?,
            token_in,
            token_out_min,
            routes,
            deadline: parse_deadline(wire.deadline.as_ref())?,
        })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        let denom = |coin: Option<&agora_proto::cosmos::base::v1beta1::Coin>| {
            coin.and_then(|coin| coin.denom.parse::<Denom>().ok())
        };
        let (given, taken) = (denom(wire.token_in.as_ref()), denom(wire.token_out_min.as_ref()));
        if let (Ok(sender), Some(given), Some(taken)) = (wire.sender.parse::<Address>(), given, taken) {
            hint.push(balance_key(&sender, &given), Access::Write);
            hint.push(balance_key(&sender, &taken), Access::Delta);
            hint_routes(&wire.routes, &given, hint);
        }
    }
}

/// The pools of routes are written; what the pools hold is only added to.
fn hint_routes(routes: &[wire::Route], given: &Denom, hint: &mut AccessHint) {
    for route in routes.iter().take(MAX_ROUTES) {
        let mut coming = given.clone();
        for hop in route.hops.iter().take(MAX_HOPS) {
            let (Ok(pool), Ok(going)) = (hop.pool_id.parse::<PoolId>(), hop.denom_out.parse::<Denom>())
            else {
                break;
            };
            let address = pool.address();
            hint.push(POOLS.key(&pool), Access::Write);
            hint.push(balance_key(&address, &coming), Access::Delta);
            hint.push(balance_key(&address, &going), Access::Delta);
            coming = going;
        }
    }
}

/// A time on the wire, in nanoseconds since 1970.
fn parse_deadline(deadline: Option<&prost_types::Timestamp>) -> Result<Option<u64>, AppError> {
    let Some(deadline) = deadline else { return Ok(None) };
    let nanos = u64::try_from(deadline.seconds)
        .ok()
        .and_then(|seconds| seconds.checked_mul(1_000_000_000))
        .zip(u64::try_from(deadline.nanos).ok().filter(|nanos| *nanos < 1_000_000_000))
        .and_then(|(seconds, nanos)| seconds.checked_add(nanos));
    nanos.map(Some).ok_or_else(|| error::DEADLINE.wrap("the deadline is no time after 1970"))
}
