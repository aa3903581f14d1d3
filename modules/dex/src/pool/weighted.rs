//! Exchanges by weights.

use agora_primitives::Amount;
use borsh::{BorshDeserialize, BorshSerialize};
use ruint::aliases::U256;

use super::{Given, Want};
use crate::math::FEE_UNIT;
use crate::math::weighted::{in_given_out, out_given_in};
use crate::math::wide::{mul_div_ceil, to_u128};

/// The least reserve of a coin: with fewer units the rounding of a power is worth too much.
pub(crate) const MIN_RESERVE: Amount = 1_000_000;

/// The weights of a pool.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Weighted {
    /// With 18 decimals, in the order of the reserves; together one.
    pub(crate) weights: Vec<u128>,
}

impl Weighted {
    /// The weight of a coin.
    pub(crate) fn weight(&self, index: usize) -> Option<U256> {
        self.weights.get(index).map(|weight| U256::from(*weight))
    }

    /// Exchanges coin `i` with reserve `x` for coin `j` with reserve `y`. The fee is taken off what comes in.
    pub(crate) fn exchange(
        &self,
        (i, x): (usize, Amount),
        (j, y): (usize, Amount),
        want: Want,
        fee: u32,
    ) -> Option<Given> {
        let (wx, wy) = (self.weight(i)?, self.weight(j)?);
        let (x, y_wide, unit) = (U256::from(x), U256::from(y), U256::from(FEE_UNIT));
        let given = match want {
            Want::In(amount_in) => {
                let fee = to_u128(mul_div_ceil(U256::from(amount_in), U256::from(fee), unit)?)?;
                let net = amount_in.checked_sub(fee)?;
                let out = out_given_in(x, wx, y_wide, wy, U256::from(net))?;
                Given { amount_in, amount_out: to_u128(out)?, fee }
            }
            Want::Out(amount_out) => {
                let net = in_given_out(x, wx, y_wide, wy, U256::from(amount_out))?;
                let kept = U256::from(FEE_UNIT.checked_sub(fee)?);
                let fee = mul_div_ceil(net, U256::from(fee), kept)?;
                Given { amount_in: to_u128(net.checked_add(fee)?)?, amount_out, fee: to_u128(fee)? }
            }
        };
        (y.checked_sub(given.amount_out)? >= MIN_RESERVE).then_some(given)
    }
}
