//! What the transaction pipeline may call.

use agora_primitives::{Amount, Dec, Denom};
use agora_state::{StateError, StateRead};

use crate::state;

/// The price transactions pay at present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GasPrice {
    /// What fees are paid in.
    pub denom: Denom,
    /// Base units per unit of gas; zero while the market is off.
    pub price: Dec,
    /// The most gas the transactions of a block may want together.
    pub max_block_gas: u64,
}

impl GasPrice {
    /// The least fee for so much gas, rounded up. `None` beyond any amount.
    #[must_use]
    pub fn fee(&self, gas: u64) -> Option<Amount> {
        self.price.mul_ceil(u128::from(gas))
    }
}

/// The price in force.
///
/// # Errors
/// Storage fails.
pub fn gas_price(state: &(impl StateRead + ?Sized)) -> Result<GasPrice, StateError> {
    let params = state::params(state)?;
    let price = if params.enabled { state::price(state, &params)? } else { Dec::ZERO };
    Ok(GasPrice { denom: params.fee_denom, price, max_block_gas: params.max_block_utilization })
}
