//! Exchanges by x * y = k.

use agora_primitives::Amount;

use super::{Given, Want};
use crate::math::constant_product::{fee_of, in_given_out, out_given_in};

/// Exchanges between reserves `x` and `y`.
pub(crate) fn exchange(x: Amount, y: Amount, want: Want, fee: u32) -> Option<Given> {
    let (amount_in, amount_out) = match want {
        Want::In(amount) => (amount, out_given_in(x, y, amount, fee)?),
        Want::Out(amount) => (in_given_out(x, y, amount, fee)?, amount),
    };
    Some(Given { amount_in, amount_out, fee: fee_of(amount_in, fee)? })
}
