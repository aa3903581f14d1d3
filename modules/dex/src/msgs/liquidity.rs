//! Joining and leaving pools by shares.

use agora_bank::api::hint_balances;
use agora_framework::wire::account;
use agora_framework::{AccessHint, AppError, Message, message};
use agora_primitives::{Address, Amount, Coin, Coins};

use super::parse::{
    hint_pool, hint_shares, parse_coin, parse_coins, parse_deadline, parse_positive, parse_shares,
};
use crate::num::parse_number;
use crate::pool::PoolId;
use crate::proto::agora::dex::v1 as wire;
use crate::route::parse_pool_id;

/// Coins in proportion for as many shares as they give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    /// Who gives and receives.
    pub sender: Address,
    /// The pool.
    pub pool: PoolId,
    /// The most to give.
    pub coins_max: Coins,
    /// The least shares to receive.
    pub shares_min: Amount,
    /// In nanoseconds since 1970.
    pub deadline: Option<u64>,
}

/// As many coins in proportion as an exact number of shares costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinExactShares {
    /// Who gives and receives.
    pub sender: Address,
    /// The pool.
    pub pool: PoolId,
    /// The shares to receive.
    pub shares: Coin,
    /// The most to give.
    pub coins_max: Coins,
    /// In nanoseconds since 1970.
    pub deadline: Option<u64>,
}

/// Shares for coins in proportion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// Who gives and receives.
    pub sender: Address,
    /// The pool.
    pub pool: PoolId,
    /// The shares to give back.
    pub shares: Coin,
    /// The least to receive; may be empty.
    pub coins_min: Coins,
    /// In nanoseconds since 1970.
    pub deadline: Option<u64>,
}

/// One coin for shares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinSingle {
    /// Who gives and receives.
    pub sender: Address,
    /// The pool.
    pub pool: PoolId,
    /// What to give.
    pub coin_in: Coin,
    /// The least shares to receive.
    pub shares_min: Amount,
    /// In nanoseconds since 1970.
    pub deadline: Option<u64>,
}

/// Shares for one coin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExitSingle {
    /// Who gives and receives.
    pub sender: Address,
    /// The pool.
    pub pool: PoolId,
    /// The shares to give back.
    pub shares: Coin,
    /// The least to receive, of the denom that is paid out.
    pub coin_out_min: Coin,
    /// In nanoseconds since 1970.
    pub deadline: Option<u64>,
}

impl Message for Join {
    message!(wire::MsgJoin, wire::MsgJoinResponse, sender);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self {
            sender: account("sender", &wire.sender)?,
            pool: parse_pool_id(&wire.pool_id)?,
            coins_max: parse_coins("coins_max", &wire.coins_max)?,
            shares_min: parse_number("shares_min", &wire.shares_min)?,
            deadline: parse_deadline(wire.deadline.as_ref())?,
        })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        hint_pool(&wire.pool_id, hint);
        hint_balances(&wire.sender, &wire.coins_max, hint);
    }
}

impl Message for JoinExactShares {
    message!(wire::MsgJoinExactShares, wire::MsgJoinResponse, sender);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let (pool, shares) = parse_shares(wire.shares.as_ref())?;
        Ok(Self {
            sender: account("sender", &wire.sender)?,
            pool,
            shares,
            coins_max: parse_coins("coins_max", &wire.coins_max)?,
            deadline: parse_deadline(wire.deadline.as_ref())?,
        })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        hint_shares(&wire.sender, wire.shares.as_ref(), hint);
        hint_balances(&wire.sender, &wire.coins_max, hint);
    }
}

impl Message for Exit {
    message!(wire::MsgExit, wire::MsgExitResponse, sender);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let (pool, shares) = parse_shares(wire.shares.as_ref())?;
        Ok(Self {
            sender: account("sender", &wire.sender)?,
            pool,
            shares,
            coins_min: parse_coins("coins_min", &wire.coins_min)?,
            deadline: parse_deadline(wire.deadline.as_ref())?,
        })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        hint_shares(&wire.sender, wire.shares.as_ref(), hint);
    }
}

impl Message for JoinSingle {
    message!(wire::MsgJoinSingle, wire::MsgJoinResponse, sender);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self {
            sender: account("sender", &wire.sender)?,
            pool: parse_pool_id(&wire.pool_id)?,
            coin_in: parse_positive("coin_in", wire.coin_in.as_ref())?,
            shares_min: parse_number("shares_min", &wire.shares_min)?,
            deadline: parse_deadline(wire.deadline.as_ref())?,
        })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        hint_pool(&wire.pool_id, hint);
        hint_balances(&wire.sender, &wire.coin_in, hint);
    }
}

impl Message for ExitSingle {
    message!(wire::MsgExitSingle, wire::MsgExitResponse, sender);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let (pool, shares) = parse_shares(wire.shares.as_ref())?;
        Ok(Self {
            sender: account("sender", &wire.sender)?,
            pool,
            shares,
            coin_out_min: parse_coin("coin_out_min", wire.coin_out_min.as_ref())?,
            deadline: parse_deadline(wire.deadline.as_ref())?,
        })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        hint_shares(&wire.sender, wire.shares.as_ref(), hint);
    }
}
