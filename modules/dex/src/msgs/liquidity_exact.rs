//! Joining and leaving in one coin, exact on the other side.

use agora_bank::api::hint_balances;
use agora_framework::wire::account;
use agora_framework::{AccessHint, AppError, Message, message};
use agora_primitives::{Address, Coin};

use super::parse::{hint_shares, parse_coin, parse_deadline, parse_positive, parse_shares};
use crate::pool::PoolId;
use crate::proto::agora::dex::v1 as wire;

/// As little of one coin as an exact number of shares costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinSingleExactShares {
    /// Who gives and receives.
    pub sender: Address,
    /// The pool.
    pub pool: PoolId,
    /// The shares to receive.
    pub shares: Coin,
    /// The most to give, of the denom that is given.
    pub coin_in_max: Coin,
    /// In nanoseconds since 1970.
    pub deadline: Option<u64>,
}

/// As few shares as an exact amount of one coin costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExitSingleExactOut {
    /// Who gives and receives.
    pub sender: Address,
    /// The pool.
    pub pool: PoolId,
    /// What to receive.
    pub coin_out: Coin,
    /// The most shares to give back.
    pub shares_max: Coin,
    /// In nanoseconds since 1970.
    pub deadline: Option<u64>,
}

impl Message for JoinSingleExactShares {
    message!(wire::MsgJoinSingleExactShares, wire::MsgJoinResponse, sender);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let (pool, shares) = parse_shares(wire.shares.as_ref())?;
        Ok(Self {
            sender: account("sender", &wire.sender)?,
            pool,
            shares,
            coin_in_max: parse_coin("coin_in_max", wire.coin_in_max.as_ref())?,
            deadline: parse_deadline(wire.deadline.as_ref())?,
        })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        hint_shares(&wire.sender, wire.shares.as_ref(), hint);
        hint_balances(&wire.sender, &wire.coin_in_max, hint);
    }
}

impl Message for ExitSingleExactOut {
    message!(wire::MsgExitSingleExactOut, wire::MsgExitSingleExactOutResponse, sender);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let (pool, shares_max) = parse_shares(wire.shares_max.as_ref())?;
        Ok(Self {
            sender: account("sender", &wire.sender)?,
            pool,
            coin_out: parse_positive("coin_out", wire.coin_out.as_ref())?,
            shares_max,
            deadline: parse_deadline(wire.deadline.as_ref())?,
        })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        hint_shares(&wire.sender, wire.shares_max.as_ref(), hint);
        hint_balances(&wire.sender, &wire.coin_out, hint);
    }
}
