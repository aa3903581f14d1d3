//! End-block work.

use agora_framework::{AppError, BlockCtx};

use crate::math::next_price;
use crate::state::{self, BASE_GAS_PRICE};

/// Lets the price follow the gas this block wanted. Writes only when it moves.
pub(crate) fn adjust_price(ctx: &mut BlockCtx<'_>) -> Result<(), AppError> {
    let params = state::params(ctx)?;
    if !params.enabled {
        return Ok(());
    }
    let price = state::price(ctx, &params)?;
    let next = next_price(price, ctx.gas_wanted, &params);
    if next != price {
        BASE_GAS_PRICE.set(ctx, &next)?;
    }
    Ok(())
}
