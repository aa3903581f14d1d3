//! One file per family of messages.

pub(crate) mod breaker;
pub(crate) mod create_pool;
pub(crate) mod liquidity;
pub(crate) mod positions;
pub(crate) mod stable;
pub(crate) mod swap;
pub(crate) mod update_params;

use agora_framework::{AppError, ExecCtx};
use agora_primitives::{Coin, Coins};

use crate::error;

/// Refuses what comes too late.
fn require_in_time(ctx: &ExecCtx<'_>, deadline: Option<u64>) -> Result<(), AppError> {
    match deadline {
        Some(deadline) if ctx.block().time > deadline => Err(error::DEADLINE.wrap(format_args!(
            "the block's time is {} ms after the deadline",
            ctx.block().time.saturating_sub(deadline) / 1_000_000
        ))),
        _ => Ok(()),
    }
}

/// Refuses to take more than the sender allows.
fn require_at_most(cost: &Coins, most: &Coins) -> Result<(), AppError> {
    match cost.iter().find(|coin| coin.amount > most.amount_of(&coin.denom)) {
        Some(coin) => {
            let most = Coin::new(most.amount_of(&coin.denom), coin.denom.clone());
            Err(error::LIMIT.wrap(format_args!("{coin} is needed, at most {most} was allowed")))
        }
        None => Ok(()),
    }
}

/// Refuses to give less than the sender asks for.
fn require_at_least(gain: &Coins, least: &Coins) -> Result<(), AppError> {
    match least.iter().find(|coin| gain.amount_of(&coin.denom) < coin.amount) {
        Some(coin) => {
            let gain = Coin::new(gain.amount_of(&coin.denom), coin.denom.clone());
            Err(error::LIMIT.wrap(format_args!("{gain} is given, at least {coin} was asked for")))
        }
        None => Ok(()),
    }
}
