//! Liquidity in ranges of prices.

use agora_bank::api::hint_balances;
use agora_framework::wire::account;
use agora_framework::{AccessHint, AppError, Message, message};
use agora_primitives::{Address, Coins};

use super::parse::{hint_pool, hint_position, parse_coins, parse_deadline, parse_position_id};
use crate::error;
use crate::num::parse_number;
use crate::pool::{PoolId, PositionId};
use crate::proto::agora::dex::v1 as wire;
use crate::route::parse_pool_id;

/// Liquidity for a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenPosition {
    /// Who gives and will own it.
    pub sender: Address,
    /// The pool.
    pub pool: PoolId,
    /// Where the range begins.
    pub lower: i32,
    /// Where it ends.
    pub upper: i32,
    /// The most to give.
    pub coins_max: Coins,
    /// The least liquidity to receive.
    pub liquidity_min: u128,
    /// In nanoseconds since 1970.
    pub deadline: Option<u64>,
}

/// More liquidity for a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncreasePosition {
    /// The owner.
    pub sender: Address,
    /// The position.
    pub position: PositionId,
    /// The most to give.
    pub coins_max: Coins,
    /// The least liquidity to receive.
    pub liquidity_min: u128,
    /// In nanoseconds since 1970.
    pub deadline: Option<u64>,
}

/// Less liquidity for a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecreasePosition {
    /// The owner.
    pub sender: Address,
    /// The position.
    pub position: PositionId,
    /// How much to take out.
    pub liquidity: u128,
    /// The least to receive, fees not counted; may be empty.
    pub coins_min: Coins,
    /// In nanoseconds since 1970.
    pub deadline: Option<u64>,
}

/// Fees earned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectFees {
    /// The owner.
    pub sender: Address,
    /// The position.
    pub position: PositionId,
}

/// Another owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferPosition {
    /// The owner.
    pub sender: Address,
    /// The position.
    pub position: PositionId,
    /// Who will own it.
    pub recipient: Address,
}

impl Message for OpenPosition {
    message!(wire::MsgOpenPosition, wire::MsgOpenPositionResponse, sender);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self {
            sender: account("sender", &wire.sender)?,
            pool: parse_pool_id(&wire.pool_id)?,
            lower: wire.tick_lower,
            upper: wire.tick_upper,
            coins_max: parse_coins("coins_max", &wire.coins_max)?,
            liquidity_min: parse_number("liquidity_min", &wire.liquidity_min)?,
            deadline: parse_deadline(wire.deadline.as_ref())?,
        })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        hint_pool(&wire.pool_id, hint);
        hint_balances(&wire.sender, &wire.coins_max, hint);
    }
}

impl Message for IncreasePosition {
    message!(wire::MsgIncreasePosition, wire::MsgIncreasePositionResponse, sender);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self {
            sender: account("sender", &wire.sender)?,
            position: parse_position_id(&wire.position_id)?,
            coins_max: parse_coins("coins_max", &wire.coins_max)?,
            liquidity_min: parse_number("liquidity_min", &wire.liquidity_min)?,
            deadline: parse_deadline(wire.deadline.as_ref())?,
        })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        hint_position(&wire.position_id, hint);
        hint_balances(&wire.sender, &wire.coins_max, hint);
    }
}

impl Message for DecreasePosition {
    message!(wire::MsgDecreasePosition, wire::MsgDecreasePositionResponse, sender);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let liquidity = parse_number("liquidity", &wire.liquidity)?;
        if liquidity == 0 {
            return Err(error::AMOUNT.wrap("no liquidity to take out"));
        }
        Ok(Self {
            sender: account("sender", &wire.sender)?,
            position: parse_position_id(&wire.position_id)?,
            liquidity,
            coins_min: parse_coins("coins_min", &wire.coins_min)?,
            deadline: parse_deadline(wire.deadline.as_ref())?,
        })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        hint_position(&wire.position_id, hint);
    }
}

impl Message for CollectFees {
    message!(wire::MsgCollectFees, wire::MsgCollectFeesResponse, sender);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self { sender: account("sender", &wire.sender)?, position: parse_position_id(&wire.position_id)? })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        hint_position(&wire.position_id, hint);
    }
}

impl Message for TransferPosition {
    message!(wire::MsgTransferPosition, wire::MsgTransferPositionResponse, sender);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self {
            sender: account("sender", &wire.sender)?,
            position: parse_position_id(&wire.position_id)?,
            recipient: account("recipient", &wire.recipient)?,
        })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        hint_position(&wire.position_id, hint);
    }
}
