//! Making pools.

use agora_bank::api::balance_key;
use agora_framework::{Access, AccessHint, AppError, Message};
use agora_primitives::{Address, Coins, Denom};

use super::{parse_address, parse_coins, parse_fee};
use crate::error;
use crate::proto::agora::dex::v1 as wire;

/// A constant-product pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatePool {
    /// Who makes it, pays for it and gets the shares.
    pub sender: Address,
    /// The first reserves: two coins.
    pub coins: Coins,
    /// In millionths.
    pub swap_fee: u32,
}

impl Message for CreatePool {
    type Wire = wire::MsgCreatePool;
    type Response = wire::MsgCreatePoolResponse;

    fn signers(wire: &Self::Wire) -> Vec<&str> {
        vec![&wire.sender]
    }

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let coins = parse_coins("coins", &wire.coins)?;
        if coins.len() != 2 {
            return Err(
                error::POOL.wrap(format_args!("{} coins, a constant-product pool has 2", coins.len()))
            );
        }
        Ok(Self {
            sender: parse_address("sender", &wire.sender)?,
            coins,
            swap_fee: parse_fee(&wire.swap_fee)?,
        })
    }

    /// The new pool's own keys cannot be known without the sequence, and nobody else touches them.
    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        if let Ok(sender) = wire.sender.parse::<Address>() {
            for denom in wire.coins.iter().take(8).filter_map(|c| c.denom.parse::<Denom>().ok()) {
                hint.push(balance_key(&sender, &denom), Access::Write);
            }
        }
    }
}
